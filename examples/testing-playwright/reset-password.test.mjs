// In a browser: press the button, wait for the mail, open its link. With @playwright/test the bodies stay the same:
// test('…', async ({ page }) => { … }).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import nodemailer from 'nodemailer';
import { graphTransport } from 'nodemailer-graph-transport';
import { startSandbox } from 'nodemailer-graph-transport/sandbox';
import { chromium } from 'playwright-core';
import { createApp } from './app.mjs';

const settings = { url: '' };
let sandbox;
let transporter;
let app;
let browser;
let page;
before(async () => {
  // in a project of yours: `npx nodemailer-graph-transport sandbox` beside the app, and its inbox at http://127.0.0.1:4013/
  sandbox = await startSandbox({ inbox: true });
  transporter = nodemailer.createTransport(graphTransport({ ...sandbox.options }));
  app = createApp(transporter, settings).listen(0, '127.0.0.1');
  await once(app, 'listening');
  settings.url = `http://127.0.0.1:${app.address().port}`;
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  page = await browser.newPage();
});
after(async () => {
  await browser?.close();
  app?.close();
  transporter?.close();
  await sandbox?.close();
});

/** Waits for the first mail that fits and came after `after`; the search language is the inbox's. */
async function waitForMail(q, after = 0) {
  const response = await fetch(`${sandbox.inboxUrl}api/v1/wait?${new URLSearchParams({ q, after: String(after), timeout: '10000' })}`);
  const answer = await response.json();
  // says what came instead, and what was refused
  if (!response.ok) throw new Error(answer.error.message);
  return answer;
}

test('a forgotten password is set anew by the link in the mail', async () => {
  await page.goto(settings.url);
  await page.getByRole('button', { name: 'I forgot my password' }).click();

  const mail = await waitForMail('to:reader@example.com subject:"reset your password"');
  assert.deepEqual(mail.recipientAddresses, ['reader@example.com']);
  assert.deepEqual(mail.statuses, [202]);

  // as the reader sees it
  await page.goto(`${sandbox.inboxUrl}api/v1/messages/${mail.id}/body`);
  const opened = page.waitForEvent('popup');
  await page.getByRole('link', { name: 'Set a new password' }).click();
  const reset = await opened;
  await reset.getByRole('heading', { name: 'Choose a new password' }).waitFor();
});

test('Graph that is busy delays the mail, and sends one', async () => {
  const { seq } = await (await fetch(`${sandbox.inboxUrl}api/v1/status`)).json();
  const headers = { 'Content-Type': 'application/json', 'x-sandbox-inbox': '1' };
  const rule = { operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' } };
  await fetch(`${sandbox.inboxUrl}api/v1/faults`, { method: 'POST', headers, body: JSON.stringify(rule) });

  await page.goto(settings.url);
  await page.getByRole('button', { name: 'I forgot my password' }).click();

  const mail = await waitForMail('status:429', seq);
  assert.deepEqual(mail.statuses, [429, 202]);
  assert.equal(sandbox.messages.length, 2);
});
