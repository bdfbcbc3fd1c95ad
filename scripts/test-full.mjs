// All tests, the large sets whole; arguments go to jest. A script because `TEST_FULL=1 jest` is no command on Windows.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const { status } = spawnSync(process.execPath, [jest, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, TEST_FULL: '1' },
});
process.exitCode = status ?? 1;
