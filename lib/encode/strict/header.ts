import { isUtf8 } from 'node:buffer';

/** A field of a header as a strict reader sees it. */
export interface StrictField {
  /** Lower case. */
  readonly name: string;
  /** With its folds, without the colon; bytes above 127 read as UTF-8 where they are, else as latin1. */
  readonly value: string;
}

/** A header, or what is wrong with it. */
export type StrictHeader =
  { readonly fields: StrictField[]; readonly problem?: undefined } | { readonly fields?: undefined; readonly problem: HeaderProblem };

export interface HeaderProblem {
  /** The field it is in, as it is written; `''` where there is none. */
  readonly field: string;
  readonly what: string;
}

/** Most bytes of a header block. */
export const MAX_HEADER = 1024 * 1024;

/**
 * Reads the header of a finished message (RFC 5322, 2.2): fields and folds and nothing else, CRLF only, no control characters, an
 * empty line at the end.
 */
export function readStrictHeader(source: Buffer): StrictHeader {
  const end = source.indexOf('\r\n\r\n');
  if (end < 0) return wrong('', 'has no empty line at its end');
  if (end > MAX_HEADER) return wrong('', `is longer than ${MAX_HEADER} bytes`);
  const text = source.toString('latin1', 0, end);
  // most headers: printable ASCII in lines, where no character has to be looked at for itself
  const isPlain = !/[^\t\r\n -~]|\r(?!\n)|(?<!\r)\n/.test(text);
  const fields: StrictField[] = [];
  let name = '';
  let value = '';
  let start = 0;
  while (start <= text.length) {
    let stop = text.indexOf('\r\n', start);
    if (stop < 0) stop = text.length;
    const first = text.charCodeAt(start);
    if (first === 0x20 || first === 0x09) {
      if (name === '') return wrong('', 'begins with a continued line');
      if (isBlank(text, start, stop)) return wrong(name, 'has a line of blanks');
      value += `\r\n${text.slice(start, stop)}`;
    } else {
      if (name !== '') fields.push(toField(name, value, isPlain));
      const colon = nameEnd(text, start, stop);
      if (colon < 0) return wrong(name, 'is followed by a line that is no field');
      name = text.slice(start, colon);
      value = text.slice(colon + 1, stop);
    }
    const bad = isPlain ? undefined : controlCharacter(text, start, stop);
    if (bad !== undefined) return wrong(name, `has ${bad}`);
    start = stop + 2;
  }
  if (name !== '') fields.push(toField(name, value, isPlain));
  return { fields };
}

function toField(name: string, value: string, isPlain: boolean): StrictField {
  return { name: name.toLowerCase(), value: isPlain ? value : decode(value) };
}

function decode(value: string): string {
  for (let at = 0; at < value.length; at++) {
    if (value.charCodeAt(at) < 0x80) continue;
    const bytes = Buffer.from(value, 'latin1');
    return isUtf8(bytes) ? bytes.toString('utf8') : value;
  }
  return value;
}

/** Where the colon stands, if everything before it may be a name. */
function nameEnd(text: string, start: number, stop: number): number {
  for (let at = start; at < stop; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x3a) return at > start ? at : -1;
    if (code <= 0x20 || code >= 0x7f) return -1;
  }
  return -1;
}

function isBlank(text: string, start: number, stop: number): boolean {
  for (let at = start; at < stop; at++) if (text.charCodeAt(at) !== 0x20 && text.charCodeAt(at) !== 0x09) return false;
  return true;
}

/** What no line may hold, among it what some readers take for a line end: VT, FF, NEL, U+2028, U+2029. */
function controlCharacter(text: string, start: number, stop: number): string | undefined {
  let ascii = true;
  for (let at = start; at < stop; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) ascii = false;
    else if ((code < 0x20 && code !== 0x09) || code === 0x7f) {
      return code === 0 ? 'a NUL character' : code === 0x0d || code === 0x0a ? 'a line break' : 'a control character';
    }
  }
  if (ascii) return undefined;
  const bytes = Buffer.from(text.slice(start, stop), 'latin1');
  const decoded = isUtf8(bytes) ? bytes.toString('utf8') : text.slice(start, stop);
  for (let at = 0; at < decoded.length; at++) {
    const code = decoded.charCodeAt(at);
    if (code === 0x85 || code === 0x2028 || code === 0x2029) return 'a line separator';
  }
  return undefined;
}

function wrong(field: string, what: string): StrictHeader {
  return { problem: { field, what } };
}
