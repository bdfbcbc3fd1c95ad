import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { Loss } from '../prepared/loss.js';
import type { Format, Route } from '../prepared/prepared-message.js';
import { checkOutbox, type OutboxCheck } from './check.js';
import { jobId } from './keys.js';
import { openLine, type Line } from './line.js';
import { describeMetrics } from './metrics.js';
import { readOutboxOptions, type OutboxOptions, type OutboxSettings } from './options.js';
import { openOutcome, sealOutcome, type OutcomeError } from './outcome.js';
import { STATES, type OutboxState } from './record.js';
import { addJob, dropUploads } from './store-message.js';
import { openHead, type Head } from './stored-message.js';

/** A message in the outbox, or one that has left it. */
export interface OutboxMessage {
  id: string;
  state: OutboxState;
  /** Empty where it is encrypted with a key this process does not have. */
  mailbox: string;
  messageId: string;
  envelope: { from: string | false; to: string[] };
  format: Format | undefined;
  route: Route | undefined;
  losses: Loss[];
  priority: number;
  queuedAt: Date | undefined;
  sendAt: Date | undefined;
  expires: Date | undefined;
  /** When it was sent, failed, …; `undefined` as long as it is on its way. */
  endedAt: Date | undefined;
  /** How often a worker took it. */
  tries: number;
  response: string | undefined;
  /** Graph's id of the last request; Microsoft support asks for it. */
  requestId: string | undefined;
  error: OutcomeError | undefined;
}

/** How many messages are in each state. */
export type OutboxCounts = Record<OutboxState, number>;

/** Which messages `list()` is about. */
export interface OutboxFilter {
  state?: OutboxState | undefined;
  mailbox?: string | undefined;
  /** Most messages. @default 100 */
  limit?: number | undefined;
}

/** Milliseconds for Redis. */
const TIMEOUT = 10_000;
const READ_AT_ONCE = 200;
/** Milliseconds a message that was put back may take. */
const AGAIN = 3 * 24 * 60 * 60_000;

/** For people and dashboards: see what is in the outbox and decide what a program cannot. */
export class Outbox implements AsyncDisposable {
  #line: Promise<Line> | undefined;

  /** @hidden use openOutbox() */
  constructor(private readonly settings: OutboxSettings) {}

  /** A message; `undefined` if none of this id is remembered. */
  get(id: string): Promise<OutboxMessage | undefined> {
    return this.#do(async (line) => this.#read(line, id));
  }

  /** Messages, newest first. */
  list({ state, mailbox, limit = 100 }: OutboxFilter = {}): Promise<OutboxMessage[]> {
    if (state !== undefined && !STATES.includes(state))
      throw badArgument(`"state" must be one of ${STATES.join(', ')}, not ${String(state)}`);
    if (!Number.isInteger(limit) || limit < 1) throw badArgument(`"limit" must be a whole number of at least 1, not ${String(limit)}`);
    return this.#do(async (line) => {
      const found: OutboxMessage[] = [];
      for (const name of state ? [state] : STATES) {
        let [taken, start] = [0, 0];
        while (taken < limit) {
          const stop = start + READ_AT_ONCE - 1;
          const ids = (await line.connection.client.call('ZREVRANGE', line.keys.state(name), start, stop)) as string[];
          const messages = await Promise.all(ids.map((id) => this.#read(line, id)));
          const fitting = messages.filter((message) => message !== undefined);
          for (const message of fitting) {
            if (message.state !== name || (mailbox !== undefined && message.mailbox.toLowerCase() !== mailbox.toLowerCase())) continue;
            if (taken++ < limit) found.push(message);
          }
          if (ids.length < READ_AT_ONCE) break;
          start += READ_AT_ONCE;
        }
      }
      return found.sort((a, b) => Number(b.queuedAt ?? 0) - Number(a.queuedAt ?? 0)).slice(0, limit);
    });
  }

