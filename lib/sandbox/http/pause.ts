import { setTimeout as wait } from 'node:timers/promises';

// a longer setTimeout overflows and fires at once
const LONGEST = 2 ** 31 - 1;

/** Waits, or returns at once when the signal aborts. Never rejects. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0) return;
  await wait(Math.min(milliseconds, LONGEST), undefined, { signal }).catch(() => undefined);
}
