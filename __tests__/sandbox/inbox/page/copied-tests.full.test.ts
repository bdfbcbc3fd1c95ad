import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith } from '../../../support/require-program.js';
import { useBrowser, useInbox } from './support/browser.js';

const run = promisify(execFile);
const root = join(__dirname, '../../../..');

interface Runner {
  name: string;
  file: string;
  arguments(folder: string, file: string): string[];
}

const bin = (path: string): string => join(root, 'node_modules', path);
const runners: Runner[] = [
  { name: 'node:test', file: 'copied.test.mjs', arguments: (_, file) => ['--test', file] },
  {
    name: 'jest',
    file: 'copied.test.cjs',
    arguments: (folder) => [bin('jest/bin/jest.js'), '--rootDir', folder, '--testMatch', '**/*.test.cjs', '--config', '{}'],
  },
  { name: 'vitest', file: 'copied.test.mjs', arguments: (folder) => [bin('vitest/vitest.mjs'), 'run', '--root', folder, '--no-cache'] },
];

describeWith('chromium', 'tests copied from the page', (executablePath) => {
  const chrome = useBrowser(executablePath);
  const inbox = useInbox();
  let folder: string;
  beforeAll(() => {
    execFileSync(process.execPath, [join(root, 'scripts/build-if-stale.mjs')], { cwd: root, stdio: 'pipe' });
    // in the project, whose package.json tells where the package's own name leads
    folder = mkdtempSync(join(root, 'copied-tests-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(runners)('$name runs it as it is, and sees another subject', async ({ name, file, arguments: argumentsFor }) => {
    await inbox.transporter().sendMail({
      from: 'Contoso <noreply@contoso.com>',
      to: 'Ada <ada@example.com>',
      bcc: 'hidden@example.com',
      subject: `It's for ${name}`,
      text: 'Hello',
      attachments: [{ filename: 'a.txt', content: 'abc' }],
    });
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail/latest/test`);
    await page.getByRole('button', { name, exact: true }).click();
    const code = await page.getByLabel('test', { exact: true }).innerText();
    const path = join(folder, file);
    const environment = { ...process.env, NODE_OPTIONS: '' };
    writeFileSync(path, code);
    await run(process.execPath, argumentsFor(folder, path), { cwd: folder, env: environment });
    writeFileSync(path, code.replace(/(\n {6}subject: )'.*',/, "$1'Another subject',"));
    const failed = await run(process.execPath, argumentsFor(folder, path), { cwd: folder, env: environment }).then(
      () => 'passed',
      ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
    );
    expect(failed).toContain('Another subject');
    rmSync(path);
  });
});
