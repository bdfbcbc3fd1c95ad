// Builds where dist is missing or older than what it is made of. Test files run side by side and share dist, so one builds
// and the others wait.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lock = join(root, 'node_modules', '.build-lock');
// the last file a build writes
const marker = join(root, 'dist', 'esm', 'package.json');
const inputs = [
  'lib',
  'package.json',
  'scripts/build.mjs',
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

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** @returns whether this process holds the lock now */
function takeLock() {
  try {
    const file = openSync(lock, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const holder = readHolder();
  if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
  return false;
}

/** Whoever holds the lock; 0 if it was given back meanwhile or its holder has not written yet. */
function readHolder() {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch {
    return 0;
  }
}

while (!takeLock()) await sleep(100);
try {
  if (isStale()) execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'inherit' });
} finally {
  rmSync(lock, { force: true });
}
