// Makes compat/ ready: its packages, and in them this package as it is published. Test files run side by side and share the
// folder, so one installs and the others wait.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './with-lock.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const compat = join(root, 'compat');
const lock = join(compat, '.install-lock');
const installed = join(compat, 'node_modules', 'nodemailer-graph-transport');
const stamp = join(compat, 'node_modules', '.compat-stamp');

const run = (program, args, cwd) =>
  execFileSync(program, args, {
    cwd,
    shell: process.platform === 'win32',
    encoding: 'utf8',
    timeout: 540_000,
    stdio: ['ignore', 'pipe', 'pipe'],
    // what an npm that runs this says about its own project
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config_local)|^INIT_CWD$/.test(name))),
  });
const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--fetch-timeout=30000'];
const hashOf = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

await withLock(lock, () => {
  run(process.execPath, [join(root, 'scripts/build-if-stale.mjs')], root);
  const packages = hashOf(readFileSync(join(compat, 'package-lock.json')));
  const built = readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const own = hashOf(
    readFileSync(join(root, 'package.json')),
    ...built.map(({ parentPath, name }) => readFileSync(join(parentPath, name))),
  );
  const [hadPackages, hadOwn] = existsSync(stamp) ? readFileSync(stamp, 'utf8').split(' ') : [];
  if (hadPackages !== packages) run('npm', ['ci', ...flags], compat);
  if (hadPackages !== packages || hadOwn !== own || !existsSync(installed)) {
    const folder = mkdtempSync(join(tmpdir(), 'compat-'));
    try {
      // dist is up to date; prepack would build it again under the feet of other tests
      const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root));
      run('npm', ['install', '--no-save', ...flags, join(folder, filename)], compat);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  writeFileSync(stamp, `${packages} ${own}`);
});
