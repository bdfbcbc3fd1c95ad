import { createHash } from 'node:crypto';
import type { FaultChange, Faults } from '../../faults.js';
import type { Exchange } from '../../http/exchange.js';
import type { Item } from '../../item.js';
import type { SandboxObserver } from '../../observer.js';
import type { Store } from '../../store.js';
import type { SandboxBounce, SandboxFault, SandboxMessage, SandboxRequest } from '../../types.js';
import type { UploadSession } from '../../uploads.js';
import { Callers } from './callers.js';
import type { About, MessageEntry, RefusedEntry, RequestEntry, Send } from './entries.js';
import { readAbout } from './read-about.js';
import { isFailure, isRefusal, isSuccess } from './verdict.js';

/** Who is told what changed, to tell it on. */
export interface JournalListener {
  messageAdded(entry: MessageEntry): void;
  messageChanged(entry: MessageEntry): void;
  refusedChanged(entry: RefusedEntry, isNew: boolean): void;
  refusedResolved(entry: RefusedEntry): void;
  removed(of: 'messages' | 'refused', ids: string[], by: 'delete' | 'evicted' | 'app'): void;
  requested(entry: RequestEntry): void;
  drafted(item: Item): void;
  undrafted(item: Item): void;
  uploading(session: UploadSession): void;
  bounced(bounce: SandboxBounce, at: Date): void;
  faultChanged(fault: SandboxFault, change: FaultChange): void;
  cleared(): void;
}

/** What the journal needs of the inbox. */
export interface JournalContext {
  store: Store;
  faults: Faults;
  next: () => number;
  describeFault: (fault: SandboxFault) => string;
  maxEntries: number;
  listener: JournalListener;
}

/** Most requests of one message that are remembered: a loop must not fill the memory. */
const MOST_REQUESTS = 2000;

/** Puts messages, requests and refusals of a sandbox together: which request belonged to which message. */
export class Journal implements SandboxObserver {
  /** Oldest first, as all lists here. */
  readonly messages: MessageEntry[] = [];
  readonly refused: RefusedEntry[] = [];
  readonly callers = new Callers();
  readonly bouncedAt = new WeakMap<SandboxBounce, Date>();
  unread = 0;
  /** Counts changes that a search result cannot follow by looking at what is new. */
  generation = 0;
  readonly #byId = new Map<string, MessageEntry>();
  readonly #byMessage = new Map<SandboxMessage, MessageEntry>();
  readonly #byMessageId = new Map<string, MessageEntry[]>();
  readonly #requests = new WeakMap<SandboxRequest, RequestEntry>();
  readonly #requestById = new Map<string, RequestEntry>();
  /** Sends by item id and by Message-ID, the latest first found. */
  readonly #sends = new Map<string, Send>();
  readonly #tokens = new Map<string, RequestEntry>();
  readonly #faultStrikes = new Map<string, string[]>();
  #lastConnection = 0;

  constructor(private readonly context: JournalContext) {}

  find(id: string): MessageEntry | undefined {
    return id === 'latest' ? this.messages.at(-1) : this.#byId.get(id);
  }

  findRefused(requestId: string): RefusedEntry | undefined {
    return this.refused.find(({ id, send }) => id === requestId || send.requests.some(({ record }) => record.requestId === requestId));
  }

  findRequest(id: string): RequestEntry | undefined {
    return this.#requestById.get(id);
  }

  /** A request as it is listed in the sandbox. */
  entryOf(record: SandboxRequest): RequestEntry | undefined {
    return this.#requests.get(record);
  }

  sameMessageId({ message }: MessageEntry): MessageEntry[] {
    return this.#byMessageId.get(message.messageId) ?? [];
  }

  /** Ids of the requests a fault struck, newest first. */
  strikesOf(faultId: string): string[] {
    return this.#faultStrikes.get(faultId) ?? [];
  }

  setRead(entries: MessageEntry[], read: boolean): void {
    for (const entry of entries) {
      if (entry.read === read) continue;
      entry.read = read;
      this.unread += read ? -1 : 1;
    }
    this.generation++;
  }

  /** Takes entries out of the lists; the messages themselves are the store's. */
  drop(entries: readonly (MessageEntry | RefusedEntry)[], by: 'delete' | 'evicted' | 'app'): void {
    const messages = entries.filter((entry) => entry.kind === 'message');
    const refused = entries.filter((entry) => entry.kind === 'refused');
    for (const entry of messages) this.#forget(entry);
    removeAll(this.messages, messages);
    for (const entry of refused) if (entry.send.refused === entry) entry.send.refused = undefined;
    removeAll(this.refused, refused);
    this.generation++;
    const { listener } = this.context;
    const idsOf = (list: { id: string }[]): string[] => list.map(({ id }) => id);
    if (messages.length > 0) listener.removed('messages', idsOf(messages), by);
    if (refused.length > 0) listener.removed('refused', idsOf(refused), by);
  }

