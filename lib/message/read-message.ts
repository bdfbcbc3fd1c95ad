import { GraphTransportError } from '../errors/graph-transport-error.js';
import { redact } from '../errors/redact.js';
import type { Loss } from '../prepared/loss.js';
import { addressKey, isMailAddress, type Address } from './address.js';
import { oneLine, oneStrictLine } from './clean-text.js';
import type { ContentReader } from './content/content-reader.js';
import { loadWordDecoder, mayBeEncoded } from './encoded-words.js';
import { charsetOf, parseFields, readHeaderBlock } from './header-block.js';
import { readFields } from './header-fields.js';
import { readHeaders } from './headers.js';
import { settleHeaders } from './settle-headers.js';
import { createMimeNode, type MimeTreeNode, type NodemailerMail, type ParsedAddress } from './nodemailer.js';
import type { HeaderField, OutgoingMessage, Trait } from './outgoing-message.js';
import { rawContent, readParts } from './read-parts.js';
import { reconcileRecipients } from './recipients.js';
import { hasGroup, readTreeAddresses, type TreeAddresses } from './tree-addresses.js';
import { contentIdOf, dispositionOf, listParts, type TreePart } from './tree.js';

/**
 * Normalises what Nodemailer compiled: envelope, addresses, headers, bodies, attachments.
 * It reads the compiled tree and not `mail.data`, because the tree is what SMTP would have sent, plugins included.
 *
 * @param reader reads the contents; the message is usable until it is disposed of
 * @throws {GraphTransportError} `EENVELOPE` or `EMESSAGE` for what must not be sent
 */
export async function readMessage(
  mail: NodemailerMail,
  reader: ContentReader,
  { maxRecipients, mailbox = '' }: { maxRecipients: number; mailbox?: string | undefined },
): Promise<OutgoingMessage> {
  const tree = mail.message;
  closeAccess(mail);
  settleHeaders(tree, mail.data['envelope']);
  const addresses = readTreeAddresses(tree);
  const envelope = checkEnvelope(addresses.envelope, maxRecipients);
  // without From the mailbox is the sender
  if (!envelope.from && mailbox.includes('@') && (addresses.lists['from'] ?? []).length === 0 && !tree._raw) {
    envelope.from = mailbox;
    nameDomain(tree, mailbox.slice(mailbox.lastIndexOf('@') + 1));
  }
  const pieces = tree._raw ? await readRaw(tree, reader) : await readTree(tree, addresses, reader);
  return assemble(mail, envelope, pieces, hasEncodedWords(pieces) ? await loadWordDecoder() : (value) => value);
}

/** Puts a domain into the Message-ID that Nodemailer has made with no more than `localhost` or this machine's name to go by. */
function nameDomain(tree: MimeTreeNode, domain: string): void {
  const { hostname = 'localhost' } = tree as { hostname?: string };
  const made = /^<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@([^@>]*)>$/.exec(tree.messageId());
  if (made && (made[2] === 'localhost' || made[2] === hostname)) tree.setHeader('Message-ID', `<${made[1]}@${domain}>`);
}

/**
 * What the transporter or the message closes stays closed. Nodemailer 7 and 8 do not pass it on to a ready-made message, and let
 * the message open what the transporter's defaults close.
 */
function closeAccess({ data, mailer, message }: NodemailerMail): void {
  for (const flag of ['disableFileAccess', 'disableUrlAccess'] as const) {
    if (data[flag] || mailer?._defaults?.[flag]) message[flag] = true;
  }
}

function checkEnvelope({ from: sender, to: given }: TreeAddresses['envelope'], maxRecipients: number): OutgoingMessage['envelope'] {
  // a plugin may have put anything there
  const to = (Array.isArray(given) ? Array.from(given as unknown[]) : [given]).map((address) =>
    typeof address === 'string' ? address : '',
  );
  const from = typeof sender === 'string' ? oneLine(sender) : false;
  const seen = new Set<string>();
  const recipients = to.filter((address) => {
    const key = addressKey(address);
    return !seen.has(key) && seen.add(key);
  });
  const refuse = (message: string, hint: string) => {
    throw notSent('EENVELOPE', message, hint);
  };
  if (recipients.length === 0) refuse('the message has no recipients', 'Give at least one address in to, cc, bcc or envelope.to.');
  const bad = recipients.find((address) => !isMailAddress(address));
  if (bad !== undefined)
    refuse(`'${oneLine(bad).slice(0, 320)}' is not a mail address`, 'Expected user@domain in to, cc, bcc or envelope.to.');
  if (recipients.length > maxRecipients) {
    refuse(
      `the message has ${recipients.length} recipients, more than maxRecipients (${maxRecipients})`,
      'Exchange accepts such a message and then returns it for every recipient. Split it, or raise maxRecipients if your tenant allows more.',
    );
  }
  return { from, to: recipients };
}

