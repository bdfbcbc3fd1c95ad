import { isGraphTransportError } from 'nodemailer-graph-transport';

/**
 * Sends the link with which a user sets a new password.
 *
 * @param {import('nodemailer').Transporter} transporter
 * @param {string} to
 * @param {string} token
 * @returns `sent`; `later`, where nothing was sent; `unknown`, where it may have been sent, so do not send it again by yourself;
 *   `failed`, where it would be refused again
 */
export async function sendPasswordReset(transporter, to, token) {
  const link = `https://app.contoso.com/reset?token=${encodeURIComponent(token)}`;
  try {
    await transporter.sendMail({
      to,
      subject: 'Reset your password',
      text: `Set a new password: ${link}\n`,
      html: `<p><a href="${link}">Set a new password</a></p>`,
    });
    return { status: 'sent' };
  } catch (error) {
    if (!isGraphTransportError(error)) throw error;
    if (error.ambiguous) return { status: 'unknown', reason: error.message };
    if (error.permanent) return { status: 'failed', reason: error.hint ?? error.message };
    return { status: 'later', seconds: error.retryAfter ?? 60 };
  }
}
