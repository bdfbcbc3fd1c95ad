import type { GraphSentMessageInfo } from '../../delivery/sent-message-info.js';
import { EX } from '../exit-status.js';
import { afterFailure, type AfterFailure } from './decide.js';
import { prepareMessage } from './message.js';
import type { Sender } from './sender.js';
import type { SendmailSettings } from './settings.js';
import type { Claim, Spool } from './spool.js';

/** What became of a message: sent, or why not. */
export type Outcome = { sent: GraphSentMessageInfo } | { error: unknown; after: AfterFailure };

/** Sends a message of the spool that this process has claimed, and puts it where it belongs then. */
export async function sendClaimed(spool: Spool, claim: Claim, sender: Sender, { context }: SendmailSettings): Promise<Outcome> {
  let sent: GraphSentMessageInfo;
  try {
    const { arguments: given, input, date, uniqueId } = spool.read(claim);
    const message = prepareMessage(input, given, { ...context, now: date, uniqueId });
    sent = await sender.send(message, () => spool.markSending(claim));
  } catch (error) {
    const after = afterFailure(error);
    spool.release(claim, after.state, { at: Date.now(), status: after.status, reason: (error as Error).message });
    return { error, after };
  }
  spool.done(claim);
  return { sent };
}

/** Told of every message. */
export type TellOutcome = (id: string, outcome: Outcome) => void;

/**
 * Sends what waits, the oldest first, until a failure that would meet the others as well.
 *
 * @param only this message alone, also one that was given up
 * @returns the exit status: `TEMPFAIL` where something still waits, else that of the first message that will never be sent
 */
export async function flushSpool(
  spool: Spool,
  sender: Sender,
  settings: SendmailSettings,
  tell: TellOutcome,
  only?: string,
): Promise<number> {
  if (only !== undefined) spool.retry(only);
  let failure: number = EX.OK;
  for (const id of spool.waiting()) {
    if (only !== undefined && id !== only) continue;
    const claim = spool.claim(id);
    if (!claim) continue;
    const outcome = await sendClaimed(spool, claim, sender, settings);
    tell(id, outcome);
    if ('sent' in outcome) continue;
    if (outcome.after.state === 'waiting') failure = EX.TEMPFAIL;
    else if (failure === EX.OK) failure = outcome.after.status;
    if (outcome.after.endsFlush) break;
  }
  return failure;
}
