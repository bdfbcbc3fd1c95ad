// Pages of docs/ for the inbox, whose refusals and losses link to them: as much of Markdown as they use.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const escape = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** Code, strong, emphasis; links to other pages stay text, those to the web open. */
function inline(text) {
  return escape(text)
    .split(/(`[^`]+`)/)
    .map((piece) =>
      piece.startsWith('`')
        ? `<code>${piece.slice(1, -1)}</code>`
        : piece
            .replace(/\[([^\]]+)\]\((https:[^)\s]+)\)/g, '<a href="$2" target="_blank" rel="noopener noreferrer">$1</a>')
            .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
            .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
            .replace(/\*([^*]+)\*/g, '<em>$1</em>'),
    )
    .join('');
}

/** `ErrorAccessDenied (access policy)` → `erroraccessdenied-access-policy` */
export const anchorOf = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

function table(lines, ids) {
  const cells = (line) =>
    line
      .replace(/\\\|/g, '\u0000')
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\u0000', '|'));
  const [head, , ...rows] = lines.map(cells);
  /** Each code that begins a row can be linked to. */
  const withIds = (html) =>
    html.replace(/<code>([^<]*)<\/code>/g, (code, text) => {
      const id = anchorOf(text);
      if (id === '' || ids.has(id)) return code;
      ids.add(id);
      return `<code id="${id}">${text}</code>`;
    });
  const row = ([first, ...others]) =>
    `<tr><td>${withIds(inline(first))}</td>${others.map((cell) => `<td>${inline(cell)}</td>`).join('')}</tr>`;
  return `<table><thead><tr>${head.map((cell) => `<th>${inline(cell)}</th>`).join('')}</tr></thead><tbody>${rows.map(row).join('\n')}</tbody></table>`;
}

export function renderPage(markdown) {
  const ids = new Set();
  const blocks = markdown.trim().split(/\n{2,}/);
  const title = blocks[0].replace(/^# /, '');
  const body = blocks.map((block) => {
    const [, marks, heading] = /^(#{1,4}) (.*)$/.exec(block) ?? [];
    if (marks) return `<h${marks.length} id="${anchorOf(heading)}">${inline(heading)}</h${marks.length}>`;
    const lines = block.split('\n');
    if (lines.length > 1 && lines.every((line) => line.startsWith('|'))) return table(lines, ids);
    if (lines[0].startsWith('```')) return `<pre>${escape(lines.slice(1, -1).join('\n'))}</pre>`;
    if (lines.every((line) => /^(- | {2})/.test(line)))
      return `<ul>${lines.map((line) => `<li>${inline(line.replace(/^- /, ''))}</li>`).join('')}</ul>`;
    return `<p>${inline(lines.join(' '))}</p>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><link rel="stylesheet" href="docs.css"></head>
<body><main>${body.join('\n')}</main></body></html>\n`;
}

const css = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; background: light-dark(#fff, #16181d); color: light-dark(#1c1e21, #e6e6e6); }
main { max-inline-size: 76rem; margin: 2rem auto; padding: 0 1rem; overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; }
th, td { border: 1px solid light-dark(#d5d8dd, #3a3f47); padding: 0.4rem 0.6rem; text-align: start; vertical-align: top; }
:target, tr:has(:target) { background: light-dark(#fff3c4, #4a3d0a); }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
a { color: light-dark(#0b57d0, #8ab4f8); }
`;

/** The files below `docs/` of the inbox. */
export function buildDocs(root) {
  const page = (name) => Buffer.from(renderPage(readFileSync(join(root, 'docs', `${name}.md`), 'utf8')));
  return { 'docs/errors.html': page('errors'), 'docs/fidelity.html': page('fidelity'), 'docs/docs.css': Buffer.from(css) };
}
