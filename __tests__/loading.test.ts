import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const dist = join(root, 'dist');

beforeAll(() => void execFileSync(process.execPath, [join(root, 'scripts/build-if-stale.mjs')], { cwd: root, stdio: 'pipe' }), 300_000);

/** What is loaded of the package at once with one of its files, that file included. */
function loadedWith(file: string, seen = new Map<string, string>()): Map<string, string> {
  const code = readFileSync(file, 'utf8');
  seen.set(file, code);
  // what stands at the start of a line is run at once; import() and its like in CommonJS stand in functions
  for (const [, from, required] of code.matchAll(
    /^(?:import|export|\})[^"';]*"(\.[^"]+)";|^(?:var|const) \w+ = (?:__toESM\()?require\("(\.[^"]+)"\)/gm,
  )) {
    const target = join(file, '..', from ?? required ?? '');
    if (!seen.has(target)) loadedWith(target, seen);
  }
  return seen;
}

const sizeOf = (files: Map<string, string>) => [...files.values()].reduce((sum, code) => sum + code.length, 0);
/** The modules of lib/ in the files; esbuild names each. */
const modulesOf = (files: Map<string, string>) =>
  [...files.values()].flatMap((code) => [...code.matchAll(/^\/\/ lib\/(\S+)$/gm)].map(([, path = '']) => path));

describe.each(['esm', 'cjs'])('the entry in %s', (format) => {
  const load = (name: string) => loadedWith(join(dist, format, `${name}.js`));

  test('is two files of 150 kB together: little to find, to read and to parse before an app starts', () => {
    const files = load('index');
    expect(files.size).toBeLessThanOrEqual(2);
    expect(sizeOf(files)).toBeLessThanOrEqual(150_000);
  });

  test('the other entries add few files of their own', () => {
    for (const name of ['outbox/index', 'bounces/index', 'telemetry/index']) expect([name, load(name).size <= 8]).toEqual([name, true]);
  });
});

test('what only some apps need, or none before the first message, comes later', () => {
  const modules = modulesOf(loadedWith(join(dist, 'esm/index.js')));
  expect(modules).toContain('transport.ts');
  const late =
    /^(errors\/(catalogue|from-)|plan\/prepare|message\/(content\/|read-|parse-)|encode\/(mime|json\.ts|strict\/)|delivery\/(deliver|draft|upload|request)|graph\/(connection-pool|proxy-tunnel)|diagnosis\/|message-trace\/|sign-in\/person\/(file-store|msal|person-)|(outbox|bounces|telemetry|prove|sandbox|cli)\/)/;
  expect(modules.filter((path) => late.test(path))).toEqual([]);
});

test('the sandbox has nothing of the transport', () => {
  const modules = modulesOf(loadedWith(join(dist, 'esm/sandbox/index.js')));
  expect(modules).toContain('sandbox/start-sandbox.ts');
  expect(modules.filter((path) => !path.startsWith('sandbox/'))).toEqual([]);
});

test.each([
  [
    'require',
    `require('nodemailer'); const had = new Set(process.moduleLoadList); require(${JSON.stringify(join(dist, 'cjs/index.js'))});`,
  ],
  [
    'import()',
    `(async () => { await import('nodemailer'); var had = new Set(process.moduleLoadList); await import(${JSON.stringify(`file://${join(dist, 'esm/index.js')}`)});`,
  ],
])('%s loads no part of Node.js that Nodemailer has not loaded, but for small ones', (_how, load) => {
  const print = `console.log(JSON.stringify(process.moduleLoadList.filter((name) => !had.has(name))));`;
  const script = load.startsWith('(async') ? `${load} ${print} })();` : `${load} ${print}`;
  const loaded = JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' })) as string[];
  const large = /\b(fs\/promises|timers\/promises|http2|undici|readline|perf_hooks|worker_threads|inspector|sqlite|vm|zlib|dns|tty)\b/;
  expect(loaded.filter((name) => name.startsWith('NativeModule ') && large.test(name))).toEqual([]);
});
