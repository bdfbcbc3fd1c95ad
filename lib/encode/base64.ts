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

/** Base64 in lines, without a line break at the end. */
export function base64Lines(content: Buffer): string | Buffer {
  if (content.length <= SLICE) {
    const encoded = content.toString('base64');
    let text = encoded.slice(0, LINE);
    for (let at = LINE; at < encoded.length; at += LINE) text += `\r\n${encoded.slice(at, at + LINE)}`;
    return text;
  }
  const length = 4 * Math.ceil(content.length / 3);
  const lines = Buffer.allocUnsafe(length + 2 * (Math.ceil(length / LINE) - 1));
  const slice = Buffer.allocUnsafe((SLICE / 3) * 4);
  let at = 0;
  for (let from = 0; from < content.length; from += SLICE) {
    const end = slice.write(content.toString('base64', from, from + SLICE), 'latin1');
    for (let line = 0; line < end; line += LINE) {
      if (at > 0) at += lines.write('\r\n', at, 'latin1');
      at += slice.copy(lines, at, line, Math.min(line + LINE, end));
    }
  }
  return lines;
}
