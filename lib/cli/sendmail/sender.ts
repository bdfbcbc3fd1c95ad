import nodemailer from 'nodemailer';
import type { GraphSentMessageInfo } from '../../delivery/sent-message-info.js';
import { graphTransport } from '../../create-transport.js';
import { hookDelivery } from '../../transport.js';
import type { SendmailMessage } from './message.js';

/** Sends one message after another. */
export interface Sender {
  /** @param beforeSend runs before the request that sends; if it throws, that request is not made */
  send(message: SendmailMessage, beforeSend?: () => void): Promise<GraphSentMessageInfo>;
  close(): void;
}

/** @throws {GraphTransportError} `ECONFIG` */
export function createSender(options: Record<string, unknown>): Sender {
  const transport = graphTransport(options);
  const transporter = nodemailer.createTransport(transport);
  let before: (() => void) | undefined;
  hookDelivery(transport, (signIn) => ({
    async beforeSend() {
      if (!before) return;
      // signing in sends nothing yet
      await signIn();
      before();
    },
  }));
  return {
    async send({ mailbox, envelope, raw }, beforeSend) {
      before = beforeSend;
      return transporter.sendMail({ raw, envelope, graph: { mailbox: mailbox === options['login'] ? 'me' : mailbox } });
    },
    close: () => transport.close(),
  };
}
