import { createHash } from 'node:crypto';
import type { SandboxHeader } from '../types.js';
import type { Outline, OutlinePart } from '../wire-types.js';
import { decodeField, splitSource, type SplitSource } from './head.js';
import { boundaryOf, contentTypeOf, splitMultipart } from './multipart.js';

// an outline goes into a request of 64 kB
const MOST_FIELDS = 100;
const MOST_VALUE = 2000;
const MOST_HEADER = 20_000;
const MOST_PARTS = 100;
const MOST_DEPTH = 8;
const MOST_NAME = 100;

/** What a message source (RFC 5322) consists of. */
export function outlineOf(source: Buffer): Outline {
  const split = splitSource(source);
  const parts: OutlinePart[] = [];
  collect(split, 0, parts);
  return { fields: cutFields(split.fields.map(decodeField)), parts, bytes: source.length };
}

function cutFields(fields: SandboxHeader[]): SandboxHeader[] {
  let left = MOST_HEADER;
  return fields.slice(0, MOST_FIELDS).flatMap(({ name, value }) => {
    const cut = { name: name.slice(0, MOST_NAME), value: shorten(value, MOST_VALUE) };
    left -= Buffer.byteLength(JSON.stringify(cut));
    return left < 0 ? [] : cut;
  });
}

const shorten = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)}…` : text);

function collect(part: SplitSource, depth: number, parts: OutlinePart[]): void {
  if (parts.length >= MOST_PARTS) return;
  const contentType = contentTypeOf(part);
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const disposition = fieldOf(part, 'content-disposition');
  const entry: OutlinePart = {
    depth,
    type: type.slice(0, MOST_NAME),
    name: shorten(parameter(disposition, 'filename') ?? parameter(contentType, 'name') ?? '', MOST_NAME),
    disposition: disposition.split(';', 1)[0]?.trim().toLowerCase().slice(0, MOST_NAME) ?? '',
    contentId: shorten(fieldOf(part, 'content-id').replace(/^<|>$/g, ''), MOST_NAME),
    bytes: 0,
    digest: '',
  };
  parts.push(entry);
  const boundary = boundaryOf(contentType);
  if (boundary !== undefined && depth < MOST_DEPTH) {
    for (const child of splitMultipart(part.body, boundary).children) collect(splitSource(child), depth + 1, parts);
    return;
  }
  const content = decode(part.body, fieldOf(part, 'content-transfer-encoding').toLowerCase());
  const shown = type.startsWith('text/') ? plain(content, parameter(contentType, 'charset')) : content;
  entry.bytes = content.length;
  entry.digest = createHash('sha256').update(shown).digest('base64url').slice(0, 22);
}

/** The value of a field, encoded words decoded. */
function fieldOf({ fields }: SplitSource, wanted: string): string {
  const field = fields.find(({ name }) => name.toLowerCase() === wanted);
  return field ? decodeField(field).value : '';
}

function decode(body: Buffer, encoding: string): Buffer {
  if (encoding === 'base64') return Buffer.from(body.toString('latin1'), 'base64');
  if (encoding !== 'quoted-printable') return body;
  const text = body
    .toString('latin1')
    .replace(/=[ \t]{0,100}\r?\n/g, '')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}

/** Line ends, and how many there are at the end, are the way's. */
function plain(content: Buffer, charset = 'utf-8'): string {
  let text: string;
  try {
    text = new TextDecoder(charset).decode(content);
  } catch {
    text = content.toString('latin1');
  }
  return text.replace(/\r\n/g, '\n').trimEnd();
}

/** A parameter, quoted or not, in pieces or encoded (RFC 2231); undefined where there is none. */
function parameter(field: string, wanted: string): string | undefined {
  const pieces: [index: number, isEncoded: boolean, text: string][] = [];
  for (const [, name = '', index, star, quoted, bare = ''] of field.matchAll(
    /;\s*([\w-]+)(?:\*(\d{1,3}))?(\*)?\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g,
  )) {
    if (name.toLowerCase() !== wanted) continue;
    pieces.push([Number(index ?? 0), star !== undefined, quoted?.replace(/\\(.)/g, '$1') ?? bare]);
  }
  if (pieces.length === 0) return undefined;
  const isEncoded = pieces.some(([, encoded]) => encoded);
  const text = pieces
    .sort(([one], [two]) => one - two)
    .map(([, , piece]) => piece)
    .join('');
  if (!isEncoded) return text;
  const value = text.replace(/^[^']*'[^']*'/, '');
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
