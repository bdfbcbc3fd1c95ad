// Sends a few messages into a sandbox, one of them throttled and one refused, and logs them: node examples/pino/app.mjs
import nodemailer from 'nodemailer';
import { graphTransport } from 'nodemailer-graph-transport';
import { startSandbox } from 'nodemailer-graph-transport/sandbox';
import pino from 'pino';
import { logMail } from './mail-log.mjs';

const log = pino({ base: undefined });
const stop = logMail(log.child({ component: 'mail' }));

const sandbox = await startSandbox();
const transporter = nodemailer.createTransport(graphTransport({ ...sandbox.options, onLoss: 'ignore' }));
const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Your order', text: 'It is on its way.' };

await transporter.sendMail(mail);

sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' } });
await transporter.sendMail({ ...mail, html: '<p>It is on its way.</p>', graph: { format: 'json' } });

sandbox.fail({ operation: 'sendMail', status: 403, code: 'ErrorAccessDenied' });
await transporter.sendMail(mail).catch((error) => log.error({ code: error.code }, 'the order stays unconfirmed'));

transporter.close();
await sandbox.close();
stop();
