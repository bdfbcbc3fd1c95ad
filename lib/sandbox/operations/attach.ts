import type { StoredAttachment } from '../mail/content.js';
import { badRequest } from '../refusal.js';
import type { SandboxState } from '../state.js';
import type { Item } from '../item.js';
import { checkSize } from './check-submission.js';

/**
 * Adds an attachment to a draft.
 * @throws Refusal
 */
export function attach({ settings, store }: Pick<SandboxState, 'settings' | 'store'>, item: Item, attachment: StoredAttachment): void {
  checkDraft(item);
  checkSize(settings.maxMessageSize, item.content, attachment.size);
  item.content = { ...item.content, attachments: [...item.content.attachments, attachment] };
  store.touch(item);
}

/** @throws Refusal where the message was sent */
export function checkDraft(item: Item): void {
  if (item.folder !== 'drafts')
    throw badRequest('ErrorInvalidPropertySet', 'Set action is invalid for property. The message is not a draft.');
}
