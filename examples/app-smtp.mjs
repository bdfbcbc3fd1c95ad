import nodemailer from 'nodemailer';
import { settings } from './settings.mjs';
import { sendWelcomeMail } from './welcome-mail.mjs';

const transporter = nodemailer.createTransport(settings.smtp);

const { messageId, accepted } = await sendWelcomeMail(transporter, settings.mail);
console.log(`${messageId} accepted for ${accepted.join(', ')}`);
transporter.close();
