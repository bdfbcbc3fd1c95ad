import type { Cancellation } from '../base/cancellation.js';
import { sleep } from '../delivery/sleep.js';
import { isGraphTransportError } from '../errors/graph-transport-error.js';
import type { Origins } from './listed.js';
import { readMarker } from './marker.js';
import type { Mailbox } from './mailbox.js';
import { pauseBeforeLook } from './pace.js';

/** Into Deleted Items, from there, and once more for what was moved meanwhile. */
const MOST_DELETIONS = 4;

export interface CleanUpOptions {
  /** What finds the messages. */
  marker: string;
  /** What tells which of them are the run's. */
  origins: Origins;
  /** How many messages may still come; told how many copies of each have been there, by their names. */
  stillToCome: (copies: ReadonlyMap<string, number>) => number;
  /** Milliseconds to wait for them. */
  patience: number;
  onProgress: (deleted: number) => void;
}

/** What was not deleted. */
export interface LeftOver {
  /** Messages that are there and cannot be deleted. */
  left: number;
  /** Messages that had not arrived. */
  late: number;
  /** Messages with the mark that come from somebody else, and stay. */
  foreign?: number | undefined;
  /** Why the mailbox could not be cleaned, where it could not. */
  failure?: Error | undefined;
}

/** Deletes what runs have made, from all folders, and waits for what is still on its way. */
export async function cleanUp(
  mailbox: Mailbox,
  { marker, origins, stillToCome, patience, onProgress }: CleanUpOptions,
  signal: Cancellation,
): Promise<LeftOver> {
  const deletions = new Map<string, number>();
  const copies = new Map<string, number>();
  const until = Date.now() + patience;
  for (let round = 0; ; round++) {
    const found = (await mailbox.list('all', marker, signal)).filter(({ subject }) => readMarker(subject) !== undefined);
    // in Sent Items stands who sent what; the copies there go last, so that a run that is killed now can still be told from others
    if (found.length > 0) origins.learn(await mailbox.list('sentitems', marker, signal));
    const own = origins.ownOf(found);
    const deletable = own.filter(({ id }) => (deletions.get(id) ?? 0) < MOST_DELETIONS);
    const last = (one: (typeof own)[number]): number => Number(origins.isSentCopy(one));
    for (const { id, subject } of deletable.sort((one, other) => last(one) - last(other))) {
      const name = readMarker(subject)?.name ?? '';
      if (!deletions.has(id)) copies.set(name, (copies.get(name) ?? 0) + 1);
      deletions.set(id, (await isRemoved(mailbox, id, signal)) ? (deletions.get(id) ?? 0) + 1 : MOST_DELETIONS);
    }
    onProgress(deletions.size);
    if (deletable.length > 0) continue;
    const late = stillToCome(copies);
    const foreign = found.length - own.length;
    if (late === 0 || Date.now() >= until) return { left: own.length, late, ...(foreign > 0 && { foreign }) };
    await sleep(pauseBeforeLook(round), signal);
  }
}

/** One that is refused keeps none of the others from being deleted. */
async function isRemoved(mailbox: Mailbox, id: string, signal: Cancellation): Promise<boolean> {
  try {
    await mailbox.remove(id, signal);
    return true;
  } catch (error) {
    if (isGraphTransportError(error) && error.permanent) return false;
    throw error;
  }
}
