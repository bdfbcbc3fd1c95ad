import type { SandboxHeader } from '../types.js';

/** A header field of a source, its bytes as latin1, line ends included. */
export interface RawField {
  name: string;
  text: string;
}

/** A source taken apart at the empty line. */
export interface SplitSource {
  fields: RawField[];
  /** The empty line that ends the header, as it was written. */
  separator: string;
  body: Buffer;
}

/** Takes a source apart without changing a byte. A line that is no field and continues none ends the header. */
export function splitSource(source: Buffer): SplitSource {
  const fields: RawField[] = [];
  let at = 0;
  while (at < source.length) {
    const newline = source.indexOf(0x0a, at);
    const end = newline < 0 ? source.length : newline + 1;
    const line = source.toString('latin1', at, end);
    if (/^\r?\n$/.test(line)) return { fields, separator: line, body: source.subarray(end) };
    const last = fields.at(-1);
    const name = /^([!-9;-~]+)[ \t]*:/.exec(line)?.[1];
    if (/^[ \t]/.test(line) && last) last.text += line;
    else if (name !== undefined) fields.push({ name, text: line });
    else break;
    at = end;
  }
  return { fields, separator: '\r\n', body: source.subarray(at) };
}

export function joinSource({ fields, separator, body }: SplitSource): Buffer {
  return Buffer.concat([Buffer.from(fields.map(({ text }) => text).join('') + separator, 'latin1'), body]);
}

/** A field as a reader sees it: unfolded and decoded. */
export function decodeField({ name, text }: RawField): SandboxHeader {
  const value = text
    .slice(text.indexOf(':') + 1)
    .replace(/\r?\n/g, '')
    .trim();
  return { name, value: decodeWords(Buffer.from(value, 'latin1').toString('utf8')) };
}

/** RFC 2047. Neighbours of one charset are decoded together: a word may end within a character. */
function decodeWords(text: string): string {
  const word = String.raw`=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=`;
  return text.replace(new RegExp(String.raw`${word}(?:\s+${word})*`, 'g'), (run) => {
    const pieces: { charset: string; bytes: Buffer[] }[] = [];
    for (const [, charset = '', encoding = '', data = ''] of run.matchAll(/=\?([^?\s*]+)[^?\s]*\?([bqBQ])\?([^?\s]*)\?=/g)) {
      const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(data, 'base64') : decodeQ(data);
      const last = pieces.at(-1);
      if (last?.charset === charset.toLowerCase()) last.bytes.push(bytes);
      else pieces.push({ charset: charset.toLowerCase(), bytes: [bytes] });
    }
    return pieces.map(({ charset, bytes }) => decodeBytes(charset, Buffer.concat(bytes))).join('');
  });
}

function decodeQ(data: string): Buffer {
  const text = data.replaceAll('_', ' ').replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}

function decodeBytes(charset: string, bytes: Buffer): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    // a charset nobody knows
    return bytes.toString('latin1');
  }
}
