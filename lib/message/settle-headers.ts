import { types } from 'node:util';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import { redact } from '../errors/redact.js';
import { isMailAddress } from './address.js';
import { oneLine, oneStrictLine, wellFormed } from './clean-text.js';
import type { MimeTreeNode } from './nodemailer.js';

const ADDRESS_HEADERS = new Set(['from', 'sender', 'to', 'cc', 'bcc', 'reply-to']);
/** Nodemailer writes these as they are, without encoded words. */
const UNENCODED = new Set(['message-id', 'in-reply-to', 'references', 'content-id', 'content-type', 'content-disposition']);
/** A break inside a list of addresses may be a fold. */
const CONTROL = /(?![\t\n]|\r\n)\p{Cc}/u;
const HALF_IN_DOMAIN = /@[^\s<>,;@]*\p{Cs}/u;
/** What may be a field's name (RFC 5322, 2.2). */
const NAME = /^[!-9;-~]+$/;
/** A block longer than this takes Nodemailer seconds to write and Exchange refuses it. */
const MAX_HEADER = 1024 * 1024;
/** Parts within parts: nobody has so many, and what walks over them must not run out of stack. */
const MAX_DEPTH = 100;

/**
 * Reads every header of the compiled tree once and puts plain text in its place: what is checked here is what is written later,
 * whatever getters, proxies and objects the app gave. Line breaks in what Nodemailer encodes become a space, as over SMTP; what
 * would begin a header of its own is refused.
 *
 * @throws {GraphTransportError} `EENVELOPE` for an address field, `EMESSAGE` for another; names the field
 */
export function settleHeaders(tree: MimeTreeNode, envelope: unknown): void {
  let level: MimeTreeNode[] = [tree];
  const seen = new Set<MimeTreeNode>();
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw refusal('EMESSAGE', 'the message', `has more than ${MAX_DEPTH} levels of parts`);
    const next: MimeTreeNode[] = [];
    for (const node of level) {
      if (seen.has(node)) throw refusal('EMESSAGE', 'the message', 'has a part that contains itself, or that is there twice');
      seen.add(node);
      settleNode(node, node === tree);
      for (const child of node.childNodes) next.push(child);
    }
    level = next;
  }
  settleEnvelope(envelope);
}

function settleNode(node: MimeTreeNode, isRoot: boolean): void {
  const of = isRoot ? '' : ' of an attachment or alternative';
  let length = 0;
  const settled: MimeTreeNode['_headers'] = [];
  // loops and no closures: this runs for every message
  for (const { key: given, value: raw } of Array.from(node._headers)) {
    const key = typeof given === 'string' ? given : textOf(given, 'a header name');
    const name = key.toLowerCase();
    const value = ADDRESS_HEADERS.has(name)
      ? settleAddresses(raw, isRoot ? key : `${key}${of}`)
      : settleValue(raw, name, `the header ${key}${of}`);
    if (value === undefined) continue;
    if (!NAME.test(key))
      throw refusal(
        'EMESSAGE',
        `the header name ${JSON.stringify(key.slice(0, 80))}${of}`,
        'may hold printable ASCII without blanks and ":" only',
      );
    length += key.length + sizeOf(value);
    if (length > MAX_HEADER) throw refusal('EMESSAGE', `the header${of}`, `is longer than ${MAX_HEADER} bytes (${key})`);
    settled.push({ key, value });
  }
  node._headers = settled;
  const { filename } = node;
  if (filename)
    node.filename = settleText(
      typeof filename === 'string' ? filename : textOf(filename, 'a file name'),
      'EMESSAGE',
      `the file name ${of}`.trim(),
    );
}

/** Strings, addresses and lists of them, as Nodemailer takes them: what it makes of lists within lists depends on its version. */
function settleAddresses(value: unknown, field: string): unknown {
  if (typeof value === 'string') return settleAddressText(value, field);
  return value ? settleEntry(value, field, []) : undefined;
}

