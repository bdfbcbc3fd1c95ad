import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { uniqueAddresses } from '../../message/address.js';
import { cleanHeaderLine, fieldName, fieldValue } from '../../message/header-block.js';
import { createMimeNode, encodeWords, type ParsedAddress } from '../../message/nodemailer.js';
import type { MessageArguments } from './arguments.js';
import { EX } from '../exit-status.js';

/** Where a message comes from, besides its own text. */
export interface SendmailContext {
  /** The configured mailbox: an address, an object id or `me`. */
  mailbox: string | undefined;
  /** Who gets mail for users of this machine, such as root. */
  localRecipient: string | undefined;
  /** Name of this machine, as `hostname` says it: addresses at it are local. */
  hostname: string;
  /** Further domains whose addresses are local, in lower case. */
  localDomains?: readonly string[] | undefined;
  /** Who every message is from, whatever the program wrote: an address, perhaps with a name. */
  forceFrom?: string | undefined;
  now: Date;
  /** The unique part of a Message-ID, where there is none. @default random */
  uniqueId?: string | undefined;
}

/** A message ready to be sent. */
export interface SendmailMessage {
  mailbox: string;
  envelope: { from: string | false; to: string[] };
  raw: Buffer;
}

/** A message that cannot be sent, with the exit status for it. */
export class SendmailMessageError extends Error {
  override name = 'SendmailMessageError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Makes a complete message and its envelope of what a program wrote to sendmail.
 *
 * @throws {SendmailMessageError}
 */
export function prepareMessage(
  input: Buffer,
  { recipients, recipientsFromHeader, ignoreDots, sender, fullName }: MessageArguments,
  { mailbox, localRecipient, hostname, localDomains = [], forceFrom, now, uniqueId = randomUUID() }: SendmailContext,
): SendmailMessage {
  const { fields, body } = splitInput(input, ignoreDots);
  const isLocal = (address: string) => isLocalAddress(address, hostname, localDomains);
  const addressesOf = (...names: string[]) =>
    fields.filter(({ name }) => names.includes(name)).flatMap(({ value }) => parseAddresses(value));

  // as Postfix: recipients of the command line come on top of those in the header
  const resent = fields.some(({ name }) => /^resent-(to|cc|bcc)$/.test(name));
  const inHeader = resent ? addressesOf('resent-to', 'resent-cc', 'resent-bcc') : addressesOf('to', 'cc', 'bcc');
  const wanted = [...recipients.flatMap(parseAddresses), ...(recipientsFromHeader ? inHeader : [])].map(({ address }) => address);
  const to = uniqueAddresses(wanted.map((address) => ({ address: isLocal(address) ? forLocal(address) : address, name: '' }))).map(
    ({ address }) => address,
  );
  if (to.length === 0) {
    throw new SendmailMessageError(
      EX.USAGE,
      recipientsFromHeader ? 'no recipient addresses found in message header' : 'no recipients given',
    );
  }

  function forLocal(address: string): string {
    if (localRecipient !== undefined) return localRecipient;
    throw new SendmailMessageError(
      EX.NOUSER,
      `${address} is a user of this machine, and Graph knows only mail addresses; name who gets such mail by --local-recipient or GRAPH_LOCAL_RECIPIENT`,
    );
  }

  const [author] = addressesOf('from');
  if (/[\s<>,]/.test(sender ?? '')) throw new SendmailMessageError(EX.USAGE, '-f needs one address');
  const forced = readForcedFrom(forceFrom);
  const givenSender = sender && !isLocal(sender) ? sender : undefined;
  const writtenBy = author && !isLocal(author.address) ? author.address : undefined;
  const envelopeSender = forced?.address ?? givenSender;
  const authorAddress = forced?.address ?? writtenBy;
  const owner = mailbox ?? envelopeSender ?? authorAddress;
  if (owner === undefined) {
    throw new SendmailMessageError(EX.CONFIG, 'no mailbox to send from: set GRAPH_SENDER or --mailbox, or give an address with -f');
  }

  const header = fields
    .filter(({ name }) => forced === undefined || (name !== 'from' && name !== 'sender'))
    .flatMap((field) => rewriteField(field, { isLocal, localRecipient }));
  const has = (name: string) => header.some((field) => field.name === name);
  const added: Field[] = [];
  if (!has('from')) {
    const address = envelopeSender ?? (owner.includes('@') ? owner : undefined);
    // the mailbox stands in for a local user, whose name says who wrote
    const name = forced?.name || (author ? author.name || author.address : (fullName ?? ''));
    // without an address Exchange puts the mailbox's own there
    if (address !== undefined) added.push(makeField('From', formatAddress({ address, name })));
  }
  // whoever answers means the author
  if (forced && writtenBy !== undefined && writtenBy !== forced.address && !has('reply-to')) {
    added.push(makeField('Reply-To', formatAddress({ address: writtenBy, name: author?.name })));
  }
  if (!has('date')) added.push(makeField('Date', now.toUTCString().replace(/GMT$/, '+0000')));
  if (!has('message-id')) {
    const domain = (envelopeSender ?? owner).split('@')[1] ?? 'localhost';
    added.push(makeField('Message-ID', `<${uniqueId}@${domain}>`));
  }
  // 8-bit text without a word about its charset
  if (!has('content-type') && body.some((byte) => byte > 127)) {
    added.push(makeField('MIME-Version', '1.0'));
    added.push(makeField('Content-Type', `text/plain; charset=${isUtf8(body) ? 'utf-8' : 'iso-8859-1'}`));
    added.push(makeField('Content-Transfer-Encoding', '8bit'));
  }
  const lines = [...added, ...header].map(({ line }) => `${line}\r\n`).join('');
  return {
    mailbox: owner,
    envelope: { from: envelopeSender ?? authorAddress ?? (owner.includes('@') ? owner : false), to },
    raw: Buffer.concat([Buffer.from(`${lines}\r\n`, 'latin1'), body]),
  };
}

function readForcedFrom(text: string | undefined): ParsedAddress | undefined {
  if (text === undefined) return undefined;
  const [address, ...more] = parseAddresses(text);
  if (address && more.length === 0 && /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(address.address)) return address;
  throw new SendmailMessageError(EX.CONFIG, '--force-from (GRAPH_FORCE_FROM) must be one address, such as alerts@contoso.com');
}

interface Field {
  /** Lower case. */
  name: string;
  /** Unfolded and decoded. */
  value: string;
  /** With its folds, without the line break behind it; `latin1`, one character a byte. */
  line: string;
}

const ADDRESS_FIELDS = /^(resent-)?(from|sender|reply-to|to|cc|bcc)$/;

function withoutCr(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function splitInput(input: Buffer, ignoreDots: boolean): { fields: Field[]; body: Buffer } {
  // a byte order mark would make text of the first field, and of all behind it
  const text = input.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  let lines = text.split('\n').map(withoutCr);
  if (lines.at(-1) === '') lines.pop();
  const dot = ignoreDots ? -1 : lines.indexOf('.');
  if (dot >= 0) lines = lines.slice(0, dot);
  // the line that separates messages in an mbox file
  if (/^>?From /.test(lines[0] ?? '')) lines.shift();
  const fields: string[] = [];
  let at = 0;
  for (; at < lines.length; at++) {
    const given = (lines[at] ?? '').replace(/^\r+$/, '');
    const line = cleanHeaderLine(given);
    const continues = fields.length > 0 && /^[ \t]/.test(given);
    const name = fieldName(continues ? (fields.at(-1) ?? '') : line);
    // a CR alone and its like end a line for some readers and none for others
    if (line !== given && ADDRESS_FIELDS.test(name)) {
      throw new SendmailMessageError(EX.DATAERR, `the header field ${name} contains a control character or line separator`);
    }
    if (continues) {
      if (line.trim() !== '') fields.push(`${fields.pop()}\r\n${line}`);
    } else if (name !== '') fields.push(line);
    else break;
  }
  // text that is no field begins the body, also without an empty line
  const body = lines.slice(lines[at] === '' ? at + 1 : at);
  // …but not what everybody would read then
  if (fields.length > 0 && lines[at] !== '' && namesHidden(body)) {
    throw new SendmailMessageError(EX.DATAERR, 'a line of the header is no field, and Bcc behind it would be text that everybody reads');
  }
  return {
    fields: fields.map((line) => ({ name: fieldName(line), value: fieldValue(line), line })),
    body: Buffer.from(body.map((line) => `${line}\r\n`).join(''), 'latin1'),
  };
}

/** Whether a Bcc field stands before the first empty line. */
function namesHidden(lines: readonly string[]): boolean {
  const end = lines.indexOf('');
  // with what no reader shows, such as a vertical tab in front of the name, taken out
  return lines.slice(0, end < 0 ? undefined : end).some((line) => /^(resent-)?bcc:/i.test(line.replace(/[^!-~]+/g, '')));
}

const makeField = (name: string, value: string): Field => ({
  name: name.toLowerCase(),
  value,
  line: Buffer.from(`${name}: ${value}`).toString('latin1'),
});

/** Takes out what must not be seen or cannot be sent, and addresses of this machine. */
function rewriteField(
  field: Field,
  { isLocal, localRecipient }: { isLocal: (address: string) => boolean; localRecipient: string | undefined },
): Field[] {
  if (['bcc', 'resent-bcc', 'return-path'].includes(field.name)) return [];
  if (!['from', 'sender', 'reply-to', 'to', 'cc'].includes(field.name)) return [field];
  const addresses = parseAddresses(field.value);
  if (addresses.length > 0 && !addresses.some(({ address }) => isLocal(address))) return [field];
  // From is made anew; who sends for a local user says nothing to anybody else
  if (field.name === 'from' || field.name === 'sender') return [];
  const kept = addresses.flatMap(({ address, name }) => {
    if (!isLocal(address)) return [{ address, name }];
    return localRecipient === undefined ? [] : [{ address: localRecipient, name: name || address }];
  });
  const original = field.line.slice(0, field.line.indexOf(':'));
  return kept.length > 0 ? [makeField(original, kept.map(formatAddress).join(',\r\n '))] : [];
}

/** Whether only this machine can deliver to an address: `root`, `root@localhost`, `root@` the name of this machine or a configured domain. */
function isLocalAddress(address: string, hostname: string, localDomains: readonly string[]): boolean {
  if (!address.includes('@')) return true;
  const domain = asciiLower(address.slice(address.lastIndexOf('@') + 1));
  // not what only begins like it: a machine named "mail" has nothing to do with mail.ru
  const host = asciiLower(hostname);
  const [short = ''] = host.split('.', 1);
  return domain === '' || domain === 'localhost' || (host !== '' && (domain === host || domain === short)) || localDomains.includes(domain);
}

function asciiLower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function parseAddresses(value: string): ParsedAddress[] {
  // as cron writes; Nodemailer's parser takes a comment for a name only beside a full address
  const [, user, comment] = /^\s*([^\s@()<>",;:]+)\s*\(([^()]*)\)\s*$/.exec(value) ?? [];
  if (user !== undefined && comment !== undefined) return [{ address: user, name: comment }];
  const flatten = (address: ParsedAddress): ParsedAddress[] => address.group?.flatMap(flatten) ?? [address];
  return createMimeNode()
    ._parseAddresses([value])
    .flatMap(flatten)
    .map(({ address, name }) => (address ? { address, name: name ?? '' } : { address: name ?? '', name: '' }))
    .filter(({ address }) => address !== '');
}

function formatAddress({ address, name = '' }: ParsedAddress): string {
  if (name === '') return address;
  const clean = name.replace(/[\r\n]+/g, ' ');
  // an encoded word must not be quoted
  if (/^(=\?[^?]+\?[bq]\?[^?]*\?=\s*)+$/i.test(clean)) return `${clean} <${address}>`;
  if (/[^ -~]/.test(clean)) return `${encodeWords(clean, 52)} <${address}>`;
  return `"${clean.replace(/["\\]/g, '\\$&')}" <${address}>`;
}
