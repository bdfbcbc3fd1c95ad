import { compareWithEnvelope } from './check-mime.js';
import { readStrictAddress, type StrictMailbox } from './addresses.js';
import type { HeaderProblem } from './header.js';

type Json = Record<string, unknown>;

/** Where Graph reads addresses, in lower case: it compares names of properties without case. */
const RECIPIENTS = new Set(['torecipients', 'ccrecipients', 'bccrecipients']);
const MAILBOXES = new Set([...RECIPIENTS, 'replyto', 'from', 'sender']);
const EXTENDED = new Set(['singlevalueextendedproperties', 'multivalueextendedproperties']);
/** Texts that may have lines: bodies are read, not parsed. */
const MULTILINE = new Set(['content', 'contentbytes', 'bodypreview']);
const ADDRESSED = new Set(['to', 'cc', 'bcc', 'from', 'sender', 'resent-to', 'resent-cc', 'resent-bcc', 'resent-from', 'resent-sender']);

/**
 * Reads the finished JSON of a Graph message again and compares it with the envelope: in the three lists of recipients exactly the
 * envelope, no property twice, no CR, LF or NUL in anything that becomes a header.
 *
 * @returns what is wrong, `undefined` if nothing is
 */
export function checkJson(text: string, envelope: readonly string[]): HeaderProblem | undefined {
  const message = JSON.parse(text) as Json;
  const named: StrictMailbox[] = [];
  const seen = new Set<string>();
  let problem: HeaderProblem | undefined;
  for (const name of Object.keys(message)) {
    const value = message[name];
    const key = name.toLowerCase();
    if (seen.has(key)) return { field: name, what: 'is there twice' };
    seen.add(key);
    if (MAILBOXES.has(key)) problem ??= readMailboxes(name, value, RECIPIENTS.has(key) ? named : []);
    else if (key === 'internetmessageheaders') problem ??= checkHeaders(value);
    else if (EXTENDED.has(key)) problem ??= checkProperties(value);
  }
  return problem ?? (mayHaveBreak(text) ? findBreak(message) : undefined) ?? compareWithEnvelope(named, envelope);
}

function readMailboxes(name: string, value: unknown, into: StrictMailbox[]): HeaderProblem | undefined {
  for (const recipient of (Array.isArray(value) ? value : [value]) as unknown[]) {
    const address = property(property(recipient, 'emailAddress'), 'address');
    const mailbox = typeof address === 'string' ? readStrictAddress(address) : undefined;
    if (!mailbox) return { field: name, what: 'holds what is no address' };
    into.push(mailbox);
  }
  return undefined;
}

function checkHeaders(value: unknown): HeaderProblem | undefined {
  if (value === undefined) return undefined;
  const field = 'internetMessageHeaders';
  if (!Array.isArray(value)) return { field, what: 'is no list' };
  for (const header of value) {
    const name = property(header, 'name');
    if (typeof name !== 'string' || !isFieldName(name) || !/^x-/i.test(name)) return { field, what: 'has a name that is none of a header' };
  }
  return undefined;
}

/** Extended properties may write headers: none of them may name anybody. */
function checkProperties(value: unknown): HeaderProblem | undefined {
  if (!Array.isArray(value)) return undefined;
  for (const entry of value) {
    const id = property(entry, 'id');
    if (typeof id !== 'string') return { field: 'extended properties', what: 'have an entry without an id' };
    const at = id.toLowerCase().indexOf('} name ');
    if (at < 0) continue;
    const name = id.slice(at + '} name '.length).trim();
    if (/\{00020386-0000-0000-c000-000000000046\}/i.test(id) && (!isFieldName(name) || ADDRESSED.has(name.toLowerCase())))
      return { field: name, what: 'is no header that an extended property may write' };
  }
  return undefined;
}

function isFieldName(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f || code === 0x3a) return false;
  }
  return name !== '';
}

/** Whether any text may hold a line break or NUL: in JSON they can only be written as escapes. */
function mayHaveBreak(json: string): boolean {
  return /\\(?:[nr]|u000[0ad])/i.test(json);
}

/** A text, at any depth, that would begin a line of its own in a header. */
function findBreak(root: Json): HeaderProblem | undefined {
  const open: { field: string; value: unknown }[] = [{ field: '', value: root }];
  for (;;) {
    const next = open.pop();
    if (!next) return undefined;
    const { field, value } = next;
    if (typeof value === 'string') {
      if (!MULTILINE.has(field.toLowerCase()) && hasBreak(value)) return { field, what: 'has a line break or NUL' };
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        if (hasBreak(name)) return { field: field || 'a property', what: 'has a name with a line break or NUL' };
        open.push({ field: Array.isArray(value) ? field : name, value: inner });
      }
    }
  }
}

/** What describes an attachment: its texts become header fields of a part. */
export function checkAttachment(description: object): HeaderProblem | undefined {
  for (const [name, value] of Object.entries(description)) {
    if (typeof value === 'string' && hasBreak(value)) return { field: `an attachment's ${name}`, what: 'has a line break or NUL' };
  }
  return undefined;
}

function hasBreak(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || code === 0x0d || code === 0) return true;
  }
  return false;
}

/** A property by its name without case, as Graph finds it. */
function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key of Object.keys(value)) {
    if (key === name || (key.length === name.length && key.toLowerCase() === name.toLowerCase())) return (value as Json)[key];
  }
  return undefined;
}
