import { base64Lines, base64LinesLength, isSmall, writeBase64Lines } from './base64.js';
import { hasBareBreak } from './line-ends.js';
import { headerOf, plainHeaders } from './plain-headers.js';
import { createEncoder, type Encoder, type MimeTreeNode } from '../message/nodemailer.js';

/** What Nodemailer's streams are replaced with if a plugin wants something else. */
const METHODS = ['createReadStream', 'stream', '_getStream', 'getTransferEncoding'];

export interface BuiltSource {
  source: Buffer;
  /** Whether every line ends with CRLF: it is made of headers that were looked at, and of base64. */
  crlf: boolean;
}

/**
 * The bytes that Nodemailer's stream of this tree would give, built at once. Its streams take most of the time that a small message
 * costs.
 *
 * @returns `undefined` if the tree holds anything but text and Buffers, or a plugin takes part in writing it
 */
export function buildSource(tree: MimeTreeNode): BuiltSource | undefined {
  if (tree._transforms.length > 0 || tree._processFuncs.length > 0 || tree.newline || !isPlain(tree)) return undefined;
  const pieces = new Pieces();
  writeNode(tree, pieces);
  const last = pieces.lastByte;
  if (last !== 0x0a) pieces.add(last === 0x0d ? '\n' : '\r\n');
  return { source: pieces.join(), crlf: pieces.crlf };
}

function isPlain(node: MimeTreeNode): boolean {
  if (METHODS.some((name) => Object.hasOwn(node, name))) return false;
  if (node._raw) return isText(node._raw) && !node.multipart;
  return (!node.content || isText(node.content)) && node.childNodes.every(isPlain);
}

function isText(content: unknown): content is string | Buffer {
  return typeof content === 'string' || Buffer.isBuffer(content);
}

function writeNode(node: MimeTreeNode, pieces: Pieces): void {
  if (node._raw) {
    pieces.crlf = false;
    pieces.add(node._raw as string | Buffer);
    return;
  }
  // before the headers, which set it
  const encoding = encodingOf(node);
  const plain = plainHeaders(node, encoding);
  const header = plain ?? node.buildHeaders();
  if ((plain === undefined && hasBareBreak(`${header}${node.boundary || ''}`)) || (node.content && encoding !== 'base64'))
    pieces.crlf = false;
  pieces.add(`${header}\r\n\r\n`);
  if (node.content) addContent(pieces, node, node.content as string | Buffer, encoding);
  if (!node.multipart) return;
  let separator = '';
  for (const child of node.childNodes) {
    pieces.add(`${separator}--${node.boundary}\r\n`);
    writeNode(child, pieces);
    separator = '\r\n';
  }
  pieces.add(`\r\n--${node.boundary}--\r\n`);
}

function encodingOf(node: MimeTreeNode): string | false {
  if (!node.content) return false;
  return headerOf(node, 'Content-Transfer-Encoding') === 'base64' ? 'base64' : node.getTransferEncoding();
}

function addContent(pieces: Pieces, node: MimeTreeNode, content: string | Buffer, encoding: string | false): void {
  if (encoding !== 'base64' && encoding !== 'quoted-printable') return pieces.add(content);
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  if (encoding === 'quoted-printable') {
    return pieces.add(run(createEncoder('quoted-printable', { binary: !/^text\//i.test(node.contentType ?? '') }), bytes));
  }
  evenLines ??= hasEvenLines();
  if (!evenLines) return pieces.add(run(createEncoder('base64'), bytes));
  if (isSmall(bytes)) return pieces.add(base64Lines(bytes));
  pieces.addBase64(bytes);
}

/** How lines are broken depends on Nodemailer's version: its own encoder does it, without a stream around it. */
function run(encoder: Encoder, bytes: Buffer): string {
  let text = '';
  encoder.push = (chunk) => {
    text += typeof chunk === 'string' ? chunk : (chunk?.toString('latin1') ?? '');
    return true;
  };
  // a stream keeps an empty chunk from it
  if (bytes.length > 0) encoder._transform(bytes, 'buffer', () => undefined);
  encoder._flush(() => undefined);
  return text;
}

let evenLines: boolean | undefined;

/** Whether Nodemailer breaks base64 as everybody does. Version 7 breaks too late behind a single line, and once too often behind full ones. */
function hasEvenLines(): boolean {
  return [58, 114].every((length) => {
    const bytes = Buffer.alloc(length);
    return run(createEncoder('base64'), bytes) === base64Lines(bytes);
  });
}

/** Strings are put together before they are encoded, and large contents are encoded where they come to stand. */
class Pieces {
  readonly #parts: { bytes: Buffer; inBase64: boolean; length: number }[] = [];
  #text = '';
  /** Asked for its end once: a string that is still in pieces is copied to answer. */
  #last: string | Buffer | undefined;
  crlf = true;

  add(piece: string | Buffer): void {
    if (piece.length === 0) return;
    if (typeof piece === 'string') {
      this.#text += piece;
      this.#last = piece;
      return;
    }
    this.#close();
    this.#parts.push({ bytes: piece, inBase64: false, length: piece.length });
    this.#last = piece;
  }

  /** Of a string its last character: only line ends are asked for. */
  get lastByte(): number | undefined {
    const last = this.#last;
    return typeof last === 'string' ? last.charCodeAt(last.length - 1) : last?.[last.length - 1];
  }

  /** Content that is written in base64, in lines. */
  addBase64(bytes: Buffer): void {
    this.#close();
    this.#parts.push({ bytes, inBase64: true, length: base64LinesLength(bytes) });
    // whatever letter it is
    this.#last = '=';
  }

  join(): Buffer {
    if (this.#parts.length === 0) return Buffer.from(this.#text);
    this.#close();
    const whole = Buffer.allocUnsafe(this.#parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const { bytes, inBase64, length } of this.#parts) {
      if (inBase64) writeBase64Lines(bytes, whole, at);
      else bytes.copy(whole, at);
      at += length;
    }
    return whole;
  }

  #close(): void {
    if (this.#text === '') return;
    const bytes = Buffer.from(this.#text);
    this.#parts.push({ bytes, inBase64: false, length: bytes.length });
    this.#text = '';
  }
}
