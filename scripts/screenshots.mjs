// Makes docs/images/inbox-*.png, in README.md and docs/sandbox.md: the inbox with a few mails, light and dark. Needs a Chromium; pngquant
// makes them a third as large, since they are in the package.
//   npm run docs:screenshots
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import nodemailer from 'nodemailer';
import { graphTransport } from 'nodemailer-graph-transport';
import { startSandbox } from 'nodemailer-graph-transport/sandbox';
import { chromium } from 'playwright-core';

const folder = 'docs/images';
const unpacked = [];
const from = 'Contoso <noreply@contoso.com>';
const page = (title, text, button) => `<!doctype html>
<html lang="en">
  <body style="margin: 0; background: #eef2f6; font-family: 'Segoe UI', Helvetica, Arial, sans-serif; color: #1f2933">
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding: 28px 12px">
      <table role="presentation" width="520" cellpadding="0" cellspacing="0" style="background: #ffffff; border-radius: 8px">
        <tr><td style="padding: 22px 32px; background: #0b5cad; border-radius: 8px 8px 0 0; color: #ffffff; font-size: 18px; font-weight: 600">Contoso</td></tr>
        <tr><td style="padding: 28px 32px">
          <h1 style="margin: 0 0 12px; font-size: 22px">${title}</h1>
          <p style="margin: 0 0 22px; font-size: 15px; line-height: 1.5">${text}</p>
          <a href="https://contoso.com/start" style="display: inline-block; padding: 11px 22px; background: #0b5cad; border-radius: 5px; color: #ffffff; font-size: 15px; text-decoration: none">${button}</a>
        </td></tr>
      </table>
    </td></tr></table>
  </body>
</html>`;

const sandbox = await startSandbox({ inbox: true });
const transporter = nodemailer.createTransport(graphTransport(sandbox.options));
const send = (mail) => transporter.sendMail({ from, ...mail });
try {
  await send({ to: 'reader@example.com', subject: 'Welcome to Contoso', text: 'Hello', html: page('Welcome', 'Hello.', 'Start') });
  await send({ to: 'customer@example.com', subject: 'مرحبا بك في كونتوسو', text: 'مرحبا' });
  sandbox.fail({ operation: 'sendMail', status: 403 });
  await send({ to: 'billing@example.com', subject: 'Invoice 2041', text: 'See the attachment.' }).catch(() => undefined);
  sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' } });
  await send({ to: 'reader@example.com', subject: 'Reset your password', text: 'https://contoso.com/reset/41', priority: 'high' });
  await send({
    to: 'team@example.com',
    bcc: 'audit@example.com',
    subject: 'Weekly report',
    text: 'Nothing to report.',
    attachments: [{ filename: 'report.csv', content: 'a;b\n1;2\n' }],
  });
  sandbox.fail({ operation: 'uploadChunk', status: 503, headers: { 'Retry-After': '1' }, skip: 1 });
  await send({
    to: 'reader@example.com',
    cc: 'billing@example.com',
    subject: 'Invoice 2042 and all its receipts',
    text: 'Your invoice is ready.',
    html: page(
      'Your invoice is ready',
      'Thank you for your order. Invoice 2042 and its receipts are attached; the amount is due within 30 days.',
      'Pay now',
    ),
    attachments: [{ filename: 'invoice-2042.pdf', content: Buffer.alloc(9_000_000, 7) }],
  });
  mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--force-color-profile=srgb'],
  });
  try {
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width: 1340, height: 700 },
        deviceScaleFactor: 1,
        reducedMotion: 'reduce',
      });
      const tab = await context.newPage();
      for (const [name, hash, ready] of [
        ['inbox', '#/mail/latest', '.stage iframe'],
        ['timeline', '#/mail/latest/timeline', '.timeline .entry'],
      ]) {
        await tab.goto(sandbox.inboxUrl + hash);
        await tab.locator(ready).first().waitFor();
        await tab
          .locator('.row[aria-current] .unread')
          .first()
          .waitFor({ state: 'detached' })
          .catch(() => undefined);
        await tab.waitForTimeout(600);
        const path = `${folder}/${name}-${colorScheme}.png`;
        await tab.screenshot({ path });
        if (spawnSync('pngquant', ['--quality', '70-95', '--force', '--output', path, path]).status !== 0) unpacked.push(path);
      }
      await context.close();
    }
  } finally {
    await browser.close();
  }
  console.log(`${folder}: inbox and timeline, light and dark`);
  if (unpacked.length > 0) console.warn(`three times as large as they need be, without pngquant: ${unpacked.join(', ')}`);
} finally {
  transporter.close();
  await sandbox.close();
}
