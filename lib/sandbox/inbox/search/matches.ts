import type { Query, Term } from './parse-query.js';

interface Address {
  address: string;
  name: string;
}

/** What a query looks at. Texts in any case; a getter may make them when they are asked for. */
export interface Searchable {
  kind: 'message' | 'refused' | 'request' | 'draft';
  ids: readonly string[];
  from: readonly Address[];
  to: readonly Address[];
  cc: readonly Address[];
  bcc: readonly Address[];
  subject: string;
  /** Texts of the bodies. */
  readonly bodies: readonly string[];
  attachments: readonly { name: string; contentType: string }[];
  hasHtml: boolean;
  hasText: boolean;
  hasPlan: boolean;
  losses: readonly string[];
  statuses: readonly number[];
  codes: readonly string[];
  format: string;
  route: string;
  mailbox: string;
  operations: readonly string[];
  /** Milliseconds since 1970. */
  at: number;
  size: number;
  read: boolean;
  sent: boolean;
  repeats: number;
  faulted: boolean;
  duplicate: boolean;
  importance: string;
}

/** Whether every term of the query holds. */
export function matches({ terms }: Pick<Query, 'terms'>, entry: Searchable): boolean {
  return terms.every((term) => holds(term, entry) !== term.negated);
}

function holds(term: Term, entry: Searchable): boolean {
  const { operator, value, number = 0 } = term;
  switch (operator) {
    case 'from':
    case 'to':
    case 'cc':
    case 'bcc':
      return inAddresses(entry[operator], value);
    case 'subject':
    case 'mailbox':
      return includes(entry[operator], value);
    case 'body':
      return entry.bodies.some((text) => includes(text, value));
    case 'format':
    case 'route':
      return entry[operator].toLowerCase() === value;
    case 'code':
      return entry.codes.some((code) => includes(code, value));
    case 'operation':
      return entry.operations.some((name) => name.toLowerCase() === value);
    case 'loss':
      return hasLoss(entry.losses, value);
    case 'status':
      return value.split(',').some((wanted) => entry.statuses.some((status) => isStatus(status, wanted)));
    case 'before':
      return entry.at < number;
    case 'after':
      return entry.at >= number;
    case 'larger':
      return entry.size > number;
    case 'smaller':
      return entry.size < number;
    case 'has':
      return has(entry, value);
    case 'is':
      return is(entry, value);
    case 'id':
      return entry.ids.some((id) => includes(id, value));
    case 'any':
      return anywhere(entry, value);
  }
}

const includes = (text: string, value: string): boolean => text.toLowerCase().includes(value);

const inAddresses = (list: readonly Address[], value: string): boolean =>
  list.some(({ address, name }) => includes(address, value) || includes(name, value));

function hasLoss(losses: readonly string[], value: string): boolean {
  if (value === 'any' || value === '*') return losses.length > 0;
  if (value === 'none') return losses.length === 0;
  return losses.some((feature) => feature.toLowerCase() === value);
}

const isStatus = (status: number, wanted: string): boolean =>
  wanted.endsWith('xx') ? Math.floor(status / 100) === Number(wanted[0]) : status === Number(wanted);

function has(entry: Searchable, value: string): boolean {
  switch (value) {
    case 'attachment':
      return entry.attachments.length > 0;
    case 'image':
      return entry.attachments.some(({ contentType }) => /^image\//i.test(contentType));
    case 'html':
      return entry.hasHtml;
    case 'text':
      return entry.hasText;
    case 'cc':
      return entry.cc.length > 0;
    case 'bcc':
      return entry.bcc.length > 0;
    case 'plan':
      return entry.hasPlan;
    case 'loss':
      return entry.losses.length > 0;
    default:
      return entry.faulted;
  }
}

function is(entry: Searchable, value: string): boolean {
  switch (value) {
    case 'unread':
      return entry.kind === 'message' && !entry.read;
    case 'read':
      return entry.read;
    case 'message':
    case 'refused':
    case 'draft':
      return entry.kind === value;
    case 'sent':
      return entry.sent;
    case 'retried':
      return entry.repeats > 0;
    case 'faulted':
      return entry.faulted;
    case 'duplicate':
      return entry.duplicate;
    case 'json':
    case 'mime':
      return entry.format === value;
    default:
      return entry.importance === 'high';
  }
}

function anywhere(entry: Searchable, value: string): boolean {
  return (
    includes(entry.subject, value) ||
    [entry.from, entry.to, entry.cc, entry.bcc].some((list) => inAddresses(list, value)) ||
    entry.codes.some((code) => includes(code, value)) ||
    entry.operations.some((name) => includes(name, value)) ||
    entry.attachments.some(({ name }) => includes(name, value)) ||
    entry.ids.some((id) => includes(id, value)) ||
    entry.bodies.some((text) => includes(text, value))
  );
}
