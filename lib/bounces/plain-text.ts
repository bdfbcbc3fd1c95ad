import type { ExchangeText } from './exchange-text.js';

const MAX_RECIPIENTS = 1000;
const ADDRESS = /^\s*(<?)([^\s<>"'(),:;@]{1,64}@[^\s<>"'(),:;@]{1,255})>?(:?)\s*$/;
const STATUS = /(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)/;
/** A reply of a server without an enhanced status code. */
const REPLY = /(?<![\d.])([45])\d\d(?=[ -])/;
/** What stands above the message that came back. */
const COPY = /^-{2,}\s*(Below this line is a copy|Enclosed is a copy|This is a copy of)/i;

/**
 * Reads the reports of mail servers that write none for programs: qmail's (QSBMF, https://cr.yp.to/proto/qsbmf.txt), and Exim's from
 * before it had them, whose recipients stand in the header X-Failed-Recipients.
 *
 * @param failed the header's value
 */
export function readPlainText(text: string, failed: string | undefined): ExchangeText | undefined {
  const isQmail = /^\s*Hi\. This is the /.test(text.slice(0, 1000));
  const named = new Map(
    (failed ?? '')
      .slice(0, 64 * 1024)
      .split(',')
      .map((address) => [address.trim().toLowerCase(), address.trim()]),
  );
  if (!isQmail && failed === undefined) return undefined;
  const lines = text.split(/\r?\n/, 5000);
  const end = lines.findIndex((line) => COPY.test(line));
  const told = end < 0 ? lines : lines.slice(0, end);
  const recipients = new Map<string, ExchangeText['recipients'][number]>();
  for (const [index, line] of told.entries()) {
    if (line.length > 400 || recipients.size >= MAX_RECIPIENTS) continue;
    const [, open = '', address = '', colon = ''] = ADDRESS.exec(line) ?? [];
    const key = address.toLowerCase();
    if (address === '' || recipients.has(key) || !(named.has(key) || (isQmail && open === '<' && colon === ':'))) continue;
    recipients.set(key, describe(address, reasonAfter(told, index)));
  }
  for (const [key, address] of named) {
    if (recipients.size < MAX_RECIPIENTS && !recipients.has(key) && ADDRESS.test(address)) recipients.set(key, describe(address, ''));
  }
  if (recipients.size === 0) return undefined;
  const original = end < 0 ? '' : lines.slice(end).join('\n');
  return { messageId: /^Message-ID:[ \t]*(<[^<>\s]{1,993}>)/im.exec(original)?.[1], recipients: [...recipients.values()] };
}

/** What stands below an address, up to an empty line. */
function reasonAfter(lines: readonly string[], index: number): string {
  const below = lines.slice(index + 1, index + 31);
  const blank = below.findIndex((line) => line.trim() === '');
  return (blank < 0 ? below : below.slice(0, blank)).map((line) => line.trim().slice(0, 1000)).join(' ');
}

/** Both write only when they have given up. */
function describe(recipient: string, text: string): ExchangeText['recipients'][number] {
  const reply = REPLY.exec(text)?.[1];
  return { recipient, action: 'failed', status: STATUS.exec(text)?.[0] ?? `${reply ?? '5'}.0.0`, text };
}
