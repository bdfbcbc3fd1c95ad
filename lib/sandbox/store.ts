import { Ledger, type Limits } from './ledger.js';
import { newChangeKey, newImmutableId, newItemId } from './mail/ids.js';
import { sizeOf, type MessageContent } from './mail/content.js';
import type { Item } from './item.js';
import type { SandboxObserver } from './observer.js';
import type { Mailbox } from './settings.js';
import type { SandboxBounce, SandboxMessage, SandboxRequest } from './types.js';

/** Messages that were taken out, with their copies in Sent Items. */
export interface Removal {
  messages: SandboxMessage[];
  items: Item[];
}

interface Waiter {
  accepts(message: SandboxMessage): boolean;
  resolve(message: SandboxMessage): void;
}

/** Everything one sandbox remembers. */
export class Store {
  readonly messages: SandboxMessage[] = [];
  readonly bounces: SandboxBounce[] = [];
  readonly requests: SandboxRequest[] = [];
  observer: SandboxObserver | undefined;
  /** By immutable id, oldest first. */
  readonly #items = new Map<string, Item>();
  readonly #immutableIds = new Map<string, string>();
  readonly #drafts = new Set<Item>();
  readonly #incoming = new Set<Item>();
  #arrivals = 0;
  #epoch = 0;
  /** Accepted, and waiting for their time. */
  readonly #deferred = new Map<Item, NodeJS.Timeout>();
  /** What the recipients have of a message, by its immutable id. */
  readonly #received = new Map<string, Item[]>();
  #receivedCount = 0;
  readonly #waiters = new Set<Waiter>();
  readonly #ledger: Ledger<Item>;

  constructor(private readonly limits: Limits = { maxMessages: Infinity, maxBytes: Infinity }) {
    this.#ledger = new Ledger(limits);
  }

  /** Bytes of content kept. */
  get bytes(): number {
    return this.#ledger.bytes;
  }

  /** How many messages the limits have dropped. */
  get evicted(): number {
    return this.#ledger.evicted;
  }

  /** A message that is going to be sent at once. */
  addItem(mailbox: Mailbox, content: MessageContent, record: SandboxRequest): Item {
    const item = this.#add(mailbox, content, [record.requestId]);
    record.itemId = item.immutableId;
    return item;
  }

  /** What a recipient gets; it can be found in his Inbox `delay` ms later. */
  addReceived(mailbox: Mailbox, content: MessageContent, message: SandboxMessage, delay: number): void {
    const item = this.#add(mailbox, content, []);
    item.folder = 'inbox';
    item.delivered = message;
    item.visibleFrom = delay === 0 ? 0 : Date.now() + delay;
    this.#received.set(message.id, [...(this.#received.get(message.id) ?? []), item]);
    this.#receivedCount++;
  }

  /** What comes from outside. */
  addIncoming(mailbox: Mailbox, content: MessageContent): void {
    const item = this.#add(mailbox, content, []);
    item.folder = 'inbox';
    this.#incoming.add(item);
    const [oldest] = this.#incoming;
    if (oldest && this.#incoming.size > this.limits.maxMessages) this.remove(oldest);
  }

  #add(mailbox: Mailbox, content: MessageContent, requestIds: string[]): Item {
    const now = new Date();
    const item: Item = {
      id: newItemId(),
      immutableId: newImmutableId(),
      changeKey: newChangeKey(),
      mailbox,
      arrival: ++this.#arrivals,
      folder: 'drafts',
      createdAt: now,
      modifiedAt: now,
      content,
      delivered: undefined,
      visibleFrom: 0,
      busy: false,
      requestIds,
    };
    this.#items.set(item.immutableId, item);
    this.#immutableIds.set(item.id, item.immutableId);
    return item;
  }

  addDraft(mailbox: Mailbox, content: MessageContent, record: SandboxRequest): Item {
    const item = this.addItem(mailbox, content, record);
    this.#drafts.add(item);
    this.#ledger.weigh(item, sizeOf(content));
    this.observer?.drafted(item);
    this.#ledger.evict(this);
    return item;
  }

