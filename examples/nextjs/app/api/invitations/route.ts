import { isGraphTransportError } from 'nodemailer-graph-transport';
import { getMailer } from '../../../lib/mailer';

/** Not 'edge', which has no node:net and no node:fs. */
export const runtime = 'nodejs';

/** Route handlers take and return the web's own types; nothing of Next has to be imported. */
export async function POST(request: Request): Promise<Response> {
  const { email } = ((await request.json().catch(() => undefined)) ?? {}) as { email?: unknown };
  if (typeof email !== 'string' || !/^[^\s@,;<>]+@[^\s@,;<>]+$/.test(email)) {
    return Response.json({ error: 'email must be one address' }, { status: 400 });
  }
  try {
    const { messageId } = (await getMailer().sendMail({
      to: email,
      subject: 'You are invited',
      text: 'Join us: https://app.contoso.com/join\n',
    })) as { messageId: string };
    return Response.json({ messageId }, { status: 202 });
  } catch (error) {
    if (!isGraphTransportError(error)) throw error;
    // the message names the remedy and no secret; it is for the log, not for the client
    console.error(error.message);
    if (!error.permanent && !error.ambiguous) {
      // nothing was sent
      const headers = { 'Retry-After': String(error.retryAfter ?? 60) };
      return Response.json({ error: 'mail cannot be sent at the moment' }, { status: 503, headers });
    }
    // without Retry-After: nothing invites the client to repeat it
    return Response.json(
      { error: error.ambiguous ? 'the invitation may have been sent' : 'the invitation cannot be sent' },
      { status: 502 },
    );
  }
}
