/** Characters of base64 in a line, and the bytes they stand for. */
const LINE = 76;
const LINE_BYTES = 57;
/** Above this many bytes base64 is never there as a string, which would be collected late. */
const SMALL = LINE_BYTES * 512;

/** Base64 in bytes, without line breaks. */
export function base64(content: Buffer): Buffer {
  if (isSmall(content)) return Buffer.from(content.toString('base64'), 'latin1');
  const encoded = Buffer.allocUnsafe(4 * Math.ceil(content.length / 3));
  write(content, 0, content.length, encoded, 0);
  return encoded;
}

/** Whether content is so small that its base64 may well be a string. */
export function isSmall(content: Buffer): boolean {
  return content.length <= SMALL;
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
  let at = start;
  for (let from = 0; from < content.length; from += LINE_BYTES) {
    if (from > 0) {
      into[at++] = 0x0d;
      into[at++] = 0x0a;
    }
    at = write(content, from, Math.min(from + LINE_BYTES, content.length), into, at);
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Two characters of each 12 bits. */
let pairs: Uint16Array | undefined;

/** @returns where it ends */
function write(content: Buffer, from: number, end: number, into: Buffer, start: number): number {
  pairs ??= Uint16Array.from({ length: 4096 }, (_, bits) => (ALPHABET.charCodeAt(bits >> 6) << 8) | ALPHABET.charCodeAt(bits & 63));
  const whole = end - ((end - from) % 3);
  let at = start;
  for (let index = from; index < whole; index += 3) {
    const middle = content[index + 1] as number;
    const first = pairs[((content[index] as number) << 4) | (middle >> 4)] as number;
    const second = pairs[((middle & 15) << 8) | (content[index + 2] as number)] as number;
    into[at] = first >> 8;
    into[at + 1] = first;
    into[at + 2] = second >> 8;
    into[at + 3] = second;
    at += 4;
  }
  return whole < end ? at + into.write(content.toString('base64', whole, end), at, 'latin1') : at;
}
