import type { Address } from '../message/address.js';
import type { ContentSource } from '../message/content/content-source.js';
import type { OutgoingAttachment, OutgoingMessage } from '../message/outgoing-message.js';
import type { FileDescription } from '../prepared/prepared-message.js';
import { deferredSendTime } from './extended-properties.js';
import { distributeHeaders, MAX_INTERNET_HEADERS } from './json-headers.js';
import type { GraphMessageExtras } from './graph-message.js';

/** A Graph message without its attachments' bytes; `unknown` values are what `graph.message` added. */
export type GraphMessage = Record<string, unknown>;

/** Of `graph.message`, what goes together with what the message itself has. */
const LISTS = new Set(['singleValueExtendedProperties', 'internetMessageHeaders']);

/** What becomes the body: there is room for one. */
export function bodyOf({ html, text }: OutgoingMessage): ContentSource | undefined {
  return html ?? text;
}

/**
 * The message as Graph's JSON, still without attachments.
 *
 * @param content the text of {@link bodyOf}
 * @param sendAt when Exchange is to send it
 */
export function encodeJson(message: OutgoingMessage, content: string, extras: GraphMessageExtras = {}, sendAt?: Date): GraphMessage {
  const { singleValueExtendedProperties: extraProperties = [], internetMessageHeaders: extraHeaders = [] } = extras;
  const headers = distributeHeaders(message.headers, MAX_INTERNET_HEADERS - extraHeaders.length);
  const internetMessageHeaders = [...extraHeaders, ...headers.internetMessageHeaders];
  // Graph refuses a property that is there twice; what the app names itself wins
  const given = new Set(extraProperties.map(({ id }) => id.toLowerCase()));
  const own = headers.singleValueExtendedProperties.filter(({ id }) => !given.has(id.toLowerCase()));
  const singleValueExtendedProperties = [...own, ...extraProperties, ...(sendAt ? [deferredSendTime(sendAt)] : [])];
  const json: GraphMessage = {
    subject: message.subject,
    body: { contentType: message.html ? 'html' : 'text', content },
    toRecipients: message.to.map(recipient),
    ccRecipients: message.cc.map(recipient),
    bccRecipients: message.bcc.map(recipient),
    internetMessageId: message.messageId,
  };
  if (message.from) json['from'] = recipient(message.from);
  if (message.replyTo.length > 0) json['replyTo'] = message.replyTo.map(recipient);
  if (message.importance !== 'normal') json['importance'] = message.importance;
  if (message.readReceipt) json['isReadReceiptRequested'] = true;
  if (message.deliveryReceipt) json['isDeliveryReceiptRequested'] = true;
  // Graph refuses an empty list
  if (internetMessageHeaders.length > 0) json['internetMessageHeaders'] = internetMessageHeaders;
  if (singleValueExtendedProperties.length > 0) json['singleValueExtendedProperties'] = singleValueExtendedProperties;
  for (const name of Object.keys(extras)) if (!LISTS.has(name)) json[name] = extras[name];
  return json;
}

/** The attachment as Graph's `fileAttachment`, without `contentBytes`. */
export function describeAttachment(attachment: OutgoingAttachment, index: number): FileDescription {
  return {
    '@odata.type': '#microsoft.graph.fileAttachment',
    name: attachmentName(attachment, index),
    contentType: attachment.contentType,
    isInline: attachment.isInline,
    ...(attachment.contentId !== undefined && { contentId: attachment.contentId }),
  };
}

/** Graph needs a name; a nested message is only readable as a file with the ending .eml. */
export function attachmentName({ name, contentType }: OutgoingAttachment, index: number): string {
  const isMessage = /^message\/rfc822\b/i.test(contentType);
  const base = name ?? (isMessage ? `message-${index + 1}` : `attachment-${index + 1}`);
  return isMessage && !/\.eml$/i.test(base) ? `${base}.eml` : base;
}

function recipient({ address, name }: Address): { emailAddress: { address: string; name?: string } } {
  return { emailAddress: name === '' ? { address } : { address, name } };
}
