// `npm run demo`: says at once that it works, builds where that is needed, then runs the demo with the same arguments.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const file = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const run = (...args) => {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};
console.log('Building the package: a few seconds the first time …');
run(file('scripts/build-if-stale.mjs'));
run('--enable-source-maps', file('examples/demo.mjs'), ...process.argv.slice(2));
