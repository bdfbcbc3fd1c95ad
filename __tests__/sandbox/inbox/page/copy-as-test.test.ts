import { runInThisContext } from 'node:vm';
import * as nodemailer from 'nodemailer';
import * as transport from '../../../../lib/index.js';
import type { ApiMessage } from '../../../../lib/sandbox/inbox/api-types.js';
import { copyAsTest, type Framework } from '../../../../lib/sandbox/inbox/page/text/copy-as-test.js';
import * as sandboxEntry from '../../../../lib/sandbox/index.js';
import { useInbox } from './support/browser.js';

const inbox = useInbox();

const modules: Record<string, unknown> = {
  nodemailer,
  'nodemailer-graph-transport': transport,
  'nodemailer-graph-transport/sandbox': sandboxEntry,
};

/** Runs a copied test for jest as it is, with this jest's `expect`. */
async function run(code: string): Promise<void> {
  const tests: (() => Promise<void>)[] = [];
  const wrapped = runInThisContext(`(function (require, test, expect, Buffer) {${code}\n})`) as (...given: unknown[]) => void;
  wrapped(
    (name: string) => modules[name],
    (_title: string, body: () => Promise<void>) => tests.push(body),
    expect,
    Buffer,
  );
  expect(tests).toHaveLength(1);
  await tests[0]?.();
}

async function copied(framework: Framework): Promise<string> {
  const told = await inbox.api<ApiMessage>('messages/latest');
  const body = async (name: 'text' | 'html'): Promise<string> =>
    (await fetch(`${inbox.url}api/v1/messages/${encodeURIComponent(told.id)}/${name}`)).text();
  return copyAsTest(told, { ...(told.text && { text: await body('text') }), ...(told.html && { html: await body('html') }) }, framework);
}

const mails: [string, nodemailer.SendMailOptions][] = [
  ['a plain one', { from: 'noreply@contoso.com', to: 'ada@example.com', subject: 'Welcome', text: 'Hello' }],
  [
    'one with everything',
    {
      from: { name: 'Contoso, "Ltd."', address: 'noreply@contoso.com' },
      to: [{ name: "O'Ada \\ 🎉", address: 'ada@example.com' }, 'b@example.com'],
      cc: 'c@example.com',
      bcc: 'hidden@example.com',
      replyTo: 'help@contoso.com',
      subject: "It's 'quoted' \"twice\", ${not} a template \u2028 \\n",
      text: 'line\nline',
      html: '<p>`${x}` </p><img src="cid:logo">',
      attachments: [
        { filename: 'Übersicht.txt', content: 'text' },
        { filename: 'logo.png', content: Buffer.alloc(70), cid: 'logo' },
      ],
    },
  ],
  [
    'one whose envelope names others',
    {
      from: 'noreply@contoso.com',
      to: 'old@example.com',
      subject: 'x',
      text: 'x',
      envelope: { from: 'noreply@contoso.com', to: ['staging@contoso.com'] },
    },
  ],
];

test.each(mails)('%s: the copied test passes, and fails with another subject', async (_, mail) => {
  await inbox.transporter().sendMail(mail);
  const code = await copied('jest');
  await run(code);
  const other = code.replace(/(\n {6}subject: )'.*',/, "$1'Another subject',");
  expect(other).not.toBe(code);
  await expect(run(other)).rejects.toThrow(/Another subject/);
});

test('the fault that struck comes along', async () => {
  inbox.sandbox.fail({ operation: 'sendMail', status: 503, headers: { 'Retry-After': '0' } });
  await inbox.transporter().sendMail({ from: 'noreply@contoso.com', to: 'ada@example.com', subject: 'In spite', text: 'x' });
  const code = await copied('jest');
  expect(code).toMatch(/sandbox\.fail\(\{.*status: 503/);
  await run(code);
});

test('each framework gets its own words', async () => {
  await inbox.transporter().sendMail({ from: 'noreply@contoso.com', to: 'ada@example.com', subject: 'Welcome', text: 'x' });
  expect(await copied('vitest')).toMatch(/^import \{ expect, test \} from 'vitest';/);
  expect(await copied('node:test')).toMatch(/^import assert from 'node:assert\/strict';\nimport \{ test \} from 'node:test';/);
  expect(await copied('node:test')).toContain("assert.deepEqual(message.subject, 'Welcome');");
});
