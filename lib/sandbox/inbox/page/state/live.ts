import { signal } from '@preact/signals';
import type { ApiEvent } from '../../api-types.js';
import { apiUrl } from './api.js';

/** Whether changes arrive. `ended`: the sandbox said it was stopped; it is looked for all the same. */
export type Connection = { state: 'connecting' } | { state: 'live' } | { state: 'reconnecting' | 'ended'; nextTryAt: number };

export const connection = signal<Connection>({ state: 'connecting' });

type Shared = { events: ApiEvent[]; id: string } | { connection: Connection } | { ask: true };
type Listener = (events: ApiEvent[]) => void;

const RETRY = [1000, 1000, 2000, 3000, 5000];
const listeners = new Set<Listener>();
// below another base path there is another sandbox
const name = `inbox ${location.pathname.replace(/[^/]*$/, '')}`;
const channel = new BroadcastChannel(name);

let lastId = '';
let source: EventSource | undefined;
let failures = 0;
let timer = 0;
/** The tab that has the stream: a browser opens six connections to a host at most, and each stream takes one. */
let leads = false;

export function onEvents(listener: Listener): void {
  listeners.add(listener);
}

/** Whether this tab speaks for all of them: one notification, not one per tab. */
export const isLeader = (): boolean => leads;

export function startLive(): void {
  channel.onmessage = ({ data }: MessageEvent<Shared>) => {
    if ('ask' in data) {
      if (leads) tell({ connection: connection.value });
    } else if (leads) return;
    else if ('events' in data) receive(data.events, data.id);
    else connection.value = data.connection;
  };
  // served under another name than localhost the page has no locks: then the stream closes while the tab is hidden
  if (!('locks' in navigator)) {
    lead();
    document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
    return;
  }
  tell({ ask: true });
  void navigator.locks.request(name, () => {
    lead();
    return new Promise(() => undefined);
  });
}

/** Tries at once, not when the time has come. */
export function reconnectNow(): void {
  if (leads && connection.value.state !== 'live') connect();
}

function lead(): void {
  leads = true;
  connect();
}

function tell(message: Shared): void {
  channel.postMessage(message);
}

function setConnection(value: Connection): void {
  connection.value = value;
  tell({ connection: value });
}

function connect(): void {
  disconnect();
  const stream = new EventSource(apiUrl('events', { last: lastId }));
  source = stream;
  stream.onopen = () => {
    failures = 0;
    setConnection({ state: 'live' });
  };
  stream.onmessage = ({ data, lastEventId }: MessageEvent<string>) => {
    const events = JSON.parse(data) as ApiEvent[];
    tell({ events, id: lastEventId });
    receive(events, lastEventId);
    if (events.some(({ kind }) => kind === 'end')) retry('ended');
  };
  // a countdown one can see, instead of the browser's own repeats
  stream.onerror = () => retry(connection.value.state === 'ended' ? 'ended' : 'reconnecting');
}

function disconnect(): void {
  clearTimeout(timer);
  source?.close();
  source = undefined;
}

function retry(state: 'reconnecting' | 'ended'): void {
  disconnect();
  const pause = RETRY[Math.min(failures++, RETRY.length - 1)] ?? 5000;
  timer = setTimeout(connect, pause);
  setConnection({ state, nextTryAt: Date.now() + pause });
}

function receive(events: ApiEvent[], id: string): void {
  if (id) lastId = id;
  for (const listener of listeners) listener(events);
}
