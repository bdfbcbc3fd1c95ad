import nodemailer, { type Transporter } from 'nodemailer';
import { graphTransport } from 'nodemailer-graph-transport';
import { startSandbox, type Sandbox } from 'nodemailer-graph-transport/sandbox';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { sendPasswordReset } from './password-reset.js';

let sandbox: Sandbox;
let transporter: Transporter;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => {
  sandbox.clear();
  transporter = nodemailer.createTransport(graphTransport({ ...sandbox.options }));
});
afterEach(() => transporter.close());
afterAll(() => sandbox.close());

test('the reader gets the link, and nobody else', async () => {
  expect(await sendPasswordReset(transporter, 'reader@example.com', 'a+b')).toEqual({ status: 'sent' });

  const link = 'https://app.contoso.com/reset?token=a%2Bb';
  expect(sandbox.messages).toMatchObject([
    {
      mailbox: 'noreply@contoso.com',
      recipients: ['reader@example.com'],
      subject: 'Reset your password',
      text: expect.stringContaining(link) as string,
      html: expect.stringContaining(`href="${link}"`) as string,
    },
  ]);
});

test('a short pause is waited out', async () => {
  const throttled = sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' } });
  expect(await sendPasswordReset(transporter, 'reader@example.com', 'secret')).toEqual({ status: 'sent' });
  expect(throttled.hits).toBe(1);
  expect(sandbox.messages).toHaveLength(1);
});

test('a long one is the job of whoever calls', async () => {
  sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '600' } });
  expect(await sendPasswordReset(transporter, 'reader@example.com', 'secret')).toEqual({ status: 'later', seconds: 600 });
  expect(sandbox.messages).toEqual([]);
});

test('a refusal says what to do', async () => {
  sandbox.fail({ operation: 'sendMail', status: 403, code: 'ErrorAccessDenied' });
  expect(await sendPasswordReset(transporter, 'reader@example.com', 'secret')).toEqual({
    status: 'failed',
    reason: expect.stringContaining('Mail.Send') as string,
  });
  expect(sandbox.messages).toEqual([]);
});

test('a lost answer is not sent twice', async () => {
  sandbox.fail({ operation: 'sendMail', cut: 'reset', accepted: true, times: Infinity });
  expect(await sendPasswordReset(transporter, 'reader@example.com', 'secret')).toMatchObject({ status: 'unknown' });
  expect(sandbox.messages).toHaveLength(1);
});
