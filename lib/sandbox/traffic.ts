import { Refusal } from './refusal.js';
import type { Settings } from './settings.js';

const throttled = (message: string, retryAfter: number): Refusal =>
  new Refusal(429, 'ApplicationThrottled', message, { 'Retry-After': String(retryAfter) });

/**
 * Exchange's limits for one app and mailbox: requests at a time and requests in a window.
 * https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
 */
export class Traffic {
  readonly #running = new Map<string, number>();
  readonly #started = new Map<string, number[]>();

  constructor(private readonly limits: Pick<Settings, 'maxConcurrency' | 'rateLimit'>) {}

  /**
   * Lets a request in.
   * @returns how to leave
   * @throws Refusal 429
   */
  enter(appId: string, mailboxId: string): () => void {
    const key = `${appId} ${mailboxId}`;
    this.#checkRate(key);
    const running = this.#running.get(key) ?? 0;
    if (running >= this.limits.maxConcurrency) {
      throw throttled('Application is over its MailboxConcurrency limit.', this.limits.rateLimit?.retryAfter ?? 1);
    }
    this.#running.set(key, running + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#running.set(key, (this.#running.get(key) ?? 1) - 1);
    };
  }

  #checkRate(key: string): void {
    const limit = this.limits.rateLimit;
    if (!limit) return;
    const now = Date.now();
    const started = (this.#started.get(key) ?? []).filter((time) => time > now - limit.windowMs);
    // what is refused counts as well: https://learn.microsoft.com/graph/throttling
    started.push(now);
    this.#started.set(key, started);
    if (started.length <= limit.requests) return;
    const oldest = started[started.length - limit.requests] ?? now;
    throw throttled(
      'Application is over its request limit.',
      limit.retryAfter ?? Math.max(1, Math.ceil((oldest + limit.windowMs - now) / 1000)),
    );
  }
}
