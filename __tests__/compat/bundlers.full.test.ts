import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, useCompat } from './support/compat-folder.js';

const compat = useCompat();

interface Result {
  sent?: string;
  format?: string;
  failed?: string;
  code?: string;
  permanent?: boolean;
  text?: string;
}

const ALL: Result[] = [
  { sent: 'plain', format: 'json' },
  { sent: 'raw', format: 'json' },
  { sent: 'mime', format: 'mime' },
  { sent: 'certificate', format: 'json' },
];

/** Bundles into a folder where no package is to be found. */
async function bundle(bundler: string): Promise<string> {
  const out = join(compat.folder, bundler);
  mkdirSync(out);
  const { code, stderr } = await run(process.execPath, ['build.mjs', bundler, out]);
  if (code !== 0) throw new Error(stderr);
  return out;
}

async function start(file: string, args: string[] = []): Promise<Result[]> {
  const { stdout, stderr, code } = await run(process.execPath, [...args, file], { cwd: compat.folder, env: compat.env });
  if (code !== 0 || stdout === '') throw new Error(stderr || 'it printed nothing');
  return JSON.parse(stdout) as Result[];
}

test.each([
  ['esbuild-cjs', 'main.cjs'],
  ['esbuild-minified', 'main.cjs'],
  ['esbuild-esm', 'main.mjs'],
  ['esbuild-splitting', 'main.mjs'],
  ['webpack', 'main.cjs'],
  ['webpack-esm', 'main.mjs'],
  ['rollup', 'main.mjs'],
  ['vite-ssr', 'main.mjs'],
  ['ncc', 'main.mjs'],
])('%s: the bundle sends, without any package beside it', async (bundler, file) => {
  const out = await bundle(bundler);
  expect(await start(join(out, file))).toEqual(ALL);
  expect(compat.sandbox.messages.map(({ subject }) => subject)).toEqual(['plain', 'café', 'mime', 'certificate']);
});

test('Vite SSR as it is by default, with packages left outside', async () => {
  const out = join(compat.work, 'vite');
  mkdirSync(out);
  const { code, stderr } = await run(process.execPath, ['build.mjs', 'vite-external', out]);
  if (code !== 0) throw new Error(stderr);
  expect(await start(join(out, 'main.mjs'))).toEqual(ALL);
});

test.each([
  ['lambda-cjs', 'index.js', 'require'],
  ['lambda-esm', 'index.mjs', 'import'],
])('%s: a one-file Lambda', async (bundler, file, how) => {
  const out = await bundle(bundler);
  expect(readdirSync(out)).toEqual([file]);
  const load = how === 'require' ? `Promise.resolve(require('./${file}'))` : `import('./${file}')`;
  writeFileSync(join(out, 'runtime.cjs'), `${load}.then(({ handler }) => handler({})).then(({ body }) => console.log(body));`);
  expect(await start(join(out, 'runtime.cjs'))).toEqual(ALL);
});

describe('what a bundle cannot load', () => {
  test('is named, with the real reason, permanent, and not as a failed sign-in: esbuild without the banner', async () => {
    const out = await bundle('esbuild-without-banner');
    const results = await start(join(out, 'main.mjs'));
    expect(results[0]).toMatchObject({
      failed: 'plain',
      code: 'ECONFIG',
      permanent: true,
      text: expect.stringMatching(
        /^the package (undici|@azure\/identity|@microsoft\/microsoft-graph-client) cannot be loaded: Dynamic require of "[\w:/]+" is not supported/,
      ),
    });
    for (const { text } of results) expect(text).not.toMatch(/credential|sign-in failed/);
    expect(compat.sandbox.messages).toEqual([]);
  });
});
