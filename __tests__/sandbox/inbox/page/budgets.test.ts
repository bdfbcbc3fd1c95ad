import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const root = join(__dirname, '../../../..');
const dist = join(root, 'dist');

interface Files {
  pageFiles: Record<string, { gzip: string }>;
}

beforeAll(() => void execFileSync(process.execPath, [join(root, 'scripts/build-if-stale.mjs')], { cwd: root, stdio: 'pipe' }));

function pageFiles(): Files['pageFiles'] {
  const name = readdirSync(join(dist, 'cjs/shared')).find((file) => file.startsWith('page-files-')) ?? '';
  return (createRequire(__filename)(join(dist, 'cjs/shared', name)) as Files).pageFiles;
}
const gzipped = (name: string): number => Buffer.from(pageFiles()[name]?.gzip ?? '', 'base64').length;

/** What a script loads at once, itself included. */
function loadedWith(name: string, seen = new Set<string>()): Set<string> {
  seen.add(name);
  for (const [, path = ''] of textOf(name).matchAll(/(?:from|import)\s*"(\.[^"]+)"/g)) {
    const target = new URL(path, `http://page/${name}`).pathname.slice(1);
    if (!seen.has(target)) loadedWith(target, seen);
  }
  return seen;
}

const textOf = (name: string): string => gunzipSync(Buffer.from(pageFiles()[name]?.gzip ?? '', 'base64')).toString();

test('the page is small: scripts 40 kB, styles 8 kB, what is loaded on demand 25 kB, all zipped', () => {
  const atOnce = [...loadedWith('app.js')];
  const onDemand = Object.keys(pageFiles()).filter((name) => name.startsWith('assets/') && !atOnce.includes(name));
  const sum = (names: string[]): number => names.reduce((total, name) => total + gzipped(name), 0);
  expect(sum(atOnce)).toBeLessThanOrEqual(40_000);
  expect(gzipped('app.css')).toBeLessThanOrEqual(8_000);
  expect(onDemand).toContain('assets/caniemail.json');
  expect(sum(onDemand)).toBeLessThanOrEqual(25_000);
});

test('it adds 350 kB to the package at most, in both formats together', () => {
  const holders = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .map((path) => join(dist, path))
    .filter((path) => path.endsWith('.js') && readFileSync(path, 'utf8').includes('assets/caniemail.json'))
    .filter((path) => readFileSync(path, 'utf8').includes('"index.html": { type'));
  expect(holders).toHaveLength(2);
  expect(holders.reduce((total, path) => total + statSync(path).size, 0)).toBeLessThanOrEqual(350_000);
});

test('a sandbox without visitors loads none of it', () => {
  const script = `
    const { startSandbox } = require(${JSON.stringify(join(dist, 'cjs/sandbox/index.js'))});
    const isLoaded = () => Object.keys(require.cache).some((path) => path.includes('page-files-'));
    (async () => {
      const sandbox = await startSandbox({ inbox: true });
      const before = isLoaded();
      const page = await (await fetch(sandbox.inboxUrl)).text();
      console.log(JSON.stringify([before, page.includes('app.js'), isLoaded()]));
      await sandbox.close();
    })();`;
  expect(JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }))).toEqual([false, true, true]);
});

test('what others wrote is named in THIRD-PARTY-NOTICES', () => {
  const notices = readFileSync(join(dist, 'THIRD-PARTY-NOTICES'), 'utf8');
  for (const work of ['preact ', '@preact/signals ', '@preact/signals-core ', 'caniemail data (MIT)'])
    expect(notices).toContain(`\n${work}`);
  expect(notices.match(/Permission is hereby granted/g)?.length).toBeGreaterThanOrEqual(4);
});
