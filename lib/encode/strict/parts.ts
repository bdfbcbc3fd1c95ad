import type { HeaderProblem } from './header.js';

const COLON = 0x3a;
const LF = 0x0a;
/** Parts within parts: nobody has so many. */
const MAX_DEPTH = 100;
/** RFC 2046 allows 70 characters. */
const LONGEST_BOUNDARY = 256;

/**
 * Looks whether the header of a part of a finished MIME message names hidden recipients: there is no use for that, and everybody who
 * gets the message can read it. What is in an attached message is the app's own content and stays.
 *
 * @returns what is wrong, `undefined` if nothing is
 */
export function checkParts(source: Buffer): HeaderProblem | undefined {
  const end = source.indexOf('\r\n\r\n');
  // bodies in base64 have no colon: most messages are done here
  if (end < 0 || !hasHiddenLine(source, end + 4)) return undefined;
  const open = [{ start: 0, end: source.length, depth: 0 }];
  for (;;) {
    const entity = open.pop();
    if (!entity) return undefined;
    const { field, body, boundaries } = readPartHeader(source, entity);
    if (field !== undefined && entity.depth > 0)
      return { field, what: 'stands in the header of a part, where every recipient could see it' };
    if (boundaries === undefined || entity.depth > MAX_DEPTH) return { field: 'Bcc', what: 'stands in parts that cannot be told apart' };
    for (const boundary of boundaries) {
      for (const part of splitParts(source, boundary, body, entity.end)) open.push({ ...part, depth: entity.depth + 1 });
    }
  }
}

/** Whether any line begins as such a field does; in a body that is nobody's business. */
function hasHiddenLine(source: Buffer, from: number): boolean {
  for (let at = source.indexOf(COLON, from); at >= 0; at = source.indexOf(COLON, at + 1)) {
    let stop = at;
    while (stop > from && (source[stop - 1] === 0x20 || source[stop - 1] === 0x09)) stop--;
    let start = stop;
    // "resent-bcc" has ten letters
    while (start > from && stop - start <= 10 && source[start - 1] !== LF) start--;
    if (isHidden(source.toString('latin1', start, stop))) return true;
  }
  return false;
}

function isHidden(name: string): boolean {
  return /^(?:resent-)?bcc$/i.test(name);
}

/** The first field that hides, where the body begins, and the boundaries of a multipart; none where they cannot be told. */
function readPartHeader(
  source: Buffer,
  { start, end }: { start: number; end: number },
): { field: string | undefined; body: number; boundaries: string[] | undefined } {
  let field: string | undefined;
  const types: string[] = [];
  let isType = false;
  let at = start;
  while (at < end) {
    let stop = source.indexOf('\r\n', at);
    if (stop < 0 || stop > end) stop = end;
    const line = source.toString('latin1', at, stop);
    at = stop + 2;
    if (line === '') break;
    if (/^[ \t]/.test(line)) {
      if (isType) types.push(`${types.pop() ?? ''}${line}`);
      continue;
    }
    const name = line.slice(0, Math.max(0, line.indexOf(':'))).trimEnd();
    if (isHidden(name)) field ??= name;
    isType = name.toLowerCase() === 'content-type';
    if (isType) types.push(line.slice(line.indexOf(':') + 1));
  }
  const multiparts = types.filter((type) => /^[ \t]*multipart\//i.test(type));
  const boundaries = multiparts.map(boundaryOf);
  return { field, body: at, boundaries: boundaries.includes(undefined) ? undefined : (boundaries as string[]) };
}

function boundaryOf(type: string): string | undefined {
  const found = /;[ \t]*boundary[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^ \t;"]+))/i.exec(type);
  const boundary = found?.[1]?.replace(/\\(.)/g, '$1') ?? found?.[2];
  return boundary !== undefined && boundary.length <= LONGEST_BOUNDARY ? boundary : undefined;
}

/** What stands between the lines of a boundary (RFC 2046, 5.1.1). */
function splitParts(source: Buffer, boundary: string, from: number, end: number): { start: number; end: number }[] {
  const parts: { start: number; end: number }[] = [];
  const delimiter = Buffer.from(`\n--${boundary}`, 'latin1');
  let start: number | undefined;
  for (let at = source.indexOf(delimiter, from - 1); at >= 0 && at < end; at = source.indexOf(delimiter, at + 1)) {
    let stop = source.indexOf('\r\n', at + delimiter.length);
    if (stop < 0 || stop > end) stop = end;
    const rest = source.toString('latin1', at + delimiter.length, stop).trimEnd();
    if (rest !== '' && rest !== '--') continue;
    if (start !== undefined) parts.push({ start, end: Math.max(start, at - 1) });
    if (rest === '--') return parts;
    start = stop + 2;
  }
  if (start !== undefined && start < end) parts.push({ start, end });
  return parts;
}
