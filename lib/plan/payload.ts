import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { OutgoingAttachment, OutgoingMessage } from '../message/outgoing-message.js';
import type { GraphMessageExtras } from '../encode/graph-message.js';
import { attachmentName, bodyOf, describeAttachment, encodeJson } from '../encode/json.js';
import { encodeMime, type MimeOptions } from '../encode/mime.js';
import { base64 } from '../encode/base64.js';
import type { StrictField } from '../encode/strict/header.js';
import { fileAttachment, fileAttachmentLength } from '../prepared/file-attachment.js';
import { base64Length, REQUEST_LIMIT } from '../prepared/limits.js';
import type { FileDescription, PreparedMessage, Route } from '../prepared/prepared-message.js';
import { planUploads } from './format-and-route.js';
import { lastLookAtAttachment, lastLookAtJson, lastLookAtMime } from './last-look.js';

/** What goes over the wire for a message. */
export interface Payload extends Pick<PreparedMessage, 'route' | 'contentType' | 'body' | 'inDraft' | 'messageId'> {
  /** What is added to the draft afterwards, in order. */
  uploads: Upload[];
}

/** An attachment and how Graph is told of it. */
interface Upload {
  attachment: OutgoingAttachment;
  description: FileDescription;
}

export interface PayloadOptions extends MimeOptions {
  route: 'auto' | Route;
  saveToSentItems: boolean;
  extras: GraphMessageExtras | undefined;
  sendAt: Date | undefined;
}

/** Bytes `{"message":…}` adds, and what stands behind the message if no copy is to be kept. */
const WRAPPER = '{"message":}'.length;
const NOT_SAVED = ',"saveToSentItems":false';

/**
 * Writes the message as JSON.
 *
 * @throws {GraphTransportError} `EMESSAGE` if it is too large
 */
export async function jsonPayload(message: OutgoingMessage, { route, saveToSentItems, extras, sendAt }: PayloadOptions): Promise<Payload> {
  const { messageId } = message;
  const content = (await bodyOf(message)?.text()) ?? '';
  const alone = JSON.stringify(encodeJson(message, content, extras, sendAt));
  lastLookAtJson(alone, message.envelope.to);
  const length = Buffer.byteLength(alone);
  const described = message.attachments.map((attachment, index) => ({
    attachment,
    description: lastLookAtAttachment(describeAttachment(attachment, index)),
  }));
  const sizes = described.map(({ attachment, description }) => fileAttachmentLength(description, attachment.source.size) + ','.length);
  const rest = length + (sizes.length > 0 ? ',"attachments":[]'.length - ','.length : 0);
  const whole = sizes.reduce((sum, size) => sum + size, rest) + WRAPPER + (saveToSentItems ? 0 : NOT_SAVED.length);
  // to the byte: the draft route needs a permission more
  const byDraft = route === 'draft' || whole > REQUEST_LIMIT;
  const uploads = byDraft ? (planUploads(rest, sizes) ?? (length <= REQUEST_LIMIT ? [...sizes.keys()] : undefined)) : [];
  if (!uploads) throw tooLarge(length, 'body');
  if (byDraft && route === 'sendMail') throw tooLarge(whole, uploads.length > 0 ? 'route' : 'body');
  const inside = described.filter((_, index) => !uploads.includes(index));
  const json = inside.length > 0 ? `${alone.slice(0, -1)},"attachments":[${(await Promise.all(inside.map(asPosted))).join(',')}]}` : alone;
  return {
    route: byDraft ? 'draft' : 'sendMail',
    contentType: 'application/json',
    body: Buffer.from(byDraft ? json : `{"message":${json}${saveToSentItems ? '' : NOT_SAVED}}`),
    uploads: described.filter((_, index) => uploads.includes(index)),
    inDraft: inside.map(({ description }) => description.name),
    messageId,
  };
}

async function asPosted({ attachment, description }: Upload): Promise<string> {
  return fileAttachment(description, await attachment.source.bytes());
}

/**
 * Writes the message as base64 MIME.
 *
 * @throws {GraphTransportError} `EMESSAGE` if it is too large
 */
