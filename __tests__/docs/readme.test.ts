import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readPage, root } from './pages.js';

const readme = readPage('README.md');

test('the first screen: what it is, how to install it, the one line that changes, how to try it', () => {
  const screen = readme.split('\n').slice(0, 33).join('\n');
  for (const text of ['Microsoft Graph', 'npm install nodemailer nodemailer-graph-transport', 'graphTransport({', 'npm run demo']) {
    expect(screen).toContain(text);
  }
});

test('links every page of docs/', () => {
  const names = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) expect(readme).toContain(`](docs/${name}`);
  expect(readme).toContain('](docs/api/README.md)');
});

test('names every option, and no other', () => {
  const known = /const KNOWN[^{]+\{([^}]+)\}/.exec(readFileSync(join(root, 'lib/config/read-options.ts'), 'utf8'))?.[1] ?? '';
  const options = [...known.matchAll(/^ +(\w+): true/gm)].map(([, name = '']) => name);
  expect(options.length).toBeGreaterThan(20);
  const section = /^## Options$([^]+?)^## /m.exec(readme)?.[1] ?? '';
  const cells = [...section.matchAll(/^\| (`.+?) +\|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)]);
  const named = new Set(cells.map(([, name = '']) => name));
  // named in the sentence about cloud
  for (const name of ['graphEndpoint', 'authorityHost']) expect(section).toContain(`\`${name}\``);
  expect([...named, 'graphEndpoint', 'authorityHost'].sort()).toEqual(options.sort());
});
