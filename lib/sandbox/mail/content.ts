import { randomUUID } from 'node:crypto';
import type { Json } from '../checks/check-value.js';
import { domainOf } from '../directory.js';
import type { Mailbox } from '../settings.js';
import type { SandboxAddress, SandboxAttachment, SandboxHeader, SandboxMessage } from '../types.js';

/** An attachment with the id it has in the mailbox. */
export interface StoredAttachment extends SandboxAttachment {
  id: string;
  type: 'fileAttachment' | 'itemAttachment';
}

/** What a message says, read from JSON or from MIME. */
export interface MessageContent extends Pick<
  SandboxMessage,
  | 'to'
  | 'cc'
  | 'bcc'
  | 'replyTo'
  | 'subject'
  | 'messageId'
  | 'text'
  | 'html'
  | 'importance'
  | 'isReadReceiptRequested'
  | 'isDeliveryReceiptRequested'
  | 'posted'
> {
  format: 'json' | 'mime';
  /** As the client gave it. */
  from: SandboxAddress | undefined;
  sender: SandboxAddress | undefined;
  attachments: StoredAttachment[];
  /** JSON: header lines from `internetMessageHeaders` and extended properties. */
  headers: SandboxHeader[];
  /** JSON: properties that only matter in the sender's own mailbox, as a GET shows them. */
  properties: Json;
  /** JSON: the message as it was checked, without its attachments. A PATCH is laid over it. */
  message: Json;
  /** MIME: the posted bytes. */
  mime: Buffer | undefined;
  /** MIME: how many of the attachments are in the posted bytes; the others were added to the draft. */
  postedAttachments: number;
}

/** Everybody who gets a copy, each address once. */
export function recipientsOf({ to, cc, bcc }: MessageContent): string[] {
  return [...new Set([...to, ...cc, ...bcc].map(({ address }) => lowerAscii(address)))];
}

/** Bytes the tenant's message size limit is measured by: bodies and decoded attachments. */
export function sizeOf({ text, html, attachments }: MessageContent): number {
  const bodies = Buffer.byteLength(text ?? '') + Buffer.byteLength(html ?? '');
  return attachments.reduce((sum, { size }) => sum + size, bodies);
}

/** A Message-ID for a message whose client gave none. */
export const newMessageId = (mailbox: Mailbox): string => `<${randomUUID()}@${domainOf(mailbox.userPrincipalName)}>`;

/** Elsewhere lower case makes one letter of two: the Kelvin sign is no k. */
function lowerAscii(address: string): string {
  return address.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
