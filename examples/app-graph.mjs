import nodemailer from 'nodemailer';
import { graphTransport } from 'nodemailer-graph-transport';
import { settings } from './settings.mjs';
import { sendWelcomeMail } from './welcome-mail.mjs';

const transporter = nodemailer.createTransport(graphTransport(settings.graph));

const { messageId, accepted } = await sendWelcomeMail(transporter, settings.mail);
console.log(`${messageId} accepted for ${accepted.join(', ')}`);
transporter.close();
