import { domainToASCII, domainToUnicode } from 'node:url';

/** A mail address with its display name (`''` if it has none). */
export interface Address {
  readonly address: string;
  readonly name: string;
}

/** What two spellings of the same mailbox have in common: case within ASCII does not count, and domains are compared in ASCII. */
export function addressKey(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  // only where there is something to convert: this runs several times for every recipient
  if (at < 0 || !/[\u0080-\uFFFF]/.test(domain)) return lower(address);
  return lower(`${address.slice(0, at)}@${asciiDomain(domain)}`);
}

/** The addresses, each mailbox once: the first spelling stays. */
export function uniqueAddresses<T extends Address>(addresses: readonly T[]): T[] {
  const seen = new Set<string>();
  return addresses.filter(({ address }) => {
    const key = addressKey(address);
    return address !== '' && !seen.has(key) && seen.add(key);
  });
}

const ATOM = String.raw`[a-z0-9!#$%&'*+/=?^_\x60{|}~\u00a1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffc\u{10000}-\u{10ffff}-]+`;
const QUOTED = String.raw`"(?:[ !#-\[\]-~\u00a1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffc\u{10000}-\u{10ffff}]|\\[ -~])+"`;
const LITERAL = String.raw`\[[!-Z^-~]+\]`;
/** RFC 5322, 3.4.1, with letters beyond ASCII (RFC 6532). */
const ADDRESS = new RegExp(String.raw`^(?:${ATOM}(?:\.${ATOM})*|${QUOTED})@(?:${ATOM}(?:\.${ATOM})*|${LITERAL})$`, 'iu');
const LONGEST = 998;
/** The most usual ones, of which the pattern above would take many times as long to say the same. */
const PLAIN = /^[a-z\d_+-]+(?:\.[a-z\d_+-]+)*@(?:(?!xn--)[a-z\d-]+\.)+[a-z]+$/i;

/**
 * Whether it is one address: a dot-atom or quoted-string, `@` and a domain or literal. An encoded word is none (RFC 2047, 5): who
 * decodes it reads another address.
 */
export function isMailAddress(text: string): boolean {
  if (text.length > LONGEST) return false;
  if (PLAIN.test(text)) return true;
  const word = text.indexOf('=?');
  return (word < 0 || !text.includes('?=', word)) && ADDRESS.test(text) && !isBrokenDomain(text.slice(text.lastIndexOf('@') + 1));
}

/** An international domain in ASCII that stands for no letters, such as what Nodemailer makes of half a surrogate pair. */
function isBrokenDomain(domain: string): boolean {
  return /(?:^|\.)xn--/i.test(domain) && domainToASCII(domain) === '';
}

/** The ASCII form, where it is the same domain and not one that only looks like it: `K` (U+212A) is no `k`. */
function asciiDomain(domain: string): string {
  const ascii = domainToASCII(domain);
  const small = domain.replace(/[\u0080-\uffff]/g, (character) => (character.toLowerCase() > '\x7f' ? character.toLowerCase() : character));
  return ascii !== '' && domainToUnicode(ascii) === lower(small).normalize('NFC') ? ascii : domain;
}

/** ASCII only: elsewhere lower case makes one letter of two, such as `k` of U+212A. */
function lower(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}
