import { raceAbort, type Cancellation, type Canceller } from './base/cancellation.js';
import { messages, traced, tracedMessage } from './base/channels.js';
import type { TracedMessage } from './base/traced.js';
import type { DeliveryHooks, UploadProgress } from './delivery/delivery.js';
import { InFlight } from './delivery/in-flight.js';
import { MailboxQueue } from './delivery/mailbox-queue.js';
import type { TakenTurn, Turn } from './delivery/turn.js';
import type { GraphSentMessageInfo } from './delivery/sent-message-info.js';
import { abortError } from './errors/abort-error.js';
import { GraphTransportError, isGraphTransportError } from './errors/graph-transport-error.js';
import { loadPart } from './errors/load-package.js';
import { safeCause } from './errors/safe-cause.js';
import { createGraphConnection, type GraphConnection } from './graph/connection.js';
import { secretsOf } from './sign-in/sign-in.js';
import { withProcessWarnings } from './base/process-warnings.js';
import { createLogger, type NodemailerMail } from './message/nodemailer.js';
import { releaseStreams } from './message/release-streams.js';
import { readSignal, signalOf } from './message/signal.js';
import { readMessageSettings } from './plan/message-settings.js';
import type { MessageSettings } from './plan/plan-settings.js';
import { readOptions } from './config/read-options.js';
import { logExpiry } from './sign-in/expiry.js';
import type { MessageTrace, TraceOptions } from './message-trace/message-trace.js';
import type { Tracer } from './message-trace/tracer.js';
import type { CommonOptions, GraphTransportOptions, Logger, Settings } from './options.js';
import type * as Sending from './sending.js';
import { NodemailerTransport, type MailLike } from './nodemailer-transport.js';

type SendCallback = (error: Error | null, info: GraphSentMessageInfo) => void;
type VerifyCallback = (error: Error | null, success: true) => void;

/** Makes the hooks; `signIn` gets a token, or rejects as the message would. */
type Hooks = (signIn: () => Promise<void>) => DeliveryHooks;
const hooksOf = new WeakMap<GraphTransport, Hooks>();

/** Steps into the delivery of all messages of a transport, for whoever keeps a record of them. */
export function hookDelivery(transport: GraphTransport, hooks: Hooks): void {
  hooksOf.set(transport, hooks);
}

/**
 * Nodemailer transport that sends through Microsoft Graph.
 *
 * Emits `idle` when it can take more messages, as Nodemailer's pool, `progress` ({@link UploadProgress}) while large
 * attachments are uploaded, and `error` for what belongs to no message (only where somebody listens).
 */
export class GraphTransport extends NodemailerTransport {
  readonly #settings: Settings;
  readonly #logger: Logger;
  readonly #connection: GraphConnection;
  readonly #queue: MailboxQueue;
  #stopExpiryWatch: () => void = () => undefined;
  #tracer: Tracer | undefined;
  #closed = false;
  /** Messages and running checks. */
  readonly #inFlight = new InFlight();

  /** @throws {GraphTransportError} `ECONFIG` for a missing, wrong or contradictory option */
  constructor(options?: GraphTransportOptions | CommonOptions | string) {
    super();
    const settings = (this.#settings = readOptions(options));
    this.#logger = withProcessWarnings(createLogger<Logger>(settings.logger, settings.component), settings.logger !== false);
    this.#connection = createGraphConnection(settings, {
      onBackgroundError: (error) => void this.#report(error),
      onNotice: (code, message) => this.#notice(code, message),
    });
    this.#queue = new MailboxQueue({ ...settings, onIdle: () => setImmediate(() => this.emit('idle')) });
    this.#stopExpiryWatch = logExpiry(settings.secretExpires, this.#logger);
    setImmediate(() => {
      // the first message need not wait for it then
      if (!this.#closed) this.#load();
      if (this.isIdle()) this.emit('idle');
    });
  }

