import { foldLines, type MimeTreeNode } from '../message/nodemailer.js';

/** What a plugin may have put in place of what Nodemailer does. */
const METHODS = ['buildHeaders', '_encodeHeaderValue', 'encodeHeaderValue', '_handleContentType'];

/** From here on Nodemailer folds a line. */
const FOLDED_FROM = 76;

/** Names as Nodemailer writes them. Another spelling of those that have rules of their own is left to it. */
const NAME = /^[A-Z][A-Za-z0-9]*(?:-[A-Z0-9][A-Za-z0-9]*)*$/;
/** Printable ASCII without blanks at the ends: nothing that would be encoded. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;
/** One address that is written as simply as can be, and that Nodemailer leaves as it is. */
const ADDRESS = /^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:(?!xn--)[a-z0-9]+(?:-+[a-z0-9]+)*\.)+[a-z]{2,}$/;
const ID = /^<[^<>\s]+>$/;
const IDS = /^<[^<>\s]+>(?: <[^<>\s]+>)*$/;
const TEXT = /^(text\/(?:plain|html)); charset=utf-8$/;
const MULTIPART = /^multipart\/(?:mixed|alternative|related)$/;

const RULES = new Map<string, RegExp>([
  ['From', ADDRESS],
  ['Sender', ADDRESS],
  ['To', ADDRESS],
  ['Cc', ADDRESS],
  ['Reply-To', ADDRESS],
  ['Message-ID', ID],
  ['In-Reply-To', ID],
  ['References', IDS],
]);
const SPELLINGS = new Set([...RULES.keys(), 'Bcc', 'Content-Type', 'Content-Disposition', 'Content-ID'].map((name) => name.toLowerCase()));

/**
 * What Nodemailer's `buildHeaders()` returns, for the headers that most messages have: it takes each value apart and puts it
 * together again, which is half of what writing a small message costs. Leaves the node as `buildHeaders()` does.
 *
 * @param encoding what `getTransferEncoding()` says
 * @returns `undefined` where anything would have to be encoded, and the node is not changed by then in a way that `buildHeaders()` minds
 */
export function plainHeaders(node: MimeTreeNode, encoding: string | false): string | undefined {
  if (node.filename || node.keepBcc || typeof node.normalizeHeaderKey === 'function') return undefined;
  if (METHODS.some((name) => Object.hasOwn(node, name))) return undefined;
  if (encoding && headerOf(node, 'Content-Transfer-Encoding') !== encoding) putHeader(node, 'Content-Transfer-Encoding', encoding);
  if (node.rootNode === node && !completeRoot(node)) return undefined;
  let block = '';
  for (const { key, value } of node._headers) {
    if (key === 'Bcc') continue;
    const written = typeof value === 'string' ? writtenValue(node, key, value) : undefined;
    if (written === undefined) return undefined;
    const line = `${key}: ${written}`;
    block += `${block === '' ? '' : '\r\n'}${line.length < FOLDED_FROM ? line : foldLines(line, FOLDED_FROM)}`;
  }
  return block;
}

/** Adds what every message has, with the type at the end. */
function completeRoot(node: MimeTreeNode): boolean {
  if (!headerOf(node, 'Date')) putHeader(node, 'Date', dateText(node.date));
  if (!headerOf(node, 'Message-ID')) node.messageId();
  if (!headerOf(node, 'MIME-Version')) putHeader(node, 'MIME-Version', '1.0');
  const headers = node._headers;
  const at = headers.findIndex(({ key }) => key === 'Content-Type');
  if (at < 0) return true;
  if (headers.some(({ key }, index) => key === 'Content-Type' && index !== at)) return false;
  headers.push(...headers.splice(at, 1));
  return true;
}

/** The last second and its text: many messages are made in one. */
let written = { second: Number.NaN, text: '' };

/** A date as Nodemailer writes it. */
function dateText(date: Date): string {
  const second = Math.floor(date.getTime() / 1000);
  if (written.second !== second) written = { second, text: date.toUTCString().replace('GMT', '+0000') };
  return written.text;
}

/** As `getHeader()`, for a name that is spelled as Nodemailer spells it. */
export function headerOf(node: MimeTreeNode, name: string): unknown {
  return node._headers.find(({ key }) => key === name)?.value;
}

/** As `setHeader()`, for a name that is spelled as Nodemailer spells it: finding out how takes longer than anything else there. */
export function putHeader(node: MimeTreeNode, name: string, value: string): void {
  if (headerOf(node, name) === undefined) node._headers.push({ key: name, value });
  else node.setHeader(name, value);
}

function writtenValue(node: MimeTreeNode, key: string, value: string): string | undefined {
  if (key === 'Content-Type') return writtenType(node, value);
  const rule = RULES.get(key);
  if (rule) return rule.test(value) ? value : undefined;
  if (!NAME.test(key) && key !== 'MIME-Version') return undefined;
  if (SPELLINGS.has(key.toLowerCase())) return undefined;
  return PLAIN.test(value) && !/=[?]|"/.test(value) ? value : undefined;
}

function writtenType(node: MimeTreeNode, value: string): string | undefined {
  const text = TEXT.exec(value)?.[1];
  if (text === undefined && !MULTIPART.test(value)) return undefined;
  const params: { charset?: string; boundary?: string } = text === undefined ? {} : { charset: 'utf-8' };
  // tells the node what it is, and makes the boundary
  node._handleContentType({ value: text ?? value, params });
  if (text !== undefined) return value;
  const { boundary } = params;
  return boundary !== undefined && /^--[\w-]{1,70}$/.test(boundary) ? `${value}; boundary="${boundary}"` : undefined;
}
