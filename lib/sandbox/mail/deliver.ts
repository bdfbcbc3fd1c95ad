import { isObject } from '../checks/check-value.js';
import { MOST_RECIPIENTS } from '../checks/recipients.js';
import type { Directory } from '../directory.js';
import type { Settings } from '../settings.js';
import type { SandboxState } from '../state.js';
import type { Item } from '../item.js';
import type { SandboxAddress, SandboxMessage } from '../types.js';
import { buildSource } from './build-source.js';
import { recipientsOf, sizeOf, type MessageContent } from './content.js';
import { deliverMime } from './deliver-mime.js';
import { encodeAddressField } from './encode-field.js';
import { decodeField, splitSource } from './head.js';
import { htmlToPlain } from './html-to-plain.js';
import { buildReport, type ReportedRecipient } from './incoming.js';
import { loseOf, lossesOf, replacedMessageId, type Lost } from './lose.js';

/** How a message was sent. */
export interface Submission {
  route: SandboxMessage['route'];
  saveToSentItems: boolean;
}

/** Takes an item for delivery: now, or when its PidTagDeferredSendTime says. Until then it is in Drafts, as users report. */
export function submit(state: SandboxState, item: Item, submission: Submission): void {
  const at = deferredSendTime(item.content);
  if (at && at.getTime() > Date.now()) state.store.defer(item, at, () => deliver(state, item, submission));
  else deliver(state, item, submission);
}

function deferredSendTime({ message }: MessageContent): Date | undefined {
  const properties = Array.isArray(message.singleValueExtendedProperties) ? message.singleValueExtendedProperties.filter(isObject) : [];
  const given = properties.find(({ id }) => typeof id === 'string' && /^SystemTime 0x3FEF$/i.test(id))?.value;
  return typeof given === 'string' ? new Date(given) : undefined;
}

/** Sends an item: to the recipients, or back to the sender as a bounce, and to Sent Items. */
export function deliver({ directory, settings, store }: SandboxState, item: Item, submission: Submission): void {
  const { content, mailbox } = item;
  store.moveToSent(item, settings.sentCopyDelay, settings.keepsDraftIds);
  const everybody = recipientsOf(content);
  const report = (recipients: string[], action: ReportedRecipient['action'], diagnostic: string): void => {
    const status = /\d\.\d+\.\d+/.exec(diagnostic)?.[0] ?? '';
    const reported = recipients.map((address) => ({ address, action, status, diagnostic }));
    store.addIncoming(mailbox, buildReport(content, reported, mailbox));
  };
  const bounce = (recipients: string[], reason: string): void => {
    store.bounce(item, {
      mailbox: mailbox.userPrincipalName,
      subject: content.subject,
      messageId: content.messageId,
      recipients,
      reason,
      acceptedAt: new Date(),
    });
    report(recipients, 'failed', reason);
  };
  const isTooMany = everybody.length > MOST_RECIPIENTS;
  const unknown = everybody.filter((address) => settings.outcomes.get(address) === 'failed');
  const recipients = isTooMany ? [] : everybody.filter((address) => !unknown.includes(address));
  if (isTooMany) bounce(everybody, '550 5.5.3 RESOLVER.ADR.RecipLimit; too many recipients');
  else if (unknown.length > 0) bounce(unknown, '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup');
  const late = recipients.filter((address) => settings.outcomes.get(address) === 'delayed');
  if (late.length > 0) report(late, 'delayed', '451 4.4.1 Connection timed out; the server will keep trying');
  if (recipients.length > 0) {
    const delivered = toMessage(item, recipients, submission, effectiveFrom(item, directory, settings), settings);
    item.delivered = delivered;
    store.deliver(delivered, item, sizeOf(content) + (content.mime?.length ?? 0));
    for (const owner of new Set(recipients.map((address) => directory.ownerOf(address)))) {
      if (owner?.enabled) store.addReceived(owner, asReceived(content, delivered, settings.keepContent), delivered, settings.inboxDelay);
    }
    settings.onMessage(delivered);
  }
  if (!settings.keepContent) item.content = withoutContent(content);
  if (!submission.saveToSentItems) store.remove(item);
}

/** As its recipients have it: nobody sees a Bcc, and the sender's own properties stay with the sender. */
const asReceived = (content: MessageContent, { text, messageId }: SandboxMessage, keepContent: boolean): MessageContent => ({
  ...(keepContent ? content : withoutContent(content)),
  text,
  messageId,
  bcc: [],
  properties: {},
});

/** The source a mailbox has of a message; the sender's copy keeps Bcc. */
export function sourceOfStored({ folder, content, delivered, createdAt }: Item): Buffer {
  const bcc = content.bcc.length > 0 ? Buffer.from(encodeAddressField('Bcc', content.bcc), 'latin1') : Buffer.alloc(0);
  const isOwn = folder === 'drafts' || folder === 'sentitems';
  if (folder === 'drafts' && content.mime) return content.mime;
  // what came from outside is as it came
  const source = delivered?.source ?? (isOwn ? undefined : content.mime) ?? buildSource(content, content.from, createdAt);
  return isOwn ? Buffer.concat([bcc, source]) : source;
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
  posted: SandboxAddress,
  { keepContent, loses }: Settings,
): SandboxMessage {
  const acceptedAt = new Date();
  const lost = lossesOf(content, loses);
  const from = lost?.has('fromName') ? { ...posted, name: mailbox.displayName ?? '' } : posted;
  const source = (of: MessageContent): Buffer => loseOf(sourceOf(of, from, acceptedAt), { content: of, from, lost });
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
    messageId: lost?.has('messageId') ? replacedMessageId(content.messageId) : content.messageId,
    text: textOf(kept, lost),
    html: kept.html,
    importance: content.importance,
    isReadReceiptRequested: content.isReadReceiptRequested,
    isDeliveryReceiptRequested: content.isDeliveryReceiptRequested,
    // the header does not depend on the attachments' bytes, so it is made without them
    headers: splitSource(source(withoutBytes(content))).fields.map(decodeField),
    attachments: kept.attachments.map(({ id: _id, type: _type, ...attachment }) => attachment),
    savedToSentItems: saveToSentItems,
    acceptedAt,
    posted: kept.posted,
    requestIds,
  };
  return keepContent ? withSource(message, () => source(content)) : { ...message, source: Buffer.alloc(0) };
}

const sourceOf = (content: MessageContent, from: SandboxAddress, date: Date): Buffer =>
  content.mime ? deliverMime(content.mime, content, from, date) : buildSource(content, from, date);

/** What is left of the text where Exchange writes its own: made of the html, and in JSON none at all. */
function textOf({ format, text, html }: MessageContent, lost: Lost | undefined): string | undefined {
  if (!lost?.has('text') || html === undefined) return text;
  return format === 'mime' ? htmlToPlain(html) : undefined;
}

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
