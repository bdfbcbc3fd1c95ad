import type { LossFeature } from '../prepared/loss.js';
import type { HeaderField, Trait } from './outgoing-message.js';

/** What the header fields of a message say, sorted by how Graph carries it. */
export interface HeaderFacts {
  subject: string;
  importance: 'low' | 'normal' | 'high';
  /** Addresses that asked for a read receipt; Exchange sends receipts to the sender only. */
  readReceiptTo: string | undefined;
  deliveryReceiptTo: string | undefined;
  /** Everything without a field of its own, in order. */
  rest: HeaderField[];
  traits: Trait[];
}

/** Fields the message structure itself stands for, or a property of its own, and those Exchange writes from the importance. */
const STRUCTURAL = new Set(
  (
    'from sender to cc bcc resent-bcc reply-to subject date message-id mime-version content-type content-transfer-encoding content-disposition ' +
    'content-id importance x-priority x-msmail-priority disposition-notification-to return-receipt-to'
  ).split(' '),
);
/** Fields that a mail system on the way writes; sending them on would be a lie. */
const TRACE = /^(received|return-path|delivered-to|dkim-signature|arc-.*|authentication-results|x-ms-exchange-(organization|forest)-.*)$/;

/** Sorts header fields. `rest` keeps the order, with the `preferred` names (lower case) first. */
export function readHeaders(fields: readonly HeaderField[], preferred: ReadonlySet<string> = new Set()): HeaderFacts {
  const first = new Map<string, string>();
  const traits: Trait[] = [];
  const rest: HeaderField[] = [];
  for (const field of fields) {
    const name = field.name.toLowerCase();
    if (!first.has(name)) first.set(name, field.value);
    if (STRUCTURAL.has(name)) continue;
    if (name === 'dkim-signature')
      traits.push(trait('dkim', 'Exchange rewrites and signs every message itself; a signature made before does not survive'));
    else if (name === 'return-path') traits.push(trait('returnPath', 'Exchange writes the Return-Path itself'));
    else if (TRACE.test(name)) traits.push(trait('headers', `${field.name} belongs to the mail systems on the way`));
    else rest.push(field);
    if (name === 'auto-submitted') traits.push(trait('autoSubmitted', 'Exchange removes Auto-Submitted'));
  }
  const rank = ({ name }: HeaderField) => (preferred.has(name.toLowerCase()) ? 0 : 1);
  return {
    subject: first.get('subject') ?? '',
    importance: readImportance(first.get('importance'), first.get('x-priority') ?? first.get('priority'), first.get('x-msmail-priority')),
    readReceiptTo: first.get('disposition-notification-to'),
    deliveryReceiptTo: first.get('return-receipt-to'),
    rest: rest.sort((a, b) => rank(a) - rank(b)),
    traits,
  };
}

/** Reads the three dialects of priority; Importance is the standard one and wins. */
export function readImportance(
  importance: string | undefined,
  priority: string | undefined,
  msPriority: string | undefined,
): HeaderFacts['importance'] {
  const text = (importance ?? msPriority ?? '').trim().toLowerCase();
  if (text === 'high' || text === 'low' || text === 'normal') return text;
  // "1 (Highest)", "urgent", "5"
  const level = (priority ?? '').trim().toLowerCase();
  if (/^[12]\b|^urgent\b/.test(level)) return 'high';
  if (/^[45]\b|^non-urgent\b/.test(level)) return 'low';
  return 'normal';
}

function trait(feature: LossFeature, detail: string): Trait {
  return { feature, detail };
}