export async function mimePayload(message: OutgoingMessage, options: PayloadOptions): Promise<Payload> {
  const { attachments } = message;
  const { route } = options;
  const sizes = attachments.map(leastMimeLength);
  const splittable = message.raw === undefined && !message.traits.some(({ feature }) => feature === 'transformed');
  // what cannot fit is not built only to be measured; whether the rest fits is measured below
  let uploads = splittable ? (planUploads(0, sizes, MIME_LIMIT) ?? []) : [];
  for (;;) {
    if (uploads.length > 0 && route === 'sendMail') throw tooLarge(base64Length(sizes.reduce((sum, size) => sum + size, 0)), 'route');
    const without = new Set(uploads.flatMap((index) => attachments[index] ?? []));
    const source = await encodeMime(message, options, without);
    if (source.length <= MIME_LIMIT) {
      const fields = lastLookAtMime(source, message.envelope.to);
      return {
        route: route === 'draft' || uploads.length > 0 ? 'draft' : 'sendMail',
        contentType: 'text/plain',
        body: base64(source),
        uploads: uploads.flatMap((index) => {
          const attachment = attachments[index];
          return attachment ? [{ attachment, description: lastLookAtAttachment(describeAttachment(attachment, index)) }] : [];
        }),
        inDraft: attachments.flatMap((attachment, index) => (uploads.includes(index) ? [] : attachmentName(attachment, index))),
        messageId: messageIdOf(fields) ?? message.messageId,
      };
    }
    const more = splittable ? largestOf(sizes, uploads, source.length - MIME_LIMIT) : [];
    if (more.length === 0) throw tooLarge(base64Length(source.length), splittable ? 'body' : 'whole');
    uploads = [...uploads, ...more].sort((a, b) => a - b);
  }
}

/** Most bytes of a MIME message: it goes to Graph in base64. */
const MIME_LIMIT = (REQUEST_LIMIT / 4) * 3;

/** A guess at the most a part's own header takes. */
const PART_HEADER = 512;

/** Bytes an attachment adds to the MIME message at least: its header and, as text, its encoding are only known once it is built. */
function leastMimeLength({ source: { size }, contentType, node }: OutgoingAttachment): number {
  const encoding = node?.getHeader('Content-Transfer-Encoding');
  const inBase64 =
    encoding === undefined
      ? !/^(text|message|multipart)\//i.test(contentType)
      : typeof encoding === 'string' && /^\s*base64\s*$/i.test(encoding);
  if (!inBase64) return size;
  const encoded = base64Length(size);
  return encoded + 2 * Math.max(0, Math.ceil(encoded / 76) - 1);
}

/** The largest attachments not uploaded yet that together take `excess` bytes, at least one of them. */
function largestOf(sizes: readonly number[], uploads: readonly number[], excess: number): number[] {
  let freed = 0;
  return sizes
    .map((size, index) => ({ size, index }))
    .filter(({ index }) => !uploads.includes(index))
    .sort((a, b) => b.size - a.size)
    .filter(({ size }) => {
      const needed = freed < excess;
      freed += size + PART_HEADER;
      return needed;
    })
    .map(({ index }) => index);
}

function messageIdOf(fields: readonly StrictField[]): string | undefined {
  return fields
    .find(({ name }) => name === 'message-id')
    ?.value.replaceAll('\r\n', '')
    .trim();
}

/** Why a message cannot be made to fit. */
type Obstacle = 'route' | 'body' | 'whole';

const REMEDIES: Readonly<Record<Obstacle, string>> = {
  route: "Use route: 'auto' or 'draft': its attachments are then uploaded one by one (needs Mail.ReadWrite).",
  body: 'The text or html alone is too large: move pictures out of it into attachments, or send a link.',
  whole: 'A ready-made, signed or encrypted message cannot be split: make its attachments smaller, or send a link.',
};

/** Refusals of what could be sent if it were smaller. */
const TOO_LARGE = new WeakSet<object>();

/** Whether an error says that a message does not fit; taken apart it might. */
export function isTooLarge(error: unknown): boolean {
  return typeof error === 'object' && error !== null && TOO_LARGE.has(error);
}

function tooLarge(bytes: number, obstacle: Obstacle): GraphTransportError {
  const what = `the message makes a request of ${bytes} bytes, more than the ${REQUEST_LIMIT} Graph takes at once; nothing was sent`;
  const hint = REMEDIES[obstacle];
  const error = new GraphTransportError('EMESSAGE', `${what}. ${hint}`, { permanent: true, hint });
  TOO_LARGE.add(error);
  return error;
}
