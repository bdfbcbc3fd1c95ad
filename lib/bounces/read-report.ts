import type { BounceAction } from './bounce.js';
import { leavesOf, readEntity, textOf, type Entity } from './entity.js';
import { readExchangeText, textOfHtml } from './exchange-text.js';
import { readPlainText } from './plain-text.js';

/** What a report says of one recipient. */
export interface ReportedRecipient {
  recipient: string;
  action: BounceAction;
  status: string | undefined;
  text: string;
}

/** A delivery report. */
export interface Report {
  messageId: string | undefined;
  recipients: ReportedRecipient[];
}

/** Bytes of a report that are read: what follows is the message that came back. */
export const MAX_REPORT = 1024 * 1024;
/** Exchange lets nobody address more at once. */
const MAX_RECIPIENTS = 1000;
const MAX_TEXT = 1000;

/**
 * Reads a delivery report: RFC 3464, and Exchange's own texts where that is missing. Whatever it is given, it takes time in
 * proportion to {@link MAX_REPORT}.
 *
 * @returns `undefined` for what is no report
 */
export function readReport(source: Buffer): Report | undefined {
  const root = readEntity(source.subarray(0, MAX_REPORT));
  const leaves = leavesOf(root);
  const explanation = explanationOf(leaves);
  const status = leaves.find(({ type }) => /^message\/(global-)?delivery-status$/.test(type));
  const recipients = status ? readStatus(textOf(status, MAX_REPORT), explanation) : [];
  const isExchanges = root.field('x-ms-exchange-message-is-ndr') !== undefined;
  const byText =
    recipients.length > 0
      ? undefined
      : (readPlainText(explanation, root.field('x-failed-recipients')) ?? readExchangeText(explanation, isExchanges));
  if (recipients.length === 0 && byText === undefined) return undefined;
  return {
    messageId: originalId(leaves) ?? firstId(byText?.messageId) ?? firstId(root.field('in-reply-to')) ?? firstId(root.field('references')),
    recipients: recipients.length > 0 ? recipients : (byText?.recipients ?? []).map((one) => ({ ...one, text: oneLine(one.text) })),
  };
}

/** What a person reads. */
function explanationOf(leaves: readonly Entity[]): string {
  const plain = leaves.find(({ type }) => type === 'text/plain');
  if (plain) return textOf(plain, 64 * 1024);
  const html = leaves.find(({ type }) => type === 'text/html');
  return html ? textOfHtml(textOf(html, 256 * 1024)) : '';
}

/** The Message-ID of the message that came back, or of its header. */
function originalId(leaves: readonly Entity[]): string | undefined {
  const original = leaves.find(({ type }) => /^(message\/(rfc822|global)(-headers)?|text\/rfc822-headers)$/.test(type));
  if (!original) return undefined;
  // a returned header ends where the part does, without an empty line
  const isEncoded = /^(base64|quoted-printable)$/i.test(original.field('content-transfer-encoding') ?? '');
  const header = original.type.startsWith('text/') || isEncoded ? Buffer.from(textOf(original, 64 * 1024)) : original.body;
  return firstId(readEntity(header).field('message-id'));
}

function firstId(field: string | undefined): string | undefined {
  return /<[^<>\s\p{Cc}\p{Cf}]{1,993}>/u.exec(field?.slice(0, 4096) ?? '')?.[0];
}

/** The groups of a message/delivery-status: one of the message, then one for each recipient. */
function readStatus(text: string, explanation: string): ReportedRecipient[] {
  const recipients: ReportedRecipient[] = [];
  for (const group of text.split(/\r?\n(?:[ \t]*\r?\n)+/)) {
    if (recipients.length >= MAX_RECIPIENTS) break;
    for (const fields of fieldsOf(group)) {
      const read = readGroup(fields, explanation);
      if (read && recipients.length < MAX_RECIPIENTS) recipients.push(read);
    }
  }
  return recipients;
}

/** The fields of a group; of several, where the empty lines between them are missing. */
function fieldsOf(group: string): Map<string, string>[] {
  let fields = new Map<string, string>();
  const all = [fields];
  let last: string | undefined;
  for (const line of group.split(/\r?\n/)) {
    if (/^[ \t]/.test(line)) {
      if (last !== undefined) fields.set(last, `${fields.get(last) ?? ''} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    last = colon > 0 ? line.slice(0, colon).trim().toLowerCase() : undefined;
    if (last === undefined) continue;
    if (fields.has(last) && /^(original|final)-recipient$/.test(last)) all.push((fields = new Map<string, string>()));
    if (fields.has(last)) last = undefined;
    else fields.set(last, line.slice(colon + 1).trim());
  }
  return all;
}

const ACTIONS: readonly BounceAction[] = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'];

function readGroup(fields: ReadonlyMap<string, string>, explanation: string): ReportedRecipient | undefined {
  const final = addressOf(fields.get('final-recipient'));
  const original = addressOf(fields.get('original-recipient'));
  // some leave it as it was on the wire (xtext, RFC 3461)
  const recipient = original !== undefined && decodeXtext(original) === final ? final : (original ?? final);
  if (recipient === undefined) return undefined;
  const diagnostic = fields.get('diagnostic-code')?.replace(/^[\w-]+[ \t]*;[ \t]*/, '');
  const status = statusOf(fields.get('status')) ?? statusOf(diagnostic);
  const word = fields.get('action')?.toLowerCase() ?? '';
  const action = ACTIONS.find((known) => word.startsWith(known)) ?? actionOf(status);
  return action && { recipient, action, status, text: oneLine(diagnostic || explanation) };
}

/** `rfc822;reader@example.com`, `rfc822; "a b"@example.com`, `utf-8; jos\x{E9}@example.com` (RFC 6533), with or without a comment. */
function addressOf(field: string | undefined): string | undefined {
  const [, type = '', rest = ''] = /^(?:([\w-]+)[ \t]*;)?([^]*)$/.exec((field ?? '').slice(0, 1000)) ?? [];
  const text = rest.replace(/\([^()]*\)\s*$/, '').trim();
  const plain =
    type.toLowerCase() === 'utf-8' ? text.replace(/\\x\{([\da-f]{1,6})\}/gi, (all, hex: string) => characterOf(hex) ?? all) : text;
  const address = /^<?((?:[^\s<>"(),:;@]{1,64}|"(?:[^"\\]|\\.){1,62}")@[^\s<>"(),:;@]{1,255})>?$/.exec(plain)?.[1];
  return address === undefined || /[\p{Cc}\p{Cf}]/u.test(address) ? undefined : address;
}

function characterOf(hex: string): string | undefined {
  const code = Number.parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

const decodeXtext = (text: string): string =>
  text.replace(/\+([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** An enhanced status code anywhere in a text. */
export function statusOf(text: string | undefined): string | undefined {
  return /(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)/.exec(text?.slice(0, 4096) ?? '')?.[0];
}

function actionOf(status: string | undefined): BounceAction | undefined {
  if (status === undefined) return undefined;
  return status.startsWith('5') ? 'failed' : status.startsWith('4') ? 'delayed' : 'delivered';
}

function oneLine(text: string): string {
  return text
    .slice(0, MAX_TEXT * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_TEXT);
}
