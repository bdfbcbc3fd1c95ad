import { scan, type Token } from './tokens.js';

const rules = [
  ['key', /"(?:[^"\\\n]|\\.)*"(?=\s*:)/y],
  ['string', /"(?:[^"\\\n]|\\.)*"?/y],
  ['number', /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y],
  ['word', /\b(?:true|false|null)\b/y],
  ['punctuation', /[{}[\],:]+/y],
  ['plain', /\s+/y],
] as const;

export const tokeniseJson = (text: string): Token[] => scan(text, rules);
