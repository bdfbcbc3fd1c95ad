import type { AddressInfo } from 'node:net';
import nodemailer from 'nodemailer';
import { mailTransport } from 'nodemailer-graph-transport';
import { createApp } from './app.js';

const { MAIL_URL = 'smtp://localhost:1025', PORT = '3000' } = process.env;

// smtps://… or msgraph://…
const transporter = nodemailer.createTransport(mailTransport(MAIL_URL), { from: 'noreply@contoso.com' });
const server = createApp(transporter).listen(Number(PORT), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    // requests in progress end first, and so do their messages
    server.close(() => transporter.close());
  });
}
