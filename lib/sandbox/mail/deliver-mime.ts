import type { SandboxAddress } from '../types.js';
import type { MessageContent } from './content.js';
import { encodeAddressField, encodeField } from './encode-field.js';
import { joinSource, splitSource, type RawField } from './head.js';
import { attachmentPart, multipart } from './parts.js';

// Bcc never travels; Exchange replaces Return-Path and drops Auto-Submitted (msgraph-sdk-dotnet #2209)
const droppedFields = new Set(['bcc', 'return-path', 'auto-submitted']);

/**
 * The source Exchange delivers of a posted MIME message: "more or less intact"
 * (https://learn.microsoft.com/graph/outlook-things-to-know-about-send-mail).
 * Attachments added to the draft afterwards are wrapped around the posted body.
 */
export function deliverMime(mime: Buffer, content: MessageContent, from: SandboxAddress, date: Date): Buffer {
  const { fields, separator, body } = splitSource(mime);
  const kept = fields.filter(({ name }) => !droppedFields.has(name.toLowerCase()));
  const has = (wanted: string): boolean => kept.some(({ name }) => name.toLowerCase() === wanted);
  if (!has('from')) kept.unshift({ name: 'From', text: encodeAddressField('From', [from]) });
  if (!has('date')) kept.push({ name: 'Date', text: encodeField('Date', date.toUTCString().replace('GMT', '+0000')) });
  if (!has('message-id')) kept.push({ name: 'Message-ID', text: encodeField('Message-ID', content.messageId) });
  const added = content.attachments.slice(content.postedAttachments);
  if (added.length === 0) return joinSource({ fields: kept, separator, body });
  const isContent = ({ name }: RawField): boolean => /^content-/i.test(name);
  const inner = {
    head: kept
      .filter(isContent)
      .map(({ text }) => text)
      .join(''),
    body,
  };
  const whole = multipart('mixed', [inner, ...added.map(attachmentPart)], content.messageId);
  const outer = kept.filter((field) => !isContent(field));
  if (!has('mime-version')) outer.push({ name: 'MIME-Version', text: 'MIME-Version: 1.0\r\n' });
  return joinSource({ fields: [...outer, { name: 'Content-Type', text: whole.head }], separator: '\r\n', body: whole.body });
}
