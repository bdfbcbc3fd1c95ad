import { Canceller, raceAbort } from './base/cancellation.js';
import { InFlight } from './delivery/in-flight.js';
import type { GraphSentMessageInfo } from './delivery/sent-message-info.js';
import { abortError } from './errors/abort-error.js';
import { GraphTransportError, isGraphTransportError } from './errors/graph-transport-error.js';
import { safeCause } from './errors/safe-cause.js';
import type { NodemailerMail } from './message/nodemailer.js';
import type { MessageTrace, TraceOptions } from './message-trace/message-trace.js';
import { releaseStreams } from './message/release-streams.js';
import { readSignal, signalOf } from './message/signal.js';
import { NodemailerTransport, type MailLike } from './nodemailer-transport.js';
import type { CommonOptions, GraphTransportOptions } from './options.js';
import { GraphTransport } from './transport.js';

type Options = GraphTransportOptions | CommonOptions | string | undefined;
/** Returns the options of a transport, or a `msgraph:` URL; `undefined` for those of the environment. */
export type LazyOptions = () => Options | Promise<Options>;
type SendCallback = (error: Error | null, info: GraphSentMessageInfo) => void;
type VerifyCallback = (error: Error | null, success: true) => void;

/** Milliseconds for the options to come; as long as a sign-in may take by default. */
const OPTIONS_TIMEOUT = 300_000;

/** A {@link GraphTransport} that reads its options when the first message is sent; made by `graphTransport.lazy()`. */
export class LazyGraphTransport extends NodemailerTransport {
  readonly #read: LazyOptions;
  #transport: GraphTransport | undefined;
  #creating: Promise<GraphTransport> | undefined;
  /** Messages that wait for the options. */
  #waiting = 0;
  /** All that waits for them. */
  readonly #inFlight = new InFlight();

  constructor(read: LazyOptions) {
    super();
    this.#read = read;
    setImmediate(() => {
      if (this.isIdle()) this.emit('idle');
    });
  }

  /** Sends a compiled message; called by Nodemailer. Never throws; the callback runs exactly once. */
  override send(mail: MailLike, callback: SendCallback): void {
    if (this.#transport) return this.#transport.send(mail, callback);
    this.#waiting++;
    const { data, message } = mail as unknown as NodemailerMail;
    this.#open(() => signalOf(data))
      .finally(() => this.#waiting--)
      .then(
        (transport) => transport.send(mail, callback),
        (error: Error) => {
          releaseStreams(message);
          // outside the promise chain, so that a throwing callback is the app's uncaught exception
          process.nextTick(callback, error, undefined);
        },
      );
  }

  /**
   * As `verify()` of {@link GraphTransport}, options included.
   *
   * @throws {GraphTransportError} also `ECONFIG` for the options
   */
  override verify(): Promise<true>;
  override verify(callback: VerifyCallback): void;
  override verify(callback?: VerifyCallback): Promise<true> | void {
    const verified = this.#open().then((transport) => transport.verify());
    if (!callback) return verified;
    verified.then(
      () => setImmediate(() => callback(null, true)),
      (error: Error) => setImmediate(() => callback(error, undefined as unknown as true)),
    );
  }

  /**
   * As `trace()` of {@link GraphTransport}.
   *
   * @throws {GraphTransportError} also `ECONFIG` for the options
   */
  override async trace(messageId: string, options?: TraceOptions): Promise<MessageTrace> {
    return (await this.#open(() => readSignal(options?.signal))).trace(messageId, options);
  }

  /** Whether it can take another message right away. */
  override isIdle(): boolean {
    return this.#transport ? this.#transport.isIdle() : this.#waiting === 0;
  }

  /** Messages handed over and not settled yet. */
  override pendingCount(): number {
    return this.#waiting + (this.#transport?.pendingCount() ?? 0);
  }

  /** As `close()` of {@link GraphTransport}; messages that still wait for the options fail with `ECONNECTION`. */
  override close(options?: { force?: boolean | undefined } | null): void {
    this.#inFlight.abort(new GraphTransportError('ECONNECTION', 'the transport was closed; nothing was sent'));
    this.#transport?.close(options);
  }

  async #open(signalOf?: () => AbortSignal | undefined): Promise<GraphTransport> {
    if (this.#transport) return this.#transport;
    const outer = signalOf?.();
    try {
      return await this.#inFlight.run(outer, (signal) => raceAbort(this.#created(), signal));
    } catch (error) {
      throw isGraphTransportError(error) ? error : abortError(error, { ambiguous: false });
    }
  }

  /** What fails is tried again with the next message: a setting may come later. */
  #created(): Promise<GraphTransport> {
    this.#creating ??= this.#create().finally(() => (this.#creating = undefined));
    return this.#creating;
  }

  async #create(): Promise<GraphTransport> {
    const late = new Canceller();
    const deadline = setTimeout(() => late.abort(lateError()), OPTIONS_TIMEOUT).unref();
    try {
      const transport = new GraphTransport(await raceAbort(this.#readOptions(), late));
      for (const event of ['idle', 'progress']) transport.on(event, (...args: unknown[]) => this.emit(event, ...args));
      transport.on('error', (error: Error) => this.tell(error));
      return (this.#transport = transport);
    } catch (error) {
      throw isGraphTransportError(error) ? error : optionsError(error);
    } finally {
      clearTimeout(deadline);
    }
  }

  /** The app's function may be synchronous. */
  async #readOptions(): Promise<Options> {
    return this.#read();
  }
}

function lateError(): GraphTransportError {
  return new GraphTransportError(
    'ETIMEDOUT',
    `the function of graphTransport.lazy() did not return the options within ${OPTIONS_TIMEOUT / 1000} s; nothing was sent`,
  );
}

function optionsError(error: unknown): GraphTransportError {
  const cause = safeCause(error);
  return new GraphTransportError('ECONFIG', `the options of graphTransport.lazy() could not be read: ${cause.message}; nothing was sent`, {
    cause,
  });
}
