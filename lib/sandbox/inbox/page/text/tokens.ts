/** A piece of text and what it is; the text of all pieces is the text they were made of. */
export interface Token {
  kind: 'plain' | 'key' | 'string' | 'number' | 'word' | 'tag' | 'attribute' | 'comment' | 'punctuation' | 'boundary';
  text: string;
}

export type Tokenise = (text: string) => Token[];

/** Runs sticky patterns over a text; what none of them knows stays plain. Each pattern consumes at least a character. */
export function scan(text: string, rules: readonly (readonly [Token['kind'], RegExp])[]): Token[] {
  const tokens: Token[] = [];
  let plain = 0;
  let at = 0;
  while (at < text.length) {
    let found: Token | undefined;
    for (const [kind, pattern] of rules) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match?.[0]) {
        found = { kind, text: match[0] };
        break;
      }
    }
    if (!found) {
      at++;
      continue;
    }
    if (plain < at) tokens.push({ kind: 'plain', text: text.slice(plain, at) });
    if (found.kind === 'plain') {
      const last = tokens.at(-1);
      if (last?.kind === 'plain') last.text += found.text;
      else tokens.push(found);
    } else tokens.push(found);
    at += found.text.length;
    plain = at;
  }
  if (plain < at) tokens.push({ kind: 'plain', text: text.slice(plain) });
  return tokens;
}
