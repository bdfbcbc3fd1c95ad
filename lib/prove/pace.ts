/** Exchange Online takes so many messages of a mailbox in a minute (https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits). */
export const MOST_PER_MINUTE = 30;
const MINUTE = 60_000;

/** Milliseconds until another message may go. @param sentAt when the others went, ms since the epoch, oldest first */
export function waitBefore(sentAt: readonly number[], now: number): number {
  const oldest = sentAt.at(-MOST_PER_MINUTE);
  return oldest === undefined ? 0 : Math.max(0, oldest + MINUTE - now);
}

const PAUSES = [100, 250, 500, 1000, 2000];

/** Milliseconds until the mailbox is looked at again. @param round how often it was looked at before */
export const pauseBeforeLook = (round: number): number => PAUSES[Math.min(round, PAUSES.length - 1)] ?? 0;
