import { printable } from '../printable.js';
import type { SpoolEntry, SpoolState } from './spool.js';

const WIDTH = 80;
const WORDS: Readonly<Record<SpoolState, string>> = {
  waiting: 'waiting',
  claimed: 'being sent',
  sending: 'being sent',
  unsure: 'perhaps sent',
  failed: 'given up',
};

/** What `mailq` shows: two lines a message, then a sum. */
export function listQueue(entries: readonly SpoolEntry[]): string {
  if (entries.length === 0) return 'Mail queue is empty';
  const lines = entries.flatMap(({ id, state, size, note }) => {
    const tries = note ? `${note.tries} ${note.tries === 1 ? 'try' : 'tries'}` : '';
    const line = `${id}  ${WORDS[state].padEnd(12)}  ${sizeOf(size).padStart(7)}  ${tries}`.trimEnd();
    return note ? [line, `    ${shorten(printable(note.reason.replace(/\s+/g, ' ')))}`] : [line];
  });
  const counts = [...new Set(Object.values(WORDS))].flatMap((word) => {
    const count = entries.filter(({ state }) => WORDS[state] === word).length;
    return count > 0 ? [`${count} ${word}`] : [];
  });
  return [...lines, `${entries.length} ${entries.length === 1 ? 'message' : 'messages'}: ${counts.join(', ')}.`].join('\n');
}

function sizeOf(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function shorten(text: string): string {
  return text.length > WIDTH - 4 ? `${text.slice(0, WIDTH - 5)}…` : text;
}
