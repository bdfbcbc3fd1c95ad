import type { Loss } from '../prepared/loss.js';
import { sizeOf, type Format, type Route } from '../prepared/prepared-message.js';
import type { Delivery } from './delivery.js';

/** What `sendMail()` resolves with. */
export interface GraphSentMessageInfo {
  /** Who the message was sent for and to. */
  envelope: { from: string | false; to: string[] };
  /** The Message-ID the recipients see. */
  messageId: string;
  /** Recipients Graph took for delivery. Not delivered yet: bounces come to the mailbox. */
  accepted: string[];
  /** Always empty: Graph takes all recipients or none. */
  rejected: string[];
  /** Graph's answer, such as `202 Accepted`. */
  response: string;
  /** Always 0: Graph takes the envelope with the message. Here since apps type the result as SMTP's. */
  envelopeTime: number;
  /** Milliseconds from the first request to Graph, sign-in included, to its last answer. */
  messageTime: number;
  /** Bytes that were handed to Graph, as JSON or base64, and the files that were uploaded apart. */
  messageSize: number;
  /** The mailbox that sent. */
  mailbox: string;
  /** How it was handed to Graph. */
  format: Format;
  /** Which way it took: one request, or a draft that was then sent. */
  route: Route;
  /** Graph's id of the last request; Microsoft support asks for it. */
  requestId: string | undefined;
  /** Requests to Graph, repeats included. */
  attempts: number;
  /** What does not arrive as written; empty if all of it does. */
  losses: Loss[];
  // Nodemailer's own result type is open, too
  [key: string]: unknown;
}

/** What is known once Graph has taken the message. */
export function sentMessageInfo({ message, attempts }: Delivery, requestId: string | undefined, messageTime: number): GraphSentMessageInfo {
  const { envelope, messageId, mailbox, format, route, losses } = message;
  return {
    envelope,
    messageId,
    accepted: [...envelope.to],
    rejected: [],
    response: '202 Accepted',
    envelopeTime: 0,
    messageTime,
    messageSize: sizeOf(message),
    mailbox,
    format,
    route,
    requestId,
    attempts,
    losses: [...losses],
  };
}
