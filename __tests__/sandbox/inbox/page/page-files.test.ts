import { gunzipSync } from 'node:zlib';
import { pageFiles } from '../../../../lib/sandbox/inbox/page-files.js';

test('the page names its files relative to itself, so that it works below any path', () => {
  const html = gunzipSync(Buffer.from(pageFiles['index.html'].gzip, 'base64')).toString();
  const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '').filter((path) => !path.startsWith('data:'));
  expect(named).toEqual(['./app.css', './app.js']);
  for (const path of named) expect(Object.keys(pageFiles)).toContain(path.slice(2));
});

test('nothing in the page needs eval, inline scripts or markup made of strings', () => {
  const script = gunzipSync(Buffer.from(pageFiles['app.js'].gzip, 'base64')).toString();
  expect(script).not.toMatch(/\beval\(|new Function\(|document\.write|insertAdjacentHTML/);
});
