import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { UploadProgress } from '../delivery/delivery.js';
import { discardDraft } from '../delivery/discard-draft.js';
import { openDelivery } from '../delivery/delivery.js';
import { draftAt } from '../delivery/draft.js';
import { sleep } from '../delivery/sleep.js';
import { Canceller } from '../base/cancellation.js';
import { tracedMessage } from '../base/channels.js';
import { show } from '../errors/config-error.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import { createGraphConnection, type GraphConnection } from '../graph/connection.js';
import type { Logger } from '../base/logger.js';
import { createLogger } from '../message/nodemailer.js';
import { Activation, type Ending } from './activation.js';
import { outboxConfigError } from './config-error.js';
import { Hub, supportsHub } from './hub.js';
import { jobId, messageIdOf } from './keys.js';
import { Lease, type Moment } from './lease.js';
import { openLine, type Line } from './line.js';
import { lookUp } from './look-up.js';
import { MailboxPause } from './mailbox-pause.js';
import { readWorkerOptions, type OutboxWorkerOptions, type OutboxWorkerSettings } from './options.js';
import { describeError, sealOutcome, toGraphError, type OutboxOutcome } from './outcome.js';
import type { Claimed } from './record.js';
import type { BullJob, BullQueue, BullWorker } from './redis.js';
import {
  asPrimary,
  askServer,
  checkServer,
  createBarrier,
  isDurable,
  serverProblem,
  serverWarnings,
  waitFor,
  type Barrier,
  type ServerFacts,
} from './server.js';
import { createGate } from './gate.js';
import { Repeats } from './repeats.js';
import { openHead } from './stored-message.js';

/** A message has ended; `error` where it was not sent, or nobody knows. */
export interface OutboxEvent extends OutboxOutcome {
  error?: OutboxOutcome['error'];
}

/** A mailbox is held: its messages wait, and none of them fails. */
export interface OutboxHeld {
  mailbox: string;
  /** What has to be repaired. */
  error: GraphTransportError;
  /** When it is tried again. */
  until: Date;
  /** How often in a row. */
  times: number;
}

/** What a worker tells; of its own process only. */
export interface OutboxWorkerEvents {
  sent: [OutboxEvent];
  /** Refused for good, or expired (`state`). */
  failed: [OutboxEvent];
  ambiguous: [OutboxEvent];
  held: [OutboxHeld];
  progress: [UploadProgress];
  /** Of no message, such as a lost connection to Redis. */
  error: [Error];
}

/** What one turn with a message begins with: queue, id, what was found, when it was asked for, job, its lock's token. */
type Own = [queue: string, id: string, claim: Claimed, since: Moment, job: BullJob, token: string];

/** Messages one process delivers at the same time, of all mailboxes together: each holds its body. */
const AT_ONCE = 100;
/** Milliseconds between looks for new mailboxes. */
const DISCOVER = 1000;
/** … between words to the others that this worker lives, and checks of the limits. */
const HEARTBEAT = 15_000;
/** … between looks at what the app may do. */
const LEARN = 10 * 60_000;
/** … before a message is looked at again that a newer worker has to send. */
const NEWER = 60_000;
/** … before one is for which this worker lacks a key or the store. */
const UNFIT = 30_000;
/** Milliseconds two clocks may differ. */
const CLOCK_OFF = 10_000;
/** … before one is that this worker could not handle, whatever the reason. */
const TROUBLE = 5000;

/**
 * A worker: takes messages of all mailboxes and delivers them.
 *
 * Emits {@link OutboxWorkerEvents}; `error` only where somebody listens.
 */
export class OutboxWorker extends EventEmitter<OutboxWorkerEvents> {
  readonly #id = randomUUID();
  readonly #workers = new Map<string, BullWorker>();
  /** By queue, as the workers. */
  readonly #mailboxes = new Map<string, string>();
  readonly #pauses = new Map<string, MailboxPause>();
  readonly #running = new Set<Activation>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #told = new Set<string>();
  readonly #repeats = new Repeats();
  readonly #inTurn = createGate(AT_ONCE);
  #known = -1;
  /** When it told Redis last that it lives, by Redis' clock. */
  #beatAt = 0;
  /** Why nothing may be sent at this moment. */
  #unsafe: GraphTransportError | undefined;
  #closing: Promise<void> | undefined;
  #forced = false;
  #results: BullQueue | undefined;

