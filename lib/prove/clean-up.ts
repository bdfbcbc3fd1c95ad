import type { Cancellation } from '../base/cancellation.js';
import { sleep } from '../delivery/sleep.js';
import { isGraphTransportError } from '../errors/graph-transport-error.js';
import { readMarker } from './marker.js';
import type { Mailbox } from './mailbox.js';

/** Into Deleted Items, from there, and once more for what was moved meanwhile. */
const MOST_DELETIONS = 4;
const PAUSES = [100, 250, 500, 1000, 2000];

export interface CleanUpOptions {
  /** What finds the messages. */
  marker: string;
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
  /** Why the mailbox could not be cleaned, where it could not. */
  failure?: Error | undefined;
}

/** Deletes every message with the marker, from all folders, and waits for those that are still on their way. */
export async function cleanUp(
  mailbox: Mailbox,
  { marker, stillToCome, patience, onProgress }: CleanUpOptions,
  signal: Cancellation,
): Promise<LeftOver> {
  const deletions = new Map<string, number>();
  const copies = new Map<string, number>();
  const until = Date.now() + patience;
  for (let round = 0; ; round++) {
    const found = (await mailbox.list('all', marker, signal)).filter(({ subject }) => readMarker(subject) !== undefined);
    const deletable = found.filter(({ id }) => (deletions.get(id) ?? 0) < MOST_DELETIONS);
    for (const { id, subject } of deletable) {
      const name = readMarker(subject)?.name ?? '';
      if (!deletions.has(id)) copies.set(name, (copies.get(name) ?? 0) + 1);
      deletions.set(id, (await isRemoved(mailbox, id, signal)) ? (deletions.get(id) ?? 0) + 1 : MOST_DELETIONS);
    }
    onProgress(deletions.size);
    if (deletable.length > 0) continue;
    const late = stillToCome(copies);
    if (late === 0 || Date.now() >= until) return { left: found.length, late };
    await sleep(PAUSES[Math.min(round, PAUSES.length - 1)] ?? 0, signal);
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
