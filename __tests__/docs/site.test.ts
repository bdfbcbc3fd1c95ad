import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pages, root } from './pages.js';

// `npm run site` builds the site and asks the same; .ci/run does that
test('a link of the site that leads nowhere is noticed, to a page, a heading or a picture', () => {
  const folder = mkdtempSync(join(tmpdir(), 'site-'));
  try {
    mkdirSync(join(folder, 'docs'));
    writeFileSync(join(folder, 'logo.svg'), '<svg/>');
    writeFileSync(
      join(folder, 'index.html'),
      `<h1 id="top"></h1><a href="/base/docs/setup">a</a><a href="docs/setup.html#by-hand">b</a><a href="#top">c</a><img src="/base/logo.svg">
       <a href="/base/docs/gone">d</a><a href="/base/docs/setup#gone">e</a><a href="#gone">f</a><img src="gone.svg"><a href="https://example.com/x">g</a>`,
    );
    writeFileSync(join(folder, 'docs/setup.html'), '<h2 id="by-hand"></h2><a href="../index.html">a</a>');
    const script = `import { brokenLinks } from './site/broken-links.mjs'; console.log(JSON.stringify(brokenLinks(${JSON.stringify(folder)}, '/base/')));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual([
      'index.html: /base/docs/gone leads nowhere',
      'index.html: /base/docs/setup#gone has no such heading',
      'index.html: #gone has no such heading',
      'index.html: gone.svg leads nowhere',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the README lists every page, so that the site shows it in its contents', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const unlisted = pages.filter((page) => page.startsWith('docs/') && !readme.includes(`](${page})`));
  expect(unlisted).toEqual([]);
});
