import { gunzipSync } from 'node:zlib';
import { pageFiles } from '../../../../lib/sandbox/inbox/page-files.js';

const read = (name: string): string => gunzipSync(Buffer.from(pageFiles[name]?.gzip ?? '', 'base64')).toString();
const scripts = Object.keys(pageFiles).filter((name) => name.endsWith('.js'));

test('the page names its files relative to itself, so that it works below any path', () => {
  const named = [...read('index.html').matchAll(/(?:src|href)="([^"]+)"/g)]
    .map(([, path]) => path ?? '')
    .filter((path) => !path.startsWith('data:'));
  expect(named).toEqual(['./app.css', './app.js']);
  for (const path of named) expect(Object.keys(pageFiles)).toContain(path.slice(2));
});

test('the scripts load only what is there', () => {
  for (const name of scripts) {
    const imports = [...read(name).matchAll(/(?:from|import)\s*\(?"(\.[^"]+)"/g)].map(([, path]) =>
      new URL(path ?? '', `http://page/${name}`).pathname.slice(1),
    );
    for (const path of imports) expect(Object.keys(pageFiles)).toContain(path);
  }
  expect(scripts.length).toBeGreaterThan(1);
});

test('nothing in the page needs eval, inline scripts or markup made of strings', () => {
  for (const name of scripts) expect(read(name)).not.toMatch(/\beval\(|new Function\(|document\.write|insertAdjacentHTML/);
});
