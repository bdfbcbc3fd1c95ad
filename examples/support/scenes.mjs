import nodemailer from 'nodemailer';
import { graphTransport } from 'nodemailer-graph-transport';
import { simpleParser } from 'mailparser';
import { sendWelcomeMail } from '../welcome-mail.mjs';
import { checkDelivery } from './delivery-check.mjs';
import { field } from './lines.mjs';

const order = {
  from: 'noreply@contoso.com',
  to: 'customer@example.com',
  subject: 'Your order is on its way',
  text: 'Your order has been shipped.\n',
  html: '<p>Your order has been <b>shipped</b>.</p>\n',
};

/**
 * Shows what this transport does, a scene after another.
 *
 * @param {object} stage
 * @param stage.sandbox where everything goes
 * @param stage.transporter sends there
 * @param {(text: string) => void} stage.print
 * @returns what checkDelivery() found of the messages that were meant to arrive as they were
 */
export async function showScenes({ sandbox, transporter, print }) {
  const scene = (title) => print(`\n${title}`);
  print('Every mail goes to a Graph on this machine: no tenant, no network.');

  scene('1. An ordinary Nodemailer app sends a mail (examples/welcome-mail.mjs).');
  const welcome = await checkDelivery('welcome mail', sendWelcomeMail, transporter, sandbox);
  print(await describe(sandbox.messages.at(-1)));
  print(field('beside SMTP', welcome.differences.length === 0 ? 'the same for its reader' : 'NOT the same, see below'));
  const large = await checkDelivery(
    'mail with 5 MB',
    (through) => through.sendMail({ ...order, attachments: [catalogue] }),
    transporter,
    sandbox,
  );
  print(field('5 MB more', `go by a ${large.route} and an upload session; nothing in the app changes`));

  scene('2. On staging every mail is redirected: envelope: { to: "qa@contoso.com" }.');
  const staged = await transporter.sendMail({ ...order, envelope: { from: order.from, to: 'qa@contoso.com' } });
  print(field('To was', order.to));
  print(field('got it', sandbox.messages.at(-1).recipients.join(', ')));
  print(field('info.losses', lossesOf(staged)));

  scene('3. Graph throttles: 429, Retry-After: 1.');
  sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' } });
  const before = sandbox.messages.length;
  const began = Date.now();
  const { attempts } = await transporter.sendMail(order);
  print(field('waited', `${((Date.now() - began) / 1000).toFixed(1)} s, then sent: ${attempts} requests`));
  print(field('arrived', `${sandbox.messages.length - before} mail`));

  scene('4. Something cannot be carried, here since the format is to be JSON.');
  const lossy = await transporter.sendMail({ ...order, graph: { format: 'json' } });
  print(field('info.losses', lossesOf(lossy)));
  print(
    field('without it', `format: "auto" takes ${welcome.format === 'mime' ? 'MIME' : welcome.format} for text and html, and loses nothing`),
  );

  scene('5. The secret is wrong.');
  const mistaken = nodemailer.createTransport(graphTransport({ ...sandbox.options, clientSecret: 'not-the-secret', retries: 0 }));
  try {
    await mistaken.sendMail(order);
    print(field('sent', 'which must not be'));
  } catch (error) {
    print(field('error.code', error.code));
    print(field('message', error.message));
  } finally {
    mistaken.close();
  }

  scene('6. And now every odd message in fixtures/, compared with what SMTP would carry.');
  return [welcome, large];
}

const catalogue = { filename: 'catalogue.txt', content: Buffer.alloc(5 * 1024 * 1024, 'Contoso catalogue\r\n') };

function lossesOf({ losses }) {
  return losses.map(({ feature, detail }) => `${feature}: ${detail}`).join('; ') || 'nothing';
}

/** A mail as its reader sees it. */
async function describe({ source, recipients, format, route }) {
  const mail = await simpleParser(source);
  const hidden = recipients.filter((address) => !`${mail.to?.text} ${mail.cc?.text}`.includes(address));
  return [
    field('From', mail.from.text),
    field('To', mail.to.text),
    field('Cc', mail.cc.text),
    field('unseen', `${hidden.join(', ')} (Bcc)`),
    field('Subject', mail.subject),
    ...mail.text
      .trim()
      .split('\n')
      .map((line) => `   | ${line}`.trimEnd()),
    field('attached', mail.attachments.map(({ filename, cid, size }) => `${filename} (${cid ? 'inline, ' : ''}${size} bytes)`).join(', ')),
    field('went as', `${format === 'mime' ? 'MIME' : 'JSON'} by ${route}`),
  ].join('\n');
}
