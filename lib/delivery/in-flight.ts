import { setMaxListeners } from 'node:events';
import { Canceller } from '../base/cancellation.js';

/** Milliseconds; more cannot be counted. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What is on its way: each task has a signal of its own, which the app's aborts, and all of them can be aborted together. */
export class InFlight {
  /** What is waited for may hold nothing open, such as a credential of the app's own, and the process must not end before it settles. */
  #alive: NodeJS.Timeout | undefined;
  readonly #running = new Set<Canceller>();
  #waiting: (() => void)[] = [];

  /**
   * Runs a task with a signal.
   *
   * @param outer the app's signal, which this one follows
   */
  async run<T>(outer: AbortSignal | undefined, task: (signal: Canceller) => Promise<T>): Promise<T> {
    const canceller = new Canceller();
    const onAbort = () =>
      canceller.abort((outer?.reason as Error | undefined) ?? new DOMException('This operation was aborted', 'AbortError'));
    // one signal for all messages is how an app shuts down, and no leak
    if (outer instanceof EventTarget) setMaxListeners(0, outer);
    outer?.addEventListener('abort', onAbort, { once: true });
    if (outer?.aborted) onAbort();
    this.#alive ??= setTimeout(() => undefined, LONGEST_TIMER);
    this.#running.add(canceller);
    try {
      return await task(canceller);
    } finally {
      outer?.removeEventListener('abort', onAbort);
      this.#running.delete(canceller);
      if (this.#running.size === 0) this.#settled();
    }
  }

  abort(reason: Error): void {
    for (const canceller of this.#running) canceller.abort(reason);
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
