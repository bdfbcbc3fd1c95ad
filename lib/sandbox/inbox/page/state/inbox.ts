import { batch, computed, effect, signal } from '@preact/signals';
import type {
  ApiBounce,
  ApiCaller,
  ApiCounts,
  ApiDraft,
  ApiEvent,
  ApiFault,
  ApiFaults,
  ApiList,
  ApiMessageRow,
  ApiRequestRow,
  ApiRow,
  ApiSettings,
  ApiStatus,
  ApiTraffic,
} from '../../api-types.js';
import { count } from '../text/format.js';
import { getJson } from './api.js';
import { noteArrivals } from './arrivals.js';
import { onEvents, startLive } from './live.js';
import { go, route, screen } from './route.js';
import { RowList } from './row-list.js';
import { announce, toast } from './toasts.js';

const none: ApiCounts = { messages: 0, unread: 0, refused: 0, drafts: 0, sent: 0, bounces: 0, requests: 0, faults: 0 };

export const status = signal<ApiStatus | undefined>(undefined);
export const settings = signal<ApiSettings | undefined>(undefined);
export const counts = signal<ApiCounts>(none);
export const drafts = signal<readonly ApiDraft[]>([]);
export const bounces = signal<readonly ApiBounce[]>([]);
export const faults = signal<readonly ApiFault[]>([]);
export const presets = signal<ApiFaults['presets']>([]);
export const callers = signal<readonly ApiCaller[]>([]);
export const traffic = signal<readonly ApiTraffic[]>([]);
/** Grows with everything that concerns a message: what shows one asks again. */
export const touched = signal<ReadonlyMap<string, number>>(new Map());

/** Of Mail and Refused, of Sent Items, of Requests: each remembers its rows when another is looked at. */
export const mail = new RowList<ApiRow>();
export const sent = new RowList<ApiMessageRow>();
export const requests = new RowList<ApiRequestRow>();

/** The list the screen shows, and where the API has it. */
const shown = computed(() => {
  const { screen: name, q, mailbox } = route.value;
  if (name === 'mail') return { list: mail, path: 'messages', parameters: { q, kinds: 'message,refused' } };
  if (name === 'refused') return { list: mail, path: 'messages', parameters: { q, kinds: 'refused' } };
  if (name === 'requests') return { list: requests, path: 'requests', parameters: { q } };
  const address = mailbox ?? status.value?.mailboxes.at(0)?.userPrincipalName;
  return name === 'sent' && address ? { list: sent, path: `sent/${encodeURIComponent(address)}`, parameters: {} } : undefined;
});
const shownKey = computed(() => JSON.stringify([shown.value?.path, shown.value?.parameters]));

async function load<T>(path: string, take: (answer: T) => void): Promise<void> {
  try {
    take(await getJson<T>(path));
  } catch {
    // the connection says so
  }
}

const loadTraffic = (): Promise<void> => load<ApiList<ApiTraffic>>('traffic', ({ items }) => (traffic.value = items));

const loaders: Partial<Record<string, () => Promise<void>>> = {
  drafts: () => load<ApiList<ApiDraft>>('drafts', ({ items }) => (drafts.value = items)),
  bounces: () => load<ApiList<ApiBounce>>('bounces', ({ items }) => (bounces.value = items)),
  faults: () =>
    load<ApiFaults>('faults', (answer) => {
      faults.value = answer.items;
      presets.value = answer.presets;
    }),
  token: async () => {
    await Promise.all([load<ApiList<ApiCaller>>('callers', ({ items }) => (callers.value = items)), loadTraffic()]);
  },
  requests: loadTraffic,
};

const loadStatus = (): Promise<void> =>
  load<ApiStatus>('status', (answer) => {
    status.value = answer;
    counts.value = answer.counts;
  });

export async function startInbox(): Promise<void> {
  onEvents((events) => batch(() => apply(events)));
  effect(() => {
    void shownKey.value;
    const { list, path, parameters } = shown.peek() ?? {};
    if (list && path && parameters) void list.open(path, parameters);
  });
  effect(() => void loaders[screen.value]?.());
  startLive();
  await Promise.all([loadStatus(), load<ApiSettings>('settings', (answer) => (settings.value = answer))]);
}

function reloadAll(): void {
  void loadStatus();
  void load<ApiSettings>('settings', (answer) => (settings.value = answer));
  void shown.peek()?.list.reload();
  void loaders[screen.peek()]?.();
}

let newInSearch = 0;
/** Asks once for a burst. */
function lookSoon(list: RowList<ApiRow> | RowList<ApiMessageRow> | RowList<ApiRequestRow>): void {
  clearTimeout(newInSearch);
  newInSearch = setTimeout(() => void list.lookForNew(), 120);
}

let tokenTimer = 0;

