// Builds where dist is missing or older than what it is made of. Test files run side by side and share dist, so one builds
// and the others wait.
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './with-lock.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lock = join(root, 'node_modules', '.build-lock');
// the last file a build writes
const marker = join(root, 'dist', 'esm', 'package.json');
const inputs = [
  'lib',
  'package.json',
  'scripts/build.mjs',
  'scripts/build-groups.mjs',
  'scripts/build-vendor.mjs',
  'scripts/build-page.mjs',
  'tsconfig.json',
  'tsconfig.esm.json',
];

function changedAt(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))));
}

function isStale() {
  const built = statSync(marker, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return inputs.some((path) => changedAt(join(root, path)) > built);
}

await withLock(lock, () => {
  if (isStale()) execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'inherit' });
});
