import { checkRecipients, checkRecipientCount, checkSender } from '../checks/recipients.js';
import { recipientsOf, sizeOf, type MessageContent } from '../mail/content.js';
import { badRequest } from '../refusal.js';
import type { Mailbox } from '../settings.js';
import type { SandboxState } from '../state.js';

/**
 * What is checked when a message is sent, and not before: a draft may be incomplete.
 * @throws Refusal
 */
export function checkSubmission({ settings }: SandboxState, mailbox: Mailbox, content: MessageContent): void {
  checkSender(mailbox, [content.from, content.sender]);
  checkRecipients([...content.to, ...content.cc, ...content.bcc], content.replyTo);
  if (settings.tooManyRecipients === 'refuse') checkRecipientCount(recipientsOf(content));
  checkSize(settings.maxMessageSize, content);
}

/** The tenant's limit: msgraph-docs-contrib #2561. */
export function checkSize(limit: number, content: MessageContent, more = 0): void {
  if (sizeOf(content) + more > limit) throw badRequest('ErrorMessageSizeExceeded', 'The message exceeds the maximum supported size.');
}
