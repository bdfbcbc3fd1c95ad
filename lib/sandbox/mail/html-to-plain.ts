const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

/** The text part Exchange makes out of html when a message comes as JSON. Cruder than the real one. */
export function htmlToPlain(html: string): string {
  return withoutTags(html)
    .replace(/&(#x?[0-9a-f]+|\w+);/gi, decodeEntity)
    .split('\n')
    .map(trimBlanks)
    .join('\n')
    .trim();
}

/** Their content is not shown. */
const HIDDEN = new Set(['style', 'script', 'head', 'title']);
const BLOCKS = new Set(['/p', '/div', '/h1', '/h2', '/h3', '/h4', '/h5', '/h6', '/li', '/tr', '/table', '/ul', '/ol', '/blockquote']);

/** Goes through it once, and never back: others write the html, and a pattern that looks for the end of each `<` takes a square of time. */
function withoutTags(html: string): string {
  // what was looked for in vain from one place is not there from a later one either
  const missing = new Set<string>();
  const lower = html.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const find = (text: string, from: number): number => {
    const at = missing.has(text) ? -1 : lower.indexOf(text, from);
    if (at < 0) missing.add(text);
    return at;
  };
  const pieces: string[] = [];
  let from = 0;
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', from)) {
    const comment = html.startsWith('<!--', at) ? find('-->', at + 4) : -1;
    const end = comment < 0 ? find('>', at) : comment + 2;
    if (end < 0) break;
    const name = comment < 0 ? (/^\/?[a-z][a-z0-9]{0,15}(?![\w-])/.exec(lower.slice(at + 1, at + 20))?.[0] ?? '') : '';
    pieces.push(html.slice(from, at).replace(/\s+/g, ' '), name === 'br' || BLOCKS.has(name) ? '\n' : '');
    const close = HIDDEN.has(name) ? find(`</${name}`, end) : -1;
    const closed = close < 0 ? -1 : find('>', close);
    from = (closed < 0 ? end : closed) + 1;
  }
  pieces.push(html.slice(from).replace(/\s+/g, ' '));
  return pieces.join('');
}

/** Blanks and tabs at both ends; a no-break space stays. */
function trimBlanks(line: string): string {
  let start = 0;
  let end = line.length;
  while (start < end && (line[start] === ' ' || line[start] === '\t')) start++;
  while (end > start && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  return line.slice(start, end);
}

function decodeEntity(entity: string, name: string): string {
  if (!name.startsWith('#')) return entities[name.toLowerCase()] ?? entity;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
}