function settleEntry(entry: unknown, field: string, around: readonly unknown[]): unknown {
  if (Array.isArray(entry)) {
    if (around.includes(entry)) throw refusal('EENVELOPE', field, 'is a list that contains itself');
    if (around.length > MAX_DEPTH) throw refusal('EENVELOPE', field, `has more than ${MAX_DEPTH} lists within lists`);
    return Array.from(entry as unknown[], (member) => settleEntry(member, field, [...around, entry]));
  }
  if (typeof entry !== 'object' || entry === null) return settleAddressText(textOf(entry, field), field);
  const { address, name, group } = entry as Record<string, unknown>;
  if (address) {
    return { name: name ? settleText(textOf(name, field), 'EENVELOPE', field) : '', address: settleAddress(textOf(address, field), field) };
  }
  // no version of Nodemailer takes a group as an object
  if (Array.isArray(group)) settleEntry(group, field, around);
  return settleAddressText(textOf(entry, field), field);
}

/** An address that is given as one. Nodemailer would put quotes around what is none. */
function settleAddress(address: string, field: string): string {
  const text = wellFormed(address).replace(/[<>]+/g, ' ').trim();
  if (text.includes('\0')) throw refusal('EENVELOPE', field, 'contains a NUL character');
  if (/[\r\n]/.test(text)) throw refusal('EENVELOPE', field, 'contains a line break');
  // dots in a row or at an end are no dot-atom: newer versions of Nodemailer quote them, and there are mailboxes named so
  if (isMailAddress(text) || isMailAddress(withoutDots(text))) return text;
  throw refusal('EENVELOPE', field, `names '${oneStrictLine(text).slice(0, 320)}', which is not a mail address`, 'Expected user@domain.');
}

/** Text that Nodemailer parses: breaks are blanks to it, and to us where no header could begin behind them. */
function settleAddressText(text: string, field: string): string {
  const settled = isPrintable(text) ? text : settleAddressCharacters(text, field);
  // one word with an @ in it is meant as an address, whatever Nodemailer's parser makes of the rest: x:a@… is no group, b"@… no name
  const word = settled.trim();
  if (/^[^\s<>,;]+$/.test(word) && word.includes('@')) settleAddress(word, field);
  return settled;
}

function settleAddressCharacters(text: string, field: string): string {
  if (/[\r\n][!-9;-~]+[ \t]*:/.test(text)) throw refusal('EENVELOPE', field, 'contains a line break');
  // Nodemailer leaves some of them out and keeps others: what stands on both sides would be one address to it and two to others
  if (!text.includes('\0') && CONTROL.test(text)) throw refusal('EENVELOPE', field, 'contains a control character');
  // in a name it is repaired; a domain would become another one than Nodemailer's
  if (HALF_IN_DOMAIN.test(text)) throw refusal('EENVELOPE', field, 'has half a surrogate pair in a domain');
  return settleText(text, 'EENVELOPE', field);
}

/** Nothing but ASCII that can be seen, and blanks: most text, which needs no closer look. */
function isPrintable(text: string): boolean {
  return !/[^ -~]/.test(text);
}