function notSent(code: 'EENVELOPE' | 'EMESSAGE', message: string, hint?: string): GraphTransportError {
  return new GraphTransportError(code, redact(`${message}; nothing was sent`), { permanent: true, hint });
}

async function readTree(tree: MimeTreeNode, { lists, grouped }: TreeAddresses, reader: ContentReader): Promise<Pieces> {
  const dateSet = tree._headers.some(({ key }) => key === 'Date');
  const fields = readFields(tree);
  const parts = listParts(tree);
  const described = tree._headers.filter(({ key }) => key === 'Content-Type').length;
  const { text, html, attachments, traits } = await readParts(tree, parts, reader);
  if (described > 1) traits.push(notCarried('Content-Type'));
  // of a message that is a file, these are the file's
  if (!parts.some(({ node, role }) => node === tree && role === 'attachment')) {
    // "inline" says no more than that it is the body
    if (![undefined, 'inline'].includes(dispositionOf(tree))) traits.push(notCarried('Content-Disposition'));
    if (contentIdOf(tree) !== undefined) traits.push(notCarried('Content-ID'));
  }
  if (dateSet) traits.push({ feature: 'date', detail: `Exchange sets the Date itself; ${field(fields, 'date')} is not carried` });
  return {
    fields,
    addresses: lists,
    grouped,
    // as it is written: with angle brackets
    messageId: field(fields, 'message-id') || tree.messageId(),
    traits,
    text,
    html,
    attachments,
    raw: undefined,
    parts,
    losses: [],
  };
}

function notCarried(name: string): Trait {
  return { feature: 'headers', detail: `${name} is what the message is made of; the one in headers is not carried` };
}

async function readRaw(tree: MimeTreeNode, reader: ContentReader): Promise<Pieces> {
  const raw = await reader.read(tree, rawContent(tree._raw), 'raw');
  const { lines, repairs, cleaned, ended } = readHeaderBlock(await raw.bytes());
  if (!ended && repairs.length > 0) throw notSent('EMESSAGE', 'raw has no empty line between header and body', REPAIR_RAW);
  const unclean = ADDRESS_FIELDS.find((name) => cleaned.has(name));
  if (unclean !== undefined)
    throw notSent('EMESSAGE', `the field ${unclean} of raw contains a control character or line separator`, REPAIR_RAW);
  const fields = parseFields(lines, charsetOf(lines));
  const parser = createMimeNode();
  const addresses = Object.fromEntries(ADDRESS_FIELDS.map((name) => [name, parser._parseAddresses(all(fields, name))]));
  const traits: Trait[] = [{ feature: 'raw', detail: 'a ready-made message is taken apart and rebuilt by Exchange' }];
  const date = field(fields, 'date');
  if (date !== '') traits.push({ feature: 'date', detail: `Exchange sets the Date itself; ${date} is not carried` });
  const source = (await raw.bytes()).toString('latin1');
  if (SEALED_PART.test(source))
    traits.push({ feature: 'transformed', detail: 'a signed or encrypted message, which must not be taken apart' });
  if (CALENDAR_PART.test(source)) traits.push({ feature: 'icalEvent', detail: 'an alternative of type text/calendar' });
  return {
    fields,
    addresses,
    grouped: hasGroup([...(addresses['to'] ?? []), ...(addresses['cc'] ?? [])]),
    messageId: field(fields, 'message-id') || tree.messageId(),
    traits,
    losses: repairs.map((detail) => ({ feature: 'headers', detail })),
    text: undefined,
    html: undefined,
    attachments: [],
    raw,
    parts: [],
  };
}

