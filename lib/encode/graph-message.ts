import { GraphTransportError } from '../errors/graph-transport-error.js';

/** Properties of Graph's message that `graph.message` may add; see https://learn.microsoft.com/graph/api/resources/message. */
export interface GraphMessageExtras {
  /** Of the copy in Sent Items. */
  categories?: string[] | undefined;
  /** As the message's `priority`. */
  importance?: 'low' | 'normal' | 'high' | undefined;
  /** Whether the sender gets a report when the message is read. */
  isReadReceiptRequested?: boolean | undefined;
  /** Whether the sender gets a report when the message is delivered. */
  isDeliveryReceiptRequested?: boolean | undefined;
  /** Of the copy in Sent Items. */
  inferenceClassification?: 'focused' | 'other' | undefined;
  /** Of the copy in Sent Items, as Graph's followupFlag. */
  flag?: Record<string, unknown> | undefined;
  /** Added to the message's own headers, names with `x-` only; five in all. */
  internetMessageHeaders?: { name: string; value: string }[] | undefined;
  /** Such as `[{ id: 'SystemTime 0x3FEF', value: '2026-12-24T08:00:00Z' }]` for deferred delivery. */
  singleValueExtendedProperties?: { id: string; value: string }[] | undefined;
  /** As `singleValueExtendedProperties`, with several values each. */
  multiValueExtendedProperties?: { id: string; value: string[] }[] | undefined;
  [property: string]: unknown;
}

/** What the message itself says, names in lower case, as Graph compares them; two places to say it would let one send what the other does not show. */
const OWNED = new Map(
  Object.entries({
    torecipients: 'to',
    ccrecipients: 'cc',
    bccrecipients: 'bcc',
    from: 'from',
    sender: 'sender',
    replyto: 'replyTo',
    subject: 'subject',
    body: 'text or html',
    attachments: 'attachments',
    internetmessageid: 'messageId',
  }),
);

/**
 * Checks `graph.message` and copies it.
 *
 * @throws {GraphTransportError} `EMESSAGE` that names the property
 */
export function readExtras(value: unknown): GraphMessageExtras | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value))
    throw refusal('graph.message must be an object with properties of the Graph message');
  // once, as JSON will have it: what is checked is what leaves
  const extras = copyJson(value as Record<string, unknown>);
  const seen = new Set<string>();
  for (const name of Object.keys(extras)) {
    const key = name.toLowerCase();
    const instead = OWNED.get(key);
    if (instead !== undefined) throw refusal(`graph.message.${name} is not allowed; use the message's ${instead}`);
    if (seen.has(key)) throw refusal(`graph.message.${name} is there twice`);
    seen.add(key);
  }
  for (const [name, entry] of LISTS) {
    const given = Object.keys(extras).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    if (given === undefined) continue;
    if (given !== name) throw refusal(`graph.message.${given} must be written ${name}`);
    checkList(extras, name, entry);
  }
  if ((extras.internetMessageHeaders?.length ?? 0) > 5) throw refusal('graph.message.internetMessageHeaders may hold at most 5 headers');
  return Object.keys(extras).length > 0 ? extras : undefined;
}

const LISTS = new Map([
  ['internetMessageHeaders', 'name'],
  ['singleValueExtendedProperties', 'id'],
  ['multiValueExtendedProperties', 'id'],
]);

/** A list whose entries have a name and a value. */
function checkList(lists: Record<string, unknown>, name: string, key: string): void {
  const list = lists[name];
  if (list === undefined) return;
  if (!Array.isArray(list)) throw refusal(`graph.message.${name} must be an array`);
  for (const [at, entry] of list.entries()) {
    const label = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>)[key] : undefined;
    if (typeof label !== 'string') throw refusal(`graph.message.${name}[${at}] must be an object with a string ${key} and a value`);
    if (key === 'name' && !/^x-[!-9;-~]+$/i.test(label))
      throw refusal(`graph.message.${name}[${at}].name must begin with x- and hold printable ASCII without blanks and ":"`);
    // an extended property of this namespace is written as the header of that name
    const header = /\{00020386-0000-0000-c000-000000000046\} name (.*)/i.exec(label)?.[1]?.trim();
    if (header !== undefined && (!/^[!-9;-~]+$/.test(header) || /^(resent-)?(to|cc|bcc|from|sender|reply-to)$/i.test(header)))
      throw refusal(`graph.message.${name}[${at}].id names a header that belongs to the message itself`);
  }
}

/** Own properties, as JSON writes them; refuses names with an @ and line breaks, of which Graph makes what nobody wrote. */
function copyJson(value: Record<string, unknown>): GraphMessageExtras {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw refusal(`graph.message cannot be written as JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  if (text === undefined || text.length > 1_000_000) throw refusal('graph.message must be an object of at most 1 MB');
  return JSON.parse(text, (name: string, inner: unknown) => {
    if (name === '__proto__' || name.includes('@'))
      throw refusal(`graph.message has a property "${name.slice(0, 80)}"; names with an @ are not allowed`);
    if (/[\r\n\0]/.test(name) || (typeof inner === 'string' && /[\r\n\0]/.test(inner)))
      throw refusal(`graph.message${name === '' ? '' : `: ${JSON.stringify(name.slice(0, 80))}`} has a line break or NUL`);
    return inner;
  }) as GraphMessageExtras;
}

function refusal(message: string): GraphTransportError {
  return new GraphTransportError('EMESSAGE', `${message}; nothing was sent`, { permanent: true });
}