function withoutDots(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at).replaceAll('.', '')}${address.slice(at)}`;
}

function settleText(text: string, code: 'EENVELOPE' | 'EMESSAGE', field: string): string {
  if (isPrintable(text)) return text;
  if (text.includes('\0')) throw refusal(code, field, 'contains a NUL character');
  return oneLine(text);
}

/** A header's value; `undefined` where Nodemailer writes nothing. */
function settleValue(value: unknown, name: string, field: string): unknown {
  if (typeof value === 'string') return settleWritten(value, name, field);
  // Nodemailer: (value || '').toString()
  if (!value) return undefined;
  if (name === 'references') {
    return (Array.isArray(value) ? Array.from(value as unknown[]) : [value]).map(
      (entry) => settleWritten(textOf(entry || '', field), name, field) ?? '',
    );
  }
  if (name === 'date') return settleWritten(types.isDate(value) ? dateText(value) : textOf(value, field), name, field);
  if (typeof value !== 'object') return settleWritten(textOf(value, field), name, field);
  const { value: inner, prepared, foldLines } = value as Record<string, unknown>;
  const text = textOf(inner || '', field);
  if (text.trim() === '') return undefined;
  if (!prepared) return settleWritten(text, name, field);
  return { prepared: true, foldLines: Boolean(foldLines), value: settlePrepared(text, field) };
}

function settleWritten(text: string, name: string, field: string): string | undefined {
  const settled = settleText(text, 'EMESSAGE', field);
  if (settled.trim() === '') return undefined;
  if (!UNENCODED.has(name)) return settled;
  // Nodemailer puts the pieces of a parameter into an array, at the number that stands there
  if (/;[^=;"]*\*\d{4,}\*?\s*=/.test(settled)) throw refusal('EMESSAGE', field, 'has a parameter in thousands of pieces');
  return oneStrictLine(settled);
}

/** What Nodemailer writes as it is: folds, and nothing that would end the field. */
function settlePrepared(text: string, field: string): string {
  if (isPrintable(text)) return text;
  if (text.includes('\0')) throw refusal('EMESSAGE', field, 'contains a NUL character');
  const [first = '', ...folded] = text.split(/\r\n|\r|\n/);
  if (folded.some((line) => !/^[ \t]/.test(line) || line.trim() === '')) throw refusal('EMESSAGE', field, 'contains a line break');
  return [first, ...folded].map((line) => oneStrictLine(line.replaceAll('\t', ' '))).join('\r\n');
}

/** `data.envelope`, of which Nodemailer has made the tree's; what it made of it is checked address by address elsewhere. */
function settleEnvelope(envelope: unknown): void {
  if (typeof envelope !== 'object' || envelope === null) return;
  for (const name of ['from', 'to', 'cc', 'bcc']) {
    const open: unknown[] = [(envelope as Record<string, unknown>)[name]];
    for (let entry = open.pop(), count = 0; entry !== undefined || open.length > 0; entry = open.pop()) {
      if (++count > 100_000) throw refusal('EENVELOPE', `envelope.${name}`, 'is endless');
      if (Array.isArray(entry)) open.push(...(entry as unknown[]).slice(0, 100_000));
      else if (typeof entry === 'string') settleEnvelopeText(entry, `envelope.${name}`);
      else if (typeof entry === 'object' && entry !== null) {
        const { address } = entry as { address?: unknown };
        if (typeof address === 'string' && /[\r\n\0]/.test(address.trim()))
          throw refusal('EENVELOPE', `envelope.${name}`, address.includes('\0') ? 'contains a NUL character' : 'contains a line break');
      }
    }
  }
}

/** One address a line is a list; a break anywhere else is none that an app writes. */
function settleEnvelopeText(text: string, field: string): void {
  const lines = text.trim().split(/\r\n|\r|\n/);
  const breaks = lines.slice(1).some((line, index) => !/^[ \t]/.test(line) && !/[,;]$/.test((lines[index] ?? '').trimEnd()));
  if (breaks) throw refusal('EENVELOPE', field, 'contains a line break');
  settleAddressText(text, field);
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toUTCString().replace(/GMT/, '+0000');
}

/** As `toString()` says it; what says nothing is refused. */
function textOf(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  try {
    return String(value);
  } catch {
    const code = ADDRESS_HEADERS.has(field.toLowerCase()) ? 'EENVELOPE' : 'EMESSAGE';
    throw refusal(code, field, 'is something that cannot be written as text');
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, entry) => sum + sizeOf(entry), 0);
  const { value: text = '', name = '', address = '' } = value as { value?: string; name?: string; address?: string };
  return text.length + name.length + address.length;
}

function refusal(code: 'EENVELOPE' | 'EMESSAGE', field: string, what: string, hint?: string): GraphTransportError {
  const attack = /line break|NUL/.test(what)
    ? 'Remove it from the value; if it comes from user input, someone may be trying to add headers or recipients.'
    : undefined;
  return new GraphTransportError(code, redact(`${field} ${what}; nothing was sent`), { permanent: true, hint: hint ?? attack });
}
