import { createHash } from 'node:crypto';
import type { Json } from '../checks/check-value.js';
import type { Item } from '../item.js';
import type { SandboxAddress } from '../types.js';
import { htmlToPlain } from './html-to-plain.js';
import { renderTime } from './render-attachment.js';

/** A message as Graph shows it, `@odata.context` left to the caller. */
export function renderMessage(item: Item, immutableIds: boolean): Json {
  const { content, delivered } = item;
  const id = immutableIds ? item.immutableId : item.id;
  const modified = renderTime(item.modifiedAt);
  const from = delivered?.from ?? content.from;
  const { singleValueExtendedProperties: _single, multiValueExtendedProperties: _multi, ...properties } = content.properties;
  return {
    '@odata.etag': `W/"${item.changeKey}"`,
    id,
    createdDateTime: renderTime(item.createdAt),
    lastModifiedDateTime: modified,
    changeKey: item.changeKey,
    categories: [],
    receivedDateTime: modified,
    sentDateTime: modified,
    // inline ones do not count: https://learn.microsoft.com/graph/api/resources/message
    hasAttachments: content.attachments.some(({ isInline }) => !isInline),
    internetMessageId: content.messageId,
    subject: content.subject,
    bodyPreview: (content.html === undefined ? (content.text ?? '') : htmlToPlain(content.html)).slice(0, 255),
    importance: content.importance,
    parentFolderId: folderId(item),
    conversationId: `AAQkAG${digest(`conversation ${content.messageId}`)}=`,
    conversationIndex: digest(content.messageId).slice(0, 28),
    isDeliveryReceiptRequested: content.isDeliveryReceiptRequested,
    isReadReceiptRequested: content.isReadReceiptRequested,
    isRead: true,
    isDraft: item.folder === 'drafts',
    webLink: `https://outlook.office365.com/owa/?ItemID=${encodeURIComponent(id)}&exvsurl=1&viewmodel=ReadMessageItem`,
    inferenceClassification: 'focused',
    body: renderBody(content),
    sender: renderRecipient(delivered?.sender ?? content.sender ?? from),
    from: renderRecipient(from),
    toRecipients: content.to.map(renderRecipient),
    ccRecipients: content.cc.map(renderRecipient),
    bccRecipients: content.bcc.map(renderRecipient),
    replyTo: content.replyTo.map(renderRecipient),
    flag: { flagStatus: 'notFlagged' },
    ...properties,
  };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

const folderId = ({ mailbox, folder }: Item): string => `AQMkAD${digest(`${mailbox.id} ${folder}`)}AAAA=`;

const renderRecipient = (address: SandboxAddress | undefined): Json | null =>
  address ? { emailAddress: { name: address.name || address.address, address: address.address } } : null;

/** Exchange stores html as a whole document. */
function renderBody({ text, html }: Item['content']): Json {
  if (html === undefined) return { contentType: 'text', content: text ?? '' };
  const meta = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">';
  const content = /<html[\s>]/i.test(html) ? html : `<html><head>\r\n${meta}</head><body>${html}</body></html>`;
  return { contentType: 'html', content };
}

/** `@odata.context` of a mailbox's messages. */
export const contextOf = (origin: string, { mailbox }: Pick<Item, 'mailbox'>, path: string): string =>
  `${origin}/v1.0/$metadata#users('${encodeURIComponent(mailbox.userPrincipalName)}')/messages${path}`;
