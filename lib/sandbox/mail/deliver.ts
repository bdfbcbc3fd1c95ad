import { MOST_RECIPIENTS } from '../checks/recipients.js';
import type { Directory } from '../directory.js';
import type { Settings } from '../settings.js';
import type { SandboxState } from '../state.js';
import type { Item } from '../item.js';
import type { SandboxAddress, SandboxMessage } from '../types.js';
import { buildSource } from './build-source.js';
import { recipientsOf, sizeOf, type MessageContent } from './content.js';
import { deliverMime } from './deliver-mime.js';
import { decodeField, splitSource } from './head.js';

/** How a message was sent. */
export interface Submission {
  route: SandboxMessage['route'];
  saveToSentItems: boolean;
}

/** Sends an item: to the recipients, or back to the sender as a bounce, and to Sent Items. */
export function deliver({ directory, settings, store }: SandboxState, item: Item, submission: Submission): void {
  const { content, mailbox } = item;
  store.moveToSent(item, settings.sentCopyDelay);
  const recipients = recipientsOf(content);
  if (recipients.length > MOST_RECIPIENTS) {
    store.bounce(item, {
      mailbox: mailbox.userPrincipalName,
      subject: content.subject,
      messageId: content.messageId,
      recipients,
      reason: '550 5.5.3 RESOLVER.ADR.RecipLimit; too many recipients',
    });
  } else {
    item.delivered = toMessage(item, recipients, submission, effectiveFrom(item, directory, settings), settings.keepContent);
    store.deliver(item.delivered, item, sizeOf(content) + (content.mime?.length ?? 0));
    settings.onMessage(item.delivered);
  }
  if (!settings.keepContent) item.content = withoutContent(content);
  if (!submission.saveToSentItems) store.remove(item);
}

const withoutBytes = (content: MessageContent): MessageContent => ({
  ...content,
  attachments: content.attachments.map((attachment) => ({ ...attachment, content: Buffer.alloc(0) })),
});

const withoutContent = (content: MessageContent): MessageContent => ({
  ...withoutBytes(content),
  text: undefined,
  html: undefined,
  posted: {},
  message: {},
  mime: undefined,
});

/**
 * The From the recipients see: the directory's display name beats the client's (msgraph-sdk-php #183), the primary
 * address an alias (Set-OrganizationConfig, SendFromAliasEnabled).
 */
function effectiveFrom({ content, mailbox }: Item, directory: Directory, { sendFromAliases }: Settings): SandboxAddress {
  const given = content.from ?? { address: mailbox.userPrincipalName, name: mailbox.displayName ?? '' };
  if (content.format === 'mime') return given;
  const owner = directory.ownerOf(given.address);
  const isAlias = owner !== undefined && owner.userPrincipalName.toLowerCase() !== given.address.toLowerCase();
  return { address: isAlias && !sendFromAliases ? owner.userPrincipalName : given.address, name: owner?.displayName ?? given.name };
}

function toMessage(
  { content, mailbox, immutableId, requestIds }: Item,
  recipients: string[],
  { route, saveToSentItems }: Submission,
  from: SandboxAddress,
  keepContent: boolean,
): SandboxMessage {
  const acceptedAt = new Date();
  const kept = keepContent ? content : withoutContent(content);
  const message = {
    id: immutableId,
    mailbox: mailbox.userPrincipalName,
    format: content.format,
    route,
    from,
    sender: content.sender ?? from,
    to: content.to,
    cc: content.cc,
    bcc: content.bcc,
    replyTo: content.replyTo,
    recipients,
    subject: content.subject,
    messageId: content.messageId,
    text: kept.text,
    html: kept.html,
    importance: content.importance,
    isReadReceiptRequested: content.isReadReceiptRequested,
    isDeliveryReceiptRequested: content.isDeliveryReceiptRequested,
    // the header does not depend on the attachments' bytes, so it is made without them
    headers: splitSource(sourceOf(withoutBytes(content), from, acceptedAt)).fields.map(decodeField),
    attachments: kept.attachments.map(({ id: _id, type: _type, ...attachment }) => attachment),
    savedToSentItems: saveToSentItems,
    acceptedAt,
    posted: kept.posted,
    requestIds,
  };
  return keepContent ? withSource(message, () => sourceOf(content, from, acceptedAt)) : { ...message, source: Buffer.alloc(0) };
}

const sourceOf = (content: MessageContent, from: SandboxAddress, date: Date): Buffer =>
  content.mime ? deliverMime(content.mime, content, from, date) : buildSource(content, from, date);

const SMALL_SOURCE = 256 * 1024;

/**
 * The source is built on demand: base64 of a large attachment costs more than the delivery itself, and nearly as much
 * memory as the message, so that a large one is not kept.
 */
function withSource(message: Omit<SandboxMessage, 'source'>, build: () => Buffer): SandboxMessage {
  let kept: Buffer | undefined;
  return {
    ...message,
    get source() {
      const source = kept ?? build();
      if (source.length <= SMALL_SOURCE) kept = source;
      return source;
    },
  };
}
