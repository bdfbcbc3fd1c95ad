import { isObject, type Json } from '../../checks/check-value.js';
import type { Exchange } from '../../http/exchange.js';
import { mediaType } from '../../http/read-body.js';
import { decodeField, splitSource } from '../../mail/head.js';
import type { SandboxAddress } from '../../types.js';
import type { About } from './entries.js';

/** Bytes of base64 that are looked at; a header block is hardly longer. */
const MOST_HEAD = 64 * 1024;
/** Addresses of a refused message that are kept. */
const MOST_ADDRESSES = 1000;

/**
 * What a request says about its message, refused ones included: for display, read tolerantly and never thrown at.
 */
export function readAbout(exchange: Exchange): About | undefined {
  const { operation } = exchange.record;
  if (operation !== 'sendMail' && operation !== 'createDraft') return undefined;
  if (mediaType(exchange.request.headers['content-type']) === 'text/plain') return readMime(exchange.body);
  return isObject(exchange.record.body) ? readJson(exchange.record.body) : undefined;
}

function readJson(body: Json): About {
  const inner = Object.entries(body).find(([name]) => name.toLowerCase() === 'message')?.[1];
  const message = isObject(inner) ? inner : body;
  return {
    subject: text(message.subject),
    from: recipients([message.from])[0],
    to: recipients(message.toRecipients),
    cc: recipients(message.ccRecipients),
    bcc: recipients(message.bccRecipients),
    messageId: text(message.internetMessageId) || undefined,
    format: 'json',
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function recipients(value: unknown): SandboxAddress[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST_ADDRESSES).flatMap((entry): SandboxAddress[] => {
    const address: unknown = isObject(entry) ? entry.emailAddress : undefined;
    return isObject(address) ? [{ address: text(address.address), name: text(address.name) }] : [];
  });
}

function readMime(body: Buffer): About | undefined {
  const head = body.toString('latin1', 0, MOST_HEAD).replace(/[\r\n\t ]+/g, '');
  const { fields } = splitSource(Buffer.from(head.slice(0, head.length - (head.length % 4)), 'base64'));
  if (fields.length === 0) return undefined;
  const values = (wanted: string): string[] =>
    fields.filter(({ name }) => name.toLowerCase() === wanted).map((field) => decodeField(field).value);
  const addresses = (name: string): SandboxAddress[] => values(name).flatMap(splitAddresses).slice(0, MOST_ADDRESSES);
  return {
    subject: values('subject')[0] ?? '',
    from: addresses('from')[0],
    to: addresses('to'),
    cc: addresses('cc'),
    bcc: addresses('bcc'),
    messageId: values('message-id')[0],
    format: 'mime',
  };
}

/** Crude: quoted names, angle brackets, commas. Goes through it once: others write the names. */
function splitAddresses(value: string): SandboxAddress[] {
  const list: SandboxAddress[] = [];
  let text = '';
  let at = 0;
  const take = (address: string, name: string): void => {
    if (address !== '') list.push({ address, name: name.trim() });
    text = '';
  };
  while (at < value.length) {
    const character = value[at] ?? '';
    if (character === '"') {
      for (at++; at < value.length && value[at] !== '"'; at++) {
        if (value[at] === '\\') at++;
        text += value[at] ?? '';
      }
    } else if (character === '<') {
      const end = value.indexOf('>', at);
      take(value.slice(at + 1, end < 0 ? undefined : end).trim(), text);
      at = end < 0 ? value.length : end;
    } else if (character === ',') take(text.includes('@') ? text.trim() : '', '');
    else text += character;
    at++;
  }
  take(text.includes('@') ? text.trim() : '', '');
  return list;
}
