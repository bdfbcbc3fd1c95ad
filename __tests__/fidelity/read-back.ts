import { domainToASCII } from 'node:url';
import libmime from 'libmime';
import { simpleParser, type EmailAddress } from 'mailparser';

/** A message as a recipient's mail program understands it. */
export interface View {
  from: string[];
  sender: string[];
  replyTo: string[];
  to: string[];
  cc: string[];
  /** Names of groups in To and Cc. */
  groups: string[];
  hasBcc: boolean;
  subject: string;
  messageId: string;
  date: string;
  inReplyTo: string;
  references: string[];
  importance: 'low' | 'normal' | 'high';
  readReceiptTo: string[];
  deliveryReceiptTo: string[];
  /** All other header fields by lower-case name, decoded and unfolded. */
  headers: Map<string, string[]>;
  text: string | undefined;
  html: string | undefined;
  alternatives: Part[];
  attachments: Part[];
}

/** A leaf of the MIME tree. */
export interface Part {
  /** Type and subtype, lower case. */
  type: string;
  /** Parameters of the type, without the name. */
  params: string;
  name: string;
  cid: string;
  inline: boolean;
  /** Content-Transfer-Encoding as written. */
  encoding: string;
  content: Buffer;
  /** Header fields beside the usual ones of a part. */
  headers: string;
}

const ADDRESSES = ['from', 'sender', 'reply-to', 'to', 'cc', 'bcc', 'disposition-notification-to', 'return-receipt-to'];
/** Fields that are compared by what they mean, or say nothing about the message. */
const KNOWN = new Set([
  ...ADDRESSES,
  ...['subject', 'message-id', 'date', 'in-reply-to', 'references', 'mime-version', 'received'],
  ...['importance', 'x-priority', 'x-msmail-priority', 'priority'],
  ...['content-type', 'content-transfer-encoding', 'content-disposition', 'content-id'],
]);

/** Reads a message source. Headers and parts are decoded by mailparser and libmime, neither of which the transport encodes with. */
export async function readBack(source: Buffer): Promise<View> {
  const root = splitEntity(source);
  const { headers } = await simpleParser(Buffer.from(`${root.fields.map(({ line }) => line).join('\r\n')}\r\n\r\n`, 'latin1'));
  const addresses = (name: string): EmailAddress[] => {
    const value = headers.get(name) as { value: EmailAddress[] } | { value: EmailAddress[] }[] | string | undefined;
    if (typeof value === 'string') return [{ address: value.replace(/^<|>$/g, ''), name: '' }];
    return [value ?? []].flat().flatMap((list) => list.value);
  };
  const values = (name: string): string[] => root.fields.filter((field) => field.name === name).map(({ value }) => value);
  const first = (name: string): string => values(name)[0] ?? '';
  const others = root.fields.filter(({ name }) => !KNOWN.has(name));
  const bodies: Leaf[] = [];
  const attached: Leaf[] = [];
  for (const leaf of leavesOf(root, 'body')) (leaf.role === 'attachment' ? attached : bodies).push(leaf);
  const text = bodies.findLast(({ part }) => part.type === 'text/plain');
  const html = bodies.findLast(({ part }) => part.type === 'text/html');
  const alternatives = bodies.filter((leaf) => leaf !== text && leaf !== html);
  return {
    from: addresses('from').map(show),
    sender: addresses('sender').map(show),
    replyTo: flatten(addresses('reply-to')).map(show),
    to: flatten(addresses('to')).map(show),
    cc: flatten(addresses('cc')).map(show),
    groups: [...addresses('to'), ...addresses('cc')].filter(({ group }) => group).map(({ name }) => name),
    hasBcc: values('bcc').length > 0,
    subject: first('subject'),
    messageId: first('message-id'),
    date: first('date'),
    inReplyTo: first('in-reply-to'),
    references: first('references').split(/\s+/).filter(Boolean),
    importance: importanceOf(first('importance'), first('x-priority'), first('x-msmail-priority'), first('priority')),
    readReceiptTo: addresses('disposition-notification-to').map(({ address = '' }) => keyOf(address)),
    deliveryReceiptTo: addresses('return-receipt-to').map(({ address = '' }) => keyOf(address)),
    headers: group(others),
    text: text && (await decodeText(text)),
    html: html && (await decodeText(html)),
    alternatives: await Promise.all(alternatives.map(decodePart)),
    attachments: await Promise.all(attached.map(decodePart)),
  };
}

