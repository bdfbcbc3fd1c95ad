import type { Token } from './tokens.js';

/** Header fields, folded lines and boundaries of a message source; bodies stay plain. */
export function tokeniseMime(text: string): Token[] {
  const tokens: Token[] = [];
  const boundaries = new Set([...text.matchAll(/boundary=(?:"([^"\r\n]+)"|([^\s;]+))/gi)].map(([, quoted, bare]) => quoted ?? bare ?? ''));
  let inHead = true;
  for (const line of text.split(/(?<=\n)/)) {
    const bare = line.replace(/\r?\n$/, '');
    if (bare.startsWith('--') && boundaries.has(bare.slice(2).replace(/--$/, ''))) {
      tokens.push({ kind: 'boundary', text: line });
      inHead = !bare.endsWith('--') || boundaries.has(bare.slice(2));
    } else if (inHead) {
      if (bare === '') inHead = false;
      const colon = /^[!-9;-~]+:/.exec(line)?.[0];
      if (colon) tokens.push({ kind: 'key', text: colon }, { kind: 'plain', text: line.slice(colon.length) });
      else push(tokens, line);
    } else push(tokens, line);
  }
  return tokens;
}

function push(tokens: Token[], text: string): void {
  const last = tokens.at(-1);
  if (last?.kind === 'plain') last.text += text;
  else tokens.push({ kind: 'plain', text });
}
