import { createHash } from 'node:crypto';
import type { SandboxAddress, SandboxLoss, SandboxLossFeature } from '../types.js';
import type { MessageContent } from './content.js';
import { encodeAddressField, encodeField } from './encode-field.js';
import { joinSource, splitSource, type RawField, type SplitSource } from './head.js';
import { htmlToPlain } from './html-to-plain.js';
import { boundaryOf, contentTypeOf, splitMultipart } from './multipart.js';
import { textPart } from './parts.js';

/** What one message loses. */
export type Lost = ReadonlySet<SandboxLossFeature>;

/** Which of the losses strike a message; undefined if none do, as ever where none are set. */
export function lossesOf(content: MessageContent, losses: ReadonlySet<SandboxLoss>): Lost | undefined {
  if (losses.size === 0) return undefined;
  const ways = [content.format, ...(isDraftWithMore(content) ? ['mimeDraft'] : [])];
  const lost = [...losses].map((loss) => loss.split(':')).filter(([way = '']) => ways.includes(way));
  return lost.length === 0 ? undefined : new Set(lost.map(([, feature]) => feature as SandboxLossFeature));
}

const isDraftWithMore = ({ format, attachments, postedAttachments }: MessageContent): boolean =>
  format === 'mime' && attachments.length > postedAttachments;

/** The source that is left where Exchange loses that. @param from as the recipients see it */
export function loseOf(
  source: Buffer,
  { content, from, lost }: { content: MessageContent; from: SandboxAddress; lost: Lost | undefined },
): Buffer {
  if (!lost) return source;
  const split = splitSource(source);
  const named = lost.has('fromName') ? split.fields.map((field) => withSender(field, from)) : split.fields;
  const fields = loseFields(named, content, lost);
  return joinSource(losePart({ ...split, fields }, content, lost));
}

/** The Message-ID Exchange puts in place of another. */
export const replacedMessageId = (messageId: string): string =>
  `<${createHash('sha256').update(messageId).digest('hex').slice(0, 32)}@replaced.example.com>`;

// RFC 5322, RFC 2045 and what mail programs have for importance and receipts
const STANDARD = new Set(
  `bcc cc date disposition-notification-to from importance message-id mime-version priority received reply-to return-path
  return-receipt-to sender sensitivity subject to x-msmail-priority x-priority`.split(/\s+/),
);
const FIRST_HEADERS = 5;

const withSender = (field: RawField, from: SandboxAddress): RawField =>
  /^from$/i.test(field.name) ? { ...field, text: encodeAddressField('From', [from]) } : field;

function loseFields(fields: RawField[], content: MessageContent, lost: Lost): RawField[] {
  const xHeaders = fields.filter(({ name }) => isXHeader(name));
  const first = new Set(
    content.format === 'json' ? xHeaders.filter(({ name }) => isInternetHeader(content, name)) : xHeaders.slice(0, FIRST_HEADERS),
  );
  return fields.flatMap((field) => {
    const name = field.name.toLowerCase();
    if (name === 'message-id' && lost.has('messageId'))
      return { ...field, text: encodeField('Message-ID', replacedMessageId(content.messageId)) };
    const feature = featureOf(field, first);
    return feature !== undefined && lost.has(feature) ? [] : field;
  });
}

function featureOf(field: RawField, first: ReadonlySet<RawField>): SandboxLossFeature | undefined {
  const name = field.name.toLowerCase();
  if (isXHeader(name)) return first.has(field) ? 'xHeaders' : 'moreXHeaders';
  if (name === 'in-reply-to' || name === 'references') return 'threading';
  if (name.startsWith('list-')) return 'listHeaders';
  return STANDARD.has(name) || name.startsWith('content-') ? undefined : 'customHeaders';
}

const isXHeader = (name: string): boolean => /^x-/i.test(name) && !STANDARD.has(name.toLowerCase());

function isInternetHeader({ message }: MessageContent, name: string): boolean {
  const posted = message.internetMessageHeaders;
  return Array.isArray(posted) && posted.some((header: { name?: unknown }) => String(header.name).toLowerCase() === name.toLowerCase());
}

function losePart(part: SplitSource, content: MessageContent, lost: Lost): SplitSource {
  const type = contentTypeOf(part);
  const boundary = boundaryOf(type);
  if (boundary === undefined) return part;
  const { before, children, after } = splitMultipart(part.body, boundary);
  const isAlternative = /^multipart\/alternative/i.test(type);
  const kept = children
    .map(splitSource)
    .flatMap((child) => (isAlternative ? loseAlternative(child, content, lost) : losePart(child, content, lost)));
  const delimiter = Buffer.from(`--${boundary}\r\n`);
  const pieces = kept.flatMap((child) => [delimiter, joinSource(child), Buffer.from('\r\n')]);
  return { ...part, body: Buffer.concat([before, ...pieces, Buffer.from(`--${boundary}--\r\n`), after]) };
}

function loseAlternative(part: SplitSource, content: MessageContent, lost: Lost): SplitSource | [] {
  const type = contentTypeOf(part);
  if (/^text\/plain/i.test(type) && lost.has('text') && content.html !== undefined) {
    if (content.format === 'json') return [];
    const { head, body } = textPart('plain', htmlToPlain(content.html));
    return splitSource(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), body]));
  }
  if (/^text\/calendar/i.test(type)) {
    if (lost.has('calendar')) return [];
    if (lost.has('calendarMethod')) return { ...part, fields: part.fields.map(withoutMethod) };
  }
  return losePart(part, content, lost);
}

const withoutMethod = (field: RawField): RawField =>
  /^content-type$/i.test(field.name) ? { ...field, text: field.text.replace(/;\s*method="?[^";\r\n]*"?/i, '') } : field;
