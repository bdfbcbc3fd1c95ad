import { distributeHeaders, MAX_INTERNET_HEADERS } from '../encode/json-headers.js';
import { addressKey } from '../message/address.js';
import { attachmentTraits } from '../message/attachment-traits.js';
import type { OutgoingAttachment, OutgoingMessage, Trait } from '../message/outgoing-message.js';
import type { Loss } from '../prepared/loss.js';
import type { MessageSettings } from './plan-settings.js';

/** The message's traits and those that come from how it is to be sent. */
export function traitsOf(message: OutgoingMessage, { mailbox, saveToSentItems, extras, sendAt }: MessageSettings): Trait[] {
  const room = MAX_INTERNET_HEADERS - (extras?.internetMessageHeaders?.length ?? 0);
  const traits: Trait[] = [...message.traits, ...distributeHeaders(message.headers, room).losses];
  const from = message.from?.address;
  // an object id or 'me' may well be the same mailbox, and nobody here can tell
  if (from !== undefined && (!mailbox.includes('@') || addressKey(from) !== addressKey(mailbox))) {
    traits.push({ feature: 'from', detail: `Exchange may replace the From address ${from} by the mailbox's own` });
  }
  if (!saveToSentItems) traits.push({ feature: 'saveToSentItems', detail: 'a copy is kept in Sent Items all the same' });
  if (extras) traits.push({ feature: 'graph.message', detail: `properties of the Graph message: ${Object.keys(extras).join(', ')}` });
  if (sendAt) traits.push({ feature: 'sendAt', detail: 'graph.sendAt goes as JSON only' });
  return traits;
}

/** What files lose that are added to a MIME draft: they are no longer part of the MIME message. */
export function uploadLosses(uploads: readonly OutgoingAttachment[], { attachments, tree }: OutgoingMessage): Loss[] {
  return uploads.flatMap((attachment) => attachmentTraits(attachment, attachments.indexOf(attachment), tree)) as Loss[];
}
