import { scan, type Token } from './tokens.js';

const rules = [
  ['comment', /\/\/[^\n]*/y],
  ['string', /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y],
  ['word', /\b(?:import|from|const|await|async|try|finally|require|new)\b/y],
  ['number', /\b\d+\b/y],
  ['plain', /[\w$]+|\s+/y],
] as const;

/** Enough of it for the snippets the page makes. */
export const tokeniseJavaScript = (text: string): Token[] => scan(text, rules);
