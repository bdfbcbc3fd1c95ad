import type { SandboxBounce, SandboxMessage, SandboxRequest } from './types.js';

/** How much a sandbox keeps. */
export interface Limits {
  maxMessages: number;
  maxBytes: number;
}

/** What an entry weighs besides its content, and how many requests are kept for each message. */
const OVERHEAD = 1024;
const REQUESTS_PER_MESSAGE = 20;
const LEAST_REQUESTS = 1000;

/** What the ledger needs of the store. */
interface Stock<Item extends { busy: boolean }> {
  readonly messages: SandboxMessage[];
  readonly bounces: SandboxBounce[];
  readonly requests: SandboxRequest[];
  drafts(): Item[];
  item(immutableId: string): Item | undefined;
  remove(item: Item): void;
  removeReceived(message: SandboxMessage): Item[];
  readonly observer: { removed(messages: SandboxMessage[], by: 'evicted'): void } | undefined;
}

/** Counts the bytes kept, and drops the oldest where there are too many. Without limits it counts nothing. */
export class Ledger<Item extends { busy: boolean }> {
  readonly #weights = new Map<SandboxMessage | SandboxRequest | Item, number>();
  readonly #isLimited: boolean;
  #bytes = 0;
  #evicted = 0;

  constructor(private readonly limits: Limits) {
    this.#isLimited = Number.isFinite(limits.maxMessages) || Number.isFinite(limits.maxBytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get evicted(): number {
    return this.#evicted;
  }

  weigh(entry: SandboxMessage | SandboxRequest | Item, bytes: number): void {
    if (!this.#isLimited) return;
    this.forget(entry);
    this.#weights.set(entry, bytes + OVERHEAD);
    this.#bytes += bytes + OVERHEAD;
  }

  forget(entry: SandboxMessage | SandboxRequest | Item): void {
    this.#bytes -= this.#weights.get(entry) ?? 0;
    this.#weights.delete(entry);
  }

  clear(): void {
    this.#weights.clear();
    this.#bytes = 0;
  }

  /** Drops the oldest until the limits hold; the newest message stays, however large it is. */
  evict(store: Stock<Item>): void {
    if (!this.#isLimited) return;
    const { maxMessages, maxBytes } = this.limits;
    const dropped: SandboxMessage[] = [];
    while (store.messages.length > maxMessages || (this.#bytes > maxBytes && store.messages.length > 1)) {
      dropped.push(this.#dropMessage(store));
    }
    const mostRequests = Math.max(LEAST_REQUESTS, REQUESTS_PER_MESSAGE * maxMessages);
    while (store.requests.length > mostRequests || (this.#bytes > maxBytes && store.requests.length > 1)) this.#dropRequest(store);
    if (store.bounces.length > maxMessages) store.bounces.splice(0, store.bounces.length - maxMessages);
    this.#dropDrafts(store);
    if (dropped.length === 0) return;
    this.#evicted += dropped.length;
    store.observer?.removed(dropped, 'evicted');
  }

  #dropMessage(store: Stock<Item>): SandboxMessage {
    const message = store.messages.shift() as SandboxMessage;
    this.forget(message);
    store.removeReceived(message);
    const item = store.item(message.id);
    if (item) store.remove(item);
    const until = message.acceptedAt.getTime();
    while (store.requests[0] && store.requests[0].startedAt.getTime() <= until) this.#dropRequest(store);
    return message;
  }

  #dropRequest(store: Stock<Item>): void {
    const request = store.requests.shift();
    if (request) this.forget(request);
  }

  /** Left-over drafts, and sent messages that bounced; one that is being written to stays. */
  #dropDrafts(store: Stock<Item>): void {
    const drafts = store.drafts();
    let excess = drafts.length - this.limits.maxMessages;
    for (const draft of drafts) {
      if (excess <= 0 && this.#bytes <= this.limits.maxBytes) return;
      if (draft.busy || draft === drafts.at(-1)) continue;
      store.remove(draft);
      excess--;
    }
  }
}
