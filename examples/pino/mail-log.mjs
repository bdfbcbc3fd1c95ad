// One line for each message and for each request that was not answered as hoped, from what the transport tells on its channels.
// Nothing has to be handed to the transport. No recipient, no content and no token is in it.
import { tracingChannel } from 'node:diagnostics_channel';

/** @param log a pino logger; returns what ends it */
export function logMail(log) {
  const messages = tracingChannel('nodemailer-graph-transport:message');
  const requests = tracingChannel('nodemailer-graph-transport:request');

  function onMessage({ error, losses, ...message }) {
    const entry = { ...message, losses: losses.length > 0 ? losses : undefined, code: error?.code, hint: error?.hint };
    if (message.outcome === 'sent') log.info(entry, 'mail sent');
    else if (message.outcome === 'failed' || message.outcome === 'ambiguous') log.error(entry, `mail ${message.outcome}`);
    else log.info(entry, `mail ${message.outcome}`);
  }

  function onRequest({ message, ...request }) {
    if (request.status < 400) return;
    const { mailbox, messageId } = message ?? {};
    log.warn({ ...request, mailbox, messageId }, request.failure ? 'Graph did not answer' : 'Graph refused');
  }

  messages.asyncEnd.subscribe(onMessage);
  requests.asyncEnd.subscribe(onRequest);
  return () => {
    messages.asyncEnd.unsubscribe(onMessage);
    requests.asyncEnd.unsubscribe(onRequest);
  };
}
