import { GraphTransportError } from '../errors/graph-transport-error.js';
import { base64Length, planUploads, REQUEST_LIMIT, type Route } from './plan.js';
import { fieldName, fieldValue, splitMessage } from '../message/header-block.js';
import type { OutgoingAttachment, OutgoingMessage } from '../message/outgoing-message.js';
import type { GraphMessageExtras } from '../encode/graph-message.js';
import { attachmentName, describeAttachment, encodeJson } from '../encode/json.js';
import { encodeMime, type MimeOptions } from '../encode/mime.js';

/** What goes over the wire for a message. */
export interface Payload {
  route: Route;
  contentType: 'application/json' | 'text/plain';
  /** Body of the sendMail request, or of the request that makes the draft. */
  body: Buffer;
  /** What is added to the draft afterwards, in order. */
  uploads: Upload[];
  /** Names of the attachments that are in the body. */
  inDraft: string[];
  /** The Message-ID as it leaves. */
  messageId: string;
}

export interface Upload {
  attachment: OutgoingAttachment;
  /** As Graph's fileAttachment, without `contentBytes`. */
  description: Record<string, unknown> & { name: string };
}

export interface PayloadOptions extends MimeOptions {
  route: 'auto' | Route;
  saveToSentItems: boolean;
  extras: GraphMessageExtras | undefined;
}

/**
 * Writes the message as JSON.
 *
 * @throws {GraphTransportError} `EMESSAGE` if it is too large
 */
export async function jsonPayload(message: OutgoingMessage, { route, saveToSentItems, extras }: PayloadOptions): Promise<Payload> {
  const { messageId } = message;
  const graphMessage = await encodeJson(message, extras);
  const described = message.attachments.map((attachment, index) => ({ attachment, description: describeAttachment(attachment, index) }));
  const sizes = described.map(({ attachment, description }) => {
    // `,"contentBytes":""` and a comma
    return Buffer.byteLength(JSON.stringify(description)) + 19 + base64Length(attachment.source.size);
  });
  const rest = Buffer.byteLength(JSON.stringify(graphMessage)) + '"message":{},"saveToSentItems":false,"attachments":[]'.length;
  const uploads = chooseUploads(rest, sizes, route);
  const inside = described.filter((_, index) => !uploads.includes(index));
  if (inside.length > 0) {
    graphMessage['attachments'] = await Promise.all(
      inside.map(async ({ attachment, description }) => ({
        ...description,
        contentBytes: (await attachment.source.bytes()).toString('base64'),
      })),
    );
  }
  const chosen = route === 'draft' || uploads.length > 0 ? 'draft' : 'sendMail';
  const wrapped = chosen === 'draft' ? graphMessage : { message: graphMessage, ...(!saveToSentItems && { saveToSentItems }) };
  return {
    route: chosen,
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify(wrapped)),
    uploads: described.filter((_, index) => uploads.includes(index)),
    inDraft: inside.map(({ description }) => description.name),
    messageId,
  };
}

/**
 * Writes the message as base64 MIME.
 *
 * @throws {GraphTransportError} `EMESSAGE` if it is too large
 */
export async function mimePayload(message: OutgoingMessage, options: PayloadOptions): Promise<Payload> {
  const { attachments } = message;
  // wrapped at 76 characters, base64 again for Graph, and a few headers
  const sizes = attachments.map(({ source }) => base64Length(Math.ceil(base64Length(source.size) * (78 / 76)) + 512));
  // so that nothing large is built just to be measured; the rest may still turn out too large below
  const splittable = message.raw === undefined && !message.traits.some(({ feature }) => feature === 'transformed');
  let uploads = splittable ? (planUploads(0, sizes) ?? []) : [];
  for (;;) {
    if (uploads.length > 0) chooseUploads(0, sizes, options.route);
    const without = new Set(uploads.flatMap((index) => attachments[index] ?? []));
    const source = await encodeMime(message, options, without);
    const bytes = base64Length(source.length);
    if (bytes <= REQUEST_LIMIT) {
      return {
        route: options.route === 'draft' || uploads.length > 0 ? 'draft' : 'sendMail',
        contentType: 'text/plain',
        body: Buffer.from(source.toString('base64'), 'latin1'),
        uploads: uploads.flatMap((index) => {
          const attachment = attachments[index];
          return attachment ? [{ attachment, description: describeAttachment(attachment, index) }] : [];
        }),
        inDraft: attachments.flatMap((attachment, index) => (uploads.includes(index) ? [] : attachmentName(attachment, index))),
        messageId: messageIdOf(source) ?? message.messageId,
      };
    }
    const next = splittable ? largestOf(sizes, uploads) : undefined;
    if (options.route === 'sendMail' || next === undefined) throw tooLarge(bytes, options.route, splittable);
    uploads = [...uploads, next].sort((a, b) => a - b);
  }
}

function chooseUploads(rest: number, sizes: readonly number[], route: PayloadOptions['route']): number[] {
  const uploads = planUploads(rest, sizes);
  if (uploads && (uploads.length === 0 || route !== 'sendMail')) return uploads;
  throw tooLarge(
    sizes.reduce((sum, size) => sum + size, rest),
    route,
    uploads !== undefined,
  );
}

function largestOf(sizes: readonly number[], without: readonly number[]): number | undefined {
  return sizes
    .map((size, index) => ({ size, index }))
    .filter(({ index }) => !without.includes(index))
    .sort((a, b) => b.size - a.size)[0]?.index;
}

function messageIdOf(source: Buffer): string | undefined {
  const line = splitMessage(source).lines.find((candidate) => fieldName(candidate) === 'message-id');
  return line === undefined ? undefined : fieldValue(line);
}

function tooLarge(bytes: number, route: PayloadOptions['route'], splittable: boolean): GraphTransportError {
  const what = `the message makes a request of ${bytes} bytes, more than the ${REQUEST_LIMIT} Graph takes at once; nothing was sent`;
  const hint =
    route === 'sendMail' && splittable
      ? "Use route: 'auto' or 'draft': its attachments are then uploaded one by one (needs Mail.ReadWrite)."
      : splittable
        ? 'The text or html alone is too large: move pictures out of it into attachments, or send a link.'
        : 'A ready-made, signed or encrypted message cannot be split: make its attachments smaller, or send a link.';
  return new GraphTransportError('EMESSAGE', `${what}. ${hint}`, { permanent: true, hint });
}
