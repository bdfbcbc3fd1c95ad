import { createHash } from 'node:crypto';
import { htmlToPlain } from '../../mail/html-to-plain.js';
import type { FaultRule, SandboxAddress, SandboxAttachment, SandboxFault, SandboxMessage } from '../../types.js';
import type { ApiAddress, ApiAttachment, ApiFaultRule, ApiMessage, ApiMessageRow, ApiRefused, ApiRefusedRow } from '../api-types.js';
import type { MessageEntry, RefusedEntry, Send } from '../journal/entries.js';
import { isFailure, isSubmission } from '../journal/verdict.js';
import { countRemoteImages } from '../body/remote-images.js';
import { codeOf, explain } from './explain.js';
import { renderEnvelope, renderRefusedEnvelope } from './render-envelope.js';
import { lossesOf, renderPlan } from './render-plan.js';
import { renderCallerBrief, renderTimeline } from './render-request.js';

/** What a view may ask. */
export interface ViewContext {
  keepContent: boolean;
  isInSentItems(message: SandboxMessage): boolean;
  sameMessageId(entry: MessageEntry): MessageEntry[];
  /** Addresses, lower case, that a message was accepted for and did not reach. */
  bounced(message: SandboxMessage): ReadonlySet<string>;
  fault(id: string): SandboxFault | undefined;
  permissionsFor(operation: string): readonly string[];
}

const MOST_SUBJECT = 200;
const MOST_PREVIEW = 120;

const renderAddress = ({ address, name }: SandboxAddress): ApiAddress => ({ address, name });
const renderOptional = (address: SandboxAddress | undefined): ApiAddress | null => (address ? renderAddress(address) : null);
const short = ({ address, name }: SandboxAddress): ApiAddress => ({ address: address.slice(0, 200), name: name.slice(0, 100) });

/** The last plan its client told. */
export function planOf({ requests }: Send): Record<string, unknown> | undefined {
  for (let index = requests.length - 1; index >= 0; index--) {
    const plan = requests[index]?.record.plan;
    if (plan) return plan;
  }
  return undefined;
}

/** Statuses that were the answer to an attempt to send, and of what failed on the way. */
export const statusesOf = ({ requests }: Send): number[] =>
  requests.filter(({ record }) => isSubmission(record) || isFailure(record)).map(({ record }) => record.status);

export function repeatsOf({ requests }: Send): number {
  return renderTimeline(requests).filter(({ repeat }) => repeat).length;
}

export const isFaulted = ({ requests }: Send): boolean => requests.some(({ record }) => record.fault !== undefined);

export function renderMessageRow(entry: MessageEntry, context: ViewContext): ApiMessageRow {
  const { message, send } = entry;
  const names = new Map([...message.to, ...message.cc, ...message.bcc].map((one) => [one.address.toLowerCase(), one]));
  return {
    kind: 'message',
    id: entry.id,
    seq: entry.seq,
    at: message.acceptedAt.toISOString(),
    mailbox: message.mailbox,
    from: message.from ? short(message.from) : null,
    recipients: message.recipients.slice(0, 3).map((address) => short(names.get(address) ?? { address, name: '' })),
    recipientCount: message.recipients.length,
    subject: message.subject.slice(0, MOST_SUBJECT),
    preview: previewOf(message),
    format: message.format,
    route: message.route,
    size: sizeOf(message),
    attachments: message.attachments.length,
    importance: message.importance,
    losses: lossesOf(planOf(send)),
    statuses: statusesOf(send).slice(-20),
    repeats: repeatsOf(send),
    totalMs: totalOf(send, message),
    faulted: isFaulted(send),
    read: entry.read,
    sent: context.isInSentItems(message),
    duplicate: context.sameMessageId(entry).length > 1,
  };
}

export function renderMessage(entry: MessageEntry, context: ViewContext): ApiMessage {
  const { message, send } = entry;
  const { text, html } = message;
  const caller = send.requests.findLast(({ record }) => record.caller)?.record.caller;
  const faultIds = [...new Set(send.requests.flatMap(({ record }) => record.fault ?? []))];
  return {
    ...renderMessageRow(entry, context),
    subject: message.subject,
    messageId: message.messageId,
    from: renderOptional(message.from),
    sender: renderOptional(message.sender),
    to: message.to.map(renderAddress),
    cc: message.cc.map(renderAddress),
    bcc: message.bcc.map(renderAddress),
    replyTo: message.replyTo.map(renderAddress),
    recipientAddresses: message.recipients,
    isReadReceiptRequested: message.isReadReceiptRequested,
    isDeliveryReceiptRequested: message.isDeliveryReceiptRequested,
    headers: message.headers,
    text: text === undefined ? null : { bytes: Buffer.byteLength(text) },
    html: html === undefined ? null : { bytes: Buffer.byteLength(html), remoteImages: countRemoteImages(html) },
    attachmentList: message.attachments.map(renderAttachment),
    content: context.keepContent ? 'kept' : 'not-kept',
    sourceBytes: message.source.length,
    posted: { format: message.format, bytes: postedBytes(message, send) },
    envelope: renderEnvelope(message, renderPlan(planOf(send)), context.bounced(message)),
    plan: renderPlan(planOf(send)),
    timeline: renderTimeline(send.requests),
    faultRules: faultIds.flatMap((id) => {
      const fault = context.fault(id);
      return fault ? [renderRule(fault.rule)] : [];
    }),
    caller: caller ? renderCallerBrief(caller) : null,
    duplicates: context
      .sameMessageId(entry)
      .filter((other) => other !== entry)
      .map(({ id }) => id),
  };
}