/** What two spellings of a mailbox have in common. */
export function keyOf(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`.toLowerCase();
}

function show({ name, address = '' }: EmailAddress): string {
  return `${name.replace(/\s+/g, ' ').trim()} <${keyOf(address)}>`;
}

function flatten(addresses: EmailAddress[]): EmailAddress[] {
  return addresses.flatMap((entry) => (entry.group ? flatten(entry.group) : [entry])).filter(({ address }) => address);
}

function importanceOf(...values: string[]): View['importance'] {
  for (const value of values) {
    if (/^\s*(high|urgent|[12])\b/i.test(value)) return 'high';
    if (/^\s*(low|non-urgent|[45])\b/i.test(value)) return 'low';
    if (/^\s*(normal|3)\b/i.test(value)) return 'normal';
  }
  return 'normal';
}

interface Field {
  name: string;
  line: string;
  value: string;
}

function group(fields: Field[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, value } of fields) groups.set(name, [...(groups.get(name) ?? []), value.replace(/\s+/g, ' ').trim()]);
  return groups;
}

interface Entity {
  fields: Field[];
  body: string;
}

/** Takes an entity apart; `latin1`, one character a byte. */
function splitEntity(source: Buffer | string): Entity {
  const text = typeof source === 'string' ? source : source.toString('latin1');
  const end = /^\r?\n|\r?\n\r?\n/.exec(text);
  const head = end ? text.slice(0, end.index) : text;
  const lines = head.split(/\r?\n(?![ \t])/).filter((line) => line !== '');
  const fields = lines.map((line) => {
    const colon = line.indexOf(':');
    const unfolded = line
      .slice(colon + 1)
      .replace(/\r?\n/g, '')
      .trim();
    return {
      name: line.slice(0, colon).trim().toLowerCase(),
      line,
      value: libmime.decodeWords(Buffer.from(unfolded, 'latin1').toString()),
    };
  });
  return { fields, body: end ? text.slice(end.index + end[0].length) : '' };
}

interface Leaf {
  role: 'body' | 'attachment';
  isRoot: boolean;
  entity: Entity;
  part: Pick<Part, 'type' | 'params' | 'inline' | 'encoding'>;
}

function leavesOf(entity: Entity, role: Leaf['role'], parent = ''): Leaf[] {
  const { value, params } = libmime.parseHeaderValue(rawValue(entity, 'content-type') || 'text/plain');
  const type = value.trim().toLowerCase();
  if (type.startsWith('multipart/')) {
    return splitBody(entity.body, params.boundary ?? '').flatMap((child, index) =>
      leavesOf(splitEntity(child), type === 'multipart/related' && index > 0 ? 'attachment' : role, type),
    );
  }
  const disposition = rawValue(entity, 'content-disposition').split(';')[0]?.trim().toLowerCase();
  // an alternative may well say how it is to be shown
  const attached = role === 'attachment' || (disposition !== '' && parent !== 'multipart/alternative') || !/^text\//.test(type);
  const { name: _name, ...kept } = params as Record<string, string>;
  return [
    {
      role: attached && parent !== 'multipart/alternative' ? 'attachment' : role,
      isRoot: parent === '',
      entity,
      part: {
        type,
        params: Object.entries(kept)
          .filter(([key]) => !key.startsWith('name'))
          .map(([key, of]) => `${key}=${of}`)
          .sort()
          .join('; '),
        inline: disposition === 'inline',
        encoding: rawValue(entity, 'content-transfer-encoding').toLowerCase(),
      },
    },
  ];
}

function rawValue({ fields }: Entity, name: string): string {
  const line = fields.find((field) => field.name === name)?.line ?? '';
  return line
    .slice(line.indexOf(':') + 1)
    .replace(/\r?\n/g, '')
    .trim();
}

function splitBody(body: string, boundary: string): string[] {
  const escaped = boundary.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pieces = `\r\n${body}`.split(new RegExp(`\r?\n--${escaped}(?:--)?[ \t]*(?=\r?\n|$)`));
  // before the first delimiter and after the last there is nothing to read
  return pieces.slice(1, -1).map((piece) => piece.replace(/^\r?\n/, ''));
}

async function parse({ entity }: Leaf) {
  const head = entity.fields.filter(({ name }) => name.startsWith('content-')).map(({ line }) => line);
  return simpleParser(Buffer.from(`${[...head, 'MIME-Version: 1.0'].join('\r\n')}\r\n\r\n${entity.body}`, 'latin1'), {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipTextLinks: true,
    keepCidLinks: true,
  });
}

async function decodeText(leaf: Leaf): Promise<string> {
  const { text, html, attachments } = await parse(leaf);
  const [attachment] = attachments;
  const decoded = attachment ? attachment.content.toString() : leaf.part.type === 'text/html' ? html || '' : (text ?? '');
  return decoded.replace(/\r\n?/g, '\n').replace(/\n+$/, '');
}

async function decodePart(leaf: Leaf): Promise<Part> {
  // a message that is nothing but a file shares its headers
  const own = leaf.isRoot ? [] : leaf.entity.fields.filter(({ name }) => !/^content-(type|disposition|transfer-encoding|id)$/.test(name));
  const common = { ...leaf.part, headers: own.map(({ name, value }) => `${name}: ${value}`).join('\n') };
  const { text, html, attachments } = await parse(leaf);
  const [attachment] = attachments;
  const cid = rawValue(leaf.entity, 'content-id').replace(/^<|>$/g, '');
  if (leaf.part.type === 'message/rfc822') {
    // mailparser would take the nested message apart
    const content = Buffer.from(leaf.entity.body, leaf.part.encoding === 'base64' ? 'base64' : 'latin1');
    return { ...common, cid, name: nameOf(leaf), content };
  }
  const content = attachment?.content ?? Buffer.from(leaf.part.type === 'text/html' ? html || '' : (text ?? ''));
  return { ...common, cid, name: attachment?.filename ?? nameOf(leaf), content };
}

function nameOf({ entity }: Leaf): string {
  const { filename } = libmime.parseHeaderValue(rawValue(entity, 'content-disposition')).params as Record<string, string>;
  return libmime.decodeWords(filename ?? '');
}