  /** Puts entries back in their places. */
  restore(entries: readonly (MessageEntry | RefusedEntry)[]): void {
    for (const entry of entries) {
      if (entry.kind === 'message') {
        this.#remember(entry);
        this.messages.push(entry);
      } else if (!entry.send.refused) {
        entry.send.refused = entry;
        this.refused.push(entry);
      }
    }
    for (const list of [this.messages, this.refused]) list.sort((one, two) => one.seq - two.seq);
    this.generation++;
  }

  delivered(message: SandboxMessage, item: Item): void {
    const { listener, next } = this.context;
    const open = this.#openSend(item.immutableId) ?? this.#openSend(message.messageId);
    const send = open ?? newSend(item.immutableId);
    this.#addSend(item.immutableId, send);
    const twin = this.#byId.has(message.id);
    const seq = next();
    const entry: MessageEntry = { kind: 'message', seq, id: twin ? `${message.id}~${seq}` : message.id, message, send, read: false };
    send.message = entry;
    this.#remember(entry);
    this.messages.push(entry);
    this.#resolve(send);
    listener.messageAdded(entry);
    for (const other of this.sameMessageId(entry)) if (other !== entry) listener.messageChanged(other);
  }

  requested(record: SandboxRequest, exchange: Exchange): void {
    const { listener, next, faults, describeFault } = this.context;
    const fault = record.fault === undefined ? undefined : faults.find(record.fault);
    const about = readAbout(exchange);
    const entry: RequestEntry = {
      seq: next(),
      record,
      send: undefined,
      about,
      faultLabel: fault && describeFault(fault),
      newConnection: record.connection > this.#lastConnection,
    };
    this.#lastConnection = Math.max(this.#lastConnection, record.connection);
    this.#requests.set(record, entry);
    this.#requestById.set(record.requestId, entry);
    this.#prune();
    if (fault) this.#faultStrikes.set(fault.id, [record.requestId, ...this.strikesOf(fault.id)].slice(0, 20));
    this.callers.count(record);
    this.#place(entry, about);
    listener.requested(entry);
    if (fault) listener.faultChanged(fault, 'hit');
  }

  drafted(item: Item): void {
    this.context.listener.drafted(item);
  }

  undrafted(item: Item): void {
    this.context.listener.undrafted(item);
  }

  uploading(session: UploadSession): void {
    this.context.listener.uploading(session);
  }

  bounced(bounce: SandboxBounce): void {
    const at = new Date();
    this.bouncedAt.set(bounce, at);
    this.context.listener.bounced(bounce, at);
  }

  removed(messages: SandboxMessage[], by: 'evicted' | 'app'): void {
    this.drop(
      messages.flatMap((message) => this.#byMessage.get(message) ?? []),
      by,
    );
  }

  cleared(): void {
    this.messages.length = 0;
    this.refused.length = 0;
    this.unread = 0;
    this.generation++;
    for (const map of [this.#byId, this.#byMessage, this.#byMessageId, this.#requestById, this.#sends, this.#tokens, this.#faultStrikes]) {
      map.clear();
    }
    this.callers.clear();
    this.context.listener.cleared();
  }

  #remember(entry: MessageEntry): void {
    const { id, message } = entry;
    this.#byId.set(id, entry);
    this.#byMessage.set(message, entry);
    this.#byMessageId.set(message.messageId, [...(this.#byMessageId.get(message.messageId) ?? []), entry]);
    if (!entry.read) this.unread++;
  }

  #forget(entry: MessageEntry): void {
    const { id, message } = entry;
    this.#byId.delete(id);
    this.#byMessage.delete(message);
    const others = this.sameMessageId(entry).filter((other) => other !== entry);
    if (others.length > 0) this.#byMessageId.set(message.messageId, others);
    else this.#byMessageId.delete(message.messageId);
    if (!entry.read) this.unread--;
    for (const key of [message.id, message.messageId]) if (this.#sends.get(key) === entry.send) this.#sends.delete(key);
  }

  /** Finds the send a request belongs to, and what the request means for it. */
  #place(entry: RequestEntry, about: About | undefined): void {
    const { record } = entry;
    if (record.operation === 'token' && isSuccess(record)) {
      const appId = clientIdOf(record);
      this.#tokens.set(appId, entry);
      this.#resolveTransient(`token ${appId}`);
      return;
    }
    const key = keyOf(entry);
    const send = this.#sendOf(entry, key);
    if (!send) return;
    send.about ??= about;
    if (send.requests.length === 0) this.#claimToken(send, entry);
    entry.send = send;
    if (send.requests.length < MOST_REQUESTS) send.requests.push(entry);
    if (send.message) {
      this.context.listener.messageChanged(send.message);
      return;
    }
    if (isRefusal(record, about)) this.#refuse(send, entry);
    else if (send.refused && isSuccess(record) && send.refused.last.record.operation === record.operation) this.#resolve(send);
  }

