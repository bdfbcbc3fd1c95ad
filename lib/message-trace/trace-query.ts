import { readDate } from '../base/read-date.js';
import { configError, show } from '../errors/config-error.js';
import type { TracedRecipient, TraceEvent, TraceStatus } from './message-trace.js';

const DAY = 24 * 60 * 60 * 1000;
/** What Exchange keeps, and the longest window of one request: Get-MessageTraceV2. */
const MOST_DAYS = 90;
const WINDOW_DAYS = 10;

/** From and to, both included. */
export interface TraceWindow {
  from: Date;
  to: Date;
}

/**
 * The Message-ID with its angle brackets.
 *
 * @throws {GraphTransportError} `ECONFIG`
 */
export function readMessageId(value: unknown): string {
  const text = typeof value === 'string' ? value.trim().replace(/^<(.*)>$/, '$1') : '';
  if (/^[^\s<>]+$/.test(text) && text.length <= 995) return `<${text}>`;
  throw configError(`trace() needs the Message-ID of a message, such as info.messageId, not ${show(value)}`);
}

/**
 * From when on to look.
 *
 * @throws {GraphTransportError} `ECONFIG`
 */
export function readSince(value: unknown, now: Date): Date {
  if (value === undefined) return new Date(now.getTime() - WINDOW_DAYS * DAY);
  const since = readDate(value);
  const age = since && now.getTime() - since.getTime();
  // a minute for clocks that differ
  const oldest = MOST_DAYS * DAY - 60_000;
  if (since && age !== undefined && age >= -60_000 && age <= MOST_DAYS * DAY)
    return age > oldest ? new Date(now.getTime() - oldest) : since;
  throw configError(
    `"since" of trace() must be a date of the last ${MOST_DAYS} days, such as '${now.toISOString().slice(0, 10)}', not ${value instanceof Date ? String(value) : show(value)}`,
  );
}

/** The windows to ask for, the latest first: Exchange looks into 10 days at a time. */
export function windowsOf(since: Date, now: Date): TraceWindow[] {
  const windows: TraceWindow[] = [];
  let to = now.getTime();
  do {
    const from = Math.max(since.getTime(), to - WINDOW_DAYS * DAY);
    windows.push({ from: new Date(Math.min(from, to)), to: new Date(to) });
    to = from;
  } while (to > since.getTime());
  return windows;
}

/** The filter for a message in a window. Exchange takes one value for a property, and times without fractions. */
export function filterOf(messageId: string, { from, to }: TraceWindow): string {
  const time = (date: Date, round: (seconds: number) => number) =>
    new Date(round(date.getTime() / 1000) * 1000).toISOString().replace('.000Z', 'Z');
  return `messageId eq '${messageId.replaceAll("'", "''")}' and receivedDateTime ge ${time(from, Math.ceil)} and receivedDateTime le ${time(to, Math.ceil)}`;
}

const STATUSES: readonly TraceStatus[] = ['delivered', 'failed', 'pending', 'quarantined', 'filteredAsSpam', 'expanded', 'gettingStatus'];

/** An entry as the app gets it; `undefined` for what is none, or of another message. */
export function readEntry(entry: Readonly<Record<string, unknown>>, messageId: string): TracedRecipient | undefined {
  const text = (name: string) => (typeof entry[name] === 'string' && entry[name] !== '' ? entry[name] : undefined);
  const recipient = text('recipientAddress');
  const traceId = text('id');
  const bare = (id: string | undefined) => id?.replace(/^<(.*)>$/, '$1').toLowerCase();
  if (recipient === undefined || traceId === undefined || bare(text('messageId')) !== bare(messageId)) return undefined;
  const received = new Date(text('receivedDateTime') ?? NaN);
  return {
    recipient,
    // the documentation writes it in two ways
    status: STATUSES.find((status) => status.toLowerCase() === text('status')?.toLowerCase()) ?? 'unknown',
    receivedAt: Number.isNaN(received.getTime()) ? undefined : received,
    sender: text('senderAddress'),
    subject: text('subject'),
    traceId,
  };
}

/**
 * Where the events of a recipient's copy are: https://learn.microsoft.com/graph/api/exchangemessagetrace-getdetailsbyrecipient
 *
 * @returns `undefined` for what cannot stand in a path
 */
export function detailsPath({ traceId, recipient }: Pick<TracedRecipient, 'traceId' | 'recipient'>): string | undefined {
  if (!/^[\w-]{1,200}$/.test(traceId) || recipient.length > 1000) return undefined;
  const address = encodeURIComponent(recipient.replaceAll("'", "''")).replaceAll('%40', '@');
  return `/${traceId}/getDetailsByRecipient(recipientAddress='${address}')`;
}

/** An event as the app gets it; `undefined` for what is none. */
export function readEvent(entry: Readonly<Record<string, unknown>>): TraceEvent | undefined {
  const text = (name: string) => (typeof entry[name] === 'string' && entry[name] !== '' ? entry[name] : undefined);
  const event = text('event');
  if (event === undefined) return undefined;
  const at = new Date(text('dateTime') ?? text('date') ?? NaN);
  const description = text('description') ?? text('detail');
  return {
    at: Number.isNaN(at.getTime()) ? undefined : at,
    event,
    action: text('action'),
    description,
    // Reason: [{LED=550 5.1.10 …};{MSG=};{FQDN=};{IP=};{LRT=}], as users see it
    reason: /\{LED=([^{};][^{}]{0,2000}?)\s*\}/.exec(description ?? '')?.[1] || undefined,
    data: text('data'),
  };
}

/** The earliest first; of one moment as they came. */
export function arrangeEvents(events: readonly TraceEvent[]): TraceEvent[] {
  return events.toSorted((one, other) => (one.at?.getTime() ?? 0) - (other.at?.getTime() ?? 0));
}

/**
 * Whether `details` were asked for.
 *
 * @throws {GraphTransportError} `ECONFIG`
 */
export function readDetails(value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw configError(`"details" of trace() must be true or false, not ${show(value)}`);
}

/** Each once, though windows share a second; the latest first, then by address. */
export function arrange(recipients: readonly TracedRecipient[]): TracedRecipient[] {
  const each = new Map(recipients.map((one) => [`${one.traceId} ${one.recipient.toLowerCase()}`, one]));
  return [...each.values()].sort(
    (one, other) =>
      (other.receivedAt?.getTime() ?? 0) - (one.receivedAt?.getTime() ?? 0) ||
      (one.recipient.toLowerCase() < other.recipient.toLowerCase() ? -1 : 1),
  );
}
