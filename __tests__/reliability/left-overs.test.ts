import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { bundleFile } from '../sandbox/bundle.js';
import { failing, large, mail, until, useSandbox } from './support/harness.js';

const harness = useSandbox();
const create = (options: object = {}) => harness.create({ maxRetryDelay: 60_000, ...options });
const { count } = harness;

test('an ambiguous draft is left alone and named', async () => {
  const { transporter } = create({ route: 'draft', retries: 1, maxRetryDelay: 10 });
  harness.sandbox.fail({ operation: 'send', cut: 'reset', accepted: true, times: Infinity });
  harness.sandbox.fail({ operation: ['getMessage', 'listMessages'], status: 500, times: Infinity });
  const error = await failing(transporter, { messageId: '<look-for-me@contoso.com>' });
  expect(error).toMatchObject({ ambiguous: true, message: expect.stringContaining('<look-for-me@contoso.com>') });
  expect(harness.sandbox.messages).toHaveLength(1);
  expect(count('deleteMessage')).toBe(0);
});

test('a draft that cannot be deleted is named in the error', async () => {
  const { transporter } = create({ maxRetryDelay: 10, retries: 1 });
  harness.sandbox.fail({ operation: 'uploadChunk', status: 400, times: Infinity });
  harness.sandbox.fail({ operation: 'deleteMessage', status: 500, times: Infinity });
  const error = await failing(transporter, large);
  expect(error?.message).toMatch(/left in Drafts of noreply@contoso\.com/);
  expect(harness.sandbox.drafts).toHaveLength(1);
});

test('temporary files are removed after success, failure and abort', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spool-test-'));
  // jest's process.env is a copy that Node itself does not see
  const spy = jest.spyOn(os, 'tmpdir').mockReturnValue(folder);
  try {
    const { transporter } = create();
    const attachments = () => [{ filename: 'large.bin', content: Readable.from(pieces(9)) }];
    await transporter.sendMail({ ...mail, attachments: attachments() });
    expect(harness.sandbox.messages[0]?.attachments[0]?.size).toBe(9 * 1024 * 1024);
    harness.sandbox.fail({ operation: 'uploadChunk', status: 400 });
    expect(await failing(transporter, { attachments: attachments() })).toBeDefined();
    const stuck = harness.sandbox.fail({ operation: 'uploadChunk', delay: 60_000 });
    const controller = new AbortController();
    const aborted = failing(transporter, { attachments: attachments(), signal: controller.signal });
    // the file itself is not to be seen: it is unlinked as soon as it is open
    await until(() => stuck.hits > 0);
    controller.abort();
    await aborted;
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    spy.mockRestore();
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ['a stream of bytes', 'function* () { for (let n = 0; n < 9; n++) yield Buffer.alloc(1024 * 1024, n); }', 'false'],
  ['a stream of objects', 'function* () { for (let n = 0; n < 9; n++) yield new Uint8Array(1024 * 1024); }', 'true'],
])('a process that is killed while it uploads %s leaves no temporary file', async (_, source, objectMode) => {
  const folder = mkdtempSync(join(tmpdir(), 'killed-'));
  const stuck = harness.sandbox.fail({ operation: 'uploadChunk', delay: 60_000 });
  const script = bundleFile(
    'killed',
    `const { graphTransport } = require('./lib/index.ts'); const { createTransport } = require('nodemailer'); const { Readable } = require('node:stream');
      const content = Readable.from((${source})(), { objectMode: ${objectMode} });
      createTransport(graphTransport(${JSON.stringify(harness.sandbox.options)})).sendMail({ ...${JSON.stringify(mail)}, attachments: [{ filename: 'large.bin', content }] });`,
  );
  try {
    const child = spawn(process.execPath, [script], { env: { PATH: process.env['PATH'] ?? '', TMPDIR: folder }, stdio: 'inherit' });
    const ended = once(child, 'close');
    await until(() => stuck.hits > 0);
    child.kill('SIGKILL');
    await ended;
    expect(readdirSync(folder)).toEqual([]);
    expect(harness.sandbox.messages).toEqual([]);
  } finally {
    rmSync(script);
    rmSync(folder, { recursive: true });
  }
});

function* pieces(count: number): Generator<Buffer> {
  for (let index = 0; index < count; index++) yield Buffer.alloc(1024 * 1024, index);
}
