import type { Cancellation } from '../base/cancellation.js';
import type { TakenTurn } from './turn.js';

/** Who waits for a turn. */
export class Waiter {
  constructor(
    private readonly signal: Cancellation,
    private readonly resolve: (turn: TakenTurn) => void,
    private readonly reject: (error: Error) => void,
    private readonly onAbort: () => void,
  ) {
    signal.addEventListener('abort', onAbort, { once: true });
  }

  start(turn: TakenTurn): void {
    this.signal.removeEventListener('abort', this.onAbort);
    this.resolve(turn);
  }

  end(error: Error): void {
    this.signal.removeEventListener('abort', this.onAbort);
    this.reject(error);
  }
}

/** First in, first out. An array alone would move all the others each time one leaves. */
export class WaitingLine {
  #waiters: (Waiter | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#waiters.length - this.#first;
  }

  push(waiter: Waiter): void {
    this.#waiters.push(waiter);
  }

  shift(): Waiter | undefined {
    const waiter = this.#waiters[this.#first];
    if (!waiter) return undefined;
    this.#waiters[this.#first++] = undefined;
    if (this.#first > 64 && this.#first * 2 > this.#waiters.length) {
      this.#waiters.splice(0, this.#first);
      this.#first = 0;
    }
    return waiter;
  }

  /** @returns whether it was waiting */
  remove(waiter: Waiter): boolean {
    const at = this.#waiters.indexOf(waiter, this.#first);
    if (at < 0) return false;
    this.#waiters.splice(at, 1);
    return true;
  }
}
