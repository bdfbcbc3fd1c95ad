// An ordinary Nodemailer app and every fixture, sent through Graph to the sandbox on this machine: what was sent, what arrived?
import nodemailer from 'nodemailer';
import { graphTransport } from 'nodemailer-graph-transport';
import { startSandbox } from 'nodemailer-graph-transport/sandbox';
import { checkDelivery } from './support/delivery-check.mjs';
import { readFixtures } from './support/fixtures.mjs';
import { report } from './support/report.mjs';
import { showInbox } from './support/show-inbox.mjs';
import { sendWelcomeMail } from './welcome-mail.mjs';

const shippingMail = {
  from: 'noreply@contoso.com',
  to: 'customer@example.com',
  bcc: 'archive@example.com',
  subject: 'Your order is on its way – Größe M',
  html: '<p>Your order has been <b>shipped</b>. Größe: M</p>',
  attachments: [{ filename: 'order.csv', content: 'sku;quantity\r\n17;3\r\n' }],
  headers: { 'X-Order': '17' },
};
const catalogue = { filename: 'catalogue.txt', content: Buffer.alloc(5 * 1024 * 1024, 'Contoso catalogue\r\n') };

// --open: look at the result in the sandbox's inbox
const open = process.argv.includes('--open');
const sandbox = await startSandbox({ inbox: open });
const transporter = nodemailer.createTransport(graphTransport({ ...sandbox.options }));
const check = (name, send) => checkDelivery(name, send, transporter, sandbox);
const checkMail = (name, mail) => check(name, (through) => through.sendMail(mail));
try {
  const results = [
    await check('welcome mail (examples/welcome-mail.mjs)', sendWelcomeMail),
    await checkMail('shipping mail as JSON', { ...shippingMail, graph: { format: 'json' } }),
    await checkMail('shipping mail as MIME', { ...shippingMail, graph: { format: 'mime' } }),
    await checkMail('shipping mail with 5 MB', { ...shippingMail, attachments: [catalogue] }),
  ];
  for (const { name, mail } of await readFixtures()) results.push(await checkMail(name, mail));
  console.log(report(results));
  process.exitCode = results.every(({ differences }) => differences.length === 0) ? 0 : 1;
  if (open) await showInbox(sandbox.inboxUrl);
} finally {
  transporter.close();
  await sandbox.close();
}