export function renderRefusedRow({ id, seq, send, last, attempts }: RefusedEntry): ApiRefusedRow {
  const { record } = last;
  const about = send.about;
  const recipients = about ? [...about.to, ...about.cc, ...about.bcc] : [];
  const words = wordsOf(record);
  const explanation = explain(record.status, record.errorCode, words);
  const plan = planOf(send);
  return {
    kind: 'refused',
    id,
    seq,
    at: record.startedAt.toISOString(),
    operation: record.operation,
    mailbox: record.mailbox ?? null,
    status: record.status,
    code: codeOf(record.errorCode, words),
    reason: (record.reason ?? (record.status === 0 ? 'The connection was cut without an answer.' : words)).slice(0, 1000),
    remedy: explanation.remedy,
    docs: explanation.docs,
    subject: about?.subject.slice(0, MOST_SUBJECT) ?? null,
    from: about?.from ? short(about.from) : null,
    recipients: recipients.slice(0, 3).map(short),
    recipientCount: recipients.length,
    messageId: about?.messageId ?? (typeof plan?.messageId === 'string' ? plan.messageId : null),
    attempts,
    faulted: isFaulted(send),
    permanent: explanation.permanent,
  };
}

export function renderRefused(entry: RefusedEntry, context: ViewContext): ApiRefused {
  const { record } = entry.last;
  const plan = renderPlan(planOf(entry.send));
  const granted = record.caller ? (record.caller.scopes ?? record.caller.roles) : [];
  const needs = context.permissionsFor(record.operation);
  const denied = record.errorCode === 'ErrorAccessDenied' && record.fault === undefined;
  return {
    ...renderRefusedRow(entry),
    message: wordsOf(record),
    requestIds: entry.send.requests.map(({ record: { requestId } }) => requestId),
    timeline: renderTimeline(entry.send.requests),
    plan,
    envelope: renderRefusedEnvelope(entry.send.about, plan),
    caller: record.caller ? renderCallerBrief(record.caller) : null,
    missingPermissions: denied && needs[0] !== undefined && !needs.some((permission) => granted.includes(permission)) ? [needs[0]] : [],
  };
}

/** The service's own words: Graph's error message, or Entra's description without its trace. */
function wordsOf({ answer, reason }: { answer: { body: unknown } | undefined; reason: string | undefined }): string {
  const body = answer?.body as { error?: { message?: unknown } | string; error_description?: unknown } | undefined;
  if (typeof body?.error_description === 'string') return body.error_description.replace(/ Trace ID: .*$/s, '');
  if (typeof body?.error === 'object' && typeof body.error.message === 'string') return body.error.message;
  return typeof answer?.body === 'string' ? answer.body.slice(0, 1000) : (reason ?? '');
}

export function renderRule({ match: _match, times, ...rule }: FaultRule): ApiFaultRule {
  const given = Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined)) as ApiFaultRule;
  const forever = times === Infinity;
  return {
    ...given,
    ...(rule.delay === Infinity ? { delay: 2 ** 31 - 1 } : {}),
    ...(times === undefined ? {} : { times: forever ? null : times }),
  };
}

const images = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Whether a browser may be given it as what it says it is. */
export const isImage = (contentType: string): boolean => images.has(contentType.toLowerCase().split(';', 1)[0]?.trim() ?? '');

function renderAttachment({ name, contentType, contentId, isInline, size, content }: SandboxAttachment, index: number): ApiAttachment {
  return {
    index,
    name,
    contentType,
    contentId: contentId ?? null,
    isInline,
    size,
    isImage: isImage(contentType),
    sha256: content.length === size ? createHash('sha256').update(content).digest('hex') : '',
  };
}

function previewOf({ text, html }: SandboxMessage): string {
  const plain = text ?? (html === undefined ? '' : htmlToPlain(html.slice(0, 20_000)));
  return plain.slice(0, 1000).replace(/\s+/g, ' ').trim().slice(0, MOST_PREVIEW);
}

/** Roughly what the source has: bodies as they are, attachments in base64; what was posted as MIME, unless files were added to it. */
export function sizeOf({ text, html, attachments, posted }: SandboxMessage): number {
  const bodies = Buffer.byteLength(text ?? '') + Buffer.byteLength(html ?? '');
  const parts = attachments.reduce((sum, { size }) => sum + Math.ceil(size * 1.37), bodies);
  return Buffer.isBuffer(posted) ? Math.max(posted.length, parts) : parts;
}

function postedBytes({ posted }: SandboxMessage, { requests }: Send): number {
  if (Buffer.isBuffer(posted)) return posted.length;
  return (
    requests.findLast(({ record: { operation, status } }) => ['sendMail', 'createDraft'].includes(operation) && status !== 429)?.record
      .bytes ?? 0
  );
}

function totalOf({ requests }: Send, { acceptedAt }: SandboxMessage): number {
  const first = Math.min(...requests.slice(0, 50).map(({ record }) => record.startedAt.getTime()));
  const last = requests.findLast(({ record }) => isSubmission(record))?.record;
  const end = last ? last.startedAt.getTime() + last.durationMs : acceptedAt.getTime();
  return Number.isFinite(first) ? Math.max(0, Math.round(end - first)) : 0;
}
