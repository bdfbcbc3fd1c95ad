import { randomBytes } from 'node:crypto';
import type { ApiCounts, ApiEvent } from '../api-types.js';

/** An event without its number. */
export type FeedEvent = ApiEvent extends infer Event ? (Event extends { seq: number } ? Omit<Event, 'seq'> : never) : never;

/** Who listens: gets batches, each with the id to resume from. */
export interface FeedListener {
  send(id: string, events: ApiEvent[]): void;
}

interface Pending {
  seq: number;
  build: () => FeedEvent | undefined;
}

/** How many events are kept for who comes back. */
const MOST_KEPT = 1000;
/** A burst of more is told as one: load everything anew. */
const MOST_AT_ONCE = 250;
const BATCH_MS = 40;

/**
 * What happened, numbered. Events are gathered for a moment, those about the same thing become one, and each is made only
 * when it is sent: a burst of ten thousand mails costs hardly more than one.
 */
export class Feed {
  readonly instance = randomBytes(6).toString('hex');
  readonly #listeners = new Set<FeedListener>();
  readonly #kept: ApiEvent[] = [];
  #pending = new Map<string, Pending>();
  #timer: NodeJS.Timeout | undefined;
  #seq = 0;
  /** Number of the newest event that is no longer kept. */
  #forgotten = 0;

  constructor(private readonly counts: () => ApiCounts) {}

  get seq(): number {
    return this.#seq;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** The next number; rows are numbered with the events. */
  next(): number {
    return ++this.#seq;
  }

  /** @param key what it is about: of several events with one key, the last is sent */
  publish(key: string, build: () => FeedEvent | undefined): void {
    this.#pending.delete(key);
    this.#pending.set(key, { seq: this.next(), build });
    this.#timer ??= setTimeout(() => this.flush(), BATCH_MS).unref();
  }

  /** @param last the id of the batch that came last; what came after it is sent at once */
  subscribe(listener: FeedListener, last: string | undefined): () => void {
    this.flush();
    const [instance, number = ''] = (last ?? '').split(':');
    const since = Number(number);
    const resumed = instance === this.instance && /^\d+$/.test(number) && since >= this.#forgotten && since <= this.#seq;
    const missed = resumed ? this.#kept.filter(({ seq }) => seq > since) : [];
    const hello: ApiEvent = { seq: this.#seq, kind: 'hello', instance: this.instance, counts: this.counts(), resumed };
    listener.send(this.#id(), [hello, ...missed]);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Sends what was gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.size === 0) return;
    const pending = [...this.#pending.values()];
    this.#pending = new Map();
    const events = pending.length > MOST_AT_ONCE ? this.#reload() : this.#build(pending);
    this.#keep(events);
    for (const listener of this.#listeners) listener.send(this.#id(), events);
  }

  /** Says that it is over. */
  end(): void {
    this.flush();
    const event: ApiEvent = { seq: this.next(), kind: 'end' };
    for (const listener of this.#listeners) listener.send(this.#id(), [event]);
    this.#listeners.clear();
  }

  #build(pending: Pending[]): ApiEvent[] {
    const events = pending.flatMap(({ seq, build }): ApiEvent[] => {
      const event = build();
      return event ? [{ seq, ...event }] : [];
    });
    return [...events, { seq: this.next(), kind: 'counts', counts: this.counts() }];
  }

  #reload(): ApiEvent[] {
    return [{ seq: this.next(), kind: 'hello', instance: this.instance, counts: this.counts(), resumed: false }];
  }

  #keep(events: ApiEvent[]): void {
    this.#kept.push(...events);
    const excess = this.#kept.length - MOST_KEPT;
    if (excess > 0) this.#forgotten = this.#kept.splice(0, excess).at(-1)?.seq ?? this.#forgotten;
  }

  #id(): string {
    return `${this.instance}:${this.#seq}`;
  }
}
