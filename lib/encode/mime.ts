import type { Readable } from 'node:stream';
import type { Cancellation } from '../base/cancellation.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { Address } from '../message/address.js';
import { fieldName, joinMessage, readHeaderBlock, splitMessage } from '../message/header-block.js';
import { createMimeNode, type MimeTreeNode } from '../message/nodemailer.js';
import type { OutgoingAttachment, OutgoingMessage } from '../message/outgoing-message.js';
import { listParts } from '../message/tree.js';
import { buildSource } from './build-source.js';
import { withCrlf } from './line-ends.js';
import { headerOf, putHeader } from './plain-headers.js';
import { isAddressList, isWithinEnvelope, readMime } from './strict/check-mime.js';
import type { StrictField } from './strict/header.js';

export interface MimeOptions {
  /** Milliseconds without a byte after which building is given up. */
  idleTimeout: number;
  signal: Cancellation | undefined;
}

/**
 * The message as MIME, with CRLF line ends and a Bcc header for whom no other header names.
 *
 * @param without attachments that are uploaded separately
 */
export async function encodeMime(
  message: OutgoingMessage,
  options: MimeOptions,
  without: ReadonlySet<OutgoingAttachment> = new Set(),
): Promise<Buffer> {
  if (message.raw) message.tree.setRaw(await message.raw.bytes());
  else await prepareTree(message, without);
  options.signal?.throwIfAborted();
  const built = buildSource(message.tree);
  const source = readdress(built ? built.source : await collect(message.tree.createReadStream(), options), message);
  // its header has CRLF then
  return built?.crlf ? source : withCrlf(source);
}

async function prepareTree({ tree, attachments }: OutgoingMessage, without: ReadonlySet<OutgoingAttachment>): Promise<void> {
  for (const { node, source } of attachments.filter((attachment) => !without.has(attachment))) {
    // streams were read already, and a URL must not be fetched twice
    if (node && !isPlain(node.content)) setContent(node, await source.bytes());
  }
  for (const { node } of [...without].reverse()) if (node) detach(node, tree);
  const parts = listParts(tree);
  // RFC 2045, 6.4: whoever believes "base64" of a multipart finds no parts in it
  if (tree.childNodes.length > 0 && !parts.some(({ sealed }) => sealed)) {
    tree._headers = tree._headers.filter(({ key }) => !/^content-transfer-encoding$/i.test(key));
  }
  for (const { node, type, role, sealed } of parts) {
    if (sealed || !type.startsWith('text/') || role === 'related' || role === 'attachment' || node._raw) continue;
    // Exchange has corrupted quoted-printable text: stray "=" and swallowed characters at soft line breaks
    if (headerOf(node, 'Content-Transfer-Encoding') !== 'base64') putHeader(node, 'Content-Transfer-Encoding', 'base64');
    if (typeof node.content === 'string') node.content = node.content.replace(/\r?\n/g, '\r\n');
    else if (Buffer.isBuffer(node.content) && !node.content.includes(0)) node.content = withCrlf(node.content);
  }
}

/** Text and Buffers stay as they are; everything else was taken in before. */
function isPlain(content: unknown): boolean {
  return typeof content === 'string' || Buffer.isBuffer(content) || !content;
}

function setContent(node: MimeTreeNode, content: Buffer): void {
  node.content = content;
}

/** Takes a node out of the tree; a message that is nothing but attachments keeps an empty text. */
function detach(node: MimeTreeNode, root: MimeTreeNode): void {
  if (node !== root) {
    const { parentNode } = node;
    node.remove();
    // a multipart must have a part (RFC 2046)
    if (parentNode?.childNodes.length === 0) detach(parentNode, root);
    return;
  }
  node._headers = node._headers.filter(({ key }) => !/^content-/i.test(key));
  node.filename = undefined;
  node.content = '';
  node.setHeader('Content-Type', 'text/plain; charset=utf-8');
}

