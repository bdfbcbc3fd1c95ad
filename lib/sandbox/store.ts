import { newChangeKey, newImmutableId, newItemId } from './mail/ids.js';
import type { MessageContent } from './mail/content.js';
import type { Mailbox } from './settings.js';
import type { SandboxBounce, SandboxMessage, SandboxRequest } from './types.js';

/** A message in a mailbox. */
export interface Item {
  /** Changes when the item moves to another folder. */
  id: string;
  immutableId: string;
  changeKey: string;
  mailbox: Mailbox;
  folder: 'drafts' | 'sentitems';
  createdAt: Date;
  modifiedAt: Date;
  content: MessageContent;
  /** What was delivered; undefined as long as it is a draft, and for a message that bounced. */
  delivered: SandboxMessage | undefined;
  /** ms since the epoch; before that no client finds it. */
  visibleFrom: number;
  /** A write is under way: a second one conflicts. */
  busy: boolean;
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
  /** By immutable id, oldest first. */
  readonly #items = new Map<string, Item>();
  readonly #immutableIds = new Map<string, string>();
  readonly #waiters = new Set<Waiter>();

  addDraft(mailbox: Mailbox, content: MessageContent): Item {
    const now = new Date();
    const item: Item = {
      id: newItemId(),
      immutableId: newImmutableId(),
      changeKey: newChangeKey(),
      mailbox,
      folder: 'drafts',
      createdAt: now,
      modifiedAt: now,
      content,
      delivered: undefined,
      visibleFrom: 0,
      busy: false,
    };
    this.#items.set(item.immutableId, item);
    this.#immutableIds.set(item.id, item.immutableId);
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

  /** By the id the item has now, or by its immutable id where the request asked for those. */
  find(id: string, immutable: boolean): Item | undefined {
    const byImmutableId = this.#items.get(id);
    if (byImmutableId) return immutable ? byImmutableId : undefined;
    return this.#items.get(this.#immutableIds.get(id) ?? '');
  }

  touch(item: Item): void {
    item.changeKey = newChangeKey();
    item.modifiedAt = new Date();
  }

  /** Moves a draft to Sent Items, which gives it a new id; it can be found there `delay` ms later. */
  moveToSent(item: Item, delay: number): void {
    item.visibleFrom = Date.now() + delay;
    item.folder = 'sentitems';
    this.#immutableIds.delete(item.id);
    item.id = newItemId();
    this.#immutableIds.set(item.id, item.immutableId);
    this.touch(item);
  }

  remove(item: Item): void {
    this.#items.delete(item.immutableId);
    this.#immutableIds.delete(item.id);
  }

  deliver(message: SandboxMessage): void {
    this.messages.push(message);
    for (const waiter of this.#waiters) {
      if (!waiter.accepts(message)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(message);
    }
  }

  /** Calls back once, with the next message accepted. Returns how to give up. */
  onDelivery(waiter: Waiter): () => void {
    this.#waiters.add(waiter);
    return () => void this.#waiters.delete(waiter);
  }

  clear(): void {
    this.messages.length = 0;
    this.bounces.length = 0;
    this.requests.length = 0;
    this.#items.clear();
    this.#immutableIds.clear();
  }
}
