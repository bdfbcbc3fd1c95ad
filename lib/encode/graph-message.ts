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

/** What the message itself says; two places to say it would let one send what the other does not show. */
const OWNED = new Map(
  Object.entries({
    toRecipients: 'to',
    ccRecipients: 'cc',
    bccRecipients: 'bcc',
    from: 'from',
    sender: 'sender',
    replyTo: 'replyTo',
    subject: 'subject',
    body: 'text or html',
    attachments: 'attachments',
    internetMessageId: 'messageId',
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
  for (const name of Object.keys(value)) {
    const instead = OWNED.get(name);
    if (instead !== undefined) throw refusal(`graph.message.${name} is not allowed; use the message's ${instead}`);
  }
  const lists = value as Record<string, unknown>;
  checkList(lists, 'internetMessageHeaders', 'name');
  checkList(lists, 'singleValueExtendedProperties', 'id');
  const extras = { ...(value as GraphMessageExtras) };
  if ((extras.internetMessageHeaders?.length ?? 0) > 5) throw refusal('graph.message.internetMessageHeaders may hold at most 5 headers');
  return Object.keys(extras).length > 0 ? extras : undefined;
}

/** A list whose entries have a name and a value. */
function checkList(lists: Record<string, unknown>, name: string, key: string): void {
  const list = lists[name];
  if (list === undefined) return;
  if (!Array.isArray(list)) throw refusal(`graph.message.${name} must be an array`);
  const isEntry = (entry: unknown) =>
    typeof entry === 'object' && entry !== null && typeof (entry as Record<string, unknown>)[key] === 'string';
  const at = list.findIndex((entry) => !isEntry(entry));
  if (at >= 0) throw refusal(`graph.message.${name}[${at}] must be an object with a string ${key} and a value`);
}

function refusal(message: string): GraphTransportError {
  return new GraphTransportError('EMESSAGE', `${message}; nothing was sent`, { permanent: true });
}
