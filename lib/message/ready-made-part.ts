import { loadPackage } from '../errors/load-package.js';
import { charsetOf, fieldName, fieldValue, readHeaderBlock } from './header-block.js';
import { oneLine } from './clean-text.js';
import { mayBeEncoded } from './encoded-words.js';

interface StructuredValue {
  value: string;
  params: Record<string, string | undefined>;
}
interface Libmime {
  parseHeaderValue(text: string): StructuredValue;
  decodeWords(text: string): string;
}

/** What a ready-made part says about itself. */
export interface ReadyMadePart {
  name: string | undefined;
  contentType: string;
  contentId: string | undefined;
  isInline: boolean;
  content: Buffer;
  /** Fields that a file has no place for. */
  others: string[];
}

const KNOWN = new Set(['content-type', 'content-disposition', 'content-transfer-encoding', 'content-id', 'mime-version']);

/** Reads a MIME part with its header as the file it is; one that has parts itself stays whole, as a message in a file. */
export async function readReadyMadePart(source: Buffer): Promise<ReadyMadePart> {
  const libmime = await loadPackage('libmime', () => import('libmime') as Promise<unknown> as Promise<Libmime>, 'decodeWords');
  const { lines, body } = readHeaderBlock(source);
  const charset = charsetOf(lines);
  const valueOf = (name: string) => {
    const line = lines.find((one) => fieldName(one) === name);
    return line === undefined ? '' : oneLine(fieldValue(line, charset));
  };
  const type = valueOf('content-type');
  const disposition = libmime.parseHeaderValue(valueOf('content-disposition'));
  const given = disposition.params['filename'] || libmime.parseHeaderValue(type).params['name'];
  const name = given && oneLine(mayBeEncoded(given) ? libmime.decodeWords(given) : given);
  const contentId = valueOf('content-id').replace(/^<|>$/g, '');
  const isMultipart = /^multipart\//i.test(type);
  return {
    name: name || undefined,
    contentType: isMultipart
      ? 'message/rfc822'
      : type.replace(/;\s*name(\*\d*\*?)?\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)/gi, '').trim() || 'text/plain',
    contentId: contentId || undefined,
    isInline: disposition.value.toLowerCase() === 'inline',
    content: isMultipart ? source : decodeTransfer(body, valueOf('content-transfer-encoding')),
    others: lines.map((line) => line.slice(0, line.indexOf(':'))).filter((field) => !KNOWN.has(field.toLowerCase())),
  };
}

function decodeTransfer(body: Buffer, encoding: string): Buffer {
  const name = encoding.trim().toLowerCase();
  if (name === 'base64') return Buffer.from(body.toString('latin1'), 'base64');
  if (name !== 'quoted-printable') return body;
  const text = body
    .toString('latin1')
    .split('\n')
    .map((line) => `${line.trimEnd()}\r\n`)
    .join('')
    .slice(0, -2)
    .replaceAll('=\r\n', '');
  return Buffer.from(
    text.replace(/=([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    'latin1',
  );
}
