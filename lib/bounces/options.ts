import { resolve } from 'node:path';
import { readDate } from '../base/read-date.js';
import { readOptions } from '../config/read-options.js';
import { configError, show } from '../errors/config-error.js';
import type { CommonOptions, GraphTransportOptions, Settings } from '../options.js';
import { createFileStore } from '../sign-in/person/file-store.js';

/** A place of your own to keep what a watcher knows: a database, Redis. One watcher for each. */
export interface BounceStore {
  /** What was saved last; `undefined` or `null` if there is nothing yet. */
  load(): Promise<string | null | undefined>;
  /** Keeps all of it or nothing. It holds no secret: ids of reports and a place in the mailbox. */
  save(text: string): Promise<unknown>;
}

/** What `watchBounces()` takes besides the options of `graphTransport()`. */
export interface WatchOptions {
  /** Whose reports are read: user principal name or object id; `'me'` with delegated credentials. Needs Mail.Read there. @default the environment's, `'me'` with `login` and `refreshToken` */
  mailbox?: string | undefined;
  /** Where it goes on after a restart: the path of a file, or a place of your own. */
  state: string | BounceStore;
  /** Milliseconds between looks, at least 1000. @default 60000 */
  interval?: number | undefined;
  /** Folder that reports come to, by its well-known name or id. @default 'inbox' */
  folder?: string | undefined;
  /** Where nothing is kept yet: from when on reports are told. @default now */
  since?: Date | string | undefined;
}

/** What `watchBounces()` takes. */
export type BounceWatcherOptions = WatchOptions &
  (Omit<GraphTransportOptions, keyof WatchOptions> | Omit<CommonOptions, keyof WatchOptions>);

/** The options, checked and with their defaults. */
export interface WatchSettings {
  readonly graph: Settings;
  readonly mailbox: string;
  readonly store: BounceStore;
  /** For errors. */
  readonly where: string;
  readonly interval: number;
  readonly folder: string;
  /** Where nothing is kept yet; `undefined`: from now on. */
  readonly since: Date | undefined;
}

/** @throws {GraphTransportError} `ECONFIG` that names the option */
export function readWatchOptions(options: BounceWatcherOptions): WatchSettings {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null)
    throw configError(`watchBounces() needs options such as { mailbox, state }, not ${show(given)}`);
  const { state, interval = 60_000, folder = 'inbox', since, ...rest } = given as Record<string, unknown>;
  const graph = readOptions(rest);
  if (graph.mailbox === undefined) throw configError('watchBounces() needs "mailbox": whose reports are read');
  if (typeof interval !== 'number' || !Number.isInteger(interval) || interval < 1000 || interval > 2_147_483_647)
    throw configError(`"interval" must be a whole number of at least 1000 milliseconds, not ${show(interval)}`);
  if (typeof folder !== 'string' || !/^[\w=-]{1,400}$/.test(folder))
    throw configError(`"folder" must be a well-known name such as 'inbox', or an id, not ${show(folder)}`);
  return { graph, mailbox: graph.mailbox, ...readStore(state), interval, folder, since: readSince(since) };
}

function readStore(state: unknown): Pick<WatchSettings, 'store' | 'where'> {
  if (typeof state === 'string' && state.trim() !== '') {
    const path = resolve(state);
    return { store: forOneWriter(createFileStore(path)), where: path };
  }
  const { load, save } = (typeof state === 'object' && state !== null ? state : {}) as Partial<BounceStore>;
  if (typeof load === 'function' && typeof save === 'function') return { store: state as BounceStore, where: 'the store' };
  throw configError(`"state" must be the path of a file, or an object with load() and save(), not ${show(state)}`);
}

/** Two watchers of one file would tell everything twice, and each would write over what the other knows. */
function forOneWriter(store: BounceStore): BounceStore {
  let last: string | null | undefined;
  return {
    load: async () => (last = await store.load()),
    async save(text) {
      const now = await store.load();
      if (now !== undefined && now !== last) throw new Error('another watcher writes it, too; each needs a state of its own');
      await store.save(text);
      last = text;
    },
  };
}

function readSince(value: unknown): Date | undefined {
  if (value === undefined) return undefined;
  const date = readDate(value);
  if (date) return date;
  throw configError(`"since" must be a date such as '2026-11-01', not ${value instanceof Date ? 'an invalid date' : show(value)}`);
}
