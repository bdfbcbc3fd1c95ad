import { domainToASCII } from 'node:url';
import { simpleParser, type AddressObject, type EmailAddress } from 'mailparser';
import { badRequest, type Refusal } from '../refusal.js';
import type { Mailbox, Settings } from '../settings.js';
import type { SandboxAddress } from '../types.js';
import { newMessageId, type MessageContent } from './content.js';
import { encodeAddressField } from './encode-field.js';
import { decodeField, joinSource, splitSource } from './head.js';
import { newAttachmentId } from './ids.js';

/**
 * Decodes a posted MIME message: base64 and nothing else, line breaks allowed.
 * https://learn.microsoft.com/graph/outlook-send-mime-message
 * @throws Refusal
 */
export function decodeMime(body: Buffer): Buffer {
  const base64 = body.toString('latin1').replace(/[\r\n\t ]+/g, '');
  // one character at a time: matching megabytes as a whole has overflowed the stack
  if (base64.length === 0 || base64.length % 4 !== 0 || /[^A-Za-z0-9+/]/.test(base64.replace(/={1,2}$/, ''))) {
    throw badRequest('ErrorMimeContentInvalidBase64String', 'Invalid base64 string for MIME content.');
  }
  return Buffer.from(base64, 'base64');
}

/**
 * Reads a MIME message. Its header is its envelope.
 * @throws Refusal
 */
export async function readMimeContent(
  mime: Buffer,
  mailbox: Mailbox,
  { sendFromAliases }: Pick<Settings, 'sendFromAliases'>,
): Promise<MessageContent> {
  const { fields } = splitSource(mime);
  if (fields.length === 0) throw invalidMime();
  const parsed = await simpleParser(mime, {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    skipTextLinks: true,
    keepCidLinks: true,
  }).catch(() => {
    throw invalidMime();
  });
  const header = (name: string): string | undefined => fields.map(decodeField).find((field) => field.name.toLowerCase() === name)?.value;
  // mailparser shows international domains in Unicode; what was written is what counts
  const isAscii = fields.some(({ text }) => /xn--/i.test(text));
  const addresses = (value: AddressObject | AddressObject[] | undefined): SandboxAddress[] =>
    [value ?? []].flat().flatMap((object) => object.value.flatMap((entry) => flatten(entry, isAscii)));
  const posted = addresses(parsed.from)[0];
  const from = ownAddress(mailbox, posted, sendFromAliases === 'both');
  return {
    format: 'mime',
    from,
    sender: undefined,
    to: addresses(parsed.to),
    cc: addresses(parsed.cc),
    bcc: addresses(parsed.bcc),
    replyTo: addresses(parsed.replyTo),
    subject: header('subject') ?? '',
    messageId: header('message-id') ?? newMessageId(mailbox),
    text: parsed.text,
    html: parsed.html === false ? undefined : parsed.html,
    importance: importanceOf(header('importance') ?? header('x-priority') ?? ''),
    isReadReceiptRequested: header('disposition-notification-to') !== undefined,
    isDeliveryReceiptRequested: header('return-receipt-to') !== undefined,
    attachments: parsed.attachments.map((attachment) => ({
      id: newAttachmentId(),
      type: 'fileAttachment',
      name: attachment.filename ?? '',
      contentType: attachment.contentType,
      contentId: attachment.cid,
      isInline: attachment.contentDisposition === 'inline' || attachment.related === true,
      size: attachment.size,
      content: attachment.content,
    })),
    headers: [],
    properties: {},
    message: {},
    posted: mime,
    mime: isSame(posted, from) ? mime : replaceSender(mime, from),
    postedAttachments: parsed.attachments.length,
  };
}

/**
 * Whose From the message gets: Exchange ignores the one in MIME, the mailbox's own address is used (reports: EmailEngine,
 * Wino-Mail). The posted name stays where it is the mailbox's and the directory is not known to have another.
 */
function ownAddress(
  { userPrincipalName, aliases, displayName }: Mailbox,
  posted: SandboxAddress | undefined,
  keepsAliases: boolean,
): SandboxAddress {
  const address = posted?.address.toLowerCase() ?? '';
  const isPrimary = address === userPrincipalName.toLowerCase();
  const isAlias = aliases.includes(address);
  const name = isPrimary || isAlias ? posted?.name : undefined;
  const stays = isPrimary || (isAlias && keepsAliases);
  return { address: stays && posted ? posted.address : userPrincipalName, name: displayName ?? name ?? '' };
}

const isSame = (one: SandboxAddress | undefined, two: SandboxAddress): boolean => one?.address === two.address && one.name === two.name;

function replaceSender(mime: Buffer, from: SandboxAddress): Buffer {
  const source = splitSource(mime);
  const others = source.fields.filter(({ name }) => !['from', 'sender'].includes(name.toLowerCase()));
  return joinSource({ ...source, fields: [{ name: 'From', text: encodeAddressField('From', [from]) }, ...others] });
}

const invalidMime = (): Refusal => badRequest('ErrorMimeContentInvalid', 'Invalid MIME content.');

function flatten({ address, name, group }: EmailAddress, isAscii: boolean): SandboxAddress[] {
  if (group) return group.flatMap((member) => flatten(member, isAscii));
  // a bare word is somebody Exchange cannot resolve, not nobody
  if (!address) return name === '' ? [] : [{ address: name, name: '' }];
  const at = address.lastIndexOf('@');
  const written = isAscii && at > 0 ? `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1)) || address.slice(at + 1)}` : address;
  return [{ address: written, name }];
}

function importanceOf(value: string): MessageContent['importance'] {
  if (/^(high|1|2)\b/i.test(value)) return 'high';
  return /^(low|4|5)\b/i.test(value) ? 'low' : 'normal';
}
