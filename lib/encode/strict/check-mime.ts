import { domainToASCII, domainToUnicode } from 'node:url';
import { mailboxKey, readStrictAddress, readStrictAddressList, type StrictMailbox } from './addresses.js';
import { readStrictHeader, type HeaderProblem, type StrictField, type StrictHeader } from './header.js';

/** What the recipients' fields are; Graph delivers to whoever stands in one of them. */
const RECIPIENTS = new Set(['to', 'cc', 'bcc']);

/**
 * Reads the header of a finished MIME message again and compares it with the envelope: fields and folds and nothing else, one From,
 * and in To, Cc and Bcc, every occurrence of them, exactly the envelope.
 *
 * @returns what is wrong, `undefined` if nothing is
 */
export function checkMime(source: Buffer, envelope: readonly string[]): HeaderProblem | undefined {
  return readMime(source, envelope).problem;
}

/**
 * As {@link checkMime}; the fields of the header if nothing is wrong with it. The same bytes are not read again for the same envelope:
 * whoever writes a message asks first whether it can stay as it is.
 */
export function readMime(source: Buffer, envelope: readonly string[]): StrictHeader {
  const known = read.get(source);
  if (known?.envelope === envelope) return known.header;
  const header = compared(readStrictHeader(source), envelope);
  read.set(source, { envelope, header });
  return header;
}

/** Nobody writes into bytes that were read: what is not as it has to be is written anew. */
const read = new WeakMap<Buffer, { envelope: readonly string[]; header: StrictHeader }>();

function compared(header: StrictHeader, envelope: readonly string[]): StrictHeader {
  if (header.problem) return header;
  const problem = compareFields(header.fields, envelope);
  return problem ? { problem } : header;
}

function compareFields(fields: readonly StrictField[], envelope: readonly string[]): HeaderProblem | undefined {
  const named: StrictMailbox[] = [];
  let from = 0;
  for (const { name, value } of fields) {
    if (name === 'resent-bcc') return { field: 'Resent-Bcc', what: 'would be seen by every recipient' };
    if (name === 'from') {
      if (++from > 1) return { field: 'From', what: 'is there more than once' };
      if (!isAddressList(value)) return { field: 'From', what: 'is no list of addresses' };
    }
    if (!RECIPIENTS.has(name)) continue;
    const list = readStrictAddressList(value);
    if (!list) return { field: title(name), what: 'is no list of addresses' };
    named.push(...list);
  }
  return compareWithEnvelope(named, envelope);
}

/** Whether exactly these are in the envelope; says who is not, by the number only: errors name no hidden recipient. */
export function compareWithEnvelope(named: readonly StrictMailbox[], envelope: readonly string[]): HeaderProblem | undefined {
  if (named.length === 1 && envelope.length === 1) {
    // most messages
    const only = readStrictAddress(envelope[0] as string);
    if (only && keyOf(only) === keyOf(named[0] as StrictMailbox)) return undefined;
  }
  const wanted = new Set<string>();
  for (const address of envelope) {
    const mailbox = readStrictAddress(address);
    if (!mailbox) return { field: 'envelope', what: 'holds what is no address' };
    wanted.add(keyOf(mailbox));
  }
  const there = new Set(named.map(keyOf));
  for (const key of there) if (!wanted.has(key)) return { field: 'To, Cc or Bcc', what: 'names somebody who is not in the envelope' };
  for (const key of wanted) if (!there.has(key)) return { field: 'To, Cc and Bcc', what: 'name somebody of the envelope not at all' };
  return undefined;
}

/** Whether an address field can stay as it is: it can be read, and names nobody outside the envelope. */
export function isWithinEnvelope(value: string, envelope: readonly string[]): boolean {
  const list = readStrictAddressList(value);
  if (!list) return false;
  const wanted = new Set(envelope.map((address) => keyOf(readStrictAddress(address) ?? { local: '', domain: '' })));
  return list.every((mailbox) => wanted.has(keyOf(mailbox)));
}

/** Whether an address field names somebody, in a way that every reader reads the same. */
export function isAddressList(value: string): boolean {
  return (readStrictAddressList(value)?.length ?? 0) > 0;
}

function keyOf(mailbox: StrictMailbox): string {
  return mailboxKey(mailbox, asciiDomain);
}

/** The ASCII form, where it means the same domain and not one that only looks alike: `K` (U+212A) is no `k`. */
function asciiDomain(domain: string): string {
  // whatever such a domain were converted to would be itself or not mean the same
  if (/^[a-z\d.-]*$/.test(domain)) return domain;
  const ascii = domainToASCII(domain);
  const lower = Array.from(domain, (character) => {
    const small = character.toLowerCase();
    return character > '\x7f' && small <= '\x7f' ? character : small;
  }).join('');
  return ascii !== '' && domainToUnicode(ascii) === lower.normalize('NFC') ? ascii : domain;
}

function title(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
