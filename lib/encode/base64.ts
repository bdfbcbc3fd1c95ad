/** Characters of base64 in a line. */
const LINE = 76;
/** Bytes encoded at once, whole lines of them: what is large is never there as one string. */
const SLICE = 57 * 512;

/** Base64 in bytes, without line breaks. */
export function base64(content: Buffer): Buffer {
  if (content.length <= SLICE) return Buffer.from(content.toString('base64'), 'latin1');
  const encoded = Buffer.allocUnsafe(4 * Math.ceil(content.length / 3));
  for (let from = 0, at = 0; from < content.length; from += SLICE) {
    at += encoded.write(content.toString('base64', from, from + SLICE), at, 'latin1');
  }
  return encoded;
}

/** Whether content is so small that its base64 may well be a string. */
export function isSmall(content: Buffer): boolean {
  return content.length <= SLICE;
}

/** Base64 in lines, without a line break at the end; for small content. */
export function base64Lines(content: Buffer): string {
  const encoded = content.toString('base64');
  let text = encoded.slice(0, LINE);
  for (let at = LINE; at < encoded.length; at += LINE) text += `\r\n${encoded.slice(at, at + LINE)}`;
  return text;
}

/** Bytes of {@link base64Lines}. */
export function base64LinesLength(content: Buffer): number {
  const length = 4 * Math.ceil(content.length / 3);
  return length + 2 * Math.max(0, Math.ceil(length / LINE) - 1);
}

/** As {@link base64Lines}, into a buffer at a place of it: what is large is there once. */
export function writeBase64Lines(content: Buffer, into: Buffer, start: number): void {
  const slice = Buffer.allocUnsafe((SLICE / 3) * 4);
  let at = start;
  for (let from = 0; from < content.length; from += SLICE) {
    const end = slice.write(content.toString('base64', from, from + SLICE), 'latin1');
    for (let line = 0; line < end; line += LINE) {
      if (at > start) at += into.write('\r\n', at, 'latin1');
      at += slice.copy(into, at, line, Math.min(line + LINE, end));
    }
  }
}
