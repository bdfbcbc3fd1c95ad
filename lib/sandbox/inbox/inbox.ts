import type { Faults } from '../faults.js';
import type { SandboxState } from '../state.js';
import type { Removal } from '../store.js';
import type { SandboxFault, SandboxOperation, SandboxRequest } from '../types.js';
import type { ApiCounts, ApiDraft, ApiFault, ApiRemoved, ApiStatus } from './api-types.js';
import { permissionsFor } from './journal/callers.js';
import type { MessageEntry, RefusedEntry, RequestEntry } from './journal/entries.js';
import { Feed } from './journal/feed.js';
import { Journal, type JournalListener } from './journal/journal.js';
import { Reports } from './journal/reports.js';
import { describeEntry, describeRequest } from './search/describe.js';
import { Search } from './search/search.js';
import { renderBounce, renderDraft, renderUpload } from './views/render-draft.js';
import { describeFault, renderFault } from './views/render-fault.js';
import { renderLoad } from './views/render-load.js';
import { renderMessageRow, renderRefusedRow, renderRule, type ViewContext } from './views/render-message.js';
import { renderRequestRow } from './views/render-request.js';

/** What the inbox needs of the sandbox. */
export interface InboxContext {
  state: SandboxState;
  faults: Faults;
  /** PEM. */
  ca: string;
  version: string;
  /** Where the command wrote the certificate. */
  caFile: string | undefined;
}

interface Undo {
  token: string;
  entries: (MessageEntry | RefusedEntry)[];
  removal: Removal;
  until: number;
}

const UNDO_MS = 60_000;

/** A waiting `GET wait`. */
export interface Waiter {
  accepts(entry: MessageEntry): boolean;
  resolve(entry: MessageEntry | undefined): void;
}

/** Everything the inbox knows, and what it does; HTTP stands before it. */
export class Inbox {
  readonly journal: Journal;
  readonly feed: Feed;
  readonly view: ViewContext;
  readonly messages: Search<MessageEntry>;
  readonly refused: Search<RefusedEntry>;
  readonly both: Search<MessageEntry | RefusedEntry>;
  readonly requests: Search<RequestEntry>;
  readonly reports = new Reports();
  readonly waiters = new Set<Waiter>();
  readonly startedAt = new Date();
  readonly #fromInbox = new Set<string>();
  #undo: Undo | undefined;

