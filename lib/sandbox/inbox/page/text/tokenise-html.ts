import { scan, type Token } from './tokens.js';

const outside = [
  ['comment', /<!--[^]*?(?:-->|$)/y],
  ['tag', /<[!/]?[A-Za-z][^\s>/]*/y],
  ['word', /&(?:#\d+|#x[\da-f]+|[a-z][a-z\d]*);/iy],
  ['plain', /[^<&]+/y],
] as const;
const inside = [
  ['attribute', /[^\s"'<>/=]+/y],
  ['string', /=\s*(?:"[^"]*"?|'[^']*'?|[^\s"'>]+)/y],
  ['tag', /\/?>/y],
  ['plain', /\s+/y],
] as const;
// up to the end of the tag, with > allowed in quotes
const restOfTag = /(?:[^"'>]|"[^"]*(?:"|$)|'[^']*(?:'|$))*>?/y;

export function tokeniseHtml(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const open = /<[!/]?[A-Za-z][^\s>/]*/g;
    open.lastIndex = at;
    const match = nextTag(open, text, at);
    const end = match?.index ?? text.length;
    tokens.push(...scan(text.slice(at, end), outside));
    if (!match) break;
    tokens.push({ kind: 'tag', text: match[0] });
    restOfTag.lastIndex = end + match[0].length;
    const rest = restOfTag.exec(text)?.[0] ?? '';
    tokens.push(...scan(rest, inside));
    at = end + match[0].length + rest.length;
  }
  return tokens;
}

/** The next tag that is not in a comment. */
function nextTag(open: RegExp, text: string, from: number): RegExpExecArray | null {
  let comment = text.indexOf('<!--', from);
  for (;;) {
    const match = open.exec(text);
    if (!match) return null;
    while (comment >= 0 && comment < match.index) {
      const end = text.indexOf('-->', comment + 4);
      if (end < 0) return null;
      if (end > match.index) {
        open.lastIndex = end + 3;
        comment = text.indexOf('<!--', end + 3);
        break;
      }
      comment = text.indexOf('<!--', end + 3);
    }
    if (open.lastIndex === match.index + match[0].length) return match;
  }
}
