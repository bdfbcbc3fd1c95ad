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
    if (!breaks(value)) continue;
    throw ADDRESS_HEADERS.has(key.toLowerCase()) ? refusal('EENVELOPE', key) : refusal('EMESSAGE', `the header ${key}`);
  }
  tree.childNodes.forEach(checkPart);
  if (typeof envelope === 'object' && envelope !== null) {
    const { from, to, cc, bcc } = envelope as Record<string, unknown>;
    for (const [name, value] of Object.entries({ from, to, cc, bcc })) if (breaks(value)) throw refusal('EENVELOPE', `envelope.${name}`);
  }
}

/** A part's own headers: with `prepared` they would be written as they are. */
function checkPart(part: MimeTreeNode): void {
  for (const { key, value } of part._headers) {
    if (breaks(value)) throw refusal('EMESSAGE', `the header ${key} of an attachment or alternative`);
  }
  part.childNodes.forEach(checkPart);
}

/** Whether there is one in a header value: in itself, or in the `value`, `name` and `address` of an object. */
function breaks(value: unknown): boolean {
  if (typeof value === 'string') return LINE_BREAK.test(value.trim());
  if (Array.isArray(value)) return value.some(breaks);
  if (typeof value !== 'object' || value === null) return false;
  const { value: inner, name, address, group } = value as Record<string, unknown>;
  return breaks(inner) || breaks(name) || breaks(address) || breaks(group);
}

function refusal(code: 'EENVELOPE' | 'EMESSAGE', field: string): GraphTransportError {
  return new GraphTransportError(code, `${field} contains a line break; nothing was sent`, {
    permanent: true,
    hint: 'Remove CR and LF from the value; if it comes from user input, someone may be trying to add headers or recipients.',
  });
}