async function collect(stream: Readable, { idleTimeout, signal }: MimeOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const timer = setTimeout(
    () =>
      stream.destroy(
        new GraphTransportError('ETIMEDOUT', `building the message gave no data for ${idleTimeout} ms (socketTimeout); nothing was sent`),
      ),
    idleTimeout,
  );
  const onAbort = () => stream.destroy(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      timer.refresh();
    }
  } catch (error) {
    if (error === signal?.reason || error instanceof GraphTransportError) throw error;
    throw new GraphTransportError('EMESSAGE', `the message cannot be built: ${(error as Error).message}; nothing was sent`, {
      permanent: true,
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
  return Buffer.concat(chunks);
}

type Addressed = Pick<
  OutgoingMessage,
  'to' | 'cc' | 'bcc' | 'headersRewritten' | 'deliveryReceipt' | 'messageId' | 'from' | 'envelope' | 'raw'
>;

/**
 * Makes the header name exactly the envelope, and gives a message without one a Message-ID. A header that is well-formed and does
 * so stays byte for byte; in any other the fields of the recipients are written anew, at its top.
 *
 * @throws {GraphTransportError} `EMESSAGE` if a plugin has written what is no header
 */
export function readdress(source: Buffer, message: Addressed): Buffer {
  const { envelope, headersRewritten, deliveryReceipt, messageId, from } = message;
  const has = (fields: readonly StrictField[], name: string) => fields.some((field) => field.name === name);
  const { fields } = headersRewritten ? {} : readMime(source, envelope.to);
  if (fields && has(fields, 'message-id') && !(deliveryReceipt && from && !has(fields, 'return-receipt-to'))) return source;
  const { lines, body, repairs, ended } = readHeaderBlock(source);
  if (message.raw === undefined && (repairs.length > 0 || !ended)) {
    throw new GraphTransportError(
      'EMESSAGE',
      `what a plugin made of the message has no valid header: ${repairs[0] ?? 'it does not end'}; nothing was sent`,
      {
        permanent: true,
      },
    );
  }
  const names = new Set(lines.map(fieldName));
  const isIntact = (name: string) => lines.every((line) => fieldName(line) !== name || isWithinEnvelope(fieldText(line), envelope.to));
  const keepTo = !headersRewritten && isIntact('to');
  const keepCc = !headersRewritten && isIntact('cc');
  let authors = 0;
  const kept = lines.filter((line) => {
    switch (fieldName(line)) {
      case 'bcc':
      case 'resent-bcc':
        return false;
      case 'to':
        return keepTo;
      case 'cc':
        return keepCc;
      case 'from':
        return authors++ === 0 && isAddressList(fieldText(line));
      default:
        return true;
    }
  });
  const added = [
    ...(names.has('from') && from && !kept.some((line) => fieldName(line) === 'from') ? addressLine('From', [from]) : []),
    ...(keepTo ? [] : addressLine('To', message.to)),
    ...(keepCc ? [] : addressLine('Cc', message.cc)),
    ...addressLine('Bcc', message.bcc),
    ...(names.has('message-id') ? [] : [`Message-ID: ${messageId}`]),
    // MS-OXCMAIL 2.2.3.2: how Exchange is asked for a delivery report in MIME
    ...(deliveryReceipt && !names.has('return-receipt-to') && from
      ? addressLine('Return-Receipt-To', [{ address: from.address, name: '' }])
      : []),
  ];
  return joinMessage({ lines: [...added, ...kept], body });
}

/** What stands behind the colon, with its folds. */
function fieldText(line: string): string {
  return Buffer.from(line.slice(line.indexOf(':') + 1), 'latin1').toString('utf8');
}

/** An address header as Nodemailer encodes and folds it. */
function addressLine(name: string, addresses: readonly Address[]): string[] {
  if (addresses.length === 0) return [];
  const node = createMimeNode();
  // every header of this name is encoded as addresses, whatever its real one
  node.setHeader(
    'To',
    addresses.map((address) => ({ ...address })),
  );
  const { lines } = splitMessage(Buffer.from(`${node.buildHeaders()}\r\n\r\n`));
  const line = lines.find((candidate) => fieldName(candidate) === 'to') ?? '';
  return [`${name}${line.slice('To'.length)}`];
}