function apply(events: readonly ApiEvent[]): void {
  const newMail: ApiRow[] = [];
  const newRequests: ApiRequestRow[] = [];
  const concerned = new Set<string>();
  for (const event of events) {
    switch (event.kind) {
      case 'hello':
        counts.value = event.counts;
        if (status.peek() && (event.instance !== status.peek()?.instance || !event.resumed)) reloadAll();
        break;
      case 'message':
      case 'refused':
        concerned.add(event.row.id);
        if (event.isNew) newMail.unshift(event.row);
        else if (!mail.update(event.row) && mail.parameters['q']) lookSoon(mail);
        if (event.kind === 'message') updateSent(event.row);
        break;
      case 'refused-resolved':
        concerned.add(event.id);
        mail.remove([event.id], false);
        break;
      case 'removed':
        removed(event);
        break;
      case 'restored':
        reloadAll();
        break;
      case 'read': {
        const { ids, read } = event;
        mail.updateAll((row) => (row.kind === 'message' && (ids === 'all' || ids.includes(row.id)) ? { ...row, read } : row));
        break;
      }
      case 'request':
        newRequests.unshift(event.row);
        if (event.row.messageId) concerned.add(event.row.messageId);
        concerned.add(event.row.id);
        break;
      case 'draft':
        drafts.value = [event.draft, ...drafts.value.filter(({ id }) => id !== event.draft.id)];
        break;
      case 'upload': {
        const { upload } = event;
        drafts.value = drafts.value.map((draft) =>
          draft.id === upload.draftId
            ? {
                ...draft,
                uploads: [...draft.uploads.filter(({ name }) => name !== upload.name), upload].filter((u) => u.received < u.size),
              }
            : draft,
        );
        break;
      }
      case 'bounce':
        bounces.value = [event.bounce, ...bounces.value.filter(({ id }) => id !== event.bounce.id)];
        break;
      case 'fault':
        changeFault(event.fault, event.change);
        break;
      case 'traffic': {
        const { appId, mailbox } = event.traffic;
        const at = traffic.value.findIndex((load) => load.appId === appId && load.mailbox === mailbox);
        traffic.value = at < 0 ? [...traffic.value, event.traffic] : traffic.value.with(at, event.traffic);
        break;
      }
      case 'cleared':
        clear();
        break;
      case 'counts':
        counts.value = event.counts;
        break;
      case 'end':
        break;
    }
  }
  if (newMail.length > 0) arrive(newMail);
  if (newRequests.length > 0 && requests.path) {
    if (requests.parameters['q']) lookSoon(requests);
    else requests.add(newRequests);
  }
  if (newRequests.length > 0 && screen.peek() === 'token') {
    clearTimeout(tokenTimer);
    tokenTimer = setTimeout(() => void loaders['token']?.(), 300);
  }
  if (concerned.size > 0) {
    const next = new Map(touched.peek());
    for (const id of concerned) next.set(id, (next.get(id) ?? 0) + 1);
    touched.value = next;
  }
}

function arrive(rows: readonly ApiRow[]): void {
  const { q, kinds } = mail.parameters;
  if (q) lookSoon(mail);
  else if (mail.path) mail.add(rows.filter(({ kind }) => kind === 'refused' || kinds !== 'refused'));
  noteArrivals(rows);
}

function updateSent(row: ApiMessageRow): void {
  if (sent.path !== `sent/${encodeURIComponent(row.mailbox)}` || sent.update(row) || !row.sent) return;
  lookSoon(sent);
}

function removed({ of, ids, by }: ApiEvent & { kind: 'removed' }): void {
  if (of === 'drafts') {
    drafts.value = drafts.value.filter(({ id }) => !ids.includes(id));
    return;
  }
  if (of === 'refused' || mail.parameters['kinds'] !== 'refused') mail.remove(ids, by === 'evicted');
  sent.remove(ids, by === 'evicted');
  if (by === 'evicted' && status.peek()) {
    status.value = { ...(status.peek() as ApiStatus), evicted: (status.peek()?.evicted ?? 0) + ids.length };
  }
}

function changeFault(fault: ApiFault, change: 'armed' | 'hit' | 'removed'): void {
  const others = faults.value.filter(({ id }) => id !== fault.id);
  if (change === 'removed') faults.value = others;
  else if (change === 'armed') faults.value = [...others, fault];
  else faults.value = faults.value.map((known) => (known.id === fault.id ? fault : known));
}

function clear(): void {
  const had = counts.value.messages + counts.value.refused;
  mail.clear();
  sent.clear();
  requests.clear();
  drafts.value = [];
  bounces.value = [];
  faults.value = [];
  traffic.value = traffic.value.map((load) => ({ ...load, peak: load.running, refused: 0 }));
  counts.value = none;
  if (route.peek().id) go({ id: null, isRefused: false }, { replace: true });
  if (had === 0) return;
  toast(`The app's test called clear(): ${count(had, 'mail')} forgotten.`);
  announce('The sandbox was cleared.');
}
