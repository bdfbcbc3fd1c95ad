import { isUtf8 } from 'node:buffer';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { HeaderField } from './outgoing-message.js';

/** A message split at the empty line; both halves are the bytes as they were. */
export interface SplitMessage {
  /** Header fields, each with its folds but without the line break behind it; `latin1`, one character a byte. */
  lines: string[];
  /** What follows the empty line. */
  body: Buffer;
}

/** Splits a message source into its header lines and the rest. Accepts CRLF and bare LF. */
export function splitMessage(source: Buffer): SplitMessage {
  const { headerEnd, bodyStart } = findEmptyLine(source);
  const text = source.toString('latin1', 0, headerEnd);
  const lines = text === '' ? [] : text.split(/\r?\n(?![ \t])/).filter((line) => line !== '');
  return { lines, body: source.subarray(bodyStart) };
}

/** A header that somebody else has written, in order. */
export interface HeaderBlock extends SplitMessage {
  /** Every field as in {@link SplitMessage}, folds with CRLF, nothing in it that any reader takes for another line end. */
  lines: string[];
  /** What had to be left out or changed for that, in words. */
  repairs: string[];
  /** Fields, in lower case, in which that took out control characters. */
  cleaned: Set<string>;
  /** Whether an empty line ends it. */
  ended: boolean;
}

/** Most bytes of a header block: Exchange takes less, and what reads it should not have to. */
const MAX_HEADER = 1024 * 1024;

/**
 * Reads the header of a ready-made message once and for all. Lines end with LF or CRLF; a CR alone, VT, FF, NEL and U+2028 are line
 * ends to some readers and none to others, so they become blanks. What is neither a field nor its continuation is left out.
 *
 * @throws {GraphTransportError} `EMESSAGE` if it is longer than 1 MB
 */
export function readHeaderBlock(source: Buffer): HeaderBlock {
  const { headerEnd, bodyStart } = findEmptyLine(source);
  if (headerEnd > MAX_HEADER) {
    throw new GraphTransportError('EMESSAGE', `the header of the ready-made message is longer than ${MAX_HEADER} bytes; nothing was sent`, {
      permanent: true,
      hint: 'An empty line must stand between header and body.',
    });
  }
  const lines: string[] = [];
  const repairs: string[] = [];
  const cleaned = new Set<string>();
  let inField = false;
  for (const [index, raw] of source.toString('latin1', 0, headerEnd).split('\n').entries()) {
    const line = withoutCr(raw);
    const clean = cleanHeaderLine(line);
    if (/^[ \t]/.test(line)) {
      // a line of blanks says nothing, and ends the header for some
      if (clean.trim() === '') continue;
      if (inField) lines[lines.length - 1] += `\r\n${clean}`;
      else repairs.push(`line ${index + 1} of the header continues no field and is left out`);
    } else {
      const [, name, rest] = /^([!-9;-~]+)[ \t]*:(.*)$/s.exec(clean) ?? [];
      inField = name !== undefined;
      if (name !== undefined) lines.push(`${name}:${rest}`);
      else if (clean !== '') repairs.push(`line ${index + 1} of the header is no field and is left out`);
    }
    if (inField && clean !== line) {
      const name = lines.at(-1)?.split(':', 1)[0] ?? '';
      repairs.push(`control characters in ${name} became blanks`);
      cleaned.add(name.toLowerCase());
    }
  }
  return { lines, body: source.subarray(bodyStart), repairs, cleaned, ended: bodyStart > headerEnd };
}

function withoutCr(line: string): string {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) === 0x0d) end--;
  return line.slice(0, end);
}

/** Control characters and line separators become blanks; `latin1`, one character a byte. */
export function cleanHeaderLine(line: string): string {
  if (!/[^\t -~]/.test(line)) return line;
  const clean = line.replace(/[^\t -~\x80-\xff]/g, ' ');
  if (!/[\x80-\xff]/.test(clean)) return clean;
  const bytes = Buffer.from(clean, 'latin1');
  if (!isUtf8(bytes)) return clean.replaceAll('\x85', ' ');
  const text = bytes.toString('utf8');
  return /[\u0085\u2028\u2029]/.test(text) ? Buffer.from(text.replace(/[\u0085\u2028\u2029]/g, ' ')).toString('latin1') : clean;
}

/** Puts a split message together again, with CRLF between the header lines. */
export function joinMessage({ lines, body }: SplitMessage): Buffer {
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

/** The name of a header line in lower case; `''` for a line that is none. */
export function fieldName(line: string): string {
  return /^([!-9;-~]+)[ \t]*:/.exec(line)?.[1]?.toLowerCase() ?? '';
}

/**
 * A header line's value, unfolded.
 *
 * @param charset of bytes above 127 that are no UTF-8
 */
export function fieldValue(line: string, charset = 'windows-1252'): string {
  const value = line.slice(line.indexOf(':') + 1);
  return decode(value, charset)
    .replace(/\r?\n(?=[ \t])/g, '')
    .trim();
}

/** The fields of a header block, folded, in ASCII, UTF-8 or another charset. */
export function parseFields(lines: readonly string[], charset?: string): HeaderField[] {
  return lines.flatMap((line) => {
    const name = /^([!-9;-~]+)[ \t]*:/.exec(line)?.[1];
    return name === undefined ? [] : [{ name, value: fieldValue(line, charset) }];
  });
}

/** The charset a ready-made message names for its body; its header is most likely written in the same. */
export function charsetOf(lines: readonly string[]): string {
  const type = lines.find((line) => fieldName(line) === 'content-type') ?? '';
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type)?.[1] ?? '';
  // what is not UTF-8 is neither that nor ASCII
  return charset === '' || /^(utf-?8|(us-)?ascii)$/i.test(charset) ? 'windows-1252' : charset;
}

function decode(latin1: string, charset: string): string {
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  const bytes = Buffer.from(latin1, 'latin1');
  if (isUtf8(bytes)) return bytes.toString('utf8');
  try {
    const decoder = new TextDecoder(charset);
    // in one go Node.js 20 takes windows-1252 for latin1
    return decoder.decode(bytes, { stream: true }) + decoder.decode();
  } catch {
    return latin1;
  }
}

/** The first line without anything in it. CRs before an LF belong to the line end, however many there are. */
function findEmptyLine(source: Buffer): { headerEnd: number; bodyStart: number } {
  for (let start = 0; start <= source.length;) {
    let at = start;
    while (source[at] === 0x0d) at++;
    if (source[at] === 0x0a) return { headerEnd: start === 0 ? 0 : lineEnd(source, start), bodyStart: at + 1 };
    const next = source.indexOf(0x0a, at);
    if (next < 0) break;
    start = next + 1;
  }
  return { headerEnd: source.length, bodyStart: source.length };
}

/** Where the line before `start` ends, without its line end. */
function lineEnd(source: Buffer, start: number): number {
  let end = start - 1;
  if (source[end - 1] === 0x0d) end--;
  return end;
}
