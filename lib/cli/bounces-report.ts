import type { Bounce } from '../bounces/index.js';
import { printableLine } from './printable.js';
import { wrap } from './wrap.js';

/** A bounce in lines of at most 80 columns: when, what and who; below it of which message, and what the server said. */
export function describeBounce({ receivedAt, action, permanent, status, recipient, messageId, sent, text }: Bounce): string {
  const word = action === 'failed' && permanent ? 'failed for good' : action;
  const about = messageId === undefined ? 'of an unknown message' : `of ${messageId}`;
  const whose = sent === false ? ' (not in Sent Items)' : '';
  return [
    `${receivedAt.toISOString().slice(0, 16).replace('T', ' ')}  ${word.padEnd(15)}  ${(status ?? '-').padEnd(7)}  ${recipient}`,
    `    ${wrap(`${about}${whose}`, 80, 4)}`,
    ...(text === '' ? [] : [`    ${wrap(printableLine(text), 80, 4)}`]),
  ]
    .map((block) => block.split('\n').map(printableLine).join('\n'))
    .join('\n');
}
