import { Canceller } from '../base/cancellation.js';
import { messages, traced } from '../base/channels.js';
import type { TracedMessage } from '../base/traced.js';
import { deliver } from '../delivery/deliver.js';
import { compareAttachments } from '../delivery/attachments.js';
import { openDelivery, type Delivery, type DeliveryContext, type DeliveryHooks } from '../delivery/delivery.js';
import { discardDraft } from '../delivery/discard-draft.js';
import { claimDraft, draftAt, releaseDraft, type Draft } from '../delivery/draft.js';
import { lookAtDraft } from '../delivery/look.js';
import { sendDraft } from '../delivery/send-draft.js';
import { sleep } from '../delivery/sleep.js';
import { abortError } from '../errors/abort-error.js';
import { signInError } from '../errors/from-sign-in.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { GraphConnection } from '../graph/connection.js';
import type { Logger } from '../base/logger.js';
import type { PreparedMessage } from '../prepared/prepared-message.js';
import { secretsOf } from '../sign-in/sign-in.js';
import { afterCompare, afterLook, afterSettle, classify, firstStep, provesUnsent, retryDelay, type Found } from './decide.js';
import { Lease, LostError, type Moment } from './lease.js';
import type { Line } from './line.js';
import { lookUp } from './look-up.js';
import type { MailboxPause } from './mailbox-pause.js';
import type { OutboxWorkerSettings } from './options.js';
import { ambiguousError, describeError, expiredError, sealOutcome, toGraphError, type OutboxOutcome, type Outcome } from './outcome.js';
import type { Claimed } from './record.js';
import { needsStore, openBody, openHead, openUpload, pieceCount, type Head } from './stored-message.js';

/** What one turn with a message comes to. */
export type Ending =
  /** It has ended. */
  | { kind: 'ended'; outcome: OutboxOutcome; error?: GraphTransportError | undefined }
  /** Again in so many ms; `error`: why. */
  | { kind: 'later'; delay: number; error?: GraphTransportError | undefined }
  /** The whole mailbox waits: of itself, or held for an error. */
  | { kind: 'held'; ms: number; error?: GraphTransportError | undefined; times: number }
  /** Somebody else has it. */
  | { kind: 'lost' };

export interface ActivationContext {
  line: Line;
  graph: GraphConnection;
  settings: OutboxWorkerSettings;
  logger: Pick<Logger, 'debug'>;
  pause: MailboxPause;
  /** Waits until the server that was written to has it on its disk and its replicas, where that is asked for. */
  barrier: (run: string) => Promise<void>;
  /** Extends BullMQ's lock. */
  extendLock: () => Promise<void>;
  onProgress: DeliveryContext['onProgress'];
  /** What telemetry is told; `undefined` where nobody listens. */
  event: TracedMessage | undefined;
}

/** The draft was looked at and is one still, but its request may not be over: another turn decides. */
class LaterError extends Error {}

/** Exchange takes 150 MB of uploads in 5 minutes and mailbox (https://learn.microsoft.com/graph/throttling-limits). */
const UPLOAD_WINDOW = { most: 150 * 1024 * 1024, window: 5 * 60_000 };

/** Milliseconds after which the rate limit is asked again at the latest: others may have left room. */
const ASK_AGAIN = 2000;

/** How often, a second apart, Redis is told of a message that was sent if it refuses to hear it, as when its memory is full. */
const TELL_TIMES = 30;

/** One turn of one worker with one message. */
export class Activation {
  readonly #signal = new Canceller();
  readonly #lease: Lease;
  readonly #head: Head;
  readonly #message: PreparedMessage;
  readonly #delivery: Delivery;
  /** Requests that send which were let go. */
  #sends = 0;
  /** `asked`: Redis may have the mark. `has`: it said so. */
  #mark: 'none' | 'asked' | 'has' = 'none';
  #draftId: string | undefined;
  /** It was made in this turn. */
  #draftIsOurs = false;
  #draftTried = false;
  #waiting = false;
  #over = false;
  #renewal: NodeJS.Timeout | undefined;

