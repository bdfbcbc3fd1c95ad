import type { Json } from '../checks/check-value.js';
import { allowOptions, readTop } from '../checks/query.js';
import type { TenantCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { renderTime } from '../mail/render-attachment.js';
import { badRequest, Refusal } from '../refusal.js';
import { guidFor } from '../settings.js';
import type { SandboxState } from '../state.js';
import type { SandboxOutcome } from '../types.js';

const DAY = 24 * 60 * 60 * 1000;
const TRACING_APP = '8bd644d1-64a1-4d4b-ae52-2e0cbf64e373';

/** How a status is written in an answer: in other letters than in the metadata, as in the example of the documentation. */
const STATUS: Record<SandboxOutcome, string> = {
  failed: 'Failed',
  delayed: 'Pending',
  quarantined: 'Quarantined',
  filteredAsSpam: 'FilteredAsSpam',
};

/** `GET /admin/exchange/tracing/messageTraces`: https://learn.microsoft.com/graph/api/messagetracingroot-list-messagetraces */
export function listMessageTraces({ state, exchange }: TenantCall): Answer {
  const { origins } = state;
  enterTracing(state, 'message trace');
  const { query } = exchange;
  allowOptions(query, ['$filter', '$top', '$skiptoken']);
  const wanted = readFilter(query.get('$filter'));
  const top = readTop(query, 1000, 5000);
  const skip = readSkip(query.get('$skiptoken'));
  const rows = traces(state).filter(wanted);
  const next = new URL(`${origins.graph}/v1.0/admin/exchange/tracing/messageTraces`);
  for (const [name, value] of query) next.searchParams.set(name, value);
  next.searchParams.set('$skiptoken', Buffer.from(String(skip + top)).toString('base64url'));
  return {
    status: 200,
    body: {
      '@odata.context': `${origins.graph}/v1.0/$metadata#admin/exchange/tracing/messageTraces`,
      ...(rows.length > skip + top && { '@odata.nextLink': next.href }),
      value: rows.slice(skip, skip + top).map(({ receivedAt: _receivedAt, ...row }) => row),
    },
  };
}

/** Whether the tenant has it, and has not had it too often; each kind of request has a limit of its own. @throws Refusal */
export function enterTracing({ settings, traceTraffic }: SandboxState, kind: 'message trace' | 'message trace details'): void {
  if (!settings.messageTrace.available) throw badRequest('BadRequest', "Resource not found for the segment 'tracing'.");
  // worded as in https://office365itpros.com/2026/01/27/message-trace-api
  if (!settings.messageTrace.provisioned) {
    throw new Refusal(
      401,
      'Unauthorized',
      `Service principal-less Authentication failed: the service principal for App ID ${TRACING_APP} was not found. Please create a service principal for this app in your tenant. Provisioning may take several hours to complete.`,
    );
  }
  traceTraffic.enter(kind, '')();
}

export type TraceRow = Json & { receivedAt: number };

/** A row for each recipient of each message that is to be seen by now, the newest first. */
export function traces({ store, settings }: SandboxState): TraceRow[] {
  const { delay, pending } = settings.messageTrace;
  const now = Date.now();
  const accepted = [
    ...store.messages.map((message) => ({ ...message, sender: message.from?.address ?? message.mailbox, refused: false })),
    ...store.bounces.map((bounce) => ({ ...bounce, sender: bounce.mailbox, refused: true })),
  ].filter(({ acceptedAt }) => now >= acceptedAt.getTime() + delay);
  return accepted
    .flatMap(({ messageId, sender, subject, recipients, acceptedAt, refused }) =>
      recipients.map((recipientAddress): TraceRow => {
        const outcome = refused ? 'failed' : settings.outcomes.get(recipientAddress);
        const isPending = now < acceptedAt.getTime() + pending;
        return {
          '@odata.type': '#microsoft.graph.exchangeMessageTrace',
          id: guidFor(`${messageId} ${acceptedAt.getTime()}`),
          senderAddress: sender,
          recipientAddress,
          messageId,
          receivedDateTime: renderTime(acceptedAt),
          subject,
          size: 4096,
          fromIP: '127.0.0.1',
          toIP: '',
          status: isPending ? 'Pending' : outcome === undefined ? 'Delivered' : STATUS[outcome],
          receivedAt: acceptedAt.getTime(),
        };
      }),
    )
    .sort((one, other) => other.receivedAt - one.receivedAt);
}

/** What a mail passes through; both bounds or none of a time, one value for a property. @throws Refusal */
function readFilter(filter: string | null): (row: TraceRow) => boolean {
  const conditions = filter === null ? [] : splitConditions(filter);
  const [from, to] = readWindow(conditions);
  const equal = conditions.flatMap((condition) => {
    const [, name = '', value = ''] = /^(\w+)\s+eq\s+'((?:[^']|'')*)'$/.exec(condition) ?? [];
    if (name === '') return [];
    if (!['messageId', 'recipientAddress', 'senderAddress', 'id', 'status'].includes(name)) throw notFiltered(condition);
    return [{ name, value: value.replaceAll("''", "'").toLowerCase() }];
  });
  if (equal.length + conditions.filter((condition) => condition.startsWith('receivedDateTime')).length !== conditions.length) {
    throw notFiltered(filter ?? '');
  }
  return (row) =>
    row.receivedAt >= from && row.receivedAt <= to && equal.every(({ name, value }) => String(row[name]).toLowerCase() === value);
}

/** At most 10 days, of the last 90; without bounds the last 48 hours, as Get-MessageTraceV2. */
function readWindow(conditions: string[]): [from: number, to: number] {
  const now = Date.now();
  const bound = (operator: string): number | undefined => {
    const text = conditions
      .map((condition) => new RegExp(`^receivedDateTime\\s+${operator}\\s+(\\S+)$`).exec(condition)?.[1])
      .find(Boolean);
    if (text === undefined) return undefined;
    if (Number.isNaN(Date.parse(text))) throw notFiltered(text);
    return Date.parse(text);
  };
  const [from, to] = [bound('ge'), bound('le')];
  if (from === undefined && to === undefined) return [now - 2 * DAY, now];
  const [start, end] = [from ?? (to ?? now) - 2 * DAY, to ?? now];
  if (end - start > 10 * DAY) throw badRequest('BadRequest', 'The time range between StartDate and EndDate must not exceed 10 days.');
  if (start < now - 90 * DAY) throw badRequest('BadRequest', 'StartDate must not be older than 90 days.');
  return [start, end];
}

/** Splits at `and`, but not within quotes. */
function splitConditions(filter: string): string[] {
  const parts = filter.match(/(?:'(?:[^']|'')*'|[^'])+?(?=\s+and\s+|$)/gi) ?? [];
  return parts.map((part) => part.replace(/^\s*and\s+/i, '').trim());
}

const notFiltered = (what: string): Refusal => badRequest('BadRequest', `Invalid filter clause: ${what}`);

function readSkip(token: string | null): number {
  if (token === null) return 0;
  const text = Buffer.from(token, 'base64url').toString();
  if (!/^\d+$/.test(text)) throw badRequest('BadRequest', 'The $skiptoken is not valid.');
  return Number(text);
}
