import type { Loss, LossFeature } from '../../lib/prepared/loss.js';
import type { Part, View } from './read-back.js';

/** Something the recipients of the two paths get differently. */
export interface Difference {
  kind: string;
  /** The loss that must be told for it; `undefined`: must never happen. */
  loss: LossFeature | undefined;
  smtp: unknown;
  graph: unknown;
}

/** Losses about what Exchange does beyond the message itself; no message source shows them. */
const NOT_VISIBLE = new Set<LossFeature>(['from', 'saveToSentItems', 'autoSubmitted', 'returnPath', 'graph.message', 'dsn']);

const HEADER_LOSSES: Partial<Record<string, LossFeature>> = {
  'auto-submitted': 'autoSubmitted',
  'return-path': 'returnPath',
  'dkim-signature': 'dkim',
};

const ALTERNATIVE_LOSSES: Partial<Record<string, LossFeature>> = {
  'text/calendar': 'icalEvent',
  'text/x-amp-html': 'amp',
  'text/watch-html': 'watchHtml',
};

/** How the two paths were used. */
export interface Circumstances {
  format: 'json' | 'mime';
  /** The app gave a ready-made message. */
  raw: boolean;
  /** The app set the Message-ID, the Date. */
  fixed: { messageId: boolean; date: boolean };
  losses: readonly Loss[];
  /** Files were added to a draft one by one, and come after the others. */
  uploaded: boolean;
  /** The envelope, as `keyOf` writes addresses. */
  recipients: ReadonlySet<string>;
}

/**
 * What is wrong with a delivery: differences nobody told, and losses told of which nothing is to be seen.
 * Empty if the promise holds.
 */
export function judge(smtp: View, graph: View, circumstances: Circumstances): string[] {
  const told = new Set(circumstances.losses.map(({ feature }) => feature));
  const differences = compare(smtp, graph, circumstances);
  const silent = differences.filter((difference) => !isTold(difference, told, circumstances));
  const seen = new Set(differences.flatMap(({ loss }) => loss ?? []));
  const falseAlarms = [...told].filter((feature) => {
    if (NOT_VISIBLE.has(feature)) return false;
    // Exchange's text part is its own even where it happens to say the same
    if (feature === 'text') return circumstances.format === 'mime' || smtp.text === undefined || smtp.html === undefined;
    if (feature === 'raw') return circumstances.format === 'mime';
    // Exchange sets and rewrites them itself, which a source "more or less intact" does not show
    if (['sender', 'receipts', 'dkim'].includes(feature) && circumstances.format === 'mime') return false;
    return !seen.has(feature);
  });
  return [
    ...silent.map(({ kind, smtp: was, graph: is }) => `silent: ${kind}: SMTP ${brief(was)}, Graph ${brief(is)}`),
    ...falseAlarms.map((feature) => `false alarm: loss '${feature}' was told, and nothing of it is to be seen`),
  ];
}

/** Structure that a ready-made message loses when it is taken apart. */
const STRUCTURE = new Set<LossFeature>([
  'text',
  'icalEvent',
  'amp',
  'watchHtml',
  'alternatives',
  'rfc822',
  'attachmentHeaders',
  'attachmentName',
  'date',
  'group',
]);

function isTold({ loss, kind }: Difference, told: ReadonlySet<LossFeature>, { format, raw }: Circumstances): boolean {
  if (loss !== undefined && told.has(loss)) return true;
  if (format === 'mime' || !told.has('raw')) return false;
  return raw ? loss !== undefined && STRUCTURE.has(loss) : kind === 'attachment missing';
}

/** Everything the recipients get differently, with the loss that has to stand for it. */
export function compare(
  smtp: View,
  graph: View,
  { format, fixed, recipients, uploaded }: Omit<Circumstances, 'losses' | 'raw'>,
): Difference[] {
  const found: Difference[] = [];
  const check = (kind: string, was: unknown, is: unknown, loss?: LossFeature): void => {
    if (JSON.stringify(was) !== JSON.stringify(is)) found.push({ kind, loss, smtp: was, graph: is });
  };
  check('from', smtp.from[0], graph.from[0], 'from');
  check('more from', smtp.from.slice(1), graph.from.slice(1), 'from');
  check('sender', senderOf(smtp), senderOf(graph), 'sender');
  check('reply-to', eachOnce(smtp.replyTo), eachOnce(graph.replyTo));
  for (const field of ['to', 'cc'] as const) {
    const named = eachOnce(smtp[field]);
    const mailed = named.filter((entry) => recipients.has(mailboxOf(entry)?.slice(1, -1) ?? ''));
    check(`${field} beyond the envelope`, named, mailed, field);
    check(field, mailed, eachOnce(graph[field]));
  }
  check('groups', smtp.groups, graph.groups, 'group');
  check('bcc', false, graph.hasBcc);
  check('subject', smtp.subject, graph.subject);
  if (fixed.messageId) check('message-id', smtp.messageId, graph.messageId);
  if (fixed.date) check('date', smtp.date, graph.date, 'date');
  check('in-reply-to', smtp.inReplyTo, graph.inReplyTo);
  check('references', smtp.references, graph.references);
  check('importance', smtp.importance, graph.importance);
  check('read receipt', smtp.readReceiptTo, graph.readReceiptTo, 'receipts');
  if (smtp.deliveryReceiptTo.length > 0) check('delivery receipt', smtp.deliveryReceiptTo, graph.deliveryReceiptTo, 'receipts');
  for (const name of new Set([...smtp.headers.keys(), ...graph.headers.keys()])) {
    check(`header ${name}`, headerOf(smtp, name), headerOf(graph, name), HEADER_LOSSES[name] ?? 'headers');
  }
  // a message of nothing but html gets a text part from Exchange
  if (!(format === 'json' && smtp.text === undefined && smtp.html !== undefined)) check('text', smtp.text ?? '', graph.text ?? '', 'text');
  check('html', smtp.html ?? '', graph.html ?? '');
  found.push(...compareAlternatives(smtp.alternatives, graph.alternatives));
  found.push(...compareAttachments(smtp.attachments, graph.attachments, uploaded));
  return found;
}