  items(): Item[] {
    return [...this.#items.values()];
  }

  /** What a client can see of them by now. */
  visibleItems(): Item[] {
    const now = Date.now();
    return this.items().filter(({ visibleFrom }) => visibleFrom <= now);
  }

  /** How many messages all Sent Items have. */
  sentCount(): number {
    return this.#items.size - this.#drafts.size - this.#receivedCount - this.#incoming.size - this.#deferred.size;
  }

  /** Drafts that were neither sent nor deleted, oldest first. */
  drafts(): Item[] {
    return [...this.#drafts];
  }

  item(immutableId: string): Item | undefined {
    return this.#items.get(immutableId);
  }

  /** By the id the item has now, or by its immutable id where the request asked for those. */
  find(id: string, immutable: boolean): Item | undefined {
    const byImmutableId = this.#items.get(id);
    if (byImmutableId) return immutable ? byImmutableId : undefined;
    return this.#items.get(this.#immutableIds.get(id) ?? '');
  }

  /** Says that a draft was changed. */
  touch(item: Item): void {
    item.changeKey = newChangeKey();
    item.modifiedAt = new Date();
    if (!this.#drafts.has(item)) return;
    this.#ledger.weigh(item, sizeOf(item.content));
    this.observer?.drafted(item);
    this.#ledger.evict(this);
  }

  /** Moves a draft to Sent Items; it can be found there `delay` ms later. */
  moveToSent(item: Item, delay: number, keepsImmutableId = true): void {
    item.visibleFrom = Date.now() + delay;
    if (!keepsImmutableId) {
      this.#items.delete(item.immutableId);
      item.immutableId = newImmutableId();
      this.#items.set(item.immutableId, item);
    }
    this.moveTo(item, 'sentitems');
  }

  /** Keeps an item in Drafts until it is time to send it. */
  defer(item: Item, at: Date, send: () => void): void {
    this.#undraft(item);
    const wait = (): void => {
      const left = at.getTime() - Date.now();
      if (left > 0) {
        // a timer waits 2^31 - 1 ms at most
        this.#deferred.set(item, setTimeout(wait, Math.min(left, 2_147_483_647)).unref());
      } else {
        this.#deferred.delete(item);
        send();
      }
    };
    wait();
  }

  isDeferred(item: Item): boolean {
    return this.#deferred.has(item);
  }

  #cancel(item: Item): void {
    clearTimeout(this.#deferred.get(item));
    this.#deferred.delete(item);
  }

  /** Moves an item to another folder, which gives it a new id. */
  moveTo(item: Item, folder: Item['folder']): void {
    this.#undraft(item);
    this.#cancel(item);
    item.folder = folder;
    item.arrival = ++this.#arrivals;
    this.#immutableIds.delete(item.id);
    item.id = newItemId();
    this.#immutableIds.set(item.id, item.immutableId);
    this.touch(item);
  }

  remove(item: Item): void {
    this.#undraft(item);
    this.#cancel(item);
    this.#incoming.delete(item);
    this.#items.delete(item.immutableId);
    this.#immutableIds.delete(item.id);
    const received = item.delivered && this.#received.get(item.delivered.id);
    if (received?.includes(item)) {
      this.#receivedCount--;
      this.#setReceived(
        item.delivered as SandboxMessage,
        received.filter((other) => other !== item),
      );
    }
  }

  /** What the recipients have of a message goes with it. */
  removeReceived({ id }: SandboxMessage): Item[] {
    const received = this.#received.get(id) ?? [];
    for (const item of received) this.remove(item);
    return received;
  }

  #setReceived({ id }: SandboxMessage, items: Item[]): void {
    if (items.length === 0) this.#received.delete(id);
    else this.#received.set(id, items);
  }

  deliver(message: SandboxMessage, item: Item, bytes: number): void {
    this.messages.push(message);
    this.#ledger.weigh(message, bytes);
    this.observer?.delivered(message, item);
    for (const waiter of this.#waiters) {
      if (!waiter.accepts(message)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(message);
    }
    this.#ledger.evict(this);
  }

  bounce(item: Item, bounce: SandboxBounce): void {
    this.bounces.push(bounce);
    this.observer?.bounced(bounce, item);
    this.#ledger.evict(this);
  }

  record(request: SandboxRequest): void {
    this.requests.push(request);
    this.#ledger.weigh(request, request.body === undefined ? 0 : request.bytes);
    this.#ledger.evict(this);
  }

  /** Takes messages out, with their copies in Sent Items. */
  take(unwanted: (message: SandboxMessage) => boolean): Removal {
    const removal: Removal = { messages: [], items: [] };
    const kept = this.messages.filter((message) => {
      if (!unwanted(message)) return true;
      removal.messages.push(message);
      this.#ledger.forget(message);
      removal.items.push(...this.removeReceived(message));
      const item = this.#items.get(message.id);
      if (!item) return false;
      removal.items.push(item);
      this.remove(item);
      return false;
    });
    // the array is handed out
    this.messages.length = 0;
    for (const message of kept) this.messages.push(message);
    if (removal.messages.length > 0) this.observer?.removed(removal.messages, 'app');
    return removal;
  }

  /** Puts messages back to where they were. */
  putBack({ messages, items }: Removal): void {
    for (const message of messages) this.#ledger.weigh(message, messageBytes(message));
    const all = [...this.messages, ...messages].sort((one, two) => one.acceptedAt.getTime() - two.acceptedAt.getTime());
    this.messages.length = 0;
    for (const message of all) this.messages.push(message);
    for (const item of items) {
      this.#items.set(item.immutableId, item);
      this.#immutableIds.set(item.id, item.immutableId);
      if (item.folder !== 'inbox' || !item.delivered) continue;
      this.#received.set(item.delivered.id, [...(this.#received.get(item.delivered.id) ?? []), item]);
      this.#receivedCount++;
    }
    const ordered = this.items().sort((one, two) => one.createdAt.getTime() - two.createdAt.getTime());
    this.#items.clear();
    for (const item of ordered) this.#items.set(item.immutableId, item);
    this.#ledger.evict(this);
  }

  /** Calls back once, with the next message accepted. Returns how to give up. */
  onDelivery(waiter: Waiter): () => void {
    this.#waiters.add(waiter);
    return () => void this.#waiters.delete(waiter);
  }

  /** Changes when everything was forgotten: no earlier place in a folder is one any more. */
  get epoch(): number {
    return this.#epoch;
  }

  clear(): void {
    this.#epoch++;
    this.#incoming.clear();
    for (const item of [...this.#deferred.keys()]) this.#cancel(item);
    this.messages.length = 0;
    this.bounces.length = 0;
    this.requests.length = 0;
    this.#items.clear();
    this.#immutableIds.clear();
    this.#received.clear();
    this.#receivedCount = 0;
    this.#drafts.clear();
    this.#ledger.clear();
    this.observer?.cleared();
  }

  #undraft(item: Item): void {
    if (!this.#drafts.delete(item)) return;
    this.#ledger.forget(item);
    this.observer?.undrafted(item);
  }
}

const messageBytes = ({ text, html, attachments, posted }: SandboxMessage): number =>
  attachments.reduce((sum, { size }) => sum + size, Buffer.byteLength(text ?? '') + Buffer.byteLength(html ?? '')) +
  (Buffer.isBuffer(posted) ? posted.length : 0);
