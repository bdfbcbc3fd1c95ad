import express, { type ErrorRequestHandler, type Express } from 'express';
import type { Transporter } from 'nodemailer';
import { isGraphTransportError } from 'nodemailer-graph-transport';

export function createApp(transporter: Transporter): Express {
  const app = express();
  app.use(express.json());

  app.post('/invitations', async (request, response) => {
    const { email } = (request.body ?? {}) as { email?: unknown };
    if (typeof email !== 'string' || !/^[^\s@,;<>]+@[^\s@,;<>]+$/.test(email)) {
      response.status(400).json({ error: 'email must be one address' });
      return;
    }
    const { messageId } = (await transporter.sendMail({
      to: email,
      subject: 'You are invited',
      text: 'Join us: https://app.contoso.com/join\n',
    })) as { messageId: string };
    response.status(202).json({ messageId });
  });

  app.use(answerMailErrors);
  return app;
}

const answerMailErrors: ErrorRequestHandler = (error, _request, response, next) => {
  if (!isGraphTransportError(error)) {
    next(error);
    return;
  }
  // the message names the remedy and no secret; it is for the log, not for the client
  console.error(error.message);
  if (!error.permanent && !error.ambiguous) {
    // nothing was sent
    response.set('Retry-After', String(error.retryAfter ?? 60));
    response.status(503).json({ error: 'mail cannot be sent at the moment' });
  } else {
    // without Retry-After: nothing invites the client to repeat it
    response.status(502).json({ error: error.ambiguous ? 'the invitation may have been sent' : 'the invitation cannot be sent' });
  }
};
