import { Refusal } from './refusal.js';
import type { Settings } from './settings.js';

const throttled = (message: string, retryAfter: number): Refusal =>
  new Refusal(429, 'ApplicationThrottled', message, { 'Retry-After': String(retryAfter) });

/** What one app asks of one mailbox. */
export interface Load {
  appId: string;
  mailboxId: string;
  /** Requests at this moment. */
  running: number;
  /** Most at a time so far. */
  peak: number;
  /** How many were refused for it. */
  refused: number;
}

interface Lane extends Load {
  /** When requests began, of the window, where there is a limit. */
  started: number[];
  /** How many began in each tenth of the window, where there is none. */
  counted: Map<number, number>;
}

/** Exchange's window, which is watched where no other is set. */
const EXCHANGE_WINDOW = 600_000;
const SLOTS = 10;

/**
 * Exchange's limits for one app and mailbox: requests at a time and requests in a window.
 * https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
 */
export class Traffic {
  /** Told of every change: the inbox. */
  onChange: ((load: Load) => void) | undefined;
  readonly #lanes = new Map<string, Lane>();

  constructor(private readonly limits: Pick<Settings, 'maxConcurrency' | 'rateLimit'>) {}

  /** Milliseconds in which requests are counted. */
  get windowMs(): number {
    return this.limits.rateLimit?.windowMs ?? EXCHANGE_WINDOW;
  }

  list(): readonly Load[] {
    return [...this.#lanes.values()];
  }

  /** How many requests began in the window. */
  recent({ appId, mailboxId }: Load): number {
    const lane = this.#lane(appId, mailboxId);
    const since = Date.now() - this.windowMs;
    if (this.limits.rateLimit) return lane.started.filter((time) => time > since).length;
    let sum = 0;
    for (const [slot, count] of lane.counted) if (slot > this.#slot(since)) sum += count;
    return sum;
  }

  /**
   * Lets a request in.
   * @returns how to leave
   * @throws Refusal 429
   */
  enter(appId: string, mailboxId: string): () => void {
    const lane = this.#lane(appId, mailboxId);
    try {
      this.#checkRate(lane);
      if (lane.running >= this.limits.maxConcurrency) {
        throw throttled('Application is over its MailboxConcurrency limit.', this.limits.rateLimit?.retryAfter ?? 1);
      }
    } catch (refusal) {
      lane.refused++;
      this.onChange?.(lane);
      throw refusal;
    }
    lane.running++;
    lane.peak = Math.max(lane.peak, lane.running);
    this.onChange?.(lane);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      lane.running--;
      this.onChange?.(lane);
    };
  }

  /** Forgets what was; what is running goes on, and so do the windows. */
  clear(): void {
    for (const lane of this.#lanes.values()) Object.assign(lane, { peak: lane.running, refused: 0 });
  }

  #lane(appId: string, mailboxId: string): Lane {
    const key = `${appId} ${mailboxId}`;
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = { appId, mailboxId, running: 0, peak: 0, refused: 0, started: [], counted: new Map() };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  #slot(time: number): number {
    return Math.floor(time / (this.windowMs / SLOTS));
  }

  #checkRate(lane: Lane): void {
    const limit = this.limits.rateLimit;
    const now = Date.now();
    if (!limit) {
      const slot = this.#slot(now);
      lane.counted.set(slot, (lane.counted.get(slot) ?? 0) + 1);
      if (lane.counted.size > SLOTS + 1) for (const old of lane.counted.keys()) if (old < slot - SLOTS) lane.counted.delete(old);
      return;
    }
    lane.started = lane.started.filter((time) => time > now - limit.windowMs);
    // what is refused counts as well: https://learn.microsoft.com/graph/throttling
    lane.started.push(now);
    if (lane.started.length <= limit.requests) return;
    const oldest = lane.started[lane.started.length - limit.requests] ?? now;
    throw throttled(
      'Application is over its request limit.',
      limit.retryAfter ?? Math.max(1, Math.ceil((oldest + limit.windowMs - now) / 1000)),
    );
  }
}
