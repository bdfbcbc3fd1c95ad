import { EX, exitStatusOf } from '../exit-status.js';
import { isGraphTransportError } from '../../errors/graph-transport-error.js';
import { SendmailMessageError } from './message.js';
import { DamagedMailError } from './spool-record.js';

/** Where a message goes whose sending failed. */
export interface AfterFailure {
  /**
   * `waiting`: it was not sent, and may be later. `failed`: it will never be as it is. `unsure`: it may have been sent, and only a person
   * can tell.
   */
  state: 'waiting' | 'failed' | 'unsure';
  status: number;
  /** Whether the messages behind it would fare no better now. */
  endsFlush: boolean;
}

/** The exit status for what went wrong before or while a message was sent. */
export function statusOf(error: unknown): number {
  if (error instanceof SendmailMessageError) return error.status;
  return error instanceof DamagedMailError ? EX.DATAERR : exitStatusOf(error);
}

/**
 * What becomes of a message in the spool. A fault of the machine's own settings (an expired secret, no right to the mailbox, an unknown
 * mailbox) is not the message's: it waits until somebody has put them right.
 */
export function afterFailure(error: unknown): AfterFailure {
  const status = statusOf(error);
  const graph = isGraphTransportError(error) ? error : undefined;
  if (graph?.ambiguous) return { state: 'unsure', status, endsFlush: false };
  // a From that the mailbox may not use is the message's own
  const settings = status === EX.CONFIG || (status === EX.NOPERM && graph?.code !== 'EENVELOPE');
  if (status !== EX.TEMPFAIL && !settings) return { state: 'failed', status, endsFlush: false };
  // not a refused mailbox: another message may name another one
  const everywhere = /^(ECONNECTION|ETIMEDOUT|ECONFIG)$/.test(graph?.code ?? '') || graph?.httpStatus === 429;
  return { state: 'waiting', status, endsFlush: everywhere || Boolean(graph?.graphCode?.startsWith('AADSTS')) };
}
