import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../support/require-program.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'programs-'));
  writeFileSync(join(folder, 'redis-server'), '#!/bin/sh\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a program is found on PATH or where its variable says, if it can be run', () => {
  const path = join(folder, 'redis-server');
  expect(findProgram('redis-server', { PATH: folder })).toBeUndefined();
  chmodSync(path, 0o755);
  expect(findProgram('redis-server', { PATH: `/nowhere:${folder}` })).toBe(path);
  expect(findProgram('redis-server', { REDIS_SERVER: path })).toBe(path);
  expect(findProgram('redis-server', { PATH: folder, REDIS_SERVER: '/nowhere/redis-server' })).toBeUndefined();
  expect(findProgram('redis-server', { REDIS_SERVER: folder })).toBeUndefined();
});

test.each([
  ['is skipped with a line that says so', {}, { numPassedTests: 0, numPendingTests: 1, numFailedTests: 0 }],
  ['fails where REQUIRE_ALL=1 is set', { REQUIRE_ALL: '1' }, { numPassedTests: 0, numPendingTests: 0, numFailedTests: 1 }],
])('a test whose program is missing %s', (_what, env, totals) => {
  const root = join(__dirname, '../..');
  const file = join(folder, 'needs.test.ts');
  writeFileSync(
    file,
    `require(${JSON.stringify(join(root, '__tests__/support/require-program.ts'))}).testWith('chromium', 'a page', () => undefined);`,
  );
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const { stdout, stderr } = spawnSync(process.execPath, [jest, '--json', '--rootDir', root, '--roots', folder, '-i', file], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, REQUIRE_ALL: '', CHROMIUM: '/nowhere/chromium', ...env },
  });
  expect(JSON.parse(stdout)).toMatchObject(totals);
  expect(stderr).toContain('a page: needs chromium, which is not on PATH (or name it in CHROMIUM)');
});
