import type { Item } from '../../item.js';
import { sizeOf } from '../../mail/content.js';
import type { SandboxBounce } from '../../types.js';
import type { UploadSession } from '../../uploads.js';
import type { ApiBounce, ApiDraft, ApiUpload } from '../api-types.js';

export function renderDraft({ immutableId, mailbox, content, createdAt, modifiedAt }: Item, uploads: ApiUpload[]): ApiDraft {
  const recipients = [...content.to, ...content.cc, ...content.bcc];
  return {
    id: immutableId,
    mailbox: mailbox.userPrincipalName,
    subject: content.subject.slice(0, 200),
    messageId: content.messageId,
    from: content.from ?? null,
    recipients: recipients.slice(0, 3),
    recipientCount: recipients.length,
    createdAt: createdAt.toISOString(),
    modifiedAt: modifiedAt.toISOString(),
    size: sizeOf(content),
    attachments: content.attachments.map(({ name, size, contentType }) => ({ name, size, contentType })),
    uploads,
  };
}

export const renderUpload = ({ item, file, received, expiresAt }: UploadSession): ApiUpload => ({
  draftId: item.immutableId,
  name: file.name,
  size: file.size,
  received,
  expiresAt: expiresAt.toISOString(),
});

const MOST_SHOWN = 100;

const remedyOf = (reason: string): string =>
  reason.includes('RecipLimit')
    ? 'Split the recipients over several messages, or use a distribution group (it counts as one).'
    : 'Check the address: nobody was found by it. The others got their copy.';

export function renderBounce(
  { mailbox, subject, messageId, recipients, reason }: SandboxBounce,
  at: Date | undefined,
  index: number,
): ApiBounce {
  return {
    id: `${messageId} ${index}`,
    at: (at ?? new Date(0)).toISOString(),
    mailbox,
    subject: subject.slice(0, 200),
    messageId,
    recipientCount: recipients.length,
    recipients: recipients.slice(0, MOST_SHOWN),
    reason,
    remedy: remedyOf(reason),
  };
}