  /** @throws {GraphTransportError} `EMESSAGE` if what is stored was altered */
  constructor(
    private readonly context: ActivationContext,
    private readonly id: string,
    private readonly claimed: Claimed,
    /** Before the message was asked for. */
    since: Moment,
    private readonly queue: string,
  ) {
    const { line, settings, pause, graph, logger, onProgress, event } = context;
    this.#lease = new Lease(settings.lockDuration, since);
    this.#head = openHead(claimed.head, line.blobs.seal, id);
    checkHead(this.#head, queue, line, settings);
    const { mailbox, envelope, messageId, format, route, contentType, inDraft, losses, saveToSentItems, uploads } = this.#head;
    this.#message = {
      ...{ mailbox, envelope, messageId, format, route, contentType, inDraft, losses, saveToSentItems },
      body: Buffer.alloc(0),
      uploads: uploads.map((upload) => openUpload(upload, line.blobs)),
    };
    pause.hear(claimed.pause);
    const turn = pause.turn((waiting) => (this.#waiting = waiting));
    // the last of the repeats of /send is another turn's
    const delivering = { ...settings.graph, retries: Math.max(settings.graph.retries, 1) };
    this.#delivery = openDelivery(
      this.#message,
      { ...graph, settings: delivering, logger, signal: this.#signal, turn, onProgress, sleep, event },
      this.#hooks(),
    );
  }

  /** Hands back what only waits; what is on its way goes on. */
  drain(): void {
    if (this.#waiting) this.abort();
  }

  abort(): void {
    this.#signal.abort(new GraphTransportError('EABORT', 'the worker was closed'));
  }

  run(): Promise<Ending> {
    const { event } = this.context;
    return event ? traced(messages, event, () => this.#runTraced(event)) : this.#runToEnd();
  }

  async #runTraced(event: TracedMessage): Promise<Ending> {
    const ending = await this.#runToEnd();
    event.outcome = ending.kind === 'ended' ? (ending.outcome.state as TracedMessage['outcome']) : ending.kind;
    if ('error' in ending && ending.error) event.error = ending.error;
    return ending;
  }

  async #runToEnd(): Promise<Ending> {
    this.#renewLater();
    try {
      return await this.#run().catch((error: unknown) => this.#failed(error));
    } finally {
      this.#over = true;
      clearTimeout(this.#renewal);
    }
  }

  async #run(): Promise<Ending> {
    const { state, pause, dirty } = this.claimed;
    if (pause > 0) {
      if (state === 'queued') await this.#handBack(dirty);
      return { kind: 'held', ms: pause, times: 0 };
    }
    const found = this.#found();
    const step = firstStep(found);
    switch (step.do) {
      case 'send':
        return this.#send();
      case 'expire':
        return this.#end('expired', expiredError(this.#head.mailbox));
      case 'look':
        return this.#look(found);
      case 'settle':
        return this.#settle(found);
    }
  }

  #found(): Found {
    const { sentCopyDelay, settleTime, graph } = this.context.settings;
    const { route, saveToSentItems } = this.#head;
    return { ...this.claimed, ...{ route, saveToSentItems, settleTime, lossDelay: graph.requestTimeout + sentCopyDelay } };
  }

  /** Asks the mailbox for the Message-ID before anything else. */
  async #look(found: Found): Promise<Ending> {
    const next = afterLook(found, await lookUp(this.#delivery));
    switch (next.do) {
      case 'sent':
        return this.#sent({ response: 'found in the mailbox' });
      case 'ambiguous':
        return this.#end('ambiguous', ambiguousError(next.why, { id: this.id, ...this.#head }));
      case 'hold':
        return this.#hold(
          new GraphTransportError('EAUTH', `the app may not read the mailbox ${this.#head.mailbox}, which the draft route needs`, {
            mailbox: this.#head.mailbox,
            hint: 'Grant Mail.ReadWrite.',
          }),
        );
      case 'later':
        return this.#lookLater(next.delay);
      case 'expire':
      case 'send':
        // where a server has lost that it is ours, somebody else may have made these meanwhile: the lease does not know, the record does
        if (next.discard.length > 0) {
          if (!(await this.#renew())) return this.#lost();
          await this.context.barrier(this.claimed.run);
        }
        for (const draft of next.discard) {
          if (!(await discardDraft(this.#delivery, draftAt(this.#head.mailbox, draft))))
            return this.#lookLater(retryDelay(1, Math.random()));
        }
        return next.do === 'send' ? this.#send() : this.#end('expired', expiredError(this.#head.mailbox));
    }
  }

  /** Finds out what became of a draft that was, or may have been, sent; only a draft that certainly was not is sent again. */
  async #settle(found: Found): Promise<Ending> {
    const draft = draftAt(this.#head.mailbox, found.draftId);
    const state = await lookAtDraft(this.#delivery, draft);
    const next = afterSettle(found, state);
    switch (next.do) {
      case 'sent':
        return this.#sent({ response: 'found in Sent Items' });
      case 'ambiguous':
        return this.#end('ambiguous', ambiguousError(next.why, { id: this.id, ...this.#head }));
      case 'later':
        return state === 'draft' ? { kind: 'later', delay: next.delay } : this.#lookLater(next.delay);
      case 'sendDraft':
        return this.#sendDraft(draft);
    }
  }

  /** Sends a draft that somebody else has made, if it is as the message is. */
  async #sendDraft(draft: Draft): Promise<Ending> {
    // what came with the draft itself came whole
    const difference = this.#head.uploads.length > 0 ? await compareAttachments(this.#delivery, draft) : 'same';
    switch (afterCompare(difference).do) {
      case 'later':
        return { kind: 'later', delay: retryDelay(1, Math.random()) };
      case 'startAnew':
        // the next turn looks by Message-ID first, and deletes it
        return this.#release(0, { dirty: true });
      case 'sendDraft':
        claimDraft(draft);
        try {
          const requestId = await sendDraft(this.#delivery, draft);
          return await this.#sent({ response: '202 Accepted', requestId });
        } finally {
          releaseDraft(draft);
        }
    }
  }

  async #send(): Promise<Ending> {
    const { context, id, claimed } = this;
    const { records, blobs } = context.line;
    const stored = await records.body(id);
    if (!stored)
      return this.#end('failed', new GraphTransportError('EMESSAGE', 'the stored message is gone; nothing was sent', { permanent: true }));
    Object.assign(this.#message, { body: openBody(stored, blobs.seal, id, this.#head) });
    const bytes = this.#head.uploads.reduce((sum, { size }) => sum + size, 0);
    if (bytes > 0) {
      const wait = await records.bytes(this.queue, bytes, { ...UPLOAD_WINDOW, member: `${id}:${claimed.fence}` });
      if (wait > 0) return this.#release(wait, { dirty: claimed.dirty });
    }
    await this.#signIn();
    const { response, requestId, attempts } = await deliver(this.#message, this.#delivery, this.#hooks());
    return this.#sent({ response, requestId, attempts });
  }

  /** Before a message is marked, and not after: the refusal of an expired secret says nothing about the message. */
  async #signIn(): Promise<void> {
    const { graph, settings } = this.context;
    try {
      await graph.tokens.get(this.#signal);
    } catch (error) {
      if (this.#signal.aborted) throw abortError(this.#signal.reason, { ambiguous: false });
      const { hosts, signIn } = settings.graph;
      const { mailbox } = this.#head;
      throw signInError(error, { authorityHost: hosts.authorityHost, secrets: secretsOf(signIn), trace: graph.trace, mailbox });
    }
  }

  #hooks(): DeliveryHooks {
    return {
      beforeRequest: () => {
        this.#lease.check();
        this.#draftTried = true;
      },
      onDraft: (draftId) => {
        this.#draftId = draftId;
        this.#draftIsOurs = true;
      },
      beforeSend: ({ draftId }) => this.#markIt(draftId),
      // decided below, with the record at hand
      mayDiscard: () => false,
    };
  }

  /** Writes down that it is being sent, and for how long its request can be under way. No answer, no sending. */
  async #markIt(draftId: string | undefined): Promise<void> {
    if (this.#sends > 0) throw new LaterError('sent once already in this turn');
    const { records } = this.context.line;
    const { lockDuration, rateLimit, rateDelta, graph } = this.context.settings;
    const options = {
      fence: this.claimed.fence,
      draftId,
      safe: lockDuration + graph.requestTimeout + 5000,
      rateLimit,
      rateDelta,
      attempt: 1,
    };
    let run: string | undefined;
    while (run === undefined) {
      this.#lease.check();
      const since = Lease.now();
      this.#mark = 'asked';
      const mark = await records.mark(this.id, options);
      this.#mark = mark.kind === 'ok' ? 'has' : 'none';
      if (mark.kind === 'ok') {
        this.#lease.extend(since);
        run = mark.run;
      }
      if (mark.kind === 'lost') {
        this.#lease.lose(`it is ${mark.state || 'gone'}`);
        this.#lease.check();
      }
      if (mark.kind === 'wait') await this.#wait(mark.ms);
    }
    this.#draftId = draftId;
    await this.context.barrier(run);
    this.#lease.check();
    this.#sends++;
  }

  async #wait(ms: number): Promise<void> {
    this.#waiting = true;
    try {
      await sleep(Math.min(ms, ASK_AGAIN), this.#signal);
    } catch {
      throw abortError(this.#signal.reason, { ambiguous: false });
    } finally {
      this.#waiting = false;
    }
  }

  /** What follows from a failure. The record says the truth: where it is not known whether it was sent, it stays `sending`. */
  async #failed(thrown: unknown): Promise<Ending> {
    if (thrown instanceof LostError || !this.#lease.valid) return this.#lost();
    const { route } = this.#head;
    if (thrown instanceof LaterError) {
      // the request is over; how long its effect may take is Exchange's secret
      const relax = Math.min(30_000, this.context.settings.graph.requestTimeout);
      await this.context.line.records.looked(this.id, this.claimed.fence, relax);
      return { kind: 'later', delay: relax };
    }
    const error = toGraphError(thrown);
    const inDoubt = this.#sends === 0 ? this.claimed.state === 'sending' : !provesUnsent(error, { route, sends: this.#sends });
    if (inDoubt) {
      if (classify(error) === 'hold') return this.#hold(error);
      return this.#lookLater(1000, error);
    }
    // before its draft goes: whoever takes it from now on must not find a mark that names a draft which is gone
    if (this.#mark !== 'none') {
      const run = await this.#handBack(true);
      if (run === undefined) return this.#lost();
      if (!(await this.#isCertain(run))) return { kind: 'later', delay: retryDelay(this.claimed.tries, Math.random()), error };
    }
    const dirty = !(await this.#discardOwn(error));
    switch (classify(error)) {
      case 'fail':
        if (dirty) return this.#release(retryDelay(1, Math.random()), { dirty, error });
        return this.#end('failed', error);
      case 'hold':
        await this.#handBack(dirty);
        return this.#hold(error);
      case 'later': {
        const asked = error.retryAfter === undefined ? 0 : error.retryAfter * 1000;
        if (asked > 0) this.context.pause.pause(asked);
        const delay = error.code === 'EABORT' ? 0 : Math.max(asked, retryDelay(this.claimed.tries, Math.random()));
        return this.#release(delay, { dirty, error });
      }
    }
  }

  /** Deletes the draft of a message that was not sent; → whether none is left. */
  async #discardOwn(error: GraphTransportError): Promise<boolean> {
    if (this.#head.route !== 'draft') return true;
    if (this.#draftId !== undefined) return discardDraft(this.#delivery, draftAt(this.#head.mailbox, this.#draftId));
    // none was made, or nobody knows
    return !this.#draftTried || (error.httpStatus !== undefined && error.httpStatus < 504 && !error.message.includes('draft may be left'));
  }

  /** Not ours any more: nothing is written, and what may have been sent is not touched. */
  async #lost(): Promise<Ending> {
    this.#lease.lose('the turn is over');
    if (this.#draftId !== undefined && this.#draftIsOurs && this.#sends === 0 && (await this.#isNobodys(this.#draftId))) {
      const bare = openDelivery(this.#message, { ...this.#delivery, signal: new Canceller() });
      await discardDraft(bare, draftAt(this.#head.mailbox, this.#draftId));
    }
    return { kind: 'lost' };
  }

  /** Whether nobody will send a draft of ours: Redis allows no other worker to send one that is not marked. */
  async #isNobodys(draftId: string): Promise<boolean> {
    // a mark that got no answer may have been taken: then it is the successor's to send
    if (this.#mark !== 'has') return this.#mark === 'none';
    // one that was lost with a server is known to nobody
    const { draftId: marked, run } = await this.context.line.records.renew(this.id, this.claimed.fence);
    return marked !== draftId && (await this.#isCertain(run));
  }

  /** Whether what a server says holds: one that has been replaced does not know it yet. */
  #isCertain(run: string): Promise<boolean> {
    return this.context.barrier(run).then(
      () => true,
      () => false,
    );
  }

  async #sent(outcome: Outcome): Promise<Ending> {
    const { line, settings } = this.context;
    const all = { attempts: this.#delivery.attempts, ...outcome };
    const info = sealOutcome(all, line.blobs.seal, this.id);
    // a fact, whoever owns the message by now
    const before = await insistently(() => line.records.sent(this.id, { info, keep: settings.keep, queue: this.queue }));
    if (before === undefined) return { kind: 'lost' };
    await this.#forgetFiles();
    return { kind: 'ended', outcome: this.#outcome('sent', all) };
  }

  async #end(state: 'failed' | 'ambiguous' | 'expired', error: GraphTransportError): Promise<Ending> {
    const { line, settings } = this.context;
    const outcome: Outcome = { attempts: this.#delivery.attempts, error: describeError(error) };
    const ended = await line.records.end(this.id, this.claimed.fence, state, sealOutcome(outcome, line.blobs.seal, this.id), settings.keep);
    if (!ended) return { kind: 'lost' };
    const forgetAt = this.claimed.now + settings.keep;
    for (const { ref, size, where } of this.#head.uploads) {
      if (where === 'redis') await line.blobs.redis.keep(ref, pieceCount(size), forgetAt);
    }
    return { kind: 'ended', outcome: this.#outcome(state, outcome), error };
  }

  #outcome(state: OutboxOutcome['state'], outcome: Outcome): OutboxOutcome {
    const { mailbox, messageId, envelope } = this.#head;
    return { id: this.id, state, mailbox, messageId, envelope, ...outcome };
  }

  async #forgetFiles(): Promise<void> {
    const { redis, store } = this.context.line.blobs;
    for (const { ref, size, where } of this.#head.uploads) {
      if (where === 'redis') await redis.delete(ref, pieceCount(size));
      // what is left there is only garbage: the message is sent
      else await store?.delete(ref).catch(() => undefined);
    }
  }

  /** Stays `sending`, or careful: the next turn looks first. */
  async #lookLater(delay: number, error?: GraphTransportError): Promise<Ending> {
    await this.context.line.records.looked(this.id, this.claimed.fence);
    return { kind: 'later', delay, error };
  }

  async #handBack(dirty: boolean): Promise<string | undefined> {
    const { records } = this.context.line;
    const forgetAt = this.claimed.expires + this.context.settings.keep;
    return records.release(this.id, this.claimed.fence, { dirty, forgetAt });
  }

  async #release(delay: number, { dirty, error }: { dirty: boolean; error?: GraphTransportError }): Promise<Ending> {
    return (await this.#handBack(dirty)) === undefined ? { kind: 'lost' } : { kind: 'later', delay, error };
  }

  async #hold(error: GraphTransportError): Promise<Ending> {
    const { holdDelay } = this.context.settings;
    const asked = (error.retryAfter ?? 0) * 1000;
    const first = Math.max(holdDelay, asked);
    const { ms, times, changed } = await this.context.line.records.hold(this.queue, { ms: 0, first, most: Math.max(15 * 60_000, first) });
    return { kind: 'held', ms, times: changed ? times : 0, error };
  }

  /** Confirms that the message is ours; → whether it is. */
  async #renew(): Promise<boolean> {
    const since = Lease.now();
    const [{ mine, pause }] = await Promise.all([
      this.context.line.records.renew(this.id, this.claimed.fence),
      this.context.extendLock().catch(() => undefined),
    ]);
    if (mine) this.#lease.extend(since);
    else this.#lease.lose('another worker has taken it');
    this.context.pause.hear(pause);
    return mine && this.#lease.valid;
  }

  #renewLater(): void {
    this.#renewal = setTimeout(() => {
      // without an answer the lease runs out
      void this.#renew()
        .catch(() => undefined)
        .finally(() => {
          if (!this.#over) this.#renewLater();
        });
    }, this.context.settings.lockDuration / 3);
  }
}

async function insistently<T>(task: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await task();
    } catch (error) {
      if (attempt >= TELL_TIMES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/** Whoever can write to Redis must not send from any mailbox. And what is not to be had here is found out before anything begins. */
function checkHead({ mailbox, uploads }: Head, queue: string, line: Line, { mailboxes }: OutboxWorkerSettings): void {
  if (line.queueOf(mailbox) !== queue || (mailboxes && !mailboxes.has(mailbox.toLowerCase()))) {
    throw new GraphTransportError('EMESSAGE', "the stored message names a mailbox that is not its queue's; nothing was sent", {
      permanent: true,
    });
  }
  const kept = uploads.find(({ where }) => where === 'store');
  if (kept && !line.blobs.store) throw needsStore(kept.description.name);
}
