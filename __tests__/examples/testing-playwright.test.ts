import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith } from '../support/require-program.js';
import { buildPackage, cleanEnv, root } from './support/package-folder.js';

describeWith('chromium', 'examples/testing-playwright', (chromium) => {
  beforeAll(buildPackage, 300_000);

  it('passes: the mail is waited for, its link opened', async () => {
    const test = join(root, 'examples/testing-playwright/reset-password.test.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter', 'tap', test], {
      cwd: root,
      env: { ...cleanEnv, CHROMIUM: chromium },
    });
    expect([/^# pass (\d+)$/m.exec(stdout)?.[1], /^# fail (\d+)$/m.exec(stdout)?.[1]]).toEqual(['2', '0']);
  }, 60_000);
});
