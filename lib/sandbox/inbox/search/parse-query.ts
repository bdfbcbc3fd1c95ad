/** What a term looks at; `any` is a word without an operator. */
export type Operator = (typeof OPERATORS)[number] | 'any';

/** Every operator of the search language. */
export const OPERATORS = [
  'from',
  'to',
  'cc',
  'bcc',
  'subject',
  'body',
  'has',
  'loss',
  'status',
  'code',
  'format',
  'route',
  'mailbox',
  'operation',
  'before',
  'after',
  'larger',
  'smaller',
  'is',
  'id',
] as const;

/** Values of `has:`. */
export const HAS = ['attachment', 'html', 'text', 'image', 'cc', 'bcc', 'plan', 'loss', 'fault'] as const;

/** Values of `is:`. */
export const IS = [
  'unread',
  'read',
  'message',
  'refused',
  'sent',
  'retried',
  'faulted',
  'duplicate',
  'urgent',
  'draft',
  'json',
  'mime',
] as const;

/** One condition; all of a query must hold. */
export interface Term {
  operator: Operator;
  /** Lower case. */
  value: string;
  negated: boolean;
  /** Milliseconds since 1970 for `before` and `after`, bytes for `larger` and `smaller`. */
  number?: number;
}

export interface Query {
  terms: Term[];
  /** What could not be understood, each as a sentence; such terms are not in `terms`. */
  errors: string[];
}

/** Longest query that is read. */
export const MOST_QUERY = 500;

const durations: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizes: Record<string, number> = { '': 1, b: 1, k: 1024, kb: 1024, m: 1024 ** 2, mb: 1024 ** 2 };

/**
 * Reads a query such as `subject:"your order" -to:x has:attachment status:429`.
 * A word with an unknown operator (`https://…`) is a plain word.
 * @param now milliseconds since 1970, for relative times such as `after:10m`
 */
export function parseQuery(text: string, now = Date.now()): Query {
  const terms: Term[] = [];
  const errors: string[] = [];
  if (text.length > MOST_QUERY) return { terms, errors: [`A query has at most ${MOST_QUERY} characters, this one has ${text.length}.`] };
  for (const [, minus = '', name = '', quoted, bare = ''] of text.matchAll(/(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/gi)) {
    const operator = OPERATORS.find((known) => known === name.toLowerCase());
    // what is no operator belongs to the word
    const value = (quoted ?? bare).toLowerCase();
    const written = operator === undefined && name !== '' ? `${name}:${value}`.toLowerCase() : value;
    const negated = minus === '-';
    if (operator === undefined) {
      const empty = OPERATORS.find((known) => written === `${known}:`);
      if (empty !== undefined) errors.push(`'${empty}:' wants a value.`);
      else if (written !== '') terms.push({ operator: 'any', value: written, negated });
      continue;
    }
    if (value === '') {
      errors.push(`'${operator}:' wants a value.`);
      continue;
    }
    const read = readTerm(operator, value, now);
    if (typeof read === 'string') errors.push(read);
    else terms.push({ ...read, operator, negated });
  }
  return { terms, errors };
}

function readTerm(operator: Operator, value: string, now: number): Pick<Term, 'value' | 'number'> | string {
  switch (operator) {
    case 'has':
      return oneOf(operator, (HAS as readonly string[]).includes(value) ? value : value.replace(/s$/, ''), HAS);
    case 'is':
      return oneOf(operator, value === 'high' ? 'urgent' : value, IS);
    case 'format':
      return oneOf(operator, value, ['json', 'mime']);
    case 'route':
      return value === 'sendmail' || value === 'draft' ? { value } : `'route:' knows sendMail and draft, not '${value}'.`;
    case 'status':
      return /^(\d{1,3}|[1-5]xx)(,(\d{1,3}|[1-5]xx))*$/.test(value)
        ? { value }
        : `'status:' wants a status such as 429 or 4xx, not '${value}'.`;
    case 'before':
    case 'after':
      return readTime(operator, value, now);
    case 'larger':
    case 'smaller':
      return readSize(operator, value);
    default:
      return { value };
  }
}

function oneOf(operator: Operator, value: string, known: readonly string[]): Pick<Term, 'value'> | string {
  return known.includes(value) ? { value } : `'${operator}:' knows ${known.join(', ')}, not '${value}'.`;
}

function readTime(operator: Operator, value: string, now: number): Pick<Term, 'value' | 'number'> | string {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(value) ?? [];
  const number =
    count === undefined ? Date.parse(/^\d{4}-\d\d/.test(value) ? value.toUpperCase() : '') : now - Number(count) * (durations[unit] ?? 0);
  return Number.isNaN(number)
    ? `'${operator}:' wants a time such as 2026-11-25, 2026-11-25T10:00 or 10m (ago), not '${value}'.`
    : { value, number };
}

function readSize(operator: Operator, value: string): Pick<Term, 'value' | 'number'> | string {
  const [, count, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(b|kb?|mb?)?$/.exec(value) ?? [];
  return count === undefined
    ? `'${operator}:' wants a size such as 500, 20k or 3M, not '${value}'.`
    : { value, number: Number(count) * (sizes[unit] ?? 1) };
}
