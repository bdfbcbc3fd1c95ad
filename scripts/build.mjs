// Builds both module formats with plain tsc: dist/esm (NodeNext) and dist/cjs (CommonJS).
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
rmSync('dist', { recursive: true, force: true });
for (const project of ['tsconfig.esm.json', 'tsconfig.cjs.json']) {
  execFileSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' });
}
// declarations written by hand: tsc neither copies them nor keeps a usable reference to them
for (const format of ['esm', 'cjs']) {
  copyFileSync('lib/nodemailer-types.d.ts', `dist/${format}/nodemailer-types.d.ts`);
  const index = `dist/${format}/index.d.ts`;
  writeFileSync(index, `/// <reference path="./nodemailer-types.d.ts" />\n${readFileSync(index, 'utf8')}`);
}
// the package is "type": "module"; this marks the second build as CommonJS
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');
writeFileSync('dist/esm/package.json', '{ "type": "module" }\n');
chmodSync('dist/esm/cli/main.js', 0o755);
