import type { EventEmitter } from 'node:events';
import type { Logger } from '../base/logger.js';
import { Repeats } from './repeats.js';
import type { OutboxWorkerEvents } from './worker-events.js';

/** What a worker says that is of no message. */
export class WorkerReports {
  readonly #told = new Set<string>();
  readonly #repeats = new Repeats();

  constructor(
    private readonly logger: Logger,
    private readonly events: EventEmitter<OutboxWorkerEvents>,
  ) {}

  /** An `error` event without a listener would end the process. */
  report(error: Error): void {
    const more = this.#repeats.hear(error.message);
    if (more === undefined) return;
    const often = more > 0 ? ` (and ${more} times more since)` : '';
    this.logger.warn({ tnx: 'outbox', err: error }, 'Outbox: %s%s', error.message, often);
    if (this.events.listenerCount('error') > 0) this.events.emit('error', error);
  }

  /** Says it once in the worker's life. */
  tellOnce(key: string, text: string): void {
    if (this.isNews(key)) this.logger.warn({ tnx: 'outbox' }, 'Outbox: %s', text);
  }

  /** Whether it is asked for the first time. */
  isNews(key: string): boolean {
    const news = !this.#told.has(key);
    this.#told.add(key);
    return news;
  }
}