  constructor(readonly context: InboxContext) {
    const { state, faults } = context;
    const { store, settings } = state;
    this.feed = new Feed(() => this.counts());
    this.view = {
      keepContent: settings.keepContent,
      isInSentItems: ({ id }) => store.item(id)?.folder === 'sentitems',
      sameMessageId: (entry) => this.journal.sameMessageId(entry),
      bounced: ({ messageId }) =>
        new Set(store.bounces.flatMap((bounce) => (bounce.messageId === messageId ? bounce.recipients.map((to) => to.toLowerCase()) : []))),
      fault: (id) => faults.find(id),
      permissionsFor: (operation) => permissionsFor(operation as SandboxOperation),
    };
    this.journal = new Journal({
      store,
      faults,
      next: () => this.feed.next(),
      describeFault: ({ rule }) => describeFault(renderRule(rule)),
      maxEntries: Number.isFinite(settings.maxMessages) ? settings.maxMessages : 100_000,
      listener: this.#listener(),
    });
    const describe = (entry: MessageEntry | RefusedEntry) => describeEntry(entry, this.view);
    const generation = (): number => this.journal.generation;
    this.messages = new Search<MessageEntry>(() => this.journal.messages, describe, generation);
    this.refused = new Search<RefusedEntry>(() => this.journal.refused, describe, generation);
    this.both = new Search<MessageEntry | RefusedEntry>(() => merge(this.journal.messages, this.journal.refused), describe, generation);
    this.requests = new Search<RequestEntry>(() => this.#requestEntries(store.requests), describeRequest, generation);
    store.observer = this.journal;
    state.traffic.onChange = (load) =>
      this.feed.publish(`traffic ${load.appId} ${load.mailboxId}`, () => ({ kind: 'traffic', traffic: renderLoad(state, load) }));
    faults.onChange = (fault, change) => {
      // a hit is told with its request
      if (change !== 'hit') this.#publishFault(fault, change);
    };
  }

  counts(): ApiCounts {
    const { store } = this.context.state;
    return {
      messages: this.journal.messages.length,
      unread: this.journal.unread,
      refused: this.journal.refused.length,
      drafts: store.drafts().length,
      sent: store.sentCount(),
      bounces: store.bounces.length,
      requests: store.requests.length,
      faults: this.context.faults.list().filter(({ remaining }) => remaining > 0).length,
    };
  }

  /** @param docs where the documentation is */
  status(docs: string): ApiStatus {
    const { state, version } = this.context;
    const { settings, store } = state;
    const items = store.items();
    return {
      version,
      instance: this.feed.instance,
      seq: this.feed.seq,
      startedAt: this.startedAt.toISOString(),
      counts: this.counts(),
      limits: { maxMessages: finite(settings.maxMessages), maxBytes: finite(settings.maxBytes), bytes: store.bytes },
      evicted: store.evicted,
      keepContent: settings.keepContent,
      mailboxes: settings.mailboxes.map(({ userPrincipalName, displayName, aliases, enabled }) => ({
        userPrincipalName,
        displayName: displayName ?? null,
        aliases,
        enabled,
        messages: this.journal.messages.filter(({ message }) => message.mailbox === userPrincipalName).length,
        sent: items.filter(({ mailbox, folder }) => folder === 'sentitems' && mailbox.userPrincipalName === userPrincipalName).length,
        drafts: store.drafts().filter(({ mailbox }) => mailbox.userPrincipalName === userPrincipalName).length,
      })),
      docs,
    };
  }

  faultList(): ApiFault[] {
    return this.context.faults.list().map((fault) => this.renderFault(fault));
  }

  renderFault(fault: SandboxFault): ApiFault {
    return renderFault(fault, this.journal.strikesOf(fault.id), this.#fromInbox.has(fault.id));
  }

  arm(rule: SandboxFault['rule']): SandboxFault {
    const fault = this.context.faults.add(rule);
    this.#fromInbox.add(fault.id);
    return fault;
  }

  draft(id: string): ApiDraft | undefined {
    const item = this.context.state.store.item(id);
    return item?.folder === 'drafts' ? renderDraft(item, this.#uploadsOf(id)) : undefined;
  }

  drafts(): ApiDraft[] {
    return this.context.state.store.drafts().map((item) => renderDraft(item, this.#uploadsOf(item.immutableId)));
  }

  /** Takes rows out, so that they can be put back for a while. */
  remove(entries: readonly (MessageEntry | RefusedEntry)[]): ApiRemoved {
    if (entries.length === 0) return { removed: 0, undo: null, undoUntil: null };
    const { store } = this.context.state;
    this.journal.drop(entries, 'delete');
    const messages = new Set(entries.flatMap((entry) => (entry.kind === 'message' ? [entry.message] : [])));
    const removal = messages.size > 0 ? store.take((message) => messages.has(message)) : { messages: [], items: [] };
    const token = `${this.feed.instance}-${this.feed.next()}`;
    const undo: Undo = { token, entries: [...entries], removal, until: Date.now() + UNDO_MS };
    this.#undo = undo;
    setTimeout(() => {
      if (this.#undo === undo) this.#undo = undefined;
    }, UNDO_MS).unref();
    return { removed: entries.length, undo: token, undoUntil: new Date(undo.until).toISOString() };
  }

  /** @returns how many came back; undefined where it is too late */
  restore(token: string): number | undefined {
    const undo = this.#undo;
    if (undo?.token !== token) return undefined;
    this.#undo = undefined;
    this.journal.restore(undo.entries);
    this.context.state.store.putBack(undo.removal);
    const count = undo.entries.length;
    this.feed.publish('restored', () => ({ kind: 'restored', count }));
    return count;
  }

  setRead(entries: MessageEntry[], ids: string[] | 'all', read: boolean): void {
    this.journal.setRead(entries, read);
    this.feed.publish(`read ${this.feed.seq}`, () => ({ kind: 'read', ids, read }));
  }

  /** Ends streams and waiting requests. */
  end(): void {
    this.feed.end();
    for (const waiter of this.waiters) waiter.resolve(undefined);
    this.#undo = undefined;
  }

  #requestEntries(records: readonly SandboxRequest[]): RequestEntry[] {
    return records.flatMap((record) => this.journal.entryOf(record) ?? []);
  }

  #uploadsOf(draftId: string) {
    return this.context.state.uploads
      .list()
      .filter(({ item }) => item.immutableId === draftId)
      .map(renderUpload);
  }

  #publishFault(fault: SandboxFault, change: 'armed' | 'hit' | 'removed'): void {
    const rendered = this.renderFault(fault);
    if (change === 'removed') this.#fromInbox.delete(fault.id);
    this.feed.publish(`fault ${fault.id}`, () => ({ kind: 'fault', fault: rendered, change }));
  }

  #listener(): JournalListener {
    const { feed } = this;
    const added = new Set<string>();
    return {
      messageAdded: (entry) => {
        added.add(entry.id);
        feed.publish(`message ${entry.id}`, () => this.#messageEvent(entry, added.delete(entry.id)));
        // the request that made it is recorded in a moment, and belongs to what is shown
        setImmediate(() => {
          for (const waiter of [...this.waiters]) if (waiter.accepts(entry)) waiter.resolve(entry);
        });
      },
      messageChanged: (entry) => feed.publish(`message ${entry.id}`, () => this.#messageEvent(entry, added.delete(entry.id))),
      refusedChanged: (entry, isNew) => {
        if (isNew) added.add(entry.id);
        feed.publish(`refused ${entry.id}`, () =>
          entry.send.refused === entry ? { kind: 'refused', row: renderRefusedRow(entry), isNew: added.delete(entry.id) } : undefined,
        );
      },
      refusedResolved: ({ id, send }) => {
        added.delete(id);
        feed.publish(`refused ${id}`, () => ({ kind: 'refused-resolved', id, messageId: send.message?.id ?? null }));
      },
      removed: (of, ids, by) => feed.publish(`removed ${feed.seq}`, () => ({ kind: 'removed', of, ids, by })),
      requested: (entry) => {
        feed.publish(`request ${entry.record.requestId}`, () => ({ kind: 'request', row: renderRequestRow(entry) }));
      },
      drafted: ({ immutableId }) =>
        feed.publish(`draft ${immutableId}`, () => {
          const draft = this.draft(immutableId);
          return draft && { kind: 'draft', draft };
        }),
      undrafted: ({ immutableId }) =>
        feed.publish(`draft ${immutableId}`, () => ({ kind: 'removed', of: 'drafts', ids: [immutableId], by: 'app' })),
      uploading: (session) => feed.publish(`upload ${session.id}`, () => ({ kind: 'upload', upload: renderUpload(session) })),
      bounced: (bounce, at) => {
        const index = this.context.state.store.bounces.length - 1;
        feed.publish(`bounce ${index} ${bounce.messageId}`, () => ({ kind: 'bounce', bounce: renderBounce(bounce, at, index) }));
      },
      faultChanged: (fault, change) => this.#publishFault(fault, change),
      cleared: () => {
        added.clear();
        this.reports.clear();
        this.#undo = undefined;
        feed.publish('cleared', () => ({ kind: 'cleared' }));
      },
    };
  }

  #messageEvent(entry: MessageEntry, isNew: boolean) {
    // dropped in the meantime
    if (this.journal.find(entry.id) !== entry) return undefined;
    return { kind: 'message' as const, row: renderMessageRow(entry, this.view), isNew };
  }
}

const finite = (limit: number): number | null => (Number.isFinite(limit) ? limit : null);

/** Two lists in order as one. */
function merge(one: readonly MessageEntry[], two: readonly RefusedEntry[]): readonly (MessageEntry | RefusedEntry)[] {
  if (two.length === 0) return one;
  return [...one, ...two].sort((left, right) => left.seq - right.seq);
}
