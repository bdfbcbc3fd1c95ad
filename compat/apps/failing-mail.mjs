import nodemailer from 'nodemailer';
import { graphTransport } from 'nodemailer-graph-transport';
import { readTarget } from './mail.mjs';

/** Sends with the options of OVERRIDES over those of the target, and remembers the error. */
export function failingMail() {
  const { options } = readTarget();
  const transporter = nodemailer.createTransport(graphTransport({ ...options, retries: 0, ...JSON.parse(process.env.OVERRIDES) }));
  let error;
  return {
    async send() {
      try {
        await transporter.sendMail({ from: options.mailbox, to: 'reader@example.com', subject: 'Welcome', text: 'Hello' });
      } catch (caught) {
        error = caught;
        throw caught;
      }
    },
    /** What the error tells the app, and nobody else. */
    known() {
      const { code, httpStatus, message, hint, mailbox } = error;
      return { code, httpStatus, message, hint, mailbox };
    },
  };
}

/** What a client is answered. */
export async function answerOf(port) {
  const response = await fetch(`http://127.0.0.1:${port}/invitations`, { method: 'POST', headers: { connection: 'close' } });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() };
}
