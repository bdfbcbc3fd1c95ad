// What every bundle is made of: a message through each package that is only loaded when it is needed.
import { readFileSync } from 'node:fs';
import nodemailer from 'nodemailer';
import { graphTransport } from 'nodemailer-graph-transport';

/** Sends the messages and returns what became of each. */
export async function sendAll({ options, pfx }) {
  const results = [];
  const send = async (transport, message) => {
    const transporter = nodemailer.createTransport(transport);
    try {
      const { format } = await transporter.sendMail({ from: options.mailbox, to: 'reader@example.com', ...message });
      results.push({ sent: message.subject ?? 'raw', format });
    } catch (error) {
      const { code, permanent, message: text, httpStatus } = error;
      results.push({ failed: message.subject ?? 'raw', code, permanent, text, httpStatus });
    }
    transporter.close();
  };
  // undici, MSAL, Graph's client
  await send(graphTransport(options), { subject: 'plain', text: 'Hello', attachments: [{ filename: 'a.txt', content: 'a' }] });
  // mailparser and libmime
  const raw = `From: ${options.mailbox}\r\nTo: =?iso-8859-1?Q?Andr=E9?= <reader@example.com>\r\nSubject: =?iso-8859-1?Q?caf=E9?=\r\n\r\nHello\r\n`;
  await send(graphTransport({ ...options, format: 'json' }), { raw });
  // Nodemailer's MIME
  await send(graphTransport({ ...options, format: 'mime' }), { subject: 'mime', text: 'Hello', html: '<p>Hello</p>' });
  // node-forge
  if (pfx) {
    const rest = { ...options, clientSecret: undefined };
    await send(graphTransport({ ...rest, clientCertificate: pfx }), { subject: 'certificate', text: 'Hello' });
  }
  return results;
}

/** The sandbox to send to, which the test has started. */
export function readTarget() {
  return JSON.parse(readFileSync(process.env.TARGET, 'utf8'));
}
