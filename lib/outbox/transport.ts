import { randomUUID } from 'node:crypto';
import { EventEmitter, setMaxListeners } from 'node:events';
import { Canceller } from '../base/cancellation.js';
import { abortError } from '../errors/abort-error.js';
import { GraphTransportError, isGraphTransportError } from '../errors/graph-transport-error.js';
import type { Logger } from '../base/logger.js';
import { ContentReader } from '../message/content/content-reader.js';
import { withProcessWarnings } from '../base/process-warnings.js';
import { createLogger, type NodemailerMail } from '../message/nodemailer.js';
import { releaseStreams } from '../message/release-streams.js';
import { isDeferred } from '../plan/deferred.js';
import { readMessageSettings } from '../plan/message-settings.js';
import type { MessageSettings } from '../plan/plan-settings.js';
import { prepare } from '../plan/prepare.js';
import type { Format, Route } from '../prepared/prepared-message.js';
import type { Loss } from '../prepared/loss.js';
import { VERSION } from '../base/version.js';
import { openLine, type Line } from './line.js';
import { readMessageOutbox, type MessageOutbox } from './message-options.js';
import { readTransportOptions, type OutboxTransportOptions, type OutboxTransportSettings } from './options.js';
import { createGate } from './gate.js';
import { isRefusal } from './reach.js';
import { asPrimary, askServer, checkServer, createBarrier, serverWarnings, waitFor, type Barrier, type ServerFacts } from './server.js';
import { storeMessage, type Queued } from './store-message.js';
import type { Head } from './stored-message.js';

/** What `sendMail()` resolves with once the message is durable. */
export interface OutboxSentMessageInfo {
  /** Stands for this message from now on: `openOutbox().get(id)` tells what became of it. */
  id: string;
  /** It waits to be delivered, and is not sent yet. */
  queued: true;
  /** A message of this id was handed in before: that one counts, and everything here is told of it. */
  duplicate: boolean;
  envelope: { from: string | false; to: string[] };
  /** The Message-ID the recipients will see. */
  messageId: string;
  /** Recipients the message was queued for. */
  accepted: string[];
  rejected: string[];
  response: string;
  mailbox: string;
  format: Format;
  route: Route;
  /** What will not arrive as written. */
  losses: Loss[];
  // Nodemailer's own result type is open, too
  [key: string]: unknown;
}

type SendCallback = (error: Error | null, info: OutboxSentMessageInfo) => void;
type VerifyCallback = (error: Error | null, success: true) => void;

/** A connected outbox and what its server is like. */
interface Ready {
  line: Line;
  barrier: Barrier;
  /** What workers have found out. */
  readWrite: boolean;
  /** When this was asked, and what the server is like. */
  askedAt: number;
}

/** Messages that may be on their way into Redis before `isIdle()` says no, and more wait for their turn: else Redis would seem late to all. */
const BUSY = 100;
/** Milliseconds for which it is believed what the server is like and whether drafts can be made. */
const BELIEVE = 15_000;

/**
 * Nodemailer transport that puts messages into the outbox, from which workers deliver them through Microsoft Graph.
 *
 * Emits `idle` when it can take more messages, as Nodemailer's pool, and `error` for what belongs to no message (only where somebody
 * listens).
 */
export class OutboxTransport extends EventEmitter {
  /** As Nodemailer shows it in its log. */
  readonly name = 'OutboxTransport';
  /** This package's. @hidden */
  readonly version = VERSION;
  /** `mail.data.signal` cancels messages that are not in the queue yet. */
  readonly supportsAbortSignal = true;
  readonly #settings: OutboxTransportSettings;
  readonly #logger: Logger;
  readonly #inTurn = createGate(BUSY);
  #ready: Promise<Ready> | undefined;
  #closed = false;
  #pending = 0;

  /** @throws {GraphTransportError} `ECONFIG` for a missing, wrong or contradictory option */
  constructor(options: OutboxTransportOptions) {
    super();
    this.#settings = readTransportOptions(options);
    this.#logger = withProcessWarnings(
      createLogger<Logger>(this.#settings.logger, this.#settings.component),
      this.#settings.logger !== false,
    );
    setImmediate(() => {
      if (this.isIdle()) this.emit('idle');
    });
  }

