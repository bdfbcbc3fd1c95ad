import { loadPackage } from '../errors/load-package.js';
import { oneLine } from './clean-text.js';
import type { ContentSource } from './content/content-source.js';
import { BufferContent, TextContent } from './content/memory-source.js';
import type { OutgoingAttachment, OutgoingMessage } from './outgoing-message.js';

/** Takes a ready-made message apart, so that it can be sent as JSON. Its other structure is lost, and told as loss `raw`. */
export async function parseRaw(message: OutgoingMessage, raw: ContentSource): Promise<OutgoingMessage> {
  const { simpleParser } = await loadPackage('mailparser', () => import('mailparser'), 'simpleParser');
  const parsed = await simpleParser(await raw.bytes(), {
    skipHtmlToText: true,
    skipImageLinks: true,
    skipTextLinks: true,
  });
  const source = (text: string | false | undefined) => (text ? new TextContent(text) : undefined);
  return {
    ...message,
    text: source(parsed.text),
    html: source(parsed.html),
    attachments: parsed.attachments.map((attachment): OutgoingAttachment => ({
      name: oneLine(attachment.filename || '') || (/^text\/calendar\b/i.test(attachment.contentType) ? 'invite.ics' : undefined),
      contentType: oneLine(attachment.contentType),
      contentId: attachment.contentId && oneLine(attachment.contentId.replace(/^<|>$/g, '')),
      isInline: attachment.related || attachment.contentDisposition === 'inline',
      source: new BufferContent(attachment.content),
      node: undefined,
    })),
  };
}
