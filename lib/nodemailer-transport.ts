import { EventEmitter } from 'node:events';
import { MailerEvents } from './base/mailer-events.js';
import { VERSION } from './base/version.js';
import type { GraphSentMessageInfo } from './delivery/sent-message-info.js';

/** What Nodemailer hands to `send()`, as much of it as is the same in every version. */
export interface MailLike {
  data: object;
  message: object;
}

const METHODS = ['send', 'verify', 'isIdle', 'pendingCount', 'close'] as const;
const SUBSCRIBING = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener', 'off', 'removeListener'] as const;
const ASKING = ['emit', 'listenerCount', 'listeners', 'rawListeners', 'eventNames'] as const;

/**
 * What every transport of this package has in common. All that Nodemailer calls are own, bound properties, so that it works from
 * copies, too: apps and frameworks spread, merge, clone, freeze and proxy their settings, and with them the transport.
 */
export abstract class NodemailerTransport extends EventEmitter {
  /** As Nodemailer shows it in its log. */
  readonly name = 'GraphTransport';
  /** This package's. @hidden */
  readonly version = VERSION;
  /** `mail.data.signal` cancels queued and running sends. */
  readonly supportsAbortSignal = true;
  readonly #mailers = new MailerEvents();

  constructor() {
    super();
    // one for each message that an app creates a transporter for
    this.setMaxListeners(0);
    for (const name of [...METHODS, ...ASKING]) define(this, name, (this[name] as (...args: unknown[]) => unknown).bind(this));
    // what only some have
    if (this.trace) define(this, 'trace', this.trace.bind(this));
    for (const name of SUBSCRIBING) define(this, name, subscribing(this, this.#mailers, name));
    // Nodemailer sets it. Not to be seen, since whoever clones it would clone the transporter; an accessor, to be set where frozen
    let mailer: unknown;
    Object.defineProperty(this, 'mailer', {
      get: () => mailer,
      set: (value) => void (mailer = value),
      enumerable: false,
      configurable: true,
    });
  }

  abstract send(mail: MailLike, callback: (error: Error | null, info: GraphSentMessageInfo) => void): void;
  abstract verify(callback?: (error: Error | null, success: true) => void): Promise<true> | void;
  abstract isIdle(): boolean;
  abstract pendingCount(): number;
  trace?(messageId: string, options?: object): Promise<object>;
  abstract close(options?: { force?: boolean | undefined } | null): void;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const passedOn = this.#mailers.emit(event, args);
    if (event === 'error' && passedOn && super.listenerCount(event) === 0) return true;
    return super.emit(event, ...args) || passedOn;
  }

  /** Emits an error that belongs to no message, if anybody listens: an `error` event without a listener would end the process. */
  protected tell(error: Error): void {
    if (super.listenerCount('error') > 0 || this.#mailers.hasListeners('error')) this.emit('error', error);
  }
}

function define(transport: object, name: string, value: unknown): void {
  Object.defineProperty(transport, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Subscribes at the transport itself; `this` is whatever copy Nodemailer was given, which knows its transporter. */
function subscribing(transport: EventEmitter, mailers: MailerEvents, name: (typeof SUBSCRIBING)[number]) {
  const subscribe = transport[name].bind(transport);
  return function (this: { mailer?: unknown } | undefined, event: string | symbol, listener: (...args: unknown[]) => void) {
    if (name !== 'on' || !mailers.take(this?.mailer, event, listener)) subscribe(event, listener);
    return this;
  };
}