  /** Queues a compiled message; called by Nodemailer. Never throws; the callback runs exactly once. */
  send(mail: { data: object; message: object }, callback: SendCallback): void {
    this.#send(mail as unknown as NodemailerMail).then(
      // outside the promise chain, so that a throwing callback is the app's uncaught exception and not called again
      (info) => process.nextTick(callback, null, info),
      (error: unknown) => process.nextTick(callback, isGraphTransportError(error) ? error : unexpected(error), undefined),
    );
  }

  /**
   * Checks that Redis is reached, new enough and loses nothing. Warns if no worker was seen within a minute. Queues nothing.
   *
   * @throws {GraphTransportError} `ECONFIG`, `EAUTH` or `ECONNECTION`, with a `hint`
   */
  verify(): Promise<true>;
  verify(callback: VerifyCallback): void;
  verify(callback?: VerifyCallback): Promise<true> | void {
    const verified = this.#verify();
    if (!callback) return verified;
    verified.then(
      () => setImmediate(() => callback(null, true)),
      (error: Error) => setImmediate(() => callback(error, undefined as unknown as true)),
    );
  }

  /** Whether it can take another message right away. */
  isIdle(): boolean {
    return !this.#closed && this.#pending < BUSY;
  }

  /** Messages handed over and not in the queue yet. */
  pendingCount(): number {
    return this.#pending;
  }

  /** Takes no more messages; those on their way into the queue are let in. An ioredis client that was given stays open. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#endIfDone();
  }

  async #verify(): Promise<true> {
    if (this.#closed) throw closedError();
    const { timeout, durability } = this.#settings;
    // what was found out at the start may have changed
    const { line } = await this.#open();
    const facts = await this.#check(line);
    for (const warning of serverWarnings(facts, durability)) this.#warn(warning);
    const { workers } = await line.connection.reach.within(line.records.seen(), timeout);
    if (workers === 0) this.#warn('no worker was seen within a minute: messages are queued, and nobody sends them');
    return true;
  }

  #warn(text: string): void {
    if (this.#settings.logger === false) process.emitWarning(`outbox: ${text}`);
    this.#logger.warn({ tnx: 'outbox' }, 'Outbox: %s', text);
  }

  /** Connects with the first message; after a failure with the next one. */
  #open(): Promise<Ready> {
    this.#ready ??= this.#connect().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #connect(): Promise<Ready> {
    const settings = this.#settings;
    // a message nobody waits for any more must not get into the queue long after
    const line = await openLine(settings, { maxRetriesPerRequest: 5, onError: (error) => this.#report(error) });
    try {
      const facts = await this.#check(line);
      const barrier = createBarrier(line.connection, `${line.keys.prefix}:sync`, waitFor(facts, settings));
      return { line, barrier, readWrite: false, askedAt: 0 };
    } catch (error) {
      await line.close();
      throw line.connection.reach.error(error);
    }
  }

  /** @throws {GraphTransportError} `ECONFIG` if the server can lose what it acknowledged */
  async #check(line: Line, { runs = false } = {}): Promise<ServerFacts> {
    const { timeout, durability } = this.#settings;
    const facts = await line.connection.reach.within(askServer(line.connection), timeout);
    checkServer(runs ? asPrimary(facts) : facts, { durability, isCluster: line.connection.client.isCluster === true });
    return facts;
  }

  async #send(mail: NodemailerMail): Promise<OutboxSentMessageInfo> {
    const canceller = new Canceller();
    const outer = mail.data['signal'] as AbortSignal | undefined;
    // one signal for all messages is how an app shuts down, and no leak
    if (outer instanceof EventTarget) setMaxListeners(0, outer);
    const onAbort = () =>
      canceller.abort((outer?.reason as Error | undefined) ?? new DOMException('This operation was aborted', 'AbortError'));
    outer?.addEventListener('abort', onAbort, { once: true });
    if (outer?.aborted) onAbort();
    this.#pending++;
    try {
      if (this.#closed) throw closedError();
      return await this.#enqueue(mail, canceller);
    } catch (error) {
      releaseStreams(mail.message);
      if (canceller.aborted && !isGraphTransportError(error)) throw abortError(canceller.reason, { ambiguous: false });
      throw error;
    } finally {
      outer?.removeEventListener('abort', onAbort);
      const wasIdle = this.isIdle();
      this.#pending--;
      if (!wasIdle && this.isIdle()) setImmediate(() => this.emit('idle'));
      this.#endIfDone();
    }
  }

  async #enqueue(mail: NodemailerMail, signal: Canceller): Promise<OutboxSentMessageInfo> {
    const { plan } = this.#settings;
    // Nodemailer adds DKIM signing as the last step; Exchange rewrites the message, so that signature could only fail
    if (mail.data['dkim']) mail.message._processFuncs.pop();
    const given = readMessageOutbox(mail.data['outbox'], { now: Date.now() });
    const wanted = readMessageSettings(mail, plan);
    if (isDeferred(wanted)) throw deferredError();
    const ready = await this.#open();
    return this.#inTurn(() => this.#store(mail, wanted, { ...given, id: given.id ?? randomUUID() }, ready, signal), signal);
  }

  async #store(
    mail: NodemailerMail,
    wanted: MessageSettings,
    given: MessageOutbox & { id: string },
    ready: Ready,
    signal: Canceller,
  ): Promise<OutboxSentMessageInfo> {
    const { plan, timeout, keep, expires } = this.#settings;
    const { line } = ready;
    const { reach } = line.connection;
    const reader = new ContentReader({ idleTimeout: plan.socketTimeout, signal });
    let [begun, added] = [false, false];
    try {
      const way = await this.#way(wanted, ready);
      const prepared = await prepare(mail, way, { settings: plan, reader, signal, logger: this.#logger });
      signal.throwIfAborted();
      const queued = await storeMessage(prepared, given, {
        line,
        keep,
        valid: expires,
        within: (task) => reach.within(task, timeout),
        barrier: (run) => ready.barrier.passed(run),
        onBegin: () => (begun = true),
        onAdded: () => (added = true),
      });
      if (queued.duplicate && !isFor(queued.head, prepared))
        this.#warn(`the id "${given.id}" stands for a message to others: this one is not queued. Give each message an id of its own`);
      return this.#info(queued);
    } catch (error) {
      if (!begun || (!added && isRefusal(error))) throw signal.aborted ? (error as Error) : reach.error(error);
      throw ambiguous(reach.error(error), given.id, wanted.mailbox);
    } finally {
      if (reader.used) await reader.dispose();
    }
  }

  /** A draft can be found again: where nothing else is asked for and the workers may make drafts, that is the way. */
  async #way(wanted: MessageSettings, ready: Ready): Promise<MessageSettings> {
    if (Date.now() - ready.askedAt > BELIEVE) {
      const { client, reach } = ready.line.connection;
      // its settings may have changed since it was connected to
      ready.barrier.add(waitFor(await this.#check(ready.line, { runs: true }), this.#settings));
      const said = await reach.within(client.call('HGET', ready.line.keys.facts, 'readWrite'), this.#settings.timeout);
      Object.assign(ready, { readWrite: said === '1', askedAt: Date.now() });
    }
    return ready.readWrite && wanted.route === 'auto' && wanted.saveToSentItems ? { ...wanted, route: 'draft' } : wanted;
  }

  #info({ id, duplicate, state, head }: Queued): OutboxSentMessageInfo {
    const { mailbox, envelope, messageId, format, route, losses } = head;
    const entry = { tnx: 'outbox', id, messageId, mailbox, duplicate };
    this.#logger.info(entry, duplicate ? 'Message %s was queued before (%s)' : 'Message %s is queued', id, state);
    return {
      ...{ id, queued: true, duplicate, envelope, messageId },
      accepted: [...envelope.to],
      rejected: [],
      response: duplicate ? `Queued before as ${id} (${state})` : `Queued as ${id}`,
      ...{ mailbox, format, route, losses },
    };
  }

  #report(error: Error): void {
    this.#logger.warn({ tnx: 'outbox', err: error }, 'Outbox: %s', error.message);
    // Nodemailer sets `mailer` and passes the event on
    const { mailer = this } = this as { mailer?: EventEmitter };
    if (mailer.listenerCount('error') > 0) this.emit('error', error);
  }

  #endIfDone(): void {
    if (!this.#closed || this.#pending > 0 || !this.#ready) return;
    const ready = this.#ready;
    this.#ready = undefined;
    void ready.then(
      async ({ line, barrier }) => {
        barrier.close();
        await line.close();
      },
      () => undefined,
    );
  }
}

/** Redis did not say whether it took the message: with the same id it can be handed in again. */
function ambiguous(cause: GraphTransportError, id: string, mailbox: string): GraphTransportError {
  const hint = `Hand it in again with outbox: { id: ${JSON.stringify(id)} }: then it is one message, whatever became of the first attempt.`;
  const made = new GraphTransportError(
    cause.code,
    `${cause.message.replace(/[.]?$/, '.')} The message may be queued all the same. ${hint}`,
    {
      ambiguous: true,
      mailbox,
      hint,
      cause,
    },
  );
  // what a caller needs to do so without reading the text
  return Object.assign(made, { outboxId: id });
}

/** Whether two messages go from one mailbox to the same recipients. */
function isFor(one: Pick<Head, 'mailbox' | 'envelope'>, other: Pick<Head, 'mailbox' | 'envelope'>): boolean {
  const text = ({ mailbox, envelope }: typeof one) =>
    JSON.stringify([mailbox, ...envelope.to].map((address) => address.toLowerCase()).sort());
  return text(one) === text(other);
}

function unexpected(error: unknown): GraphTransportError {
  const name = error instanceof Error ? error.name : typeof error;
  return new GraphTransportError('EGRAPH', `unexpected failure before the message was queued (${name})`, { cause: error });
}

function closedError(): GraphTransportError {
  return new GraphTransportError('ECONNECTION', 'the transport was closed; nothing was queued', {
    hint: 'Create a new transport to send again.',
  });
}

/**
 * Creates the transport that goes into `nodemailer.createTransport()`: `sendMail()` resolves once the message is durable, and workers
 * ({@link startOutboxWorker}) deliver it.
 *
 * @throws {GraphTransportError} `ECONFIG` for a missing, wrong or contradictory option
 */
export function outboxTransport(options: OutboxTransportOptions): OutboxTransport {
  return new OutboxTransport(options);
}

/** A message that waits in the mailbox looks like one that was not sent, so that no worker could settle it. */
function deferredError(): GraphTransportError {
  return new GraphTransportError('EMESSAGE', 'graph.sendAt is for graphTransport(); here use outbox: { sendAt }; nothing was queued', {
    permanent: true,
  });
}
