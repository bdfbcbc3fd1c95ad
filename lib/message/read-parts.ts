import { attachmentLabel, attachmentTraits } from './attachment-traits.js';
import type { ContentReader } from './content/content-reader.js';
import type { ContentSource } from './content/content-source.js';
import { BufferContent, TextContent } from './content/memory-source.js';
import { oneLine } from './clean-text.js';
import type { MimeTreeNode } from './nodemailer.js';
import type { OutgoingAttachment, OutgoingMessage, Trait } from './outgoing-message.js';
import { readReadyMadePart } from './ready-made-part.js';
import { contentIdOf, dispositionOf, type TreePart } from './tree.js';

/** What the content types stand for that JSON has no place for. */
const ALTERNATIVES = new Map<string, 'icalEvent' | 'amp' | 'watchHtml'>([
  ['text/calendar', 'icalEvent'],
  ['text/x-amp-html', 'amp'],
  ['text/watch-html', 'watchHtml'],
]);

/** The bodies clients show, the files in order, and what of it not every format carries. */
export async function readParts(
  tree: MimeTreeNode,
  parts: readonly TreePart[],
  reader: ContentReader,
): Promise<Pick<OutgoingMessage, 'text' | 'html' | 'attachments' | 'traits'>> {
  const bodies = parts.filter(({ role }) => role === 'body' || role === 'alternative');
  // the last alternative of a type is the one clients show
  const pick = (type: string) => bodies.findLast((part) => part.type === type && !part.node._raw);
  const [textPart, htmlPart] = [pick('text/plain'), pick('text/html')];
  const text = textPart && (ownText(textPart) ?? (await readText(textPart, reader, 'text')));
  const html = htmlPart && (ownText(htmlPart) ?? (await readText(htmlPart, reader, 'html')));

  const traits: Trait[] = [];
  if (text && html) traits.push({ feature: 'text', detail: 'Exchange makes its own text part from the html' });
  for (const part of bodies) {
    if (part === textPart || part === htmlPart) continue;
    const feature = ALTERNATIVES.get(part.type) ?? 'alternatives';
    traits.push({ feature, detail: `an alternative of type ${part.type}` });
    await takeIn(part.node, reader, `the ${part.type} alternative`);
  }

  const attachments: OutgoingAttachment[] = [];
  for (const { role, node, contentType } of parts) {
    if (role !== 'related' && role !== 'attachment') continue;
    const label = attachmentLabel(node.filename, attachments.length);
    if (node._raw) {
      const { content, others, ...part } = await readReadyMadePart(await (await takeIn(node, reader, label)).bytes());
      attachments.push({ ...part, source: new BufferContent(content), node, readyMade: { others: others.map(oneLine) } });
      continue;
    }
    attachments.push({
      name: node.filename || undefined,
      contentType,
      contentId: contentIdOf(node),
      isInline: dispositionOf(node) === 'inline',
      source: await reader.read(node, node.content, label),
      node,
    });
  }
  attachments.forEach((attachment, index) => traits.push(...attachmentTraits(attachment, index, tree)));
  return { text, html, attachments, traits };
}

/** A body that is a string. Nodemailer writes it in UTF-8, whatever the type says. */
function ownText({ node: { content } }: TreePart): ContentSource | undefined {
  return typeof content === 'string' ? new TextContent(content) : undefined;
}

/** A body in UTF-8. */
async function readText({ node, contentType }: TreePart, reader: ContentReader, what: string): Promise<ContentSource> {
  const source = await takeIn(node, reader, what);
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  return /^(utf-?8|us-ascii)$/i.test(charset) ? source : new TextContent(decodeCharset(await source.bytes(), charset));
}

/** Reads a body or a ready-made part and leaves its bytes in the tree: no stream and no URL is there a second time. */
async function takeIn(node: MimeTreeNode, reader: ContentReader, what: string): Promise<ContentSource> {
  const source = await reader.read(node, node._raw ? rawContent(node._raw) : node.content, what);
  if (node._raw) node.setRaw(await source.bytes());
  else if (typeof node.content !== 'string') node.content = await source.bytes();
  return source;
}

function decodeCharset(bytes: Buffer, charset: string): string {
  try {
    const decoder = new TextDecoder(charset);
    // in one go Node.js 20 takes windows-1252 for latin1, without "€" and curly quotes
    return decoder.decode(bytes, { stream: true }) + decoder.decode();
  } catch {
    return bytes.toString('utf8');
  }
}

/** Nodemailer accepts `{ content }` around a raw message, too. */
export function rawContent(raw: unknown): unknown {
  return (raw as { content?: unknown } | null | undefined)?.content ?? raw;
}