  /** @hidden use startOutboxWorker() */
  constructor(
    private readonly settings: OutboxWorkerSettings,
    private readonly line: Line,
    private readonly graph: GraphConnection,
    private readonly logger: Logger,
    private facts: ServerFacts,
    private readonly hub: Hub | undefined,
    private readonly barrier: Barrier | undefined,
  ) {
    super();
  }

  /** Mailboxes this worker takes messages of. */
  get mailboxes(): number {
    return this.#workers.size;
  }

  /** @hidden */
  async start(): Promise<void> {
    const { client } = this.line.connection;
    await this.#beat();
    client.on('ready', this.#onReady);
    // whoever awaits the worker listens to it first: no event is missed
    setImmediate(() => void this.#discover().catch((error: Error) => this.report(error)));
    this.#every(DISCOVER, () => this.#discover());
    this.#every(HEARTBEAT, () => this.#beat());
    this.#every(LEARN, () => this.#learn());
    void this.#learn().catch(() => undefined);
  }

  /** Lets the apps know whether drafts can be made, which is the safer way. Whether anybody can sign in at all is the messages' business. */
  async #learn(): Promise<void> {
    const token = await this.graph.tokens.get().catch(() => undefined);
    if (token === undefined) return;
    const { connection, keys } = this.line;
    await connection.client.call('HSET', keys.facts, 'readWrite', mayReadWrite(token) ? '1' : '0');
  }

  /**
   * Takes nothing new and lets the messages that are on their way end; those that only wait go back. Where Redis does not answer, it ends
   * after `lockDuration`.
   *
   * @param options `force`: cuts off what is on its way; another worker, or this one later, finds out what became of it
   */
  close({ force = false }: { force?: boolean } = {}): Promise<void> {
    this.#forced ||= force;
    for (const activation of this.#running) {
      if (force) activation.abort();
      else activation.drain();
    }
    return (this.#closing ??= this.#close());
  }

  /** As `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#timers.forEach((timer) => clearInterval(timer));
    const { connection, keys } = this.line;
    connection.client.off('ready', this.#onReady);
    let left = Lease.now();
    let giveUp = (): void => undefined;
    const gone = new Promise<void>((resolve) => (giveUp = resolve));
    const drain = setInterval(() => {
      // a message may begin to wait only now
      for (const activation of this.#running) activation.drain();
      if (connection.client.status === 'ready') left = Lease.now();
      // by now nothing is ours any more, and whoever waits for Redis waits in vain
      else if (this.#forced || Lease.now().monotonic - left.monotonic > this.settings.lockDuration) giveUp();
    }, 200);
    const ended = [...this.#workers.values()].map((worker) => worker.close().catch((error: Error) => this.report(error)));
    await Promise.race([Promise.all(ended), gone.then(() => this.#running.forEach((activation) => activation.abort()))]);
    clearInterval(drain);
    this.hub?.close();
    await Promise.race([connection.client.call('ZREM', keys.workers, this.#id).catch(() => undefined), pause(1000)]);
    await Promise.race([this.#results?.close().catch(() => undefined), pause(1000)]);
    this.barrier?.close();
    await this.line.close();
    await this.graph.http.close(true);
  }

  /** @hidden An `error` event without a listener would end the process. */
  report(error: Error): void {
    const more = this.#repeats.hear(error.message);
    if (more === undefined) return;
    const often = more > 0 ? ` (and ${more} times more since)` : '';
    this.logger.warn({ tnx: 'outbox', err: error }, 'Outbox: %s%s', error.message, often);
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }

  readonly #onReady = (): void => {
    void this.#beat().catch(() => undefined);
  };

  #every(ms: number, task: () => Promise<void>): void {
    let busy = false;
    const timer = setInterval(() => {
      // Redis may be silent for longer
      if (busy) return;
      busy = true;
      void task()
        .catch((error: Error) => this.report(error))
        .finally(() => (busy = false));
    }, ms);
    this.#timers.add(timer);
  }

