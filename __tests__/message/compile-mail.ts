import nodemailer from 'nodemailer';
import type { NodemailerMail } from '../../lib/message/nodemailer.js';

/** What Nodemailer hands to a transport for this message. */
export async function compileMail(data: object): Promise<NodemailerMail> {
  const mails: NodemailerMail[] = [];
  const catcher = {
    name: 'catcher',
    version: '1.0.0',
    send(mail: unknown, callback: (error: Error | null, info: unknown) => void) {
      mails.push(mail as NodemailerMail);
      callback(null, {});
    },
  };
  await nodemailer.createTransport(catcher as never).sendMail(data);
  const [mail] = mails;
  if (!mail) throw new Error('Nodemailer compiled nothing');
  return mail;
}
