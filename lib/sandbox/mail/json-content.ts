import { isObject, type Json } from '../checks/check-value.js';
import { headersOfProperties } from '../checks/extended-properties.js';
import { checkInternetHeaders } from '../checks/internet-headers.js';
import { readOnlyProperties } from '../checks/schema.js';
import { badRequest } from '../refusal.js';
import type { Mailbox } from '../settings.js';
import type { SandboxAddress } from '../types.js';
import { buildSource } from './build-source.js';
import { newMessageId, type MessageContent } from './content.js';
import { htmlToPlain } from './html-to-plain.js';
import { readAttachment } from './read-attachment.js';

/** What only shows in the sender's own mailbox. */
export const ownProperties = [
  'categories',
  'flag',
  'inferenceClassification',
  'isRead',
  'singleValueExtendedProperties',
  'multiValueExtendedProperties',
];

/**
 * Reads a message that `checkValue` has passed and applies the rules the metadata does not tell.
 * @throws Refusal
 */
export function readJsonContent(message: Json, posted: Json, mailbox: Mailbox): MessageContent {
  const readOnly = Object.keys(message).find((name) => readOnlyProperties.has(name));
  if (readOnly !== undefined) throw badRequest('ErrorInvalidPropertySet', `Set action is invalid for property. Property: '${readOnly}'.`);
  const body = isObject(message.body) ? message.body : {};
  const content = text(body.content);
  const isHtml = body.contentType === 'html';
  const headers = 'internetMessageHeaders' in message ? checkInternetHeaders(list(message.internetMessageHeaders)) : [];
  return {
    format: 'json',
    from: recipient(message.from),
    sender: recipient(message.sender),
    to: recipients(message.toRecipients),
    cc: recipients(message.ccRecipients),
    bcc: recipients(message.bccRecipients),
    replyTo: recipients(message.replyTo),
    subject: text(message.subject),
    messageId: readMessageId(message.internetMessageId) ?? newMessageId(mailbox),
    text: isHtml ? htmlToPlain(content) : content,
    html: isHtml ? content : undefined,
    importance: importanceOf(message.importance),
    isReadReceiptRequested: message.isReadReceiptRequested === true,
    isDeliveryReceiptRequested: message.isDeliveryReceiptRequested === true,
    attachments: list(message.attachments).map((attachment) => readAttachment(attachment, (item) => sourceOfItem(item, mailbox))),
    headers: [...headersOfProperties(list(message.singleValueExtendedProperties)), ...headers],
    properties: Object.fromEntries(ownProperties.filter((name) => name in message).map((name) => [name, message[name]])),
    message: { ...message, attachments: [] },
    posted,
    mime: undefined,
    postedAttachments: 0,
  };
}

/** The MIME source of an attached message. */
export function sourceOfItem(item: Json, mailbox: Mailbox): Buffer {
  const content = readJsonContent(item, item, mailbox);
  return buildSource(content, content.from, new Date());
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const recipients = (value: unknown): SandboxAddress[] => list(value).map((entry) => recipient(entry) ?? { address: '', name: '' });

function recipient(value: unknown): SandboxAddress | undefined {
  if (!isObject(value)) return undefined;
  const address = isObject(value.emailAddress) ? value.emailAddress : {};
  return { address: text(address.address).trim(), name: text(address.name) };
}

const importanceOf = (value: unknown): MessageContent['importance'] => (value === 'low' || value === 'high' ? value : 'normal');

function readMessageId(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && /^<[^<>@\s]+@[^<>@\s]+>$/.test(value)) return value;
  throw badRequest('ErrorPropertyValidationFailure', `The value of the property 'internetMessageId' is not valid.`);
}
