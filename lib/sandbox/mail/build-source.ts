import type { SandboxAddress } from '../types.js';
import type { MessageContent } from './content.js';
import { encodeAddressField, encodeField } from './encode-field.js';
import { attachmentPart, multipart, textPart, type Part } from './parts.js';

/** The source Exchange makes of a message that came as JSON. Bcc is not in it. */
export function buildSource(content: MessageContent, from: SandboxAddress | undefined, date: Date): Buffer {
  const { head, body } = buildBody(content);
  return Buffer.concat([Buffer.from(`${buildFields(content, from, date)}${head}\r\n`, 'latin1'), body]);
}

function buildFields(content: MessageContent, from: SandboxAddress | undefined, date: Date): string {
  const { sender, to, cc, replyTo, subject, messageId, importance, headers } = content;
  const addresses = (name: string, list: SandboxAddress[]): string => (list.length > 0 ? encodeAddressField(name, list) : '');
  const one = (name: string, address: SandboxAddress | undefined, wanted = true): string =>
    addresses(name, address && wanted ? [address] : []);
  return [
    one('From', from),
    one('Sender', sender, sender?.address.toLowerCase() !== from?.address.toLowerCase()),
    addresses('To', to),
    addresses('CC', cc),
    addresses('Reply-To', replyTo),
    encodeField('Subject', subject.replace(/[\r\n]+/g, ' ')),
    encodeField('Date', date.toUTCString().replace('GMT', '+0000')),
    encodeField('Message-ID', messageId),
    importance === 'normal' ? '' : encodeField('Importance', importance) + encodeField('X-Priority', importance === 'high' ? '1' : '5'),
    one('Disposition-Notification-To', from, content.isReadReceiptRequested),
    one('Return-Receipt-To', from, content.isDeliveryReceiptRequested),
    ...headers.map(({ name, value }) => encodeField(name, value.replace(/[\r\n]+/g, ' '))),
    'MIME-Version: 1.0\r\n',
  ].join('');
}

function buildBody({ text, html, attachments, messageId }: MessageContent): Part {
  const bodies = [textPart('plain', text ?? ''), ...(html === undefined ? [] : [textPart('html', html)])];
  const alternative = multipart('alternative', bodies, messageId);
  const inline = attachments.filter(({ isInline }) => isInline).map(attachmentPart);
  const others = attachments.filter(({ isInline }) => !isInline).map(attachmentPart);
  return multipart('mixed', [multipart('related', [alternative, ...inline], messageId), ...others], messageId);
}