const ADDRESS_FIELDS = ['from', 'sender', 'reply-to', 'to', 'cc', 'bcc'];
/** Parts of a ready-made message, wherever in it they are: what only quotes such a line is not taken apart either. */
const SEALED_PART = /^content-type:[ \t]*(?:\r?\n[ \t]{1,80})?(?:multipart\/(?:signed|encrypted)|application\/(?:x-)?pkcs7-mime)\b/im;
const CALENDAR_PART = /^content-type:[ \t]*(?:\r?\n[ \t]{1,80})?text\/calendar\b/im;
const REPAIR_RAW = 'Give a whole message: header fields, an empty line, the body.';

interface Pieces extends Pick<OutgoingMessage, 'messageId' | 'text' | 'html' | 'attachments' | 'traits' | 'raw'> {
  fields: HeaderField[];
  addresses: Record<string, ParsedAddress[] | undefined>;
  /** Whether To or Cc have named groups. */
  grouped: boolean;
  /** What had to be left out to read it. */
  losses: Loss[];
  /** Of the tree; none of a ready-made message. */
  parts: readonly TreePart[];
}

function assemble(
  mail: NodemailerMail,
  envelope: OutgoingMessage['envelope'],
  pieces: Pieces,
  decode: (value: string) => string,
): OutgoingMessage {
  const list = (name: string) =>
    flatten(pieces.addresses[name]).map((entry): Address => ({ address: oneLine(entry.address), name: oneLine(decode(entry.name ?? '')) }));
  const [from, ...moreFrom] = list('from').filter(({ address }) => address !== '');
  const [sender] = list('sender');
  const replyTo = list('reply-to').filter(({ address }) => address !== '');
  const recipients = reconcileRecipients({ to: list('to'), cc: list('cc'), bcc: list('bcc') }, envelope.to);
  const fields = pieces.fields.map(({ name, value }) => ({ name, value: isStructured(name) ? value : oneLine(decode(value)) }));
  const own = namesOf(mail.data['headers']);
  const headers = readHeaders(fields, own);
  const dsn = readDsn(mail.data['dsn']);
  checkSenders({ From: [...(from ? [from] : []), ...moreFrom], Sender: sender ? [sender] : [], 'Reply-To': replyTo });

  const traits = [...pieces.traits, ...headers.traits];
  const losses: Loss[] = [...recipients.losses, ...pieces.losses];
  // text travels in base64, and a multipart in no encoding at all
  if (own.has('content-transfer-encoding') && pieces.raw === undefined && (pieces.text || pieces.html))
    losses.push(notCarried('Content-Transfer-Encoding') as Loss);
  if (moreFrom.length > 0) losses.push({ feature: 'from', detail: 'only the first From address is carried' });
  if (pieces.grouped) {
    const group: Loss = { feature: 'group', detail: 'group names in To or Cc; the members get the message' };
    // rewritten headers have none in MIME either
    (recipients.losses.length > 0 ? losses : traits).push(group);
  }
  if (sender && from && addressKey(sender.address) !== addressKey(from.address)) {
    traits.push({ feature: 'sender', detail: `Exchange sets the Sender itself; ${sender.address} is not carried` });
  }
  const bounces = envelope.from || '';
  if (from && addressKey(bounces) !== addressKey(from.address)) {
    losses.push({ feature: 'returnPath', detail: `bounces go to the mailbox, not to ${bounces === '' ? 'nobody' : bounces}` });
  }
  if (mail.data['dkim']) losses.push({ feature: 'dkim', detail: 'Exchange signs every message itself; the dkim option is not applied' });
  if (mail.data['requireTLSExtensionEnabled'])
    losses.push({ feature: 'requireTLS', detail: 'Graph cannot be told to deliver over TLS only (REQUIRETLS, RFC 8689)' });
  if (dsn.detail !== undefined) losses.push({ feature: 'dsn', detail: dsn.detail });
  for (const target of [headers.readReceiptTo, headers.deliveryReceiptTo]) {
    if (target !== undefined && from && !addressKey(target).includes(addressKey(from.address))) {
      traits.push({ feature: 'receipts', detail: `Exchange sends receipts to the sender, not to ${target}` });
    }
  }
  if (!/^<[^<>@\s]+@[^<>@\s]+>$/.test(pieces.messageId)) {
    traits.push({ feature: 'messageId', detail: `Graph takes no Message-ID as ${oneStrictLine(pieces.messageId).slice(0, 200)}` });
  }
  if (isTransformed(mail, pieces.parts))
    traits.push({ feature: 'transformed', detail: 'a plugin transformed the message, such as PGP or S/MIME' });

  return {
    messageId: oneStrictLine(pieces.messageId),
    envelope,
    from,
    sender,
    replyTo,
    to: recipients.to,
    cc: recipients.cc,
    bcc: recipients.bcc,
    removed: recipients.removed,
    added: recipients.added,
    headersRewritten: recipients.losses.length > 0,
    subject: headers.subject,
    importance: headers.importance,
    readReceipt: headers.readReceiptTo !== undefined,
    deliveryReceipt: headers.deliveryReceiptTo !== undefined || dsn.onSuccess,
    headers: headers.rest,
    text: pieces.text,
    html: pieces.html,
    attachments: pieces.attachments,
    traits,
    losses,
    tree: mail.message,
    raw: pieces.raw,
  };
}