  /**
   * Waits until a message has ended.
   *
   * @throws {GraphTransportError} `ETIMEDOUT` if it has not after `timeout` ms (default 60,000), `EMESSAGE` if Redis lost it meanwhile
   */
  async wait(id: string, { timeout = 60_000 }: { timeout?: number | undefined } = {}): Promise<OutboxMessage> {
    const until = Date.now() + timeout;
    let known = false;
    for (let pause = 50; ; pause = Math.min(pause * 1.5, 1000)) {
      const message = await this.get(id);
      if (message && message.state !== 'queued' && message.state !== 'sending') return message;
      if (!message && known)
        throw new GraphTransportError(
          'EMESSAGE',
          `the message "${id}" was in the outbox and is not there any more: Redis has lost it, or it ended and is not remembered`,
          {
            permanent: true,
            hint: 'Look for it in the mailbox, and hand it in again if it is not there.',
          },
        );
      known = message !== undefined;
      if (Date.now() >= until) {
        throw new GraphTransportError(
          'ETIMEDOUT',
          `the message "${id}" is ${message ? message.state : 'not in the outbox'} after ${timeout} ms`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(pause, Math.max(until - Date.now(), 1))));
    }
  }

  /**
   * Tries a message again that failed or expired, with the same bytes and Message-ID. One that is `ambiguous` is only looked for again,
   * and never sent: say with `settle()` that it was not.
   */
  retry(id: string): Promise<OutboxMessage> {
    return this.#reopen(id, 'retry', {});
  }

  /** Says what became of an `ambiguous` message: `'sent'`, or `'not-sent'`, which sends it after another look at the mailbox. */
  settle(id: string, outcome: 'sent' | 'not-sent'): Promise<OutboxMessage> {
    if (outcome !== 'sent' && outcome !== 'not-sent') throw badArgument(`"outcome" must be 'sent' or 'not-sent', not ${String(outcome)}`);
    return this.#reopen(id, outcome, { response: 'sent, as a person said' });
  }

