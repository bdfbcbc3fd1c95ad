/** What a watcher knows of a mailbox; kept by the app, so that the next one goes on from here. */
export interface WatchState {
  mailbox: string;
  folder: string;
  /** Where Graph goes on, below `{graphEndpoint}/v1.0`; `undefined` to begin anew from `since`. */
  link: string | undefined;
  /** ms since the epoch; from when on to list, if it has to begin anew. */
  since: number;
  /** ms since the epoch; what came in before is not told, whenever it is listed. */
  floor: number;
  /** Reports that were told, by their ids: when they came in, in ms since the epoch. */
  told: Readonly<Record<string, number>>;
}

/** What came in so long before a look has been listed by it; in ms. */
const OVERLAP = 24 * 60 * 60_000;
/** Reports that are remembered, the latest. */
const MOST_TOLD = 20_000;

/** A state nobody has looked with. */
export function beginState(mailbox: string, folder: string, since: Date): WatchState {
  // Graph knows seconds
  const from = Math.floor(since.getTime() / 1000) * 1000;
  return { mailbox, folder, link: undefined, since: from, floor: from, told: {} };
}

export function writeState(state: WatchState): string {
  return JSON.stringify({ version: 1, ...state });
}

/** @throws {Error} that says what is wrong with it */
export function readState(text: string, mailbox: string, folder: string): WatchState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('is no JSON');
  }
  const { version, link, since, floor, told, ...of } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  if (version !== 1) throw new Error('is none of this version');
  if (of['mailbox'] !== mailbox || of['folder'] !== folder) {
    throw new Error(`belongs to ${String(of['folder']).slice(0, 80)} of ${String(of['mailbox']).slice(0, 320)}`);
  }
  const isTold = typeof told === 'object' && told !== null && Object.values(told).every((at) => typeof at === 'number');
  if (
    typeof since !== 'number' ||
    typeof floor !== 'number' ||
    !isTold ||
    (link !== undefined && (typeof link !== 'string' || !link.startsWith('/')))
  ) {
    throw new Error('is damaged');
  }
  return { mailbox, folder, link, since, floor, told: { ...(told as Record<string, number>) } };
}

/** Whether a report that came in then is still to be told. */
export function isNew({ floor, told }: WatchState, id: string, receivedAt: Date): boolean {
  return receivedAt.getTime() >= floor && !Object.hasOwn(told, id);
}

/** All of a report was told. */
export function withReport(state: WatchState, id: string, receivedAt: Date): WatchState {
  const others = Object.entries(state.told).filter(([key]) => !key.startsWith(`${id}#`));
  return { ...state, told: Object.fromEntries([...others, [id, receivedAt.getTime()]]) };
}

/** A bounce was told. */
export function withTold(state: WatchState, id: string, receivedAt: Date): WatchState {
  return { ...state, told: { ...state.told, [id]: receivedAt.getTime() } };
}

/** All that had come in was listed. Of those that were told the latest are remembered; what is older than those is not told again. */
export function completed(state: WatchState, link: string, startedAt: number): WatchState {
  const entries = Object.entries(state.told).sort(([, one], [, other]) => other - one);
  const beyond = entries[MOST_TOLD];
  const floor = Math.max(state.floor, beyond ? beyond[1] + 1 : 0);
  const since = Math.max(state.since, startedAt - OVERLAP, floor);
  return { ...state, link, since, floor, told: Object.fromEntries(entries.filter(([, at]) => at >= floor)) };
}

/** Graph has lost the place: from `since` on everything is listed again, and what was told is left out. */
export function restarted(state: WatchState): WatchState {
  return { ...state, link: undefined };
}
