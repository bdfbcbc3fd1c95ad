import { splitMessage } from '../message/header-block.js';

/** A part of a message, its content not yet decoded. */
export interface Entity {
  /** Such as `text/plain`, in lower case. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** The first field of that name, unfolded. */
  field(name: string): string | undefined;
}

/** Reports are small; whoever nests more does it on purpose. */
const MAX_HEADER = 64 * 1024;
const MAX_DEPTH = 5;
const MAX_PARTS = 50;

/** Takes a message or a part apart. */
export function readEntity(source: Buffer): Entity {
  const end = headerEnd(source);
  const { lines } = splitMessage(source.subarray(0, Math.min(end, MAX_HEADER)));
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (name !== '' && !fields.has(name))
      fields.set(
        name,
        line
          .slice(colon + 1)
          .replace(/\r?\n/g, '')
          .trim(),
      );
  }
  const contentType = fields.get('content-type') ?? 'text/plain';
  return {
    type: (contentType.split(';', 1)[0] ?? '').trim().toLowerCase(),
    parameters: parametersOf(contentType.slice(0, 4096)),
    body: source.subarray(end),
    field: (name) => fields.get(name),
  };
}

/** Where the body begins. */
function headerEnd(source: Buffer): number {
  const crlf = source.indexOf('\r\n\r\n');
  const lf = source.indexOf('\n\n');
  if (crlf < 0 && lf < 0) return source.length;
  return lf < 0 || (crlf >= 0 && crlf < lf) ? crlf + 4 : lf + 2;
}

function parametersOf(contentType: string): Map<string, string> {
  const found = contentType.matchAll(/;[ \t]*([\w*-]{1,40})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g);
  return new Map([...found].map(([, name = '', quoted, bare]) => [name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '']));
}

/** Its parts that hold no others, in order. A message within it is one of them. */
export function leavesOf(root: Entity): Entity[] {
  const leaves: Entity[] = [];
  let count = 0;
  const visit = (entity: Entity, depth: number): void => {
    const boundary = entity.parameters.get('boundary');
    if (!entity.type.startsWith('multipart/') || boundary === undefined || boundary === '') return void leaves.push(entity);
    if (depth >= MAX_DEPTH) return;
    for (const part of partsOf(entity.body, boundary)) {
      if (++count > MAX_PARTS) return;
      visit(readEntity(part), depth + 1);
    }
  };
  visit(root, 0);
  return leaves;
}

function* partsOf(body: Buffer, boundary: string): Generator<Buffer> {
  const mark = `--${boundary}`;
  let start = -1;
  for (let at = body.indexOf(mark, 0, 'latin1'); at >= 0; at = body.indexOf(mark, at + mark.length, 'latin1')) {
    const after = body.toString('latin1', at + mark.length, at + mark.length + 2);
    // at the beginning of a line, and nothing behind it but blanks
    if ((at > 0 && body[at - 1] !== 0x0a) || !/^(--|[ \t\r\n]|$)/.test(after)) continue;
    if (start >= 0) yield body.subarray(start, at);
    const line = body.indexOf('\n', at);
    // the last one, or one that broke off
    if (after === '--' || line < 0) return;
    start = line + 1;
  }
  if (start >= 0) yield body.subarray(start);
}

/** The content of a part as text, at most so many characters. */
export function textOf(entity: Entity, most: number): string {
  const bytes = decode(entity, most * 4);
  const charset = entity.parameters.get('charset') ?? 'utf-8';
  return decodeText(bytes, charset).slice(0, most);
}

function decode(entity: Entity, most: number): Buffer {
  const { body } = entity;
  const encoding = entity.field('content-transfer-encoding')?.toLowerCase();
  // base64 and quoted-printable are longer than what they stand for
  const text = () => body.subarray(0, most * 3).toString('latin1');
  if (encoding === 'base64') return Buffer.from(text(), 'base64');
  if (encoding !== 'quoted-printable') return body.subarray(0, most);
  const decoded = text()
    .replace(/=[ \t]{0,20}\r?\n/g, '')
    .replace(/=([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(decoded, 'latin1');
}

function decodeText(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    // a charset nobody knows
    return bytes.toString('latin1');
  }
}
