import type { Cancellation } from '../base/cancellation.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import { sleep } from './sleep.js';
import type { TakenTurn, Turn } from './turn.js';
import { WaitingLine, Waiter } from './waiting-line.js';

export interface MailboxQueueOptions {
  /** Messages of one mailbox on the way at the same time. */
  maxConnections: number;
  /** Messages per `rateDelta` ms; `undefined` for no limit. */
  rateLimit: number | undefined;
  rateDelta: number;
  /** Whether `rateLimit` counts all messages or those of each mailbox. */
  ratePer: 'transport' | 'mailbox';
  /** Called when there is room for more after there was none. */
  onIdle: () => void;
  /** Told those who wait when it is closed. @default that the message was not sent */
  closed?: string | undefined;
}

interface Lane {
  /** The mailbox in lower case. */
  readonly key: string;
  running: number;
  readonly waiting: WaitingLine;
  /** ms of the monotonic clock: the wall clock may be set back, or stand still in a test of the app. */
  pausedUntil: number;
  timer: NodeJS.Timeout | undefined;
}

/** What a rate limit counts. */
interface Rate {
  /** ms of the monotonic clock, the oldest first. */
  started: number[];
  timer: NodeJS.Timeout | undefined;
}

/** From so many mailboxes on, rates whose time is over are dropped. */
const MANY_RATES = 1000;

/** First in, first out per mailbox; mailboxes do not wait for each other. */
export class MailboxQueue {
  readonly #lanes = new Map<string, Lane>();
  #closed = false;
  #waiting = 0;
  #pending = 0;
  /** By the mailbox in lower case; one for all where the limit is the transport's. */
  readonly #rates = new Map<string, Rate>();
  #mostRates = MANY_RATES;

  constructor(private readonly options: MailboxQueueOptions) {}

  /** Messages handed over and not settled yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Whether another message could start soon; as Nodemailer's pool, it takes a few more than it can send at once. */
  isIdle(): boolean {
    return !this.#closed && this.#waiting < this.options.maxConnections;
  }

  /**
   * Runs a task when it is the mailbox's turn; opens a closed queue again.
   *
   * @throws {GraphTransportError} `ECONNECTION` if the queue is closed while it waits; the signal's reason if that aborts
   */
  async run<T>(mailbox: string, signal: Cancellation, task: (turn: Turn) => Promise<T>): Promise<T> {
    const entered = this.enter(mailbox, signal);
    const turn = entered instanceof Promise ? await entered : entered;
    try {
      return await task(turn);
    } finally {
      turn.leave();
    }
  }

  /**
   * As {@link run}, for whoever gives the turn back himself: thousands may wait, and each is kept with as little as can be.
   *
   * @returns the turn, at once if it is free
   */
  enter(mailbox: string, signal: Cancellation): TakenTurn | Promise<TakenTurn> {
    this.#closed = false;
    signal.throwIfAborted();
    const lane = this.#lane(mailbox.toLowerCase());
    this.#pending++;
    return this.#enterAtOnce(lane) ? new LaneTurn(this.#giveBack, lane) : this.#enter(lane, signal);
  }

  /** Fails what waits; what runs goes on. */
  close(): void {
    this.#closed = true;
    for (const rate of this.#rates.values()) stop(rate);
    for (const lane of this.#lanes.values()) {
      clearTimeout(lane.timer);
      lane.timer = undefined;
      for (let waiter = lane.waiting.shift(); waiter; waiter = lane.waiting.shift()) {
        this.#waiting--;
        waiter.end(closedError(this.options.closed));
        this.#leave(lane);
      }
    }
  }

  #lane(key: string): Lane {
    const known = this.#lanes.get(key);
    if (known) return known;
    const lane: Lane = { key, running: 0, waiting: new WaitingLine(), pausedUntil: 0, timer: undefined };
    this.#lanes.set(key, lane);
    return lane;
  }

  /** Whether nothing stands in the way, which is what most messages meet. */
  #enterAtOnce(lane: Lane): boolean {
    if (lane.waiting.length > 0 || lane.running >= this.options.maxConnections || lane.pausedUntil > performance.now()) return false;
    if (!this.#takeRate(lane)) return false;
    lane.running++;
    return true;
  }

