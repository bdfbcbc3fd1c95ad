import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import nodemailer from 'nodemailer';
import { graphTransport, isGraphTransportError } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';

const page = readFileSync(join(__dirname, '../../docs/testing.md'), 'utf8');

/** Rows of the table under "When Graph fails": the code that makes it fail, and what the transport does. */
const rows = [...page.matchAll(/^\| `((?:sandbox\.fail|startSandbox)\(.+?\))` *\| (.+?) *\|/gm)].map(([, code = '', effect = '']) => ({
  code,
  effect,
}));

test('the table has rows to check', () => {
  expect(rows.length).toBeGreaterThanOrEqual(6);
});

test.each(rows)('docs/testing.md: $code', async ({ code, effect }) => {
  // the page's own code, as a reader would paste it
  const act = runInThisContext(`(sandbox, startSandbox) => ${code}`) as (
    sandbox: Sandbox | undefined,
    start: typeof startSandbox,
  ) => unknown;
  const own = code.startsWith('startSandbox');
  const sandbox = own ? ((await act(undefined, startSandbox)) as Sandbox) : await startSandbox();
  const transporter = nodemailer.createTransport(graphTransport({ ...sandbox.options }));
  try {
    if (!own) act(sandbox, startSandbox);
    const sent = transporter.sendMail({ to: 'reader@example.com', subject: 'Hello', text: 'Hello' });
    if (effect === 'waits and sends again') {
      await expect(sent).resolves.toMatchObject({ attempts: 2 });
      return;
    }
    const error: unknown = await sent.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!isGraphTransportError(error)) throw new Error(`sendMail() did not fail, as the page says: ${effect}`);
    const { code: errorCode, permanent, ambiguous, retryAfter, hint, message } = error;
    const claims = [...effect.matchAll(/`([^`]+)`|names (\S+)/g)].map(([, quoted, named]) => quoted ?? named ?? '');
    expect(claims.length).toBeGreaterThan(0);
    const facts = [errorCode, `permanent: ${permanent}`, `ambiguous: ${ambiguous}`, `retryAfter: ${retryAfter}`, hint && 'hint'];
    for (const claim of claims) expect([...facts, ...message.split(/\s/)]).toContain(claim);
  } finally {
    transporter.close();
    await sandbox.close();
  }
});
