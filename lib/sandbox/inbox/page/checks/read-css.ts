/** What style sheets and style attributes use. */
export interface CssUse {
  declarations: { property: string; value: string }[];
  atRules: { name: string; condition: string }[];
  selectors: string[];
}

/** Reads CSS as far as one must to see which features it uses; broken CSS gives what can be read of it. */
export function readCss(sheets: readonly string[], attributes: readonly string[]): CssUse {
  const use: CssUse = { declarations: [], atRules: [], selectors: [] };
  for (const sheet of sheets) readRules(clean(sheet), use);
  for (const attribute of attributes) readDeclarations(clean(attribute), use);
  return use;
}

// without comments and without what is in quotes: neither can be a feature, and both may hold braces
const clean = (css: string): string =>
  css
    .replace(/\/\*[^]*?(?:\*\/|$)/g, ' ')
    .replace(/<!--|-->/g, ' ')
    .replace(/"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?/g, '""');

/** Rules within rules; deeper ones nobody writes by hand. */
const MOST_DEPTH = 12;

function readRules(css: string, use: CssUse, depth = 0): void {
  if (depth > MOST_DEPTH) return;
  let start = 0;
  for (let at = 0; at < css.length; at++) {
    const character = css[at];
    if (character === ';' || character === '}') {
      const statement = css.slice(start, at).trim();
      if (statement.startsWith('@')) addAtRule(statement, use);
      else readDeclarations(statement, use);
      start = at + 1;
    } else if (character === '{') {
      const prelude = css.slice(start, at).trim();
      const end = closing(css, at);
      const inner = css.slice(at + 1, end);
      if (prelude.startsWith('@')) addAtRule(prelude, use);
      else if (prelude) use.selectors.push(prelude);
      // an at-rule holds rules or declarations, a rule may hold rules too
      readRules(inner, use, depth + 1);
      start = end + 1;
      at = end;
    }
  }
  const rest = css.slice(start).trim();
  if (rest.startsWith('@')) addAtRule(rest, use);
  else readDeclarations(rest, use);
}

function closing(css: string, open: number): number {
  let depth = 0;
  for (let at = open; at < css.length; at++) {
    if (css[at] === '{') depth++;
    else if (css[at] === '}' && --depth === 0) return at;
  }
  return css.length;
}

function addAtRule(text: string, use: CssUse): void {
  const [, name = '', condition = ''] = /^@([\w-]+)\s*([^]*)$/.exec(text) ?? [];
  use.atRules.push({ name: name.toLowerCase(), condition: condition.toLowerCase() });
}

function readDeclarations(css: string, use: CssUse): void {
  for (const part of css.split(';')) {
    const [, property = '', value = ''] = /^\s*(--[\w-]+|-?[a-z][a-z-]*)\s*:([^]*)$/i.exec(part) ?? [];
    if (property) use.declarations.push({ property: property.toLowerCase(), value: value.trim().toLowerCase() });
  }
}
