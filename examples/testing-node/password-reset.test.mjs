import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import nodemailer from 'nodemailer';
import { graphTransport } from 'nodemailer-graph-transport';
import { startSandbox } from 'nodemailer-graph-transport/sandbox';
import { sendPasswordReset } from './password-reset.mjs';

let sandbox;
let transporter;
before(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => {
  sandbox.clear();
  transporter = nodemailer.createTransport(graphTransport({ ...sandbox.options }));
});
afterEach(() => transporter.close());
after(() => sandbox.close());

test('the reader gets the link, and nobody else', async () => {
  assert.deepEqual(await sendPasswordReset(transporter, 'reader@example.com', 'a+b'), { status: 'sent' });

  assert.equal(sandbox.messages.length, 1);
  const [{ mailbox, recipients, subject, text, html }] = sandbox.messages;
  assert.equal(mailbox, 'noreply@contoso.com');
  assert.deepEqual(recipients, ['reader@example.com']);
  assert.equal(subject, 'Reset your password');
  const link = 'https://app.contoso.com/reset?token=a%2Bb';
  assert.ok(text.includes(link));
  assert.ok(html.includes(`href="${link}"`));
});

test('a short pause is waited out', async () => {
  const throttled = sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' } });
  assert.deepEqual(await sendPasswordReset(transporter, 'reader@example.com', 'secret'), { status: 'sent' });
  assert.equal(throttled.hits, 1);
  assert.equal(sandbox.messages.length, 1);
});

test('a long one is the job of whoever calls', async () => {
  sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '600' } });
  assert.deepEqual(await sendPasswordReset(transporter, 'reader@example.com', 'secret'), { status: 'later', seconds: 600 });
  assert.equal(sandbox.messages.length, 0);
});

test('a refusal says what to do', async () => {
  sandbox.fail({ operation: 'sendMail', status: 403, code: 'ErrorAccessDenied' });
  const { status, reason } = await sendPasswordReset(transporter, 'reader@example.com', 'secret');
  assert.equal(status, 'failed');
  assert.match(reason, /Mail\.Send/);
  assert.equal(sandbox.messages.length, 0);
});

test('a lost answer is not sent twice', async () => {
  sandbox.fail({ operation: 'sendMail', cut: 'reset', accepted: true, times: Infinity });
  const { status } = await sendPasswordReset(transporter, 'reader@example.com', 'secret');
  assert.equal(status, 'unknown');
  assert.equal(sandbox.messages.length, 1);
});
