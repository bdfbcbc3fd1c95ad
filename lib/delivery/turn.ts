import type { Cancellation } from '../base/cancellation.js';

/** What a running message can do with its mailbox. */
export interface Turn {
  /** Holds all messages of this mailbox for so many milliseconds. */
  pause(ms: number): void;
  /** Waits until the mailbox is not held any more; `undefined` if it is not. */
  ready(signal: Cancellation): Promise<void> | undefined;
}

/** A turn that has to be given back. */
export interface TakenTurn extends Turn {
  /** Lets the next one in; to be called once. */
  leave(): void;
}
