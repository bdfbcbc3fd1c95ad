import nodemailer from 'nodemailer';
import type { NodemailerMail } from '../message/nodemailer.js';

/** What Nodemailer hands to a transport for a message. */
export async function compile(mail: Record<string, unknown>): Promise<NodemailerMail> {
  let compiled: NodemailerMail | undefined;
  const catcher = {
    name: 'catcher',
    version: '1.0.0',
    send: (given: unknown, callback: (error: Error | null, info: unknown) => void) => {
      compiled = given as NodemailerMail;
      callback(null, {});
    },
  };
  await nodemailer.createTransport(catcher as never).sendMail(mail);
  if (!compiled) throw new Error('Nodemailer compiled nothing');
  return compiled;
}

/** The source Nodemailer would have sent over SMTP. */
export async function smtpSource(mail: Record<string, unknown>): Promise<Buffer> {
  const transporter = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return (await transporter.sendMail(mail)).message as Buffer;
}