  /** Finds mailboxes that have got their first message. */
  async #discover(): Promise<void> {
    const { connection, keys } = this.line;
    const count = Number(await connection.client.call('HLEN', keys.mailboxes));
    if (count === this.#known || this.#closing) return;
    const mailboxes = await this.line.mailboxes();
    const fresh = [...mailboxes].filter(([queue, mailbox]) => !this.#workers.has(queue) && this.#mayServe(mailbox));
    await this.#limit(fresh);
    if (this.#closing) return;
    for (const [queue, mailbox] of fresh) {
      // a look before this one may have been slower
      if (this.#workers.has(queue)) continue;
      try {
        this.#serve(queue, mailbox);
      } catch (error) {
        // whoever can write to Redis can put anything there: the others are served all the same
        this.#tellOnce(`queue:${queue}`, `the queue ${show(queue)} is none of this package: ${(error as Error).message}`);
      }
    }
    this.#known = count;
  }

  #mayServe(mailbox: string): boolean {
    const { mailboxes } = this.settings;
    if (!mailboxes || mailboxes.has(mailbox.toLowerCase())) return true;
    this.#tellOnce(`mailbox:${mailbox}`, `${mailbox} is not among this worker's "mailboxes": its messages are left to others`);
    return false;
  }

  #limit(mailboxes: Iterable<readonly [queue: string, mailbox: string]>): Promise<number> {
    const sealed = new Map([...mailboxes].map(([queue, mailbox]) => [queue, this.line.sealMailbox(mailbox)]));
    return this.line.records.limits(sealed, this.settings.maxConnections);
  }

  /** Says that this worker lives, and that the limits hold: both are mere data to Redis. Finds out whether it still is what it was. */
  async #beat(): Promise<void> {
    const { line } = this;
    this.facts = await askServer(line.connection);
    this.#judge();
    const { lost, at } = await line.records.beat(this.#id, this.#beatAt);
    this.#beatAt = at;
    // a mailbox may have taken the place of another one that is gone
    this.#known = -1;
    if (lost) this.report(lostError());
    this.#tellClock(at);
    const limits = await this.#limit(this.#mailboxes);
    if (limits > 0) this.logger.warn({ tnx: 'outbox', lost: limits }, 'Redis had lost the limits of %s mailboxes', limits);
    if (lost) await this.#learn();
  }

  /** Its settings can be changed while it runs. */
  #judge(): void {
    const before = this.#unsafe;
    this.#unsafe = serverProblem(asPrimary(this.facts), { ...this.settings, isCluster: this.line.connection.client.isCluster === true });
    if (this.#unsafe && this.#unsafe.message !== before?.message) this.report(this.#unsafe);
    if (before && !this.#unsafe) this.logger.info({ tnx: 'outbox' }, 'Redis is as it should be again');
  }

  #tellClock(at: number): void {
    const ahead = Date.now() - at;
    if (Math.abs(ahead) < CLOCK_OFF) return;
    const how = `${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'} Redis`;
    this.#tellOnce('clock', `the clock of this machine is ${how}: what has to wait may wait longer than it should`);
  }

  #serve(queue: string, mailbox: string): void {
    const { line, settings } = this;
    const { connection, keys } = line;
    const options = {
      connection: connection.client,
      prefix: keys.prefix,
      concurrency: settings.maxConnections,
      lockDuration: settings.lockDuration,
      stalledInterval: Math.ceil(settings.lockDuration / 3),
      // the record knows what may be sent: how often a worker died with it means nothing
      maxStalledCount: 1_000_000,
      // without a limiter a pause has no effect at all
      limiter: { max: 1_000_000_000, duration: 1000 },
      removeOnComplete: { count: 0 },
      removeOnFail: { age: Math.ceil(settings.keep / 1000), count: 1000 },
      runRetryDelay: 1000,
      ...(settings.telemetry && { telemetry: settings.telemetry }),
    };
    const pausing = new MailboxPause((ms) => void line.records.hold(queue, { ms }).catch((error: Error) => this.report(error)));
    this.#pauses.set(queue, pausing);
    const processor = (job: BullJob, token: string) => this.#process(queue, mailbox, job, token);
    const worker = new connection.bullmq.Worker(queue, processor, options, this.hub && line.backends(this.hub));
    worker.on('error', (error) => this.report(error as Error));
    this.#workers.set(queue, worker);
    this.#mailboxes.set(queue, mailbox);
  }