  /** Sends a compiled message; called by Nodemailer. Never throws; the callback runs exactly once. */
  override send(mail: MailLike, callback: SendCallback): void {
    const event = tracedMessage('transport');
    const compiled = mail as unknown as NodemailerMail;
    const sent = event ? traced(messages, event, () => this.#sendTraced(compiled, event)) : this.#send(compiled);
    sent.then(
      // outside the promise chain, so that a throwing callback is the app's uncaught exception and not called again
      (info) => process.nextTick(callback, null, info),
      (error: unknown) => process.nextTick(callback, this.#toError(error), undefined),
    );
  }

  /**
   * Signs in for real and, where `mailbox` is set, asks Graph whether it may be used. Never sends anything. Without `mailbox` it only
   * knows what the token says: it rejects for an app without Mail.Send in Entra (with RBAC for Applications set `mailbox`), and else
   * resolves and logs at `warn` that no mailbox was checked.
   *
   * @throws {GraphTransportError} `EAUTH`, `EENVELOPE`, `ECONNECTION` or `ETIMEDOUT`, with a `hint`
   */
  override verify(): Promise<true>;
  override verify(callback: VerifyCallback): void;
  override verify(callback?: VerifyCallback): Promise<true> | void {
    const verified = this.#verify();
    if (!callback) return verified;
    verified.then(
      () => setImmediate(() => callback(null, true)),
      (error: Error) => setImmediate(() => callback(error, undefined as unknown as true)),
    );
  }

  /**
   * What became of a message: for each recipient whether it was delivered, failed, waits or was held back, from Exchange's message
   * trace (https://learn.microsoft.com/graph/api/messagetracingroot-list-messagetraces). Needs the permission
   * `ExchangeMessageTrace.Read.All`, which covers the whole tenant; personal accounts and national clouds have none. Exchange is
   * minutes behind, keeps 90 days, and takes 100 requests in 5 minutes of a tenant, beyond which this waits.
   *
   * @param messageId as in `info.messageId`
   * @throws {GraphTransportError} `EAUTH` that says how to enable it, `EGRAPH` with `retryAfter` in seconds if others have used up the
   *   tenant's requests, `ECONFIG` for what is no Message-ID, `EABORT`, `ECONNECTION`, `ETIMEDOUT`
   */
  override async trace(messageId: string, options: TraceOptions = {}): Promise<MessageTrace> {
    this.#open();
    try {
      return await this.#inFlight.run(readSignal(options.signal), async (signal) => {
        const [{ Tracer }, { readDetails, readMessageId, readSince }] = await loadTracing();
        const now = new Date();
        const id = readMessageId(messageId);
        const since = readSince(options.since, now);
        const details = readDetails(options.details);
        this.#tracer ??= new Tracer({ ...this.#connection, settings: this.#settings, logger: this.#logger });
        return await this.#tracer.trace({ messageId: id, since, now, details }, signal);
      });
    } catch (error) {
      throw this.#toError(error);
    }
  }

  /** Whether it can take another message right away. */
  override isIdle(): boolean {
    return this.#queue.isIdle();
  }

  /** Messages handed over and not settled yet. */
  override pendingCount(): number {
    return this.#queue.pending;
  }

