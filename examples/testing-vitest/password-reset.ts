import type { Transporter } from 'nodemailer';
import { isGraphTransportError } from 'nodemailer-graph-transport';

/**
 * - `later`: nothing was sent; try again after so many seconds
 * - `unknown`: it may have been sent, so do not send it again by yourself
 * - `failed`: it would be refused again; somebody has to look at it
 */
export type Outcome = { status: 'sent' } | { status: 'later'; seconds: number } | { status: 'unknown' | 'failed'; reason: string };

/** Sends the link with which a user sets a new password. */
export async function sendPasswordReset(transporter: Transporter, to: string, token: string): Promise<Outcome> {
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
