import { setMaxListeners } from 'node:events';
import { Canceller } from '../base/cancellation.js';

/** Milliseconds; more cannot be counted. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What is on its way: each task has a signal of its own, which the app's aborts, and all of them can be aborted together. */
export class InFlight {
  /** What is waited for may hold nothing open, such as a credential of the app's own, and the process must not end before it settles. */
  #alive: NodeJS.Timeout | undefined;
  /** With what ends following the app's signal. */
  readonly #running = new Map<Canceller, (() => void) | undefined>();
  #waiting: (() => void)[] = [];

  /**
   * Runs a task with a signal.
   *
   * @param outer the app's signal, which this one follows
   */
  async run<T>(outer: AbortSignal | undefined, task: (signal: Canceller) => Promise<T>): Promise<T> {
    const signal = this.begin(outer);
    try {
      return await task(signal);
    } finally {
      this.end(signal);
    }
  }

  /** As {@link run}, for whoever says himself when it has ended. */
  begin(outer: AbortSignal | undefined): Canceller {
    const canceller = new Canceller();
    // first: a signal of the app's own may throw
    const unfollow = outer && follow(outer, canceller);
    this.#alive ??= setTimeout(() => undefined, LONGEST_TIMER);
    this.#running.set(canceller, unfollow);
    return canceller;
  }

  end(canceller: Canceller): void {
    const unfollow = this.#running.get(canceller);
    this.#running.delete(canceller);
    try {
      unfollow?.();
    } catch {
      // a signal of the app's own; what has ended has ended, and a message that is sent must not fail for it
    }
    if (this.#running.size === 0) this.#settled();
  }

  abort(reason: Error): void {
    for (const canceller of this.#running.keys()) canceller.abort(reason);
  }

  #settled(): void {
    clearTimeout(this.#alive);
    this.#alive = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when nothing is on its way. */
  whenSettled(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** @returns ends it */
function follow(outer: AbortSignal, canceller: Canceller): () => void {
  const onAbort = () =>
    canceller.abort((outer.reason as Error | undefined) ?? new DOMException('This operation was aborted', 'AbortError'));
  // one signal for all messages is how an app shuts down, and no leak
  if (outer instanceof EventTarget) setMaxListeners(0, outer);
  outer.addEventListener('abort', onAbort, { once: true });
  if (outer.aborted) onAbort();
  return () => outer.removeEventListener('abort', onAbort);
}
