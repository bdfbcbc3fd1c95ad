/** A piece of plain text: as it is, or something that can be opened. */
export type TextToken = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string };

// brackets and punctuation at the end belong to the sentence, a closing bracket only where none was opened
const link = /\b(?:https?:\/\/|mailto:)[^\s<>"'`{}|\\^\p{Cc}]+/giu;
const TRAILING = '.,;:!?*_~';

/** Takes plain text apart into text and http, https and mailto links; joined, the pieces give the text back. */
export function tokeniseText(text: string): TextToken[] {
  const tokens: TextToken[] = [];
  let at = 0;
  for (const found of text.matchAll(link)) {
    const whole = trimEnd(found[0]);
    const href = readHref(whole);
    if (href === undefined) continue;
    if (found.index > at) tokens.push({ kind: 'text', text: text.slice(at, found.index) });
    tokens.push({ kind: 'link', text: whole, href });
    at = found.index + whole.length;
  }
  if (at < text.length) tokens.push({ kind: 'text', text: text.slice(at) });
  return tokens;
}

function trimEnd(url: string): string {
  // how many more are closed than opened
  const open = { ')': count(url, ')') - count(url, '('), ']': count(url, ']') - count(url, '[') };
  let end = url.length;
  for (; end > 0; end--) {
    const last = url[end - 1] ?? '';
    if (TRAILING.includes(last)) continue;
    if ((last !== ')' && last !== ']') || open[last] <= 0) break;
    open[last]--;
  }
  return url.slice(0, end);
}

const count = (text: string, character: string): number => text.split(character).length - 1;

function readHref(text: string): string | undefined {
  try {
    const { href, protocol } = new URL(text);
    return ['http:', 'https:', 'mailto:'].includes(protocol) ? href : undefined;
  } catch {
    return undefined;
  }
}
