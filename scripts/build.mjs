// Builds both module formats: esbuild puts what belongs together into one file, which loads in less than half the time of eighty
// small ones; tsc writes the declarations.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { groups } from './build-groups.mjs';
import { buildPage } from './build-page.mjs';
import { buildVendor, licencesOf, linkVendor, reachableDeclarations, vendor } from './build-vendor.mjs';

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  // dependencies stay dependencies
  packages: 'external',
  outbase: 'lib',
  logLevel: 'warning',
};
const entries = ['lib/index.ts', 'lib/sandbox/index.ts', 'lib/outbox/index.ts', 'lib/bounces/index.ts', 'lib/telemetry/index.ts'];

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
rmSync('dist', { recursive: true, force: true });
const notices = await buildPage();
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.esm.json'], { stdio: 'inherit' });
// the same declarations serve both formats: what differs is the type in the package.json beside them
cpSync('dist/esm', 'dist/cjs', { recursive: true, filter: (path) => !path.endsWith('.js') });
const modules = {
  ...common,
  entryPoints: [...entries, 'lib/cli/main.ts'],
  format: 'esm',
  splitting: true,
  chunkNames: 'shared/[name]-[hash]',
  outdir: 'dist/esm',
  plugins: [vendor],
};
// what is loaded with the transport, what with the first request, and what with the first message
const grouped = await groups(modules, ['lib/index.ts', 'lib/graph/pooled-http.ts', 'lib/sending.ts']);
// that it imports nothing from there is the point
const logOverride = { 'ignored-bare-import': 'silent' };
const { metafile } = await build({ ...modules, plugins: [grouped, vendor], metafile: true, logOverride });
// jest runs CommonJS in a way that knows no import()
const cjs = { ...common, format: 'cjs', supported: { 'dynamic-import': false }, outdir: 'dist/cjs' };
// CommonJS in the same files: esbuild itself would make one of every entry
const outputs = new Set(entries.map((entry) => entry.replace(/^lib(.*)\.ts$/, 'dist/esm$1.js')));
for (const path of outputs) for (const one of metafile.outputs[path].imports) if (!one.external) outputs.add(one.path);
await build({ ...cjs, bundle: false, packages: undefined, entryPoints: [...outputs], outbase: 'dist/esm' });
// a process for every mail: in one file it starts in half the time of the command line's modules
await build({ ...cjs, entryPoints: ['lib/cli/sendmail/main.ts'], minifyWhitespace: true, plugins: [vendor] });
const vendored = await buildVendor();
linkVendor();

// declarations written by hand: tsc neither copies them nor keeps a usable reference to them
for (const format of ['esm', 'cjs']) {
  copyFileSync('lib/nodemailer-types.d.ts', `dist/${format}/nodemailer-types.d.ts`);
  const index = `dist/${format}/index.d.ts`;
  writeFileSync(index, `/// <reference path="./nodemailer-types.d.ts" />\n${readFileSync(index, 'utf8')}`);
}
// what no entry leads to would only name packages that are not installed
const kept = reachableDeclarations(
  ['esm', 'cjs'].flatMap((format) => entries.map((entry) => entry.replace(/^lib(.*)\.ts$/, `dist/${format}$1.d.ts`))),
);
for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.d.ts'))) {
  if (!kept.has(join('dist', name)) && !name.endsWith('nodemailer-types.d.ts')) rmSync(join('dist', name));
}
const rule = `\n\n${'-'.repeat(80)}\n\n`;
writeFileSync(
  'dist/THIRD-PARTY-NOTICES',
  [notices.trimEnd(), 'dist/vendor contains the following works.', ...licencesOf(vendored)].join(rule) + '\n',
);
// the package is "type": "module"; this marks the second build as CommonJS
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');
writeFileSync('dist/esm/package.json', '{ "type": "module" }\n');
chmodSync('dist/esm/cli/main.js', 0o755);
