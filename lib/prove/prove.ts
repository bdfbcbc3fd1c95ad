import type { Cancellation } from '../base/cancellation.js';
import { createGraphConnection } from '../graph/connection.js';
import { cleanUp, type LeftOver } from './clean-up.js';
import { Origins } from './listed.js';
import { Mailbox } from './mailbox.js';
import { ANY_RUN } from './marker.js';
import { DRAFT, MANY, pointsFor, type Point } from './points.js';
import { Run, type Proof, type ProveOptions } from './run.js';

/** What would be sent: the names of the messages. */
export function plannedMessages({ alias, withBounce }: Pick<ProveOptions, 'alias' | 'withBounce'>): { points: Point[]; others: string[] } {
  return { points: pointsFor({ alias }), others: [DRAFT, ...(withBounce ? [MANY] : [])] };
}

/**
 * Sends small messages from a mailbox to itself, reads them back and deletes them, whatever happens.
 *
 * @param signal ends the run; what was sent is deleted all the same
 * @throws {GraphTransportError} `EAUTH` before anything is sent where a permission is missing
 */
export async function prove(options: ProveOptions, signal: Cancellation): Promise<Proof> {
  const run = new Run(options, signal);
  try {
    return await run.perform();
  } finally {
    await run.close();
  }
}

/** Deletes what earlier runs have left. */
export async function cleanMailbox(
  { settings, mailbox: address }: Pick<ProveOptions, 'settings' | 'mailbox'>,
  signal: Cancellation,
): Promise<LeftOver & { deleted: number }> {
  const connection = createGraphConnection(settings);
  const mailbox = new Mailbox({ connection, settings, mailbox: address });
  try {
    let deleted = 0;
    const leftOver = await cleanUp(
      mailbox,
      {
        marker: ANY_RUN,
        origins: new Origins([address]),
        stillToCome: () => 0,
        patience: 0,
        onProgress: (count) => (deleted = count),
      },
      signal,
    );
    return { ...leftOver, deleted };
  } finally {
    mailbox.close();
    connection.tokens.release();
    await connection.http.close(true);
  }
}
