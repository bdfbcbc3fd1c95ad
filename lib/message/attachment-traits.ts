import type { MimeTreeNode } from './nodemailer.js';
import type { OutgoingAttachment, Trait } from './outgoing-message.js';

/** What Graph's `fileAttachment` does not carry of an attachment; only a MIME message does, and only as long as it holds the file. */
export function attachmentTraits({ name, contentType, node, readyMade }: OutgoingAttachment, index: number, tree: MimeTreeNode): Trait[] {
  const label = attachmentLabel(name, index);
  const traits: Trait[] = [];
  if (readyMade) {
    const lost = readyMade.others.length > 0 ? `, without ${readyMade.others.join(', ')}` : '';
    traits.push({ feature: 'raw', detail: `${label} is given as a ready-made MIME part and arrives as a file${lost}` });
  }
  if (/^message\/rfc822\b/i.test(contentType)) {
    traits.push({ feature: 'rfc822', detail: `${label} arrives as an .eml file, not as a message` });
  } else if (name === undefined) traits.push({ feature: 'attachmentName', detail: `${label} has no name and gets one` });
  // a file that is the whole message shares its headers
  const headers = node && node !== tree ? node._headers.map(({ key }) => key) : [];
  const own = headers.filter((key) => !/^content-(type|disposition|transfer-encoding|id)$/i.test(key));
  if (traits.every(({ feature }) => feature !== 'rfc822')) own.push(...typeParameters(contentType).map((text) => `Content-Type ${text}`));
  if (own.length > 0) traits.push({ feature: 'attachmentHeaders', detail: `${label}: ${own.join(', ')}` });
  return traits;
}

/** What stands behind a type, such as `method=REQUEST`: Graph keeps type and subtype only. The `name` is the file's, a `boundary` Nodemailer's own. */
export function typeParameters(contentType: string): string[] {
  const parts = [''];
  let [isQuoted, isEscaped] = [false, false];
  for (const character of contentType) {
    if (character === ';' && !isQuoted) {
      parts.push('');
      continue;
    }
    if (character === '"' && !isEscaped) isQuoted = !isQuoted;
    isEscaped = character === '\\' && !isEscaped;
    parts.push(`${parts.pop() ?? ''}${character}`);
  }
  return parts
    .slice(1)
    .map((text) => text.trim())
    .filter((text) => text !== '' && !/^(name|boundary)(?![\w-])/i.test(text));
}

/** An attachment as errors and losses name it. */
export function attachmentLabel(name: string | false | undefined, index: number): string {
  return name ? `attachment "${name}"` : `attachment ${index + 1}`;
}
