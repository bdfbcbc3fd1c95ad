import { BufferContent } from '../../lib/message/content/memory-source.js';
import { createMimeNode } from '../../lib/message/nodemailer.js';
import type { OutgoingAttachment, OutgoingMessage } from '../../lib/message/outgoing-message.js';

/** A message of one line, with what a test is about. */
export function outgoing(parts: Partial<OutgoingMessage> = {}): OutgoingMessage {
  const { to = [{ address: 'reader@example.com', name: '' }], cc = [], bcc = [] } = parts;
  return {
    messageId: '<one@contoso.com>',
    envelope: { from: 'noreply@contoso.com', to: [...to, ...cc, ...bcc].map(({ address }) => address) },
    from: { address: 'noreply@contoso.com', name: '' },
    sender: undefined,
    replyTo: [],
    to,
    cc,
    bcc,
    removed: [],
    added: [],
    headersRewritten: false,
    subject: 'Hello',
    importance: 'normal',
    readReceipt: false,
    deliveryReceipt: false,
    headers: [],
    text: new BufferContent(Buffer.from('Hello')),
    html: undefined,
    attachments: [],
    traits: [],
    losses: [],
    tree: createMimeNode(),
    raw: undefined,
    ...parts,
  };
}

export function attachment(parts: Partial<OutgoingAttachment> = {}): OutgoingAttachment {
  return {
    name: 'invoice.pdf',
    contentType: 'application/pdf',
    contentId: undefined,
    isInline: false,
    source: new BufferContent(Buffer.from('content')),
    node: undefined,
    ...parts,
  };
}
