import nodemailer, { type Transporter } from 'nodemailer';
import { mailTransport } from 'nodemailer-graph-transport';

const kept = globalThis as { mailer?: Transporter };

/** One transporter per process: `next dev` loads modules again and again, and each transporter has a token and a queue of its own. */
export function getMailer(): Transporter {
  // smtps://… or msgraph://…
  const url = process.env['MAIL_URL'] ?? 'smtp://localhost:1025';
  return (kept.mailer ??= nodemailer.createTransport(mailTransport(url), { from: 'noreply@contoso.com' }));
}