  /** One turn with one message. Whatever happens, its job is not lost before the message has ended. */
  async #process(queue: string, mailbox: string, job: BullJob, token: string): Promise<unknown> {
    const { bullmq } = this.line.connection;
    const id = messageIdOf(job.id ?? '');
    let next: 'ended' | 'failed' | 'held' | number;
    let why = 'ended';
    try {
      const ending = await this.#inTurn(() => this.#turn(queue, id, job, token));
      [next, why] = await this.#ended(mailbox, id, ending);
    } catch (error) {
      this.report(error as Error);
      next = TROUBLE;
    }
    if (next === 'ended') return why;
    if (next === 'failed') throw new bullmq.UnrecoverableError(why);
    if (next === 'held') throw bullmq.Worker.RateLimitError();
    try {
      await job.moveToDelayed(Date.now() + next, token);
    } catch {
      // its lock is gone: it is somebody else's, or found as stalled
    }
    throw new bullmq.DelayedError();
  }

  async #turn(queue: string, id: string, job: BullJob, token: string): Promise<Ending | { kind: 'over'; why: string }> {
    const { line, settings } = this;
    if (this.#unsafe) return { kind: 'later', delay: TROUBLE };
    const since = Lease.now();
    const lossless = isDurable(this.facts, settings.durability);
    const claim = await line.records.claim(id, { most: settings.maxConnections, lossless });
    switch (claim.kind) {
      case 'missing':
        this.report(new Error(`the message "${id}" is not in Redis any more; its job is removed`));
        return { kind: 'over', why: 'missing' };
      case 'final':
        if (claim.state === 'cancelled' && claim.dirty) await this.#tidy(id, claim.head);
        await this.#publish({ id, state: claim.state });
        return { kind: 'over', why: claim.state };
      case 'newer':
        this.#tellOnce('newer', `messages of a newer version of this package (payload ${claim.version}) are left to newer workers`);
        return { kind: 'later', delay: NEWER };
      case 'early':
        return { kind: 'later', delay: claim.ms };
      case 'paused':
        return { kind: 'later', delay: 1000 };
      case 'full':
        return { kind: 'later', delay: 250 };
      case 'mine':
        return this.#own(queue, id, claim, since, job, token);
    }
  }

  async #own(...of: Own): Promise<Ending> {
    const [, id, claim] = of;
    const { line, settings } = this;
    let activation: Activation;
    try {
      activation = this.#activate(...of);
    } catch (thrown) {
      const error = toGraphError(thrown);
      // this worker lacks a key, or the store: others may have it, and people can give it one
      if (error.code === 'ECONFIG' && (claim.state === 'sending' || claim.now <= claim.expires)) {
        if (this.#isNews(error.message)) this.report(error);
        return { kind: 'later', delay: UNFIT, error };
      }
      // it was altered: nothing of it is sent, and nothing of it can be shown
      const info = sealOutcome({ error: describeError(error) }, line.blobs.seal, id);
      if (!(await line.records.end(id, claim.fence, 'failed', info, settings.keep))) return { kind: 'lost' };
      const envelope = { from: false as const, to: [] };
      return { kind: 'ended', outcome: { id, state: 'failed', mailbox: '', messageId: '', envelope, error: describeError(error) }, error };
    }
    this.#running.add(activation);
    if (this.#closing) activation.drain();
    try {
      return await activation.run();
    } finally {
      this.#running.delete(activation);
    }
  }

  #activate(...[queue, id, claim, since, job, token]: Own): Activation {
    const { line, graph, settings, logger, barrier } = this;
    const pausing = this.#pauses.get(queue) as MailboxPause;
    const event = tracedMessage('outbox');
    if (event) event.queueTime = Math.max(0, Date.now() - Math.max(job.timestamp, claim.sendAt));
    return new Activation(
      {
        ...{ line, graph, settings, logger, pause: pausing },
        barrier: (run) => barrier?.passed(run) ?? Promise.resolve(),
        extendLock: async () => void (await job.extendLock(token, settings.lockDuration)),
        onProgress: (progress) => void this.emit('progress', progress),
        event,
      },
      id,
      claim,
      since,
      queue,
    );
  }

  /** Tells what a turn has come to; → what its job does next. */
  async #ended(
    mailbox: string,
    id: string,
    ending: Ending | { kind: 'over'; why: string },
  ): Promise<['ended' | 'failed' | 'held' | number, string]> {
    switch (ending.kind) {
      case 'over':
        return ['ended', ending.why];
      case 'lost':
        return [1000, 'lost'];
      case 'later': {
        const { error } = ending;
        if (error) this.logger.info({ tnx: 'outbox', id, err: error }, 'Message %s waits %s ms: %s', id, ending.delay, error.message);
        return [ending.delay, 'later'];
      }
      case 'held': {
        const { error, ms, times } = ending;
        if (error && times > 0) {
          this.logger.error({ tnx: 'outbox', mailbox, err: error }, 'Mailbox %s is held for %s ms: %s', mailbox, ms, error.message);
          this.emit('held', { mailbox, error, until: new Date(Date.now() + ms), times });
        }
        return ['held', 'held'];
      }
      case 'ended': {
        const { outcome, error } = ending;
        await this.#publish(outcome);
        this.#tell(outcome);
        return outcome.state === 'failed' || outcome.state === 'expired'
          ? ['failed', failureText(outcome.state, error)]
          : ['ended', outcome.state];
      }
    }
  }

  #tell(outcome: OutboxOutcome): void {
    const { id, state, mailbox, messageId, error } = outcome;
    const entry = { tnx: 'outbox', id, messageId, mailbox, state };
    if (state === 'sent') this.logger.info(entry, 'Message %s is sent from %s', id, mailbox);
    else this.logger.error(entry, 'Message %s is %s: %s', id, state, error?.message ?? '');
    const event = state === 'sent' || state === 'ambiguous' ? state : 'failed';
    try {
      this.emit(event, outcome);
    } catch (thrown) {
      // the message has ended: a listener's mistake must not send it again
      process.nextTick(() => {
        throw thrown;
      });
    }
  }

  /** Hands the end to the app, durably; more than once if a process ends in between. */
  async #publish(outcome: OutboxOutcome | { id: string; state: string }): Promise<void> {
    const { results } = this.settings;
    if (results === undefined) return;
    const { connection, blobs } = this.line;
    this.#results ??= new connection.bullmq.Queue(results, { connection: connection.client, skipMetasUpdate: true });
    const { id, state } = outcome;
    const data = blobs.seal.encrypts ? { id, state, code: 'error' in outcome ? outcome.error?.code : undefined } : outcome;
    await this.#results.add(state, data, { jobId: jobId(`${id}.${state}`) });
  }

  /** Deletes the drafts of a message that was cancelled after a worker had died with it. */
  async #tidy(id: string, stored: Buffer): Promise<void> {
    const { line, graph, settings, logger } = this;
    const head = openHead(stored, line.blobs.seal, id);
    const turn = { pause: () => undefined, ready: () => undefined };
    const message = { ...head, body: Buffer.alloc(0), uploads: [] };
    const context = { ...graph, settings: settings.graph, logger, signal: new Canceller(), turn, onProgress: () => undefined, sleep };
    const delivery = openDelivery(message, context);
    const look = await lookUp(delivery);
    if (look.kind !== 'found') throw new Error(`the drafts of the cancelled message "${id}" cannot be looked for now`);
    for (const draft of look.drafts) {
      if (!(await discardDraft(delivery, draftAt(head.mailbox, draft))))
        throw new Error(`a draft of the cancelled message "${id}" is left`);
    }
    await line.records.tidied(id);
  }

  #tellOnce(key: string, text: string): void {
    if (this.#isNews(key)) this.logger.warn({ tnx: 'outbox' }, 'Outbox: %s', text);
  }

  #isNews(key: string): boolean {
    const news = !this.#told.has(key);
    this.#told.add(key);
    return news;
  }
}

