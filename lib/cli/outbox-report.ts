import { columnsOf, fit } from './columns.js';
import { printableLine } from './printable.js';
import type { OutboxCheck, OutboxCounts, OutboxMessage } from '../outbox/index.js';

const WIDTH = 80;

/** A table that fits a terminal of 80 columns, and a line of counts. */
export function listMessages(messages: readonly OutboxMessage[], counts: OutboxCounts): string {
  const summary = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');
  if (messages.length === 0) return summary === '' ? 'The outbox is empty.' : `No such message. In all: ${summary}.`;
  const rows = messages.map(({ id, state, mailbox, envelope, queuedAt }) => [
    printableLine(id),
    state,
    printableLine(mailbox),
    printableLine(recipientsOf(envelope.to)),
    timeOf(queuedAt),
  ]);
  // state and time are of one length; the rest shares what is left, each at most what it needs
  const fixed = 9 + 16 + 4 * 2;
  const [ids, mailboxes, recipients] = share(
    WIDTH - fixed,
    [0, 2, 3].map((column) => Math.max(...rows.map((row) => columnsOf(row[column] ?? '')), 7)),
  );
  const widths = [ids, 9, mailboxes, recipients, 16] as number[];
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => fit(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(['ID', 'STATE', 'MAILBOX', 'TO', 'QUEUED (UTC)']), ...rows.map(line), '', `In all: ${summary}.`].join('\n');
}

/** Shares a width: whoever needs less than its part leaves the rest to the others. */
function share(width: number, needs: readonly number[]): number[] {
  const order = needs.map((need, index) => ({ need, index })).sort((a, b) => a.need - b.need);
  const shares: number[] = [];
  let [left, count] = [width, needs.length];
  for (const { need, index } of order) {
    const part = Math.min(need, Math.floor(left / count));
    shares[index] = part;
    left -= part;
    count--;
  }
  return shares;
}

function recipientsOf([first = '', ...others]: readonly string[]): string {
  return others.length > 0 ? `${first} +${others.length}` : first;
}

function timeOf(date: Date | undefined): string {
  return date ? date.toISOString().slice(0, 16).replace('T', ' ') : '';
}

/** All that is known of a message, a line each. */
export function describeMessage(message: OutboxMessage): string {
  const { id, state, mailbox, messageId, envelope, route, format, priority, queuedAt, sendAt, expires, endedAt, tries, losses } = message;
  const { response, requestId, error } = message;
  const lines: [string, string | undefined][] = [
    ['id', id],
    ['state', state],
    ['mailbox', mailbox || '(encrypted; --encryption-key-env shows it)'],
    ['to', envelope.to.join(', ')],
    ['Message-ID', messageId],
    ['sent as', route && `${format}, route ${route}`],
    ['priority', priority > 0 ? String(priority) : undefined],
    ['queued', queuedAt?.toISOString()],
    ['send at', sendAt && queuedAt && Number(sendAt) > Number(queuedAt) + 1000 ? sendAt.toISOString() : undefined],
    ['expires', endedAt ? undefined : expires?.toISOString()],
    ['ended', endedAt?.toISOString()],
    ['tries', String(tries)],
    ['response', response],
    ['request-id', requestId],
    ['losses', losses.map(({ feature }) => feature).join(', ')],
    ['error', error && `${error.code}: ${error.message}`],
  ];
  return lines.flatMap(([name, value]) => (value ? [`${name.padEnd(12)}${printableLine(value)}`] : [])).join('\n');
}

/** What a worker says of a message or a mailbox, in one line. */
export function describeOutcome(event: string, about: object): string {
  const { id, mailbox, envelope, error, until } = about as {
    id?: string;
    mailbox?: string;
    envelope?: { to: string[] };
    error?: { code: string; message: string };
    until?: Date;
  };
  const who = [id && JSON.stringify(id), mailbox, envelope && `-> ${recipientsOf(envelope.to)}`].filter(Boolean).join(' ');
  const when = until ? ` until ${until.toISOString()}` : '';
  return printableLine(`${new Date().toISOString()} ${event}${when} ${who}${error ? `: ${error.code}: ${error.message}` : ''}`);
}

export function describeCheck({ server, problems, workers, lost, repaired }: OutboxCheck): string {
  const { product, version, aof, fsync, eviction } = server;
  return [
    `${product} ${version}, append-only file ${aof ? 'on' : 'off'}${fsync ? ` (appendfsync ${fsync})` : ''}, ${eviction || 'unknown eviction'}`,
    `${workers} ${workers === 1 ? 'worker' : 'workers'} seen within a minute`,
    ...problems.map((problem) => `! ${printableLine(problem)}`),
    ...(lost.length > 0 && repaired === 0
      ? [`  ${lost.slice(0, 20).map(printableLine).join(', ')}${lost.length > 20 ? ', …' : ''}`, '  --repair puts them back.']
      : []),
    ...(problems.length === 0 ? ['All is well.'] : []),
  ].join('\n');
}
