import type { Cancellation } from '../base/cancellation.js';
import type { Turn } from '../delivery/turn.js';
import { sleep } from '../delivery/sleep.js';

/** A mailbox's pause as this process knows it; all machines are told. */
export class MailboxPause {
  #until = 0;

  /** @param tell tells the others */
  constructor(private readonly tell: (ms: number) => void) {}

  get left(): number {
    return Math.max(this.#until - Date.now(), 0);
  }

  /** Others have said so. */
  hear(ms: number): void {
    if (ms > 0) this.#until = Math.max(this.#until, Date.now() + ms);
  }

  /** Holds it, here and on all machines. */
  pause(ms: number): void {
    this.hear(ms);
    this.tell(ms);
  }

  /** What a message on its way does with it. `whileWaiting` is told when it begins and ends to wait. */
  turn(whileWaiting: (waiting: boolean) => void): Turn {
    return {
      pause: (ms) => this.pause(ms),
      ready: (signal) => (this.left > 0 ? this.#wait(signal, whileWaiting) : undefined),
    };
  }

  async #wait(signal: Cancellation, whileWaiting: (waiting: boolean) => void): Promise<void> {
    whileWaiting(true);
    try {
      // another message may have made it longer meanwhile
      while (this.left > 0) await sleep(this.left, signal);
    } finally {
      whileWaiting(false);
    }
  }
}
