import { fileURLToPath } from 'node:url';

const file = (name) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** A mail as apps send it every day. It does not know how it leaves: any Nodemailer transporter will do. */
export function sendWelcomeMail(transporter, { from = 'noreply@contoso.com', to = 'customer@example.com' } = {}) {
  return transporter.sendMail({
    from: { name: 'Contoso', address: from },
    to,
    cc: '"Sales, Europe" <sales@example.com>',
    bcc: 'archive@example.com',
    replyTo: 'support@contoso.com',
    subject: 'Welcome – your first invoice',
    text: 'Welcome to Contoso!\n\nYour first invoice (19.60 €) is attached.\n',
    html: '<p><img src="cid:logo@contoso.com" alt="Contoso"></p>\n<h1>Welcome to Contoso!</h1>\n<p>Your first invoice (19.60&nbsp;€) is attached.</p>\n',
    attachments: [
      { filename: 'logo.png', path: file('logo.png'), cid: 'logo@contoso.com' },
      { filename: 'invoice.pdf', path: file('invoice.pdf') },
    ],
  });
}
