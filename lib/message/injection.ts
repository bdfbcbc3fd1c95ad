import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { MimeTreeNode } from './nodemailer.js';

/** A line break that does not fold: what follows it would be a header of its own. */
const LINE_BREAK = /\r\n(?![ \t])|\r(?![ \t\n])|(?<!\r)\n(?![ \t])|\0/;

const ADDRESS_HEADERS = new Set(['from', 'sender', 'to', 'cc', 'bcc', 'reply-to']);

/**
 * Refuses line breaks in headers and addresses. Nodemailer turns most of them into spaces, which hides an attack and delivers
 * something nobody wrote; here the message is refused instead. A trailing line break and folded values are fine.
 *
 * @throws {GraphTransportError} `EENVELOPE` for an address, `EMESSAGE` for another header; names the field
 */
export function refuseInjection(tree: MimeTreeNode, envelope: unknown): void {
  for (const { key, value } of tree._headers) {
    if (ADDRESS_HEADERS.has(key.toLowerCase())) checkAddresses(value, key);
    else checkHeader(value, `the header ${key}`);
  }
  tree.childNodes.forEach(checkPart);
  if (typeof envelope === 'object' && envelope !== null) {
    const { from, to, cc, bcc } = envelope as Record<string, unknown>;
    for (const [name, value] of Object.entries({ from, to, cc, bcc })) checkAddresses(value, `envelope.${name}`);
  }
}

/** A part's own headers: with `prepared` they would be written as they are. */
function checkPart(part: MimeTreeNode): void {
  for (const { key, value } of part._headers) checkHeader(value, `the header ${key} of an attachment or alternative`);
  part.childNodes.forEach(checkPart);
}

function checkHeader(value: unknown, field: string): void {
  for (const text of texts(value)) if (breaks(text)) throw refusal('EMESSAGE', field);
}

function checkAddresses(value: unknown, field: string): void {
  if (Array.isArray(value)) return value.forEach((item) => checkAddresses(item, field));
  for (const text of texts(value)) if (breaks(text)) throw refusal('EENVELOPE', field);
}

/** The strings in a header value: itself, or the `value`, `name` and `address` of an object. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(texts);
  if (typeof value !== 'object' || value === null) return [];
  const { value: inner, name, address, group } = value as Record<string, unknown>;
  return [inner, name, address, group].flatMap(texts);
}

function breaks(text: string): boolean {
  return LINE_BREAK.test(text.trim());
}

function refusal(code: 'EENVELOPE' | 'EMESSAGE', field: string): GraphTransportError {
  return new GraphTransportError(code, `${field} contains a line break; nothing was sent`, {
    permanent: true,
    hint: 'Remove CR and LF from the value; if it comes from user input, someone may be trying to add headers or recipients.',
  });
}
