/**
 * A second strict reader, for tests: grammar by regular expressions over the whole text, where the library's walks over characters.
 * It takes what was posted to Graph, and throws for anything that is not a message by the book.
 */
export interface StrictView {
  to: string[];
  cc: string[];
  bcc: string[];
  /** Everything recipients can see: header without Bcc, and body. */
  visible: string;
  fields: { name: string; value: string }[];
}

export function viewMime(source: Buffer): StrictView {
  const text = source.toString('latin1');
  const [, head, body] = /^([\s\S]*?\r\n)\r\n([\s\S]*)$/.exec(text) ?? [];
  if (head === undefined || body === undefined) throw new Error('no empty line behind the header');
  if (/\r(?!\n)|(?<!\r)\n/.test(text)) throw new Error('a bare CR or LF');
  const lines = head.split('\r\n').slice(0, -1);
  const fields: StrictView['fields'] = [];
  for (const line of lines) {
    if (/[^\t -~\x80-\xff]/.test(line)) throw new Error(`a control character in ${JSON.stringify(line)}`);
    if (/[\u0085\u2028\u2029]/.test(Buffer.from(line, 'latin1').toString())) throw new Error(`a line separator in ${JSON.stringify(line)}`);
    const last = fields.at(-1);
    if (/^[ \t]+[^ \t]/.test(line) && last) last.value += line;
    else {
      const [, name, value] = /^([\x21-\x39\x3b-\x7e]+):(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new Error(`no field: ${JSON.stringify(line)}`);
      fields.push({ name: name.toLowerCase(), value });
    }
  }
  if (fields.filter(({ name }) => name === 'from').length > 1) throw new Error('two From fields');
  const list = (wanted: string) =>
    fields.filter(({ name }) => name === wanted).flatMap(({ value }) => addressesOf(Buffer.from(value, 'latin1').toString()));
  const visible = `${fields.flatMap(({ name, value }) => (name === 'bcc' ? [] : [`${name}:${value}`])).join('\n')}\n\n${body}`;
  return { to: list('to'), cc: list('cc'), bcc: list('bcc'), visible, fields };
}

export function viewJson(json: string): StrictView {
  const { message = JSON.parse(json) } = JSON.parse(json) as { message?: Record<string, unknown> };
  const copy = { ...(message as Record<string, unknown>) };
  const names = Object.keys(copy).map((name) => name.toLowerCase());
  if (new Set(names).size !== names.length) throw new Error('a property twice');
  const list = (name: string) =>
    ((copy[name] ?? []) as { emailAddress: { address: string } }[]).map(({ emailAddress: { address } }) => {
      if (!new RegExp(`^${ADDR_SPEC}$`, 'u').test(address)) throw new Error(`no address: ${JSON.stringify(address)}`);
      return address;
    });
  const view = { to: list('toRecipients'), cc: list('ccRecipients'), bcc: list('bccRecipients') };
  JSON.stringify({ ...copy, body: undefined, attachments: undefined }, (key, value: unknown) => {
    if (typeof value === 'string' && /[\r\n\0]/.test(value)) throw new Error(`a line break in ${key}: ${JSON.stringify(value)}`);
    return value;
  });
  for (const { name } of (copy['attachments'] ?? []) as { name: string }[])
    if (/[\r\n\0]/.test(name)) throw new Error('a line break in a file name');
  const { bccRecipients: _, ...seen } = copy;
  return { ...view, visible: JSON.stringify(seen), fields: [] };
}

const WS = String.raw`(?:[ \t])`;
const ATEXT = String.raw`[^\x00-\x20()<>\[\]:;@\\,."\x7f-\xa0\u2028\u2029]`;
const DOT_ATOM = `${ATEXT}+(?:\\.${ATEXT}+)*`;
const QUOTED = String.raw`"(?:[^"\\\r\n\0]|\\[ -~])*"`;
const ADDR_SPEC = `(?:${DOT_ATOM}|${QUOTED})@(?:${DOT_ATOM}|\\[[^\\[\\]\\\\\\s]+\\])`;
// one character at a time: words within words would be tried in every combination
const PHRASE = `(?=${ATEXT}|")(?:${ATEXT}|[. \\t]|${QUOTED})+`;
const MAILBOX = `(?:(?:${PHRASE})?<(${ADDR_SPEC})>|(${ADDR_SPEC}))`;

/** The addresses of a field; comments go first, since they may stand anywhere. */
export function addressesOf(field: string): string[] {
  let rest = withoutComments(field).trim();
  const found: string[] = [];
  const mailbox = new RegExp(`^${WS}*${MAILBOX}${WS}*`, 'u');
  const group = new RegExp(`^${WS}*${PHRASE}:`, 'u');
  const take = (pattern: RegExp) => {
    const match = pattern.exec(rest);
    if (match) rest = rest.slice(match[0].length);
    return match;
  };
  let inGroup = false;
  while (rest !== '') {
    const one = take(mailbox);
    if (one) found.push(one[1] ?? one[2] ?? '');
    else if (!inGroup && take(group)) {
      inGroup = true;
      if (!/^\s*;/.test(rest)) continue;
    } else throw new Error(`no address list: ${JSON.stringify(field)}`);
    if (inGroup && take(/^[ \t]*;[ \t]*/)) inGroup = false;
    if (rest === '') break;
    if (!take(/^,/) || rest.trim() === '') throw new Error(`no address list: ${JSON.stringify(field)}`);
  }
  if (inGroup) throw new Error(`a group without an end: ${JSON.stringify(field)}`);
  return found;
}

function withoutComments(field: string): string {
  let depth = 0;
  let result = '';
  for (const [piece] of field.matchAll(/\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|[\s\S]/g)) {
    if (piece === '(') depth++;
    else if (piece === ')' && depth > 0) depth--;
    // quotes mean nothing within a comment
    else if (depth > 0 && piece.length > 1 && piece.startsWith('"')) {
      for (const character of piece) depth += character === '(' ? 1 : character === ')' ? -1 : 0;
    } else if (depth === 0) result += piece;
  }
  if (depth > 0) throw new Error(`a comment without an end: ${JSON.stringify(field)}`);
  return result;
}

/** One mailbox, whatever its spelling: for comparing. */
export function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at).replace(/^"(.*)"$/s, (_, inner: string) => inner.replace(/\\(.)/gs, '$1'));
  const domain = new URL(`http://x.invalid`);
  const raw = address.slice(at + 1);
  if (/^[\w.-]+$/.test(raw)) return `${ascii(local)}@${ascii(raw)}`;
  try {
    domain.hostname = raw;
  } catch {
    return `${ascii(local)}@${raw}`;
  }
  return `${ascii(local)}@${domain.hostname === 'x.invalid' ? raw : domain.hostname}`;
}

const ascii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
