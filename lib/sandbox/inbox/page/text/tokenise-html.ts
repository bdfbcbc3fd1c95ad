import { scan, type Rules, type Token } from './tokens.js';

const outside: Rules = [
  ['comment', /<!--[^]*?(?:-->|$)/y],
  ['tag', /<[!/]?[A-Za-z][^\s>/]*/y, () => inside],
  ['word', /&(?:#\d+|#x[\da-f]+|[a-z][a-z\d]*);/iy],
  ['plain', /[^<&]+/y],
];
const inside: Rules = [
  ['attribute', /[^\s"'<>/=]+/y],
  // with quotes a value may hold >
  ['string', /=\s*(?:"[^"]*"?|'[^']*'?|[^\s"'>]+)/y],
  ['tag', /\/?>/y, () => outside],
  ['plain', /\s+/y],
];

export const tokeniseHtml = (text: string): Token[] => scan(text, outside);
