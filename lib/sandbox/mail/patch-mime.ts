import type { Json } from '../checks/check-value.js';
import { Refusal } from '../refusal.js';
import type { Mailbox } from '../settings.js';
import type { SandboxAddress } from '../types.js';
import type { MessageContent } from './content.js';
import { encodeAddressField, encodeField } from './encode-field.js';
import { joinSource, splitSource } from './head.js';
import { ownProperties, readJsonContent } from './json-content.js';

const addresses = (name: string, list: (SandboxAddress | undefined)[]): string => {
  const given = list.filter((address) => address !== undefined);
  return given.length > 0 ? encodeAddressField(name, given) : '';
};

/** Which header lines a property stands for, and how they read. */
const fieldsOf: Record<string, { names: string[]; take: (keyof MessageContent)[]; write: (content: MessageContent) => string }> = {
  from: { names: ['from'], take: ['from'], write: ({ from }) => addresses('From', [from]) },
  sender: { names: ['sender'], take: ['sender'], write: ({ sender }) => addresses('Sender', [sender]) },
  toRecipients: { names: ['to'], take: ['to'], write: ({ to }) => addresses('To', to) },
  ccRecipients: { names: ['cc'], take: ['cc'], write: ({ cc }) => addresses('CC', cc) },
  bccRecipients: { names: ['bcc'], take: ['bcc'], write: ({ bcc }) => addresses('Bcc', bcc) },
  replyTo: { names: ['reply-to'], take: ['replyTo'], write: ({ replyTo }) => addresses('Reply-To', replyTo) },
  subject: { names: ['subject'], take: ['subject'], write: ({ subject }) => encodeField('Subject', subject) },
  internetMessageId: { names: ['message-id'], take: ['messageId'], write: ({ messageId }) => encodeField('Message-ID', messageId) },
  importance: {
    names: ['importance', 'x-priority', 'priority', 'x-msmail-priority'],
    take: ['importance'],
    write: ({ importance }) => encodeField('Importance', importance),
  },
  isReadReceiptRequested: {
    names: ['disposition-notification-to'],
    take: ['isReadReceiptRequested'],
    write: ({ isReadReceiptRequested, from }) => (isReadReceiptRequested ? addresses('Disposition-Notification-To', [from]) : ''),
  },
  isDeliveryReceiptRequested: {
    names: ['return-receipt-to'],
    take: ['isDeliveryReceiptRequested'],
    write: ({ isDeliveryReceiptRequested, from }) => (isDeliveryReceiptRequested ? addresses('Return-Receipt-To', [from]) : ''),
  },
};

/**
 * Lays a PATCH over a draft that came as MIME: the header lines it stands for are replaced.
 * @throws Refusal where the change would take more than that
 */
export function patchMime(content: MessageContent, patch: Json, mailbox: Mailbox): MessageContent {
  const read = readJsonContent(patch, patch, mailbox);
  const own = Object.fromEntries(Object.entries(patch).filter(([name]) => ownProperties.includes(name)));
  let patched: MessageContent = { ...content, properties: { ...content.properties, ...own } };
  for (const name of Object.keys(patch)) {
    if (ownProperties.includes(name) && !name.endsWith('ExtendedProperties')) continue;
    const field = fieldsOf[name];
    if (!field) throw new Refusal(501, 'NotImplemented', `The sandbox cannot change '${name}' of a draft that came as MIME.`);
    for (const key of field.take) patched = { ...patched, [key]: read[key] };
    patched = { ...patched, mime: replaceFields(patched.mime ?? Buffer.alloc(0), field.names, field.write(patched)) };
  }
  return patched;
}

function replaceFields(mime: Buffer, names: string[], text: string): Buffer {
  const source = splitSource(mime);
  const fields = source.fields.filter(({ name }) => !names.includes(name.toLowerCase()));
  return joinSource({ ...source, fields: text === '' ? fields : [...fields, { name: names[0] ?? '', text }] });
}
