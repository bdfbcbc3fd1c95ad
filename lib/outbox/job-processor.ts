import { tracedMessage } from '../base/channels.js';
import { Activation } from './activation.js';
import { discardCancelled } from './discard-cancelled.js';
import { createGate } from './gate.js';
import { messageIdOf } from './keys.js';
import { Lease, type Moment } from './lease.js';
import type { ServedMailbox } from './mailbox-workers.js';
import type { Ending } from './message-turn.js';
import { describeError, sealOutcome, toGraphError } from './outcome.js';
import type { Claimed } from './record.js';
import type { BullJob } from './redis.js';
import type { ResultsQueue } from './results-queue.js';
import type { ServerWatch } from './server-watch.js';
import { tellEnding, type NextOfJob, type Over } from './tell-ending.js';
import type { WorkerContext } from './worker-context.js';

/** What one turn with a message begins with: its mailbox, id, what was found, when it was asked for, job, its lock's token. */
type Own = [served: ServedMailbox, id: string, claim: Claimed, since: Moment, job: BullJob, token: string];

/** Messages one process delivers at the same time, of all mailboxes together: each holds its body. */
const AT_ONCE = 100;
/** Milliseconds before a message is looked at again that a newer worker has to send. */
const NEWER = 60_000;
/** … before one is for which this worker lacks a key or the store. */
const UNFIT = 30_000;
/** … before one is that this worker could not handle, whatever the reason. */
const TROUBLE = 5000;

/** BullMQ's jobs as turns with messages: the job says only that there may be something to do, the record what. */
export class JobProcessor {
  readonly #running = new Set<Activation>();
  readonly #inTurn = createGate(AT_ONCE);
  #closing = false;

  constructor(
    private readonly context: WorkerContext,
    private readonly server: ServerWatch,
    private readonly results: ResultsQueue,
  ) {}

  /** One turn with one message. Whatever happens, its job is not lost before the message has ended. */
  async process(served: ServedMailbox, job: BullJob, token: string): Promise<unknown> {
    const { line, reports } = this.context;
    const { bullmq } = line.connection;
    const id = messageIdOf(job.id ?? '');
    let next: NextOfJob;
    let why = 'ended';
    try {
      const ending = await this.#inTurn(() => this.#turn(served, id, job, token));
      [next, why] = await tellEnding(this.context, this.results, { mailbox: served.mailbox, id, ending });
    } catch (error) {
      reports.report(error as Error);
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

  /** From now on what only waits goes back. */
  close(): void {
    this.#closing = true;
  }

  /** Hands back what only waits at this moment; what is on its way goes on. */
  drain(): void {
    for (const activation of this.#running) activation.drain();
  }

  /** Cuts off what is on its way. */
  abort(): void {
    for (const activation of this.#running) activation.abort();
  }

  async #turn(served: ServedMailbox, id: string, job: BullJob, token: string): Promise<Ending | Over> {
    const { line, settings, reports } = this.context;
    if (this.server.unsafe) return { kind: 'later', delay: TROUBLE };
    // it waited for its turn, and goes back
    if (this.#closing) return { kind: 'later', delay: 0 };
    const since = Lease.now();
    const claim = await line.records.claim(id, { most: settings.maxConnections, lossless: this.server.lossless });
    switch (claim.kind) {
      case 'missing':
        reports.report(new Error(`the message "${id}" is not in Redis any more; its job is removed`));
        return { kind: 'over', why: 'missing' };
      case 'final':
        if (claim.state === 'cancelled' && claim.dirty) await discardCancelled(this.context, id, claim.head);
        await this.results.publish({ id, state: claim.state });
        return { kind: 'over', why: claim.state };
      case 'newer':
        reports.tellOnce('newer', `messages of a newer version of this package (payload ${claim.version}) are left to newer workers`);
        return { kind: 'later', delay: NEWER };
      case 'early':
        return { kind: 'later', delay: claim.ms };
      case 'paused':
        return { kind: 'later', delay: 1000 };
      case 'full':
        return { kind: 'later', delay: 250 };
      case 'mine':
        return this.#own(served, id, claim, since, job, token);
    }
  }

  async #own(...of: Own): Promise<Ending> {
    const [, id, claim] = of;
    const { line, settings, reports } = this.context;
    let activation: Activation;
    try {
      activation = this.#activate(...of);
    } catch (thrown) {
      const error = toGraphError(thrown);
      // this worker lacks a key, or the store: others may have it, and people can give it one
      if (error.code === 'ECONFIG' && (claim.state === 'sending' || claim.now <= claim.expires)) {
        if (reports.isNews(error.message)) reports.report(error);
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

  #activate(...[{ queue, pause }, id, claim, since, job, token]: Own): Activation {
    const { line, graph, settings, logger, barrier, events } = this.context;
    const event = tracedMessage('outbox');
    if (event) event.queueTime = Math.max(0, Date.now() - Math.max(job.timestamp, claim.sendAt));
    return new Activation(
      {
        ...{ line, graph, settings, logger, pause },
        barrier: (run) => barrier.passed(run),
        extendLock: async () => void (await job.extendLock(token, settings.lockDuration)),
        onProgress: (progress) => void events.emit('progress', progress),
        event,
      },
      id,
      claim,
      since,
      queue,
    );
  }
}