/**
 * Whether what leaves is not what the app wrote: a plugin changes the bytes, replaced the message, or hung it into a tree that is
 * signed or encrypted. Nodemailer's own DKIM signing does not count: it is not applied.
 */
function isTransformed({ data, message }: NodemailerMail, parts: readonly TreePart[]): boolean {
  const changed = message._transforms.length > 0 || message._processFuncs.length > 0 || Object.hasOwn(message, 'createReadStream');
  const replaced = Boolean(message._raw) && !data['raw'];
  return changed || replaced || parts.some(({ sealed }) => sealed);
}

/** Fields whose values are ids, in which encoded words stand for themselves (RFC 2047, 5). */
function isStructured(name: string): boolean {
  return /^(message-id|in-reply-to|references|content-id|resent-message-id)$/i.test(name);
}

/** Who is not a recipient has to have an address, too. */
function checkSenders(fields: Record<string, readonly Address[]>): void {
  for (const [name, list] of Object.entries(fields)) {
    const bad = list.find(({ address }) => !isMailAddress(address));
    if (bad)
      throw notSent('EENVELOPE', `${name} names '${bad.address.slice(0, 320)}', which is not a mail address`, 'Expected user@domain.');
  }
}

/** The `dsn` option of Nodemailer's SMTP transport. */
function readDsn(dsn: unknown): { onSuccess: boolean; detail: string | undefined } {
  if (typeof dsn !== 'object' || dsn === null) return { onSuccess: false, detail: undefined };
  const { notify, recipient } = dsn as { notify?: unknown; recipient?: unknown };
  const when = (Array.isArray(notify) ? notify : [notify])
    .filter((item): item is string => typeof item === 'string')
    .join(',')
    .toLowerCase();
  const detail = when.includes('never')
    ? 'Exchange always reports failures to the sender'
    : recipient !== undefined
      ? 'Exchange sends delivery reports to the sender'
      : undefined;
  return { onSuccess: when.includes('success'), detail };
}

/** The header names the app set itself, in lower case. */
function namesOf(headers: unknown): Set<string> {
  const names = Array.isArray(headers) ? headers.map((item: { key?: unknown } | null) => item?.key) : Object.keys(headers ?? {});
  return new Set(names.map((name) => (typeof name === 'string' ? name.toLowerCase() : '')));
}

function hasEncodedWords({ fields, addresses }: Pieces): boolean {
  return (
    fields.some(({ value }) => mayBeEncoded(value)) ||
    Object.values(addresses).some((list) => flatten(list).some(({ name }) => mayBeEncoded(name ?? '')))
  );
}

function flatten(addresses: readonly ParsedAddress[] = []): readonly ParsedAddress[] {
  // most messages have no groups
  return addresses.some(({ group }) => group) ? addresses.flatMap((entry) => entry.group ?? [entry]) : addresses;
}

function field(fields: readonly HeaderField[], name: string): string {
  return fields.find((candidate) => candidate.name.toLowerCase() === name)?.value ?? '';
}

function all(fields: readonly HeaderField[], name: string): string[] {
  return fields.filter((candidate) => candidate.name.toLowerCase() === name).map(({ value }) => value);
}
