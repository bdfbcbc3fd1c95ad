import type { EventEmitter } from 'node:events';

type Listener = (...args: unknown[]) => void;

/** In this order Nodemailer subscribes to a transport, as soon as it has set `transport.mailer`. */
const SUBSCRIBED = ['log', 'error', 'idle', 'clear'];

/**
 * The listeners Nodemailer itself puts on a transport to pass its events on, held no longer than the transporter they belong to:
 * some apps (Auth.js for one) call `createTransport()` for every message with the same transport, which would collect them all.
 */
export class MailerEvents {
  readonly #listeners = new WeakMap<EventEmitter, Map<string, Listener>>();
  readonly #mailers = new Set<WeakRef<EventEmitter>>();
  readonly #collected = new FinalizationRegistry<WeakRef<EventEmitter>>((ref) => this.#mailers.delete(ref));

  /** Takes the subscription if it is one of Nodemailer's own. */
  take(mailer: unknown, event: string | symbol, listener: Listener): boolean {
    if (!isMailer(mailer)) return false;
    const known = this.#listeners.get(mailer);
    if (event !== SUBSCRIBED[known?.size ?? 0]) return false;
    if (known) {
      known.set(event, listener);
      return true;
    }
    const ref = new WeakRef(mailer);
    this.#listeners.set(mailer, new Map([[event, listener]]));
    this.#mailers.add(ref);
    this.#collected.register(mailer, ref);
    return true;
  }

  /** Passes an event on; an `error` only to transporters somebody listens to, since it would end the process. */
  emit(event: string | symbol, args: unknown[]): boolean {
    let heard = false;
    for (const ref of [...this.#mailers]) {
      const mailer = ref.deref();
      if (!mailer || (event === 'error' && mailer.listenerCount('error') === 0)) continue;
      const listener = this.#listeners.get(mailer)?.get(event as string);
      listener?.(...args);
      heard ||= listener !== undefined;
    }
    return heard;
  }

  /** Whether an app listens to this event on any of its transporters. */
  hasListeners(event: string): boolean {
    return [...this.#mailers].some((ref) => (ref.deref()?.listenerCount(event) ?? 0) > 0);
  }
}

function isMailer(value: unknown): value is EventEmitter {
  return typeof value === 'object' && value !== null && 'sendMail' in value && 'listenerCount' in value;
}
