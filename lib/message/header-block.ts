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

/** Puts a split message together again, with CRLF between the header lines. */
export function joinMessage({ lines, body }: SplitMessage): Buffer {
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

/** The name of a header line in lower case; `''` for a line that is none. */
export function fieldName(line: string): string {
  return /^([!-9;-~]+)[ \t]*:/.exec(line)?.[1]?.toLowerCase() ?? '';
}

/** A header line's value, unfolded. Bytes above 127 are read as UTF-8 where they are. */
export function fieldValue(line: string): string {
  const value = line.slice(line.indexOf(':') + 1);
  return Buffer.from(value, 'latin1')
    .toString('utf8')
    .replace(/\r?\n(?=[ \t])/g, '')
    .trim();
}

/** The fields of a header block as Nodemailer builds it (folded, ASCII or UTF-8). */
export function parseFields(lines: readonly string[]): HeaderField[] {
  return lines.flatMap((line) => {
    const name = /^([!-9;-~]+)[ \t]*:/.exec(line)?.[1];
    return name === undefined ? [] : [{ name, value: fieldValue(line) }];
  });
}

function findEmptyLine(source: Buffer): { headerEnd: number; bodyStart: number } {
  if (source[0] === 0x0a) return { headerEnd: 0, bodyStart: 1 };
  if (source[0] === 0x0d && source[1] === 0x0a) return { headerEnd: 0, bodyStart: 2 };
  for (let at = source.indexOf(0x0a); at >= 0; at = source.indexOf(0x0a, at + 1)) {
    const headerEnd = source[at - 1] === 0x0d ? at - 1 : at;
    if (source[at + 1] === 0x0a) return { headerEnd, bodyStart: at + 2 };
    if (source[at + 1] === 0x0d && source[at + 2] === 0x0a) return { headerEnd, bodyStart: at + 3 };
  }
  return { headerEnd: source.length, bodyStart: source.length };
}