  #sendOf(entry: RequestEntry, key: string | undefined): Send | undefined {
    const { record } = entry;
    if (record.itemId !== undefined) {
      const known = this.#sends.get(record.itemId);
      if (known) return this.#join(known, key);
    }
    const open = key === undefined ? undefined : this.#openSend(key);
    // a send without a message yet: known by what the request says about it
    const send =
      open ?? (key !== undefined || record.itemId !== undefined || isFailure(record) ? newSend(key ?? record.requestId) : undefined);
    if (!send) return undefined;
    if (key !== undefined) this.#addSend(key, send);
    if (record.itemId !== undefined) this.#addSend(record.itemId, send);
    return send;
  }

  /** Tries that were refused before there was an item belong to it as well. */
  #join(send: Send, key: string | undefined): Send {
    const before = key === undefined ? undefined : this.#openSend(key);
    if (!before || before === send || !before.refused) return send;
    this.#resolve(before);
    for (const request of before.requests) request.send = send;
    send.requests.unshift(...before.requests);
    this.#sends.delete(before.key);
    return send;
  }

  /** A send that still waits for its message. */
  #openSend(key: string): Send | undefined {
    const send = this.#sends.get(key);
    return send && !send.message ? send : undefined;
  }

  #addSend(key: string, send: Send): void {
    this.#sends.delete(key);
    this.#sends.set(key, send);
    const excess = this.#sends.size - 4 * this.context.maxEntries - 1000;
    if (excess <= 0) return;
    for (const old of [...this.#sends.keys()].slice(0, excess)) this.#sends.delete(old);
  }

  /** The sign-in belongs to the message that waited for it. */
  #claimToken(send: Send, { record }: RequestEntry): void {
    const appId = record.caller?.appId ?? '';
    const token = this.#tokens.get(appId);
    if (!token) return;
    this.#tokens.delete(appId);
    token.send = send;
    send.requests.push(token);
  }

  #refuse(send: Send, entry: RequestEntry): void {
    const { listener, next, maxEntries } = this.context;
    const known = send.refused;
    if (known) {
      known.last = entry;
      known.attempts++;
      this.generation++;
      listener.refusedChanged(known, false);
      return;
    }
    const refused: RefusedEntry = { kind: 'refused', seq: next(), id: entry.record.requestId, send, last: entry, attempts: 1 };
    send.refused = refused;
    this.refused.push(refused);
    listener.refusedChanged(refused, true);
    if (this.refused.length > maxEntries) this.drop(this.refused.slice(0, this.refused.length - maxEntries), 'evicted');
  }

  #resolve(send: Send): void {
    const { refused } = send;
    if (!refused) return;
    send.refused = undefined;
    removeAll(this.refused, [refused]);
    this.generation++;
    this.context.listener.refusedResolved(refused);
  }

  /** A sign-in that was refused for good stays to be read, one that was only throttled does not. */
  #resolveTransient(key: string): void {
    const send = this.#openSend(key);
    const { status = 0 } = send?.refused?.last.record ?? {};
    if (send && (status === 0 || status === 429 || status >= 500)) this.#resolve(send);
  }

  #prune(): void {
    const { requests } = this.context.store;
    if (this.#requestById.size <= 2 * requests.length + 1000) return;
    this.#requestById.clear();
    for (const record of requests) {
      const entry = this.#requests.get(record);
      if (entry) this.#requestById.set(record.requestId, entry);
    }
  }
}

const newSend = (key: string): Send => ({ key, requests: [], about: undefined, message: undefined, refused: undefined });

function removeAll<T>(list: T[], unwanted: readonly T[]): void {
  if (unwanted.length === 0) return;
  // what is dropped by a limit stands at the front
  if (unwanted.every((entry, index) => list[index] === entry)) {
    list.splice(0, unwanted.length);
    return;
  }
  const set = new Set(unwanted);
  let kept = 0;
  for (const entry of list) if (!set.has(entry)) list[kept++] = entry;
  list.length = kept;
}

function clientIdOf({ body }: SandboxRequest): string {
  const form = body as Record<string, unknown> | undefined;
  return typeof form?.client_id === 'string' ? form.client_id : '';
}

/** By what requests of one send can be told together, where there is no item yet. */
function keyOf({ record, about }: RequestEntry): string | undefined {
  if (record.operation === 'token') return `token ${clientIdOf(record)}`;
  const told = record.plan?.messageId;
  if (typeof told === 'string' && told !== '') return told;
  if (!about) return undefined;
  if (about.messageId !== undefined) return about.messageId;
  const { subject, to, cc, bcc } = about;
  const addresses = [...to, ...cc, ...bcc].map(({ address }) => address);
  return createHash('sha1')
    .update(JSON.stringify([record.mailbox, record.operation, record.bytes, subject, addresses]))
    .digest('base64url');
}