/** Whether a token carries Mail.ReadWrite; an opaque one says nothing. */
function mayReadWrite(token: string): boolean {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { roles?: unknown; scp?: unknown };
    const granted = [
      ...(Array.isArray(claims.roles) ? (claims.roles as unknown[]) : []),
      ...(typeof claims.scp === 'string' ? claims.scp.split(' ') : []),
    ];
    return granted.some((name) => /^Mail\.ReadWrite(\.Shared)?$/.test(String(name)));
  } catch {
    return false;
  }
}

/** For BullMQ's own list, where no address may stand. */
function failureText(state: string, error: GraphTransportError | undefined): string {
  return [state, error?.code, error?.graphCode, error?.httpStatus].filter((part) => part !== undefined).join(' ');
}

function lostError(): GraphTransportError {
  const hint = 'Look for messages that were queued and are not there any more, and hand them in again.';
  return new GraphTransportError(
    'ECONNECTION',
    `Redis has lost data it had confirmed (FLUSHALL, a backup that was restored, a crash or a failover). ${hint}`,
    { hint },
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/**
 * Starts a worker. As many as wanted, on as many machines as wanted: limits, rate and pauses hold for all of them together.
 *
 * @throws {GraphTransportError} `ECONFIG` for an option, for peers that are not installed, or for a Redis that can lose messages;
 *   `ECONNECTION` if Redis cannot be reached
 */
export async function startOutboxWorker(options: OutboxWorkerOptions): Promise<OutboxWorker> {
  const settings = readWorkerOptions(options);
  const logger = createLogger<Logger>(settings.logger, settings.component);
  let worker: OutboxWorker | undefined;
  const onError = (error: Error) => worker?.report(error);
  const line = await openLine(settings, { maxRetriesPerRequest: null, onError });
  const { connection, keys } = line;
  try {
    const facts = await connection.reach.within(askServer(connection), settings.graph.connectionTimeout);
    const isCluster = connection.client.isCluster === true;
    checkServer(facts, { ...settings, isCluster });
    // BullMQ's keys of one queue must be on one server
    if (isCluster && settings.results !== undefined && !/\{[^{}]+\}/.test(settings.results))
      throw outboxConfigError(`"results" must have a hash tag in a cluster, such as '{mail-ends}', not ${show(settings.results)}`);
    for (const warning of serverWarnings(facts, settings.durability)) logger.warn({ tnx: 'outbox' }, 'Outbox: %s', warning);
    if (!settings.seal.encrypts && !settings.mailboxes) {
      logger.warn(
        { tnx: 'outbox' },
        'Outbox: neither "encryptionKey" nor "mailboxes" is set: whoever can write to Redis can send from every mailbox the app may use',
      );
    }
    const hub = supportsHub(connection.bullmq) ? new Hub(connection, { prefix: keys.prefix, name: randomUUID(), onError }) : undefined;
    const barrier = createBarrier(connection, `${keys.prefix}:sync`, waitFor(facts, settings));
    const graph = createGraphConnection(
      { ...settings.graph, maxConnections: settings.maxConnections },
      { onBackgroundError: (error) => onError(toGraphError(error)) },
    );
    worker = new OutboxWorker(settings, line, graph, logger, facts, hub, barrier);
    await worker.start();
    return worker;
  } catch (error) {
    if (worker) await worker.close({ force: true });
    else await line.close();
    throw connection.reach.error(error);
  }
}
