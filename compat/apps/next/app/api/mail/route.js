import nodemailer from 'nodemailer';
import { from, transport } from '../../../lib/mail.js';

const transporter = nodemailer.createTransport(transport);

export async function POST(request) {
  const { messageId, format } = await transporter.sendMail({ from, to: 'reader@example.com', ...(await request.json()) });
  return Response.json({ messageId, format });
}
