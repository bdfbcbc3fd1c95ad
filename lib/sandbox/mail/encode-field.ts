import type { SandboxAddress } from '../types.js';

const MOST_BYTES_PER_WORD = 45;

/** One header line, encoded and folded. */
export function encodeField(name: string, value: string): string {
  return `${fold(`${name}: ${encodeText(value)}`)}\r\n`;
}

/** A header line with addresses; UTF-8 in them as it is (RFC 6532), its bytes as latin1. */
export function encodeAddressField(name: string, addresses: SandboxAddress[]): string {
  const text = Buffer.from(addresses.map(encodeAddress).join(', ')).toString('latin1');
  return `${fold(`${name}: ${text}`)}\r\n`;
}

function encodeAddress({ name, address }: SandboxAddress): string {
  if (name === '') return `<${address}>`;
  if (/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+$/.test(name) && !name.includes('=?')) return `${name} <${address}>`;
  const quoted = /^[\x20-\x7e]+$/.test(name) && !name.includes('=?') ? `"${name.replace(/["\\]/g, '\\$&')}"` : encodeText(name);
  return `${quoted} <${address}>`;
}

/** RFC 2047 where the text is not plain ASCII. */
export function encodeText(text: string): string {
  if (/^[\t\x20-\x7e]*$/.test(text) && !text.includes('=?')) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > MOST_BYTES_PER_WORD) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  words.push(word);
  return words.map((part) => `=?utf-8?B?${Buffer.from(part).toString('base64')}?=`).join(' ');
}

/** Breaks before a space, so that unfolding gives the same text back. */
function fold(line: string): string {
  return line.replace(/(.{40,76})(?=[ ]\S)/g, '$1\r\n');
}

/** A parameter such as a file name: quoted, or by RFC 2231 where it is not plain ASCII. */
export function encodeParameter(name: string, value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return `${name}="${value.replace(/["\\]/g, '\\$&')}"`;
  const encoded = encodeURIComponent(value).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${name}*=utf-8''${encoded}`;
}
