import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE, type CatalogueEntry } from '../../lib/errors/catalogue.js';

const file = join(__dirname, '../../docs/errors.md');

// `npm run docs:errors` writes the page, this test compares it
test('every code and alias is found by searching the page', () => {
  const text = readFileSync(file, 'utf8');
  for (const { id, graphCodes = [], aliases = [] } of CATALOGUE) {
    for (const name of [id, ...graphCodes, ...aliases]) expect(text).toContain(`\`${name}`);
  }
});

test('docs/errors.md lists every entry of the catalogue', () => {
  const page = render(CATALOGUE);
  if (process.env['UPDATE_DOCS']) writeFileSync(file, page);
  expect(readFileSync(file, 'utf8')).toBe(page);
});

function render(entries: readonly CatalogueEntry[]): string {
  const rows = entries.map(
    ({ id, code, permanent, cause, remedy, graphCodes = [], aliases = [] }) =>
      `| ${[[id, ...[...graphCodes, ...aliases].filter((alias) => alias !== id && !id.startsWith(`${alias} `))].map((name) => `\`${name}\``).join(', '), `\`${code}\``, permanent ? 'yes' : 'no', cause, remedy].map(cell).join(' | ')} |`,
  );
  return `# Errors

Every error is a \`GraphTransportError\`; its message carries the remedy. This page is generated from the catalogue in \`lib/errors/catalogue.ts\` (\`npm run docs:errors\`).

**Send again?** Not if \`permanent\` is set: the same message would be refused again. Not blindly if \`ambiguous\` is set: look for the Message-ID in Sent Items first. Otherwise yes, after \`retryAfter\` seconds where it is given.

| Code | \`error.code\` | Permanent | Cause | Remedy |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

Sources: Microsoft's error references, and users' reports where those say nothing. Nothing was measured against a real tenant.
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
