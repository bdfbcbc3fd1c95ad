import type { SandboxCaller, SandboxRequest } from '../../types.js';
import type { ApiCallerBrief, ApiChunk, ApiFaultBrief, ApiRequest, ApiRequestRow, ApiTimelineEntry } from '../api-types.js';
import type { RequestEntry } from '../journal/entries.js';
import { isFailure } from '../journal/verdict.js';
import { explain } from './explain.js';
import { renderPlan } from './render-plan.js';

/** Characters of a body that are shown. */
const MOST_BODY = 200_000;

export function renderRequestRow(entry: RequestEntry): ApiRequestRow {
  const { record, send, about } = entry;
  return {
    kind: 'request',
    id: record.requestId,
    seq: entry.seq,
    at: record.startedAt.toISOString(),
    operation: record.operation,
    method: record.method,
    path: record.path.slice(0, 1000),
    mailbox: record.mailbox ?? null,
    status: record.status,
    code: record.errorCode ?? null,
    durationMs: round(record.durationMs),
    bytes: record.bytes,
    connection: record.connection,
    messageId: send?.message?.id ?? null,
    subject: (send?.message?.message.subject ?? about?.subject ?? send?.about?.subject)?.slice(0, 200) ?? null,
    fault: renderFault(entry),
    chunk: readChunk(record),
  };
}

/** @param graphEndpoint for the command that does it again */
export function renderRequest(entry: RequestEntry, origin: string): ApiRequest {
  const { record } = entry;
  const refused = isFailure(record) ? explain(record.status, record.errorCode, record.reason ?? '') : undefined;
  return {
    ...renderRequestRow(entry),
    path: record.path,
    headers: pairs(record.headers),
    body: record.body === undefined ? null : pretty(record.body),
    reason: record.reason ?? null,
    remedy: refused?.remedy ?? null,
    docs: refused?.docs ?? null,
    answer: {
      headers: pairs(record.answer?.headers ?? {}),
      body: record.answer?.body === undefined ? null : pretty(record.answer.body),
    },
    caller: record.caller ? renderCallerBrief(record.caller) : null,
    plan: renderPlan(record.plan),
    curl: describeCurl(record, origin),
  };
}

/** The life of a message, request by request. */
export function renderTimeline(requests: readonly RequestEntry[]): ApiTimelineEntry[] {
  const ordered = [...requests].sort((one, two) => one.record.startedAt.getTime() - two.record.startedAt.getTime());
  const first = ordered[0]?.record.startedAt.getTime() ?? 0;
  const failed = new Set<string>();
  let end = first;
  return ordered.map((entry) => {
    const { record } = entry;
    const offsetMs = record.startedAt.getTime() - first;
    const gapMs = Math.max(0, first + offsetMs - end);
    end = Math.max(end, first + offsetMs + record.durationMs);
    const chunk = readChunk(record);
    const target = `${record.operation} ${record.attachment ?? ''} ${chunk?.from ?? ''}`;
    const repeat = failed.has(target);
    if (isFailure(record)) failed.add(target);
    return {
      requestId: record.requestId,
      operation: record.operation,
      at: record.startedAt.toISOString(),
      offsetMs,
      durationMs: round(record.durationMs),
      gapMs: round(gapMs),
      status: record.status,
      code: record.errorCode ?? null,
      reason: record.reason ?? null,
      connection: record.connection,
      newConnection: entry.newConnection,
      bytes: record.bytes,
      repeat,
      retryAfterMs: readRetryAfter(record),
      fault: renderFault(entry),
      chunk,
      attachment: record.attachment ?? null,
    };
  });
}

export function renderCallerBrief({ appId, displayName, roles, scopes, user, expiresAt }: SandboxCaller): ApiCallerBrief {
  return {
    appId,
    displayName,
    kind: scopes ? 'delegated' : 'app',
    roles,
    scopes: scopes ?? [],
    user: user ?? null,
    expiresAt: expiresAt.toISOString(),
  };
}

export function readChunk({ operation, headers, attachment }: SandboxRequest): ApiChunk | null {
  if (operation !== 'uploadChunk') return null;
  const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+)$/i.exec(headers['content-range'] ?? '') ?? [];
  return from === undefined ? null : { from: Number(from), to: Number(to), total: Number(total), name: attachment ?? '' };
}

function readRetryAfter({ answer }: SandboxRequest): number | null {
  const value = Object.entries(answer?.headers ?? {}).find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
  const seconds = Number(value);
  return value === undefined || Number.isNaN(seconds) ? null : seconds * 1000;
}

const renderFault = ({ record, faultLabel }: RequestEntry): ApiFaultBrief | null =>
  record.fault === undefined ? null : { id: record.fault, label: faultLabel ?? 'a scripted fault' };

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;
const pairs = (headers: Record<string, string>): { name: string; value: string }[] =>
  Object.entries(headers).map(([name, value]) => ({ name, value }));

/** JSON to read; long base64 as its length. */
export function pretty(body: unknown): string {
  if (typeof body === 'string') return cut(body);
  return cut(JSON.stringify(body, shortenBase64, 2) ?? '');
}

/** For `JSON.stringify`. */
export const shortenBase64 = (name: string, value: unknown): unknown =>
  name === 'contentBytes' && typeof value === 'string' && value.length > 200 ? `[${value.length} characters of base64]` : value;

const cut = (text: string): string =>
  text.length > MOST_BODY ? `${text.slice(0, MOST_BODY)}\n[cut: ${text.length} characters in all]` : text;

/** Headers curl sets itself, or that stand for a secret. */
const leftOut = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding', 'authorization']);

function describeCurl({ method, path, headers, body, operation }: SandboxRequest, origin: string): string {
  const needsToken = headers.authorization !== undefined;
  const data =
    body === undefined
      ? []
      : [
          '--data-raw',
          operation === 'token' ? new URLSearchParams(body as Record<string, string>).toString() : JSON.stringify(body, shortenBase64),
        ];
  const words = [
    ['curl', '--cacert', 'graph-sandbox-ca.pem', '-X', method, origin + path],
    ...Object.entries(headers)
      .filter(([name]) => !leftOut.has(name))
      .map(([name, value]) => ['-H', `${name}: ${value}`]),
    ...(data.length > 0 ? [data] : []),
  ];
  const lines = words.map((line) => line.map(quote).join(' '));
  // in double quotes, so that the shell puts the token in
  if (needsToken) lines.splice(1, 0, '-H "Authorization: Bearer $TOKEN"');
  return lines.join(' \\\n  ');
}

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
