import { mayBeEncoded } from './encoded-words.js';
import { parseFields, splitMessage } from './header-block.js';
import type { MimeTreeNode } from './nodemailer.js';
import type { HeaderField } from './outgoing-message.js';

/** Read from the tree itself, by their parts. */
const READ_ELSEWHERE = new Set([
  'From',
  'Sender',
  'To',
  'Cc',
  'Bcc',
  'Reply-To',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
  'Content-Disposition',
]);
/** Nodemailer adds angle brackets where they are missing. */
const BRACKETED = new Set(['Message-ID', 'In-Reply-To', 'Content-ID', 'References']);
/** What may be a header's name. */
const NAME = /^[!-9;-~]+$/;
/** Printable ASCII without spaces at the ends. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;
const IDS = /^<[^<>\s]+>(?: <[^<>\s]+>)*$/;

/**
 * The root's header fields as they would be written, without folds. Addresses and what describes the content are read elsewhere,
 * and may be missing.
 */
export function readFields(tree: MimeTreeNode): HeaderField[] {
  return plainFields(tree) ?? parseFields(splitMessage(Buffer.from(`${tree.buildHeaders()}\r\n\r\n`)).lines);
}

/** What most messages have, without building and parsing a header block; `undefined` where that would change a value. */
export function plainFields(tree: MimeTreeNode): HeaderField[] | undefined {
  if (typeof tree.normalizeHeaderKey === 'function') return undefined;
  const fields: HeaderField[] = [];
  for (const { key, value } of tree._headers) {
    if (READ_ELSEWHERE.has(key)) continue;
    if (typeof value !== 'string') return undefined;
    if (!NAME.test(key) || !PLAIN.test(value) || mayBeEncoded(value)) return undefined;
    if (BRACKETED.has(key) && !IDS.test(value)) return undefined;
    fields.push({ name: key, value });
  }
  return fields;
}
