/**
 * As much of an `AbortSignal` as this library needs. One of Node's own costs more than everything else that is kept about a message,
 * so that inside the library a {@link Canceller} takes its place.
 */
export interface Cancellation {
  readonly aborted: boolean;
  /** An Error, unless the app aborts with something else. */
  readonly reason: Error;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Cancels once; whoever listens is told once, in order. */
export class Canceller implements Cancellation {
  aborted = false;
  reason = undefined as unknown as Error;
  /** Most are never asked. */
  #listeners: (() => void)[] | undefined;

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.#listeners?.splice(0) ?? []) listener();
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.aborted) (this.#listeners ??= []).push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const at = this.#listeners?.indexOf(listener) ?? -1;
    if (at >= 0) this.#listeners?.splice(at, 1);
  }
}

/** Settles with the promise or rejects with the signal's reason, whichever is first; leaves no listener behind. */
export function raceAbort<T>(promise: Promise<T>, signal: Cancellation): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) {
      promise.catch(() => undefined);
      return onAbort();
    }
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
