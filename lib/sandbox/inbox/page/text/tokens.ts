/** A piece of text and what it is; the text of all pieces is the text they were made of. */
export interface Token {
  kind: 'plain' | 'key' | 'string' | 'number' | 'word' | 'tag' | 'attribute' | 'comment' | 'punctuation' | 'boundary';
  text: string;
}

export type Tokenise = (text: string) => Token[];

/** Sticky patterns, the first that fits wins. The third says with which rules it goes on. */
export type Rules = readonly (readonly [kind: Token['kind'], pattern: RegExp, next?: () => Rules])[];

/** Takes a text apart in one pass; what no pattern knows stays plain. */
export function scan(text: string, rules: Rules): Token[] {
  const tokens: Token[] = [];
  let plain = '';
  let at = 0;
  while (at < text.length) {
    const found = match(text, at, rules);
    if (!found || found.kind === 'plain') plain += found?.text ?? text[at] ?? '';
    else {
      if (plain) tokens.push({ kind: 'plain', text: plain });
      plain = '';
      tokens.push({ kind: found.kind, text: found.text });
    }
    at += found?.text.length ?? 1;
    rules = found?.next?.() ?? rules;
  }
  if (plain) tokens.push({ kind: 'plain', text: plain });
  return tokens;
}

function match(text: string, at: number, rules: Rules): (Token & { next: (() => Rules) | undefined }) | undefined {
  for (const [kind, pattern, next] of rules) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found) return { kind, text: found, next };
  }
  return undefined;
}
