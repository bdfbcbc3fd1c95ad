import type { MessageTrace, TracedRecipient, TraceEvent, TraceStatus } from '../message-trace/message-trace.js';
import { EX } from './exit-status.js';
import { printable, printableLine } from './printable.js';
import { wrap } from './wrap.js';

const WORDS: Record<TraceStatus, string> = {
  delivered: 'delivered',
  failed: 'failed',
  pending: 'pending',
  quarantined: 'quarantined',
  filteredAsSpam: 'filtered as spam',
  expanded: 'expanded (a group)',
  gettingStatus: 'received',
  unknown: 'unknown',
};

/** A line for each recipient. */
export function describeTrace({ messageId, since, recipients }: MessageTrace): string {
  if (recipients.length === 0) {
    return printable(
      `Exchange knows nothing of ${messageId} since ${timeOf(since)} UTC. It is minutes behind: ask again later, or with an earlier --since.`,
    );
  }
  const width = Math.max(...recipients.map(({ status }) => WORDS[status].length));
  return recipients.flatMap((one) => [printableLine(lineOf(one, width)), ...(one.events ?? []).map(describeEvent)]).join('\n');
}

/** What happened, below its recipient; at most 80 columns. */
function describeEvent({ at, event, action, description, reason }: TraceEvent): string {
  const what = printableLine([event, action && `(${action})`].filter(Boolean).join(' '));
  const said = printableLine(reason ?? description ?? '');
  return `    ${at ? at.toISOString().slice(11, 19) : ' '.repeat(8)}  ${wrap(said === '' ? what : `${what}: ${said}`, 80, 14)}`;
}

function lineOf({ status, recipient, receivedAt }: TracedRecipient, width: number): string {
  return `${receivedAt ? timeOf(receivedAt) : ' '.repeat(16)}  ${WORDS[status].padEnd(width)}  ${recipient}`;
}

function timeOf(date: Date): string {
  return date.toISOString().slice(0, 16).replace('T', ' ');
}

const REFUSED: readonly TraceStatus[] = ['failed', 'quarantined', 'filteredAsSpam'];
const ARRIVED: readonly TraceStatus[] = ['delivered', 'expanded'];

/** 0: everybody has it; 1: somebody does not get it; 75: that is not known yet. */
export function statusOf({ recipients }: MessageTrace): number {
  if (recipients.some(({ status }) => REFUSED.includes(status))) return 1;
  return recipients.length > 0 && recipients.every(({ status }) => ARRIVED.includes(status)) ? EX.OK : EX.TEMPFAIL;
}
