import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildPackage, cleanEnv, root } from './support/package-folder.js';

beforeAll(buildPackage, 300_000);

test('the pino example runs, and logs each message once and each refusal, without recipients and contents', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['examples/pino/app.mjs'], { cwd: root, env: cleanEnv });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const about = lines.map(({ component, msg, outcome, status, throttled, losses, code }) => ({
    component,
    msg,
    outcome,
    status,
    throttled,
    losses,
    code,
  }));
  const component = 'mail';
  expect(about).toEqual([
    { component, msg: 'mail sent', outcome: 'sent', throttled: 0 },
    { component, msg: 'Graph refused', status: 429 },
    { component, msg: 'mail sent', outcome: 'sent', throttled: 1, losses: ['text'] },
    { component, msg: 'Graph refused', status: 403 },
    { component, msg: 'mail failed', outcome: 'failed', throttled: 0, code: 'EAUTH' },
    { msg: 'the order stays unconfirmed', code: 'EAUTH' },
  ]);
  for (const line of lines.slice(0, -1)) {
    expect(line).toMatchObject({ mailbox: 'noreply@contoso.com', messageId: expect.stringMatching(/^<.+@contoso\.com>$/) });
  }
  expect(stdout).not.toMatch(/example\.com|Your order|on its way|Bearer/i);
});
