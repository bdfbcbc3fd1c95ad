import type { MimeTreeNode } from './nodemailer.js';
import type { OutgoingAttachment, Trait } from './outgoing-message.js';

/** What Graph's `fileAttachment` does not carry of an attachment; only a MIME message does, and only as long as it holds the file. */
export function attachmentTraits({ name, contentType, node }: OutgoingAttachment, index: number, tree: MimeTreeNode): Trait[] {
  const label = attachmentLabel(name, index);
  const traits: Trait[] = [];
  if (/^message\/rfc822\b/i.test(contentType)) {
    traits.push({ feature: 'rfc822', detail: `${label} arrives as an .eml file, not as a message` });
  } else if (name === undefined) traits.push({ feature: 'attachmentName', detail: `${label} has no name and gets one` });
  // a file that is the whole message shares its headers
  const headers = node && node !== tree ? node._headers.map(({ key }) => key) : [];
  const own = headers.filter((key) => !/^content-(type|disposition|transfer-encoding|id)$/i.test(key));
  if (own.length > 0) traits.push({ feature: 'attachmentHeaders', detail: `${label}: ${own.join(', ')}` });
  return traits;
}

/** An attachment as errors and losses name it. */
export function attachmentLabel(name: string | false | undefined, index: number): string {
  return name ? `attachment "${name}"` : `attachment ${index + 1}`;
}