  #enter(lane: Lane, signal: Cancellation): Promise<TakenTurn> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(signal, resolve, reject, () => {
        if (!lane.waiting.remove(waiter)) return;
        this.#leftQueue();
        this.#dropTimers(lane);
        this.#leave(lane);
        reject(signal.reason);
      });
      lane.waiting.push(waiter);
      this.#waiting++;
      this.#next(lane);
    });
  }

  /** Starts what may start in this lane. */
  #next(lane: Lane): void {
    while (this.#startOne(lane));
  }

  #startOne(lane: Lane): boolean {
    if (this.#closed || lane.waiting.length === 0 || lane.running >= this.options.maxConnections) return false;
    const until = lane.pausedUntil;
    const held = until - performance.now();
    if (held > 0) {
      lane.timer ??= setTimeout(() => {
        lane.timer = undefined;
        endPause(lane, until);
        this.#next(lane);
      }, held);
      return false;
    }
    if (!this.#takeRate(lane)) return false;
    lane.running++;
    lane.waiting.shift()?.start(new LaneTurn(this.#giveBack, lane));
    this.#leftQueue();
    return true;
  }

  /** Whether one more message may start now; if not, everything is looked at again when it may. */
  #takeRate(lane: Lane): boolean {
    const { rateLimit, rateDelta, ratePer } = this.options;
    if (rateLimit === undefined) return true;
    const rate = this.#rate(ratePer === 'mailbox' ? lane.key : '');
    // others were here before
    if (rate.timer) return false;
    const now = performance.now();
    rate.started = rate.started.filter((at) => now - at < rateDelta);
    if (rate.started.length < rateLimit) {
      rate.started.push(now);
      return true;
    }
    rate.timer = setTimeout(
      () => {
        rate.timer = undefined;
        // whatever the clock says: the time was waited for
        rate.started.shift();
        if (ratePer === 'mailbox') this.#next(lane);
        else this.#takeTurns();
      },
      rateDelta - (now - (rate.started[0] ?? now)),
    );
    return false;
  }

  #rate(key: string): Rate {
    const known = this.#rates.get(key);
    if (known) return known;
    if (this.#rates.size >= this.#mostRates) this.#dropRates();
    const rate: Rate = { started: [], timer: undefined };
    this.#rates.set(key, rate);
    return rate;
  }

  /** An app may send from as many mailboxes as it likes; those it no longer sends from are forgotten. */
  #dropRates(): void {
    const now = performance.now();
    for (const [key, { started, timer }] of this.#rates) {
      if (!timer && now - (started.at(-1) ?? 0) >= this.options.rateDelta) this.#rates.delete(key);
    }
    this.#mostRates = Math.max(MANY_RATES, this.#rates.size * 2);
  }

  /** One message of each mailbox after another, as long as the rate allows: a long queue does not hold up the others. */
  #takeTurns(): void {
    for (const lane of this.#lanes.values()) {
      if (!this.#startOne(lane)) continue;
      // to the end of the line, where this loop meets it again
      this.#lanes.delete(lane.key);
      this.#lanes.set(lane.key, lane);
    }
  }

  /** A timer nobody waits for would keep the process alive. */
  #dropTimers(lane: Lane): void {
    if (lane.waiting.length === 0) {
      clearTimeout(lane.timer);
      lane.timer = undefined;
    }
    const rate = this.#rates.get(this.options.ratePer === 'mailbox' ? lane.key : '');
    const waiting = this.options.ratePer === 'mailbox' ? lane.waiting.length : this.#waiting;
    if (rate && waiting === 0) stop(rate);
  }

  /** A message is no longer here, whether it ran or not. */
  #leave(lane: Lane): void {
    this.#pending--;
    if (lane.running === 0 && lane.waiting.length === 0 && lane.pausedUntil <= performance.now()) this.#lanes.delete(lane.key);
  }

  /** What a turn is given back to. */
  readonly #giveBack = (lane: Lane): void => {
    lane.running--;
    this.#next(lane);
    this.#leave(lane);
  };

  #leftQueue(): void {
    const wasIdle = this.isIdle();
    this.#waiting--;
    if (!wasIdle && this.isIdle()) this.options.onIdle();
  }
}

class LaneTurn implements TakenTurn {
  constructor(
    private readonly giveBack: (lane: Lane) => void,
    private readonly lane: Lane,
  ) {}

  pause(ms: number): void {
    this.lane.pausedUntil = Math.max(this.lane.pausedUntil, performance.now() + ms);
  }

  ready(signal: Cancellation): Promise<void> | undefined {
    return this.lane.pausedUntil > performance.now() ? untilFree(this.lane, signal) : undefined;
  }

  leave(): void {
    this.giveBack(this.lane);
  }
}

/**
 * A queue without a limit of its own, for what asks one question after another.
 *
 * @param closed told those who wait when it is closed
 */
export function oneAtATime(closed: string): MailboxQueue {
  return new MailboxQueue({
    maxConnections: 1,
    rateLimit: undefined,
    rateDelta: 1000,
    ratePer: 'transport',
    onIdle: () => undefined,
    closed,
  });
}

function stop(rate: Rate): void {
  clearTimeout(rate.timer);
  rate.timer = undefined;
}

async function untilFree(lane: Lane, signal: Cancellation): Promise<void> {
  // another message may have made it longer meanwhile
  for (let until = lane.pausedUntil; until > performance.now(); until = lane.pausedUntil) {
    await sleep(until - performance.now(), signal);
    endPause(lane, until);
  }
}

/** A pause that was waited for is over, whatever the clock says: in an app's tests it may stand still. */
function endPause(lane: Lane, until: number): void {
  if (lane.pausedUntil <= until) lane.pausedUntil = 0;
}

function closedError(message = 'the transport was closed while the message waited; nothing was sent'): GraphTransportError {
  return new GraphTransportError('ECONNECTION', message, {
    hint: 'Sending again opens the transport again.',
  });
}
