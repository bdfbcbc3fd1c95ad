import type { BounceAction } from './bounce.js';

/** What an Exchange report says in words. */
export interface ExchangeText {
  messageId: string | undefined;
  recipients: { recipient: string; action: BounceAction; status: string; text: string }[];
}

const ADDRESS = /(?<![^\s<(:;"'])([^\s<>"'(),:;@]{1,64}@[^\s<>"'(),:;@]{1,255}[^\s<>"'(),:;@.])/;
const STATUS = /(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)/;
/** Beside a reply code or a number sign, so that it is no other number with dots: `550 5.1.10`, `#5.1.1`, `#< #5.1.1`. */
const SAID_STATUS = /(?:(?<!\d)[45]\d\d[ -]#?|#(?:<\s?#)?)[45]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)/;
/** Lines after an address in which its status stands. */
const REACH = 6;
const MAX_RECIPIENTS = 1000;

/**
 * Reads Exchange's report where only its text is left: below "Diagnostic information for administrators", in any language, an address
 * on a line of its own and an enhanced status code right after it, then the header of the message that came back.
 *
 * @param isNdr whether Exchange says that it is a non-delivery report; else a status of 4 is a delay, and only what a server says is one
 */
export function readExchangeText(text: string, isNdr: boolean): ExchangeText | undefined {
  const lines = text.split(/\r?\n/, 5000);
  const end = lines.findIndex((line) => /^\s*(Received|Message-ID):/i.test(line));
  const told = end < 0 ? lines : lines.slice(0, end);
  const recipients = new Map<string, ExchangeText['recipients'][number]>();
  const isStatus = isNdr ? STATUS : SAID_STATUS;
  for (const [index, line] of told.entries()) {
    if (line.length > 400 || recipients.size >= MAX_RECIPIENTS) continue;
    const recipient = aloneIn(line);
    if (recipient === undefined) continue;
    const after = told.slice(index + 1, index + 1 + REACH);
    const until = after.findIndex((next) => aloneIn(next) !== undefined);
    const said = (until < 0 ? after : after.slice(0, until)).find((next) => isStatus.test(next.slice(0, 1000)));
    const status = STATUS.exec(said?.slice(0, 1000) ?? '')?.[0];
    if (said === undefined || status === undefined) continue;
    const action = isNdr || status.startsWith('5') ? 'failed' : 'delayed';
    recipients.set(recipient.toLowerCase(), { recipient, action, status, text: said.trim() });
  }
  if (recipients.size === 0) return undefined;
  const messageId = /^[ \t]*Message-ID:[ \t]*(<[^<>\s]{1,993}>)/im.exec(lines.slice(Math.max(end, 0)).join('\n'))?.[1];
  return { messageId, recipients: [...recipients.values()] };
}

/** The address of a line that holds a name and an address, or the address, and nothing else. */
function aloneIn(line: string): string | undefined {
  const text = line.trim();
  if (STATUS.test(text)) return undefined;
  const address = ADDRESS.exec(text)?.[1];
  if (address === undefined) return undefined;
  const rest = text.replace(address, '').replace(/mailto:|[<>()"'*\s]/gi, '');
  // a name before it, and no sentence
  return rest === '' || (/^[\p{L}\p{N}.,&-]+$/u.test(rest) && /[>)]$/.test(text)) ? address : undefined;
}

/** Text of html, roughly: what stands in blocks of their own gets lines of its own. */
export function textOfHtml(html: string): string {
  return ['style', 'script', 'head']
    .reduce(withoutElements, html)
    .replace(/<(br|\/p|\/div|\/tr|\/td|\/h\d|\/li)\b[^<>]{0,200}>/gi, '\n')
    .replace(/<[^<>]{0,2000}>/g, '')
    .replace(/&(lt|gt|amp|quot|nbsp|#39|#64);/g, (_, name: string) => ENTITIES[name] ?? ' ');
}

function withoutElements(html: string, name: string): string {
  const lower = html.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  let kept = '';
  let at = 0;
  for (;;) {
    const open = lower.indexOf(`<${name}`, at);
    if (open < 0) return kept + html.slice(at);
    kept += html.slice(at, open);
    const close = lower.indexOf(`</${name}`, open);
    if (close < 0) return kept;
    at = close;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', nbsp: ' ', '#39': "'", '#64': '@' };
