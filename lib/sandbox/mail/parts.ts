import { createHash } from 'node:crypto';
import type { StoredAttachment } from './content.js';
import { encodeParameter } from './encode-field.js';

/** A MIME entity: its own header lines (CRLF each) and its body. */
export interface Part {
  head: string;
  body: Buffer;
}

/** A text part in base64, which survives every relay. */
export function textPart(subtype: 'plain' | 'html', text: string): Part {
  return {
    head: `Content-Type: text/${subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n`,
    body: toBase64Lines(Buffer.from(text.replace(/\r?\n/g, '\r\n'))),
  };
}

export function attachmentPart({ name, contentType, contentId, isInline, content, type }: StoredAttachment): Part {
  const head = [
    `Content-Type: ${contentType}; ${encodeParameter('name', name)}`,
    `Content-Disposition: ${isInline ? 'inline' : 'attachment'}; ${encodeParameter('filename', name)}`,
    ...(contentId === undefined ? [] : [`Content-ID: <${contentId}>`]),
    // RFC 2046 forbids base64 for a nested message
    ...(type === 'itemAttachment' ? [] : ['Content-Transfer-Encoding: base64']),
  ];
  return { head: `${head.join('\r\n')}\r\n`, body: type === 'itemAttachment' ? content : toBase64Lines(content) };
}

/** Puts parts together; one part stays as it is. */
export function multipart(subtype: 'alternative' | 'related' | 'mixed', parts: Part[], seed: string): Part {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const boundary = `_000_${createHash('sha256').update(`${subtype} ${seed}`).digest('hex').slice(0, 32)}_`;
  const pieces = parts.flatMap(({ head, body }) => [Buffer.from(`--${boundary}\r\n${head}\r\n`, 'latin1'), body, Buffer.from('\r\n')]);
  return {
    head: `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n`,
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** 57 bytes make a line of 76 characters; a large file is encoded in pieces, never as one string. */
function toBase64Lines(content: Buffer): Buffer {
  const step = 57 * 10_000;
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += step) {
    const lines = content.toString('base64', at, at + step).replace(/.{76}(?=.)/g, '$&\r\n');
    pieces.push(Buffer.from(at + step < content.length ? `${lines}\r\n` : lines, 'latin1'));
  }
  return Buffer.concat(pieces);
}
