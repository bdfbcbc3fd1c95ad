import { DEFERRED_SEND_TIME } from '../encode/extended-properties.js';
import type { MessageSettings } from './plan-settings.js';

/** Whether Exchange is to send it later, by `graph.sendAt` or by the property itself. Until then it waits in the mailbox, looking like a draft. */
export function isDeferred({ sendAt, extras }: Pick<MessageSettings, 'sendAt' | 'extras'>): boolean {
  return (
    sendAt !== undefined ||
    (extras?.singleValueExtendedProperties ?? []).some(({ id }) => id.toLowerCase() === DEFERRED_SEND_TIME.toLowerCase())
  );
}