  /** Takes a message out of the queue. Only as long as it is `queued`: what may have been sent cannot be called back. */
  cancel(id: string): Promise<OutboxMessage> {
    return this.#do(async (line) => {
      const before = await this.#known(line, id);
      const info = sealOutcome({ response: 'cancelled' }, line.blobs.seal, id);
      const { state, dirty } = await line.records.cancel(id, info, this.settings.keep);
      if (state !== 'cancelled') throw refused(id, state || 'gone', 'cancelled');
      // a worker that died with it may have left a draft: then its job stays, and tidies up
      if (!dirty) await this.#dropJob(line, before.queue, id);
      if (before.head) await dropUploads(before.head.uploads, { line });
      return (await this.#read(line, id)) as OutboxMessage;
    });
  }

  /** Holds a mailbox, or all, until `resume()`, on all machines; what is on its way ends. */
  pause(mailbox?: string): Promise<void> {
    return this.#do(async (line) => {
      const names = await this.#queues(line, mailbox);
      await line.connection.client.call('SADD', line.keys.paused, ...(mailbox === undefined ? ['*'] : names));
      for (const name of names) await line.queue(name).pause();
    });
  }

  /** Ends `pause()`. */
  resume(mailbox?: string): Promise<void> {
    return this.#do(async (line) => {
      const names = await this.#queues(line, mailbox);
      const { client } = line.connection;
      if (mailbox === undefined) await client.call('DEL', line.keys.paused);
      else if (Number(await client.call('SISMEMBER', line.keys.paused, '*')) === 1)
        throw badArgument('all mailboxes are paused together: resume() without a mailbox resumes them');
      else await client.call('SREM', line.keys.paused, ...names);
      for (const name of names) await line.queue(name).resume();
    });
  }

  /** How many messages are in each state; of those that have ended, as many as are remembered. */
  counts(): Promise<OutboxCounts> {
    return this.#do((line) => countsOf(line));
  }

  /** Counts, queues, workers and held mailboxes as Prometheus reads them. */
  metrics(): Promise<string> {
    return this.#do(async (line) => {
      const { client } = line.connection;
      const mailboxes = await line.mailboxes();
      const [counts, { workers, now }, holds, oldest] = await Promise.all([
        countsOf(line),
        line.records.seen(),
        client.call('HLEN', line.keys.holds),
        client.call('ZRANGE', line.keys.state('queued'), 0, 0, 'WITHSCORES') as Promise<string[]>,
      ]);
      const queues = [];
      for (const [name, mailbox] of mailboxes) {
        const jobs = await line.queue(name).getJobCounts('waiting', 'active', 'delayed', 'prioritized', 'paused');
        queues.push({ mailbox, jobs });
      }
      const age = oldest[1] === undefined ? 0 : Math.max(now - Number(oldest[1]), 0) / 1000;
      return describeMetrics({ counts, workers, held: Number(holds), oldestQueuedSeconds: age, queues });
    });
  }

  /**
   * BullMQ's queues, one per mailbox, such as for bull-board: `await outbox.queues<Queue>()`. To look at: whatever is done there, the
   * messages' own records decide what is sent.
   */
  queues<Queue = unknown>(): Promise<Queue[]> {
    return this.#do(async (line) => [...(await line.mailboxes()).keys()].map((name) => line.queue(name) as Queue));
  }

  /**
   * Looks for what can lose or hold up messages: the server, workers, and messages whose job is gone, as after a clean-up in a
   * dashboard.
   *
   * @param options `repair`: puts their jobs back
   */
  check({ repair = false }: { repair?: boolean | undefined } = {}): Promise<OutboxCheck> {
    return this.#do(async (line) => {
      const found = await checkOutbox(line, this.settings);
      const { lost, problems } = found;
      if (repair) for (const id of lost) await this.#addAgain(line, id);
      if (lost.length > 0) problems.push(`${lost.length} messages on their way have no job${repair ? '; they were put back' : ''}.`);
      return { ...found, repaired: repair ? lost.length : 0 };
    });
  }

  /**
   * Says that Redis was started over a backup, or got one back while it ran: what waits there may have been sent since, so that each
   * message is looked for before it is sent, and is `ambiguous` where nobody may look. To be said before workers are started; one that ran
   * all the time finds it out.
   */
  restored(): Promise<void> {
    return this.#do((line) => line.records.restored());
  }

  /** Closes the connection; an ioredis client that was given stays open. */
  async close(): Promise<void> {
    const line = this.#line;
    this.#line = undefined;
    await (await line?.catch(() => undefined))?.close();
  }

  /** As `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #do<T>(task: (line: Line) => Promise<T>): Promise<T> {
    this.#line ??= openLine(this.settings, { maxRetriesPerRequest: 5, onError: () => undefined }).catch((error: unknown) => {
      this.#line = undefined;
      throw error;
    });
    const line = await this.#line;
    try {
      // what takes long does so with many answers
      await line.connection.reach.within(line.connection.client.call('PING'), TIMEOUT);
      return await task(line);
    } catch (error) {
      throw line.connection.reach.error(error);
    }
  }

  async #known(line: Line, id: string): Promise<{ queue: string; head: Head | undefined; fields: Record<string, Buffer> }> {
    const fields = await line.records.read(id);
    if (!fields)
      throw new GraphTransportError('EMESSAGE', `there is no message "${id}" in the outbox, or it is not remembered any more`, {
        permanent: true,
      });
    return { queue: String(fields['queue']), head: headOf(fields, line, id), fields };
  }

  async #reopen(id: string, how: 'retry' | 'sent' | 'not-sent', outcome: { response?: string }): Promise<OutboxMessage> {
    return this.#do(async (line) => {
      const { head } = await this.#known(line, id);
      const info = sealOutcome(outcome, line.blobs.seal, id);
      const state = await line.records.reopen(id, how, { info, keep: this.settings.keep, valid: AGAIN });
      if (state === 'gone') throw new GraphTransportError('EMESSAGE', `the content of "${id}" is not kept any more`, { permanent: true });
      const expected = how === 'sent' ? state === 'sent' : state === 'queued' || state === 'sending';
      if (!expected) throw refused(id, state, how === 'retry' ? 'tried again' : 'settled');
      if (how === 'sent') {
        if (head) await dropUploads(head.uploads, { line });
      } else await this.#addAgain(line, id);
      return (await this.#read(line, id)) as OutboxMessage;
    });
  }

  async #addAgain(line: Line, id: string): Promise<void> {
    const { queue, head, fields } = await this.#known(line, id);
    // one that ended would stand in the way
    await this.#dropJob(line, queue, id);
    const { mailbox = '', messageId = '' } = head ?? {};
    const { now } = await line.records.seen();
    const delay = Math.max(Number(fields['sendAt']) - now, 0);
    if (head) await line.connection.client.call('HSETNX', line.keys.mailboxes, queue, line.sealMailbox(head.mailbox));
    await addJob(line, queue, { id, delay, priority: Number(fields['priority']), size: 0, mailbox, messageId });
  }

  async #dropJob(line: Line, queue: string, id: string): Promise<void> {
    const job = await line.queue(queue).getJob(jobId(id));
    // one that a worker has cannot be removed, and need not be
    await job?.remove().catch(() => undefined);
  }

  async #queues(line: Line, mailbox: string | undefined): Promise<string[]> {
    if (mailbox !== undefined) return [line.queueOf(mailbox)];
    return [...(await line.mailboxes()).keys()];
  }

  async #read(line: Line, id: string): Promise<OutboxMessage | undefined> {
    const fields = await line.records.read(id);
    if (!fields) return undefined;
    const head = headOf(fields, line, id);
    const outcome = openOutcome(fields['info'], line.blobs.seal, id);
    const date = (name: string) => (fields[name] ? new Date(Number(fields[name])) : undefined);
    return {
      id,
      state: String(fields['state']) as OutboxState,
      mailbox: head?.mailbox ?? '',
      messageId: head?.messageId ?? '',
      envelope: head?.envelope ?? { from: false, to: [] },
      format: head?.format,
      route: head?.route,
      losses: head?.losses ?? [],
      priority: Number(fields['priority'] ?? 0),
      queuedAt: date('queuedAt'),
      sendAt: date('sendAt'),
      expires: date('expires'),
      endedAt: date('endedAt'),
      tries: Number(fields['tries'] ?? 0),
      response: outcome?.response,
      requestId: outcome?.requestId,
      error: outcome?.error,
    };
  }
}

function headOf(fields: Record<string, Buffer>, line: Line, id: string): Head | undefined {
  try {
    return fields['head'] && openHead(fields['head'], line.blobs.seal, id);
  } catch {
    // encrypted with a key that is not here: it can still be seen that there is a message
    return undefined;
  }
}

async function countsOf({ connection, keys }: Line): Promise<OutboxCounts> {
  const counts = await Promise.all(STATES.map((state) => connection.client.call('ZCARD', keys.state(state))));
  return Object.fromEntries(STATES.map((state, index) => [state, Number(counts[index])])) as OutboxCounts;
}

function refused(id: string, state: string, what: string): GraphTransportError {
  const hint =
    what === 'cancelled' && state === 'sending'
      ? 'It may have been sent already.'
      : what === 'settled'
        ? 'Only an ambiguous message can be settled.'
        : what === 'tried again'
          ? 'Only a message that failed, expired or is ambiguous can be tried again.'
          : 'It has ended.';
  return new GraphTransportError('EMESSAGE', `the message "${id}" is ${state} and cannot be ${what}. ${hint}`, { permanent: true, hint });
}

function badArgument(message: string): GraphTransportError {
  return new GraphTransportError('ECONFIG', `outbox: ${message}`, { permanent: true });
}

/**
 * Opens the outbox for people: lists messages, settles what is ambiguous, pauses, counts. Connects with the first question.
 *
 * @throws {GraphTransportError} `ECONFIG` for a missing or wrong option
 */
export function openOutbox(options: OutboxOptions): Outbox {
  return new Outbox(readOutboxOptions(options));
}