  /**
   * Fails the messages that wait with `ECONNECTION` and ends the connections once running messages have ended. As with Nodemailer's
   * own transports without a pool, a later `sendMail()` opens them again. Never throws.
   *
   * @param options `force`: aborts running messages (`EABORT`) instead of letting them end first
   */
  override close(options?: { force?: boolean | undefined } | null): void {
    this.#closed = true;
    this.#queue.close();
    this.#tracer?.close();
    this.#stopExpiryWatch();
    if (options?.force) this.#inFlight.abort(new GraphTransportError('EABORT', 'the transport was closed with force'));
    void this.#inFlight.whenSettled().then(() => {
      // another message may have opened it again
      if (!this.#closed) return;
      // what is still on the way, such as the token of a message that was cancelled, nobody waits for
      const { tokens, http } = this.#connection;
      tokens.release();
      return http.close(true);
    });
  }

  /** Whether it works, the first message tells. */
  #load(): void {
    this.#connection.load();
    loadSending().catch(() => undefined);
  }

  #open(): void {
    if (!this.#closed) return;
    this.#closed = false;
    this.#stopExpiryWatch = logExpiry(this.#settings.secretExpires, this.#logger);
  }

  async #sendTraced(mail: NodemailerMail, event: TracedMessage): Promise<GraphSentMessageInfo> {
    try {
      const info = await this.#send(mail, event);
      event.outcome = 'sent';
      return info;
    } catch (thrown) {
      const error = this.#toError(thrown);
      event.outcome = error.ambiguous ? 'ambiguous' : 'failed';
      throw error;
    }
  }

  async #send(mail: NodemailerMail, event?: TracedMessage): Promise<GraphSentMessageInfo> {
    this.#open();
    const began = event && performance.now();
    // one function for all of it: thousands of messages may wait in here, each with what the function holds
    let signal: Canceller | undefined;
    let mailbox: string | undefined;
    let turn: TakenTurn | undefined;
    try {
      signal = this.#inFlight.begin(signalOf(mail.data));
      dropDkim(mail);
      const wanted = readMessageSettings(mail, this.#settings);
      mailbox = wanted.mailbox;
      if (event) event.mailbox = mailbox;
      const entered = this.#queue.enter(mailbox, signal);
      turn = entered instanceof Promise ? await entered : entered;
      if (event) event.queueTime = performance.now() - (began as number);
      return await this.#deliver(mail, wanted, signal, turn, event);
    } catch (error) {
      releaseStreams(mail.message);
      // whoever knows more about the abort (whether it is ambiguous) has said so already
      if (signal?.aborted && (error === signal.reason || !isGraphTransportError(error)))
        throw abortError(signal.reason, { ambiguous: false, mailbox });
      throw error;
    } finally {
      turn?.leave();
      if (signal) this.#inFlight.end(signal);
    }
  }

  async #deliver(
    mail: NodemailerMail,
    wanted: MessageSettings,
    signal: Cancellation,
    turn: Turn,
    event: TracedMessage | undefined,
  ): Promise<GraphSentMessageInfo> {
    const { sendMessage } = await loadSending();
    return sendMessage(mail, wanted, {
      connection: this.#connection,
      settings: this.#settings,
      logger: this.#logger,
      signal,
      turn,
      onProgress: (progress) => this.#reportProgress(progress),
      event,
      hooks: hooksOf.get(this)?.(() => this.#signIn()),
    });
  }

  #reportProgress(progress: UploadProgress): void {
    const { sent, total, attachment } = progress;
    this.#logger.debug({ tnx: 'upload', ...progress }, 'Uploaded %s of %s bytes of %s', sent, total, attachment);
    this.emit('progress', progress);
  }

  async #signIn(): Promise<void> {
    try {
      await this.#connection.tokens.get();
    } catch (error) {
      throw await this.#signInError(error);
    }
  }

  async #verify(): Promise<true> {
    this.#open();
    const { hosts, mailbox } = this.#settings;
    try {
      const verified = await this.#inFlight.run(undefined, async (signal) => {
        const { verifyAccess } = await loadSending();
        return raceAbort(verifyAccess({ ...this.#connection, graphEndpoint: hosts.graphEndpoint, mailbox }), signal);
      });
      if (!verified) {
        this.#logger.warn({ tnx: 'verify' }, 'No mailbox is set: verify() signed in, and did not check whether a mailbox may send');
      }
      return true;
    } catch (error) {
      throw await this.#signInError(error);
    }
  }

  async #signInError(error: unknown): Promise<GraphTransportError> {
    const loaded = await loadSending().catch(() => undefined);
    // that it cannot be loaded is what has failed, or will with the next message
    if (!loaded) return this.#toError(error);
    return loaded.signInError(error, {
      authorityHost: this.#settings.hosts.authorityHost,
      secrets: secretsOf(this.#settings.signIn),
      trace: this.#connection.trace,
    });
  }

  /** What no message can tell: to the log, or without one to the process. */
  #notice(code: string, message: string): void {
    if (this.#settings.logger !== false) this.#logger.warn({ tnx: 'sign-in', code }, message);
    else process.emitWarning(message, { code });
  }

  /** An error that belongs to no message. */
  async #report(thrown: unknown): Promise<void> {
    const error = await this.#signInError(thrown);
    this.#logger.warn({ tnx: 'sign-in', err: error }, 'Renewing the token failed: %s', error.message);
    this.tell(error);
  }

  /** What nobody has made a GraphTransportError of is a mistake of this library; it must not carry anything along. */
  #toError(error: unknown): GraphTransportError {
    if (isGraphTransportError(error)) return error;
    const cause = safeCause(error, secretsOf(this.#settings.signIn));
    return new GraphTransportError('EGRAPH', `unexpected failure before the message was sent: ${cause.message}`, { cause });
  }
}

let sending: Promise<typeof Sending> | undefined;

/** Most of the library: what makes a message of a mail and hands it over, and what goes wrong with it. */
function loadSending(): Promise<typeof Sending> {
  sending ??= loadPart(() => import('./sending.js')).catch((error: unknown) => {
    sending = undefined;
    throw error;
  });
  return sending;
}

/** Few apps trace messages, and none with the first. */
const loadTracing = () => loadPart(() => Promise.all([import('./message-trace/tracer.js'), import('./message-trace/trace-query.js')]));

/** Nodemailer adds DKIM signing as the last step; Exchange rewrites the message, so that signature could only fail. */
function dropDkim({ data, message }: NodemailerMail): void {
  if (data['dkim']) message._processFuncs.pop();
}
