/** The clocks a lease trusts: its own process's, of which each may stand still or jump. */
export interface Clock {
  /** Milliseconds that never go back; may stand still while the machine sleeps. */
  monotonic(): number;
  /** Milliseconds since the epoch; may be set. */
  wall(): number;
}

export const CLOCK: Clock = { monotonic: () => performance.now(), wall: () => Date.now() };

/** A moment on both clocks. */
export interface Moment {
  monotonic: number;
  wall: number;
}

/** Thrown where a message may belong to somebody else by now. */
export class LostError extends Error {
  constructor(why: string) {
    super(`the message may belong to another worker by now: ${why}`);
    this.name = 'LostError';
  }
}

/**
 * How long a message is ours without hearing from Redis. In a partition nothing is told at all, and a frozen process hears nothing
 * either, so that before every request it is asked here.
 */
export class Lease {
  #since: Moment;
  #lost: string | undefined;

  /** @param since before the command that took it was sent */
  constructor(
    private readonly duration: number,
    since: Moment,
    private readonly clock: Clock = CLOCK,
  ) {
    this.#since = since;
  }

  static now(clock: Clock = CLOCK): Moment {
    return { monotonic: clock.monotonic(), wall: clock.wall() };
  }

  /** Redis confirmed it; `since`: before the question was sent. */
  extend(since: Moment): void {
    if (since.monotonic > this.#since.monotonic) this.#since = since;
  }

  /** Redis said that it is not ours any more. */
  lose(why: string): void {
    this.#lost ??= why;
  }

  get valid(): boolean {
    return this.#lost === undefined && this.#age() <= this.duration;
  }

  /** @throws {LostError} if it has run out or was taken */
  check(): void {
    if (this.#lost !== undefined) throw new LostError(this.#lost);
    if (this.#age() > this.duration) throw new LostError(`Redis has not confirmed it for ${this.duration} ms`);
  }

  #age(): number {
    const { monotonic, wall } = Lease.now(this.clock);
    return Math.max(monotonic - this.#since.monotonic, wall - this.#since.wall);
  }
}