/** A Sender equal to From says nothing (RFC 5322, 3.6.2). */
const senderOf = ({ sender, from }: View): string[] => (mailboxOf(sender[0]) === mailboxOf(from[0]) ? [] : sender);

/** Whoever is named twice in a field is named once. */
function eachOnce(list: string[]): string[] {
  const mailboxes = list.map(mailboxOf);
  return list.filter((_, index) => mailboxes.indexOf(mailboxes[index]) === index);
}

const mailboxOf = (entry = ''): string | undefined => /<[^<]*>$/.exec(entry)?.[0];

function headerOf({ headers }: View, name: string): string[] | undefined {
  const values = headers.get(name);
  // the same as none (RFC 4021, 2.1.55)
  if (name === 'sensitivity' && /^normal$/i.test(values?.[0] ?? '')) return undefined;
  // the order of unstructured fields says nothing (RFC 5322, 3.6)
  return values && [...values].sort();
}

function compareAlternatives(smtp: Part[], graph: Part[]): Difference[] {
  const types = new Set([...smtp, ...graph].map(({ type }) => type));
  return [...types].flatMap((type) => {
    const describe = (parts: Part[]) => parts.filter((part) => part.type === type).map((part) => [part.params, textOf(part)]);
    const [was, is] = [describe(smtp), describe(graph)];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [{ kind: `alternative ${type}`, loss: ALTERNATIVE_LOSSES[type] ?? 'alternatives', smtp: was, graph: is }];
  });
}

function compareAttachments(smtp: Part[], graph: Part[], uploaded: boolean): Difference[] {
  const found: Difference[] = [];
  const left = [...graph];
  const order: number[] = [];
  for (const was of smtp) {
    const is = [sameParts, sameName, () => true]
      .map((test) => left.find((part) => test(part, was) && sameContent(part, was)))
      .find(Boolean);
    if (!is) {
      found.push({ kind: 'attachment missing', loss: undefined, smtp: describe(was), graph: left.map(describe) });
      continue;
    }
    left.splice(left.indexOf(is), 1);
    if (was.cid === '' && !was.inline) order.push(graph.indexOf(is));
    const nested = was.type === 'message/rfc822';
    const check = (kind: string, loss: LossFeature | undefined, a: unknown, b: unknown) => {
      if (a !== b) found.push({ kind: `attachment ${kind}`, loss, smtp: a, graph: b });
    };
    check('name', nested ? 'rfc822' : 'attachmentName', was.name, is.name);
    check('type', nested ? 'rfc822' : undefined, was.type, is.type);
    check('type parameters', nested ? 'rfc822' : 'attachmentHeaders', was.params, is.params);
    check('Content-ID', undefined, was.cid, is.cid);
    check('disposition', nested ? 'rfc822' : undefined, was.inline, is.inline);
    check('headers', 'attachmentHeaders', was.headers, is.headers);
    if (nested) check('nesting', 'rfc822', was.encoding === 'base64', is.encoding === 'base64');
  }
  for (const extra of left) found.push({ kind: 'attachment from nowhere', loss: undefined, smtp: undefined, graph: describe(extra) });
  if (!uploaded && order.some((at, index) => at < (order[index - 1] ?? 0))) {
    found.push({ kind: 'attachment order', loss: undefined, smtp: order.map((_, index) => index), graph: order });
  }
  return found;
}

const sameParts = (a: Part, b: Part): boolean => sameName(a, b) && a.inline === b.inline && a.headers === b.headers;

const sameName = (a: Part, b: Part): boolean => a.name === b.name && a.cid === b.cid && a.type === b.type;

function sameContent(a: Part, b: Part): boolean {
  if (a.content.equals(b.content)) return true;
  // on the way line breaks of what is not base64 become CRLF
  return b.encoding !== 'base64' && textOf(a) === textOf(b);
}

const textOf = ({ content }: Part): string => content.toString('latin1').replace(/\r\n?/g, '\n').replace(/\n+$/, '');

const describe = ({ name, type, content }: Part): string => `${name} (${type}, ${content.length} bytes)`;

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
