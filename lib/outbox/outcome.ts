import { GraphTransportError, isGraphTransportError } from '../errors/graph-transport-error.js';
import type { OutboxState } from './record.js';
import type { Seal } from './seal.js';

/** How a message ended, as it is kept. */
export interface Outcome {
  /** Graph's answer, or what a person said. */
  response?: string | undefined;
  requestId?: string | undefined;
  /** Requests to Graph of the last attempt. */
  attempts?: number | undefined;
  error?: OutcomeError | undefined;
}

/** An error as it is kept: no stack, no cause, no secret. */
export interface OutcomeError {
  code: string;
  message: string;
  httpStatus?: number | undefined;
  graphCode?: string | undefined;
  requestId?: string | undefined;
  hint?: string | undefined;
  permanent: boolean;
  ambiguous: boolean;
}

export function sealOutcome(outcome: Outcome, seal: Seal, id: string): Buffer {
  return seal.close(Buffer.from(JSON.stringify(outcome)), `${id}/info`);
}

export function openOutcome(bytes: Buffer | undefined, seal: Seal, id: string): Outcome | undefined {
  if (!bytes || bytes.length === 0) return undefined;
  try {
    return JSON.parse(seal.open(bytes, `${id}/info`).toString('utf8')) as Outcome;
  } catch {
    return undefined;
  }
}

export function describeError(error: GraphTransportError): OutcomeError {
  const { code, message, httpStatus, graphCode, requestId, hint, permanent, ambiguous } = error;
  return { code, message, httpStatus, graphCode, requestId, hint, permanent, ambiguous };
}

/** The error of an outcome, as `sendMail()` of `graphTransport()` would have thrown it. */
export function reviveError({ code, message, ...details }: OutcomeError): GraphTransportError {
  return new GraphTransportError(code as GraphTransportError['code'], message, details);
}

const UNKNOWN_BECAUSE = {
  forbidden: 'the app may not read the mailbox to find out (Mail.ReadBasic is enough)',
  notFound: 'it is not to be found in the mailbox',
  noCopy: 'no copy is kept in Sent Items that would tell (saveToSentItems: false)',
};

export function ambiguousError(
  why: keyof typeof UNKNOWN_BECAUSE,
  { id, mailbox, messageId }: { id: string; mailbox: string; messageId: string },
): GraphTransportError {
  const hint = `Ask the recipient or look for Message-ID ${messageId} in Sent Items of ${mailbox}, then say so: outbox settle "${id}" sent | not-sent.`;
  return new GraphTransportError(
    'EGRAPH',
    `nobody knows whether the message was sent: the worker that sent it stopped before it knew, and ${UNKNOWN_BECAUSE[why]}. ${hint}`,
    { ambiguous: true, mailbox, hint },
  );
}

export function expiredError(mailbox: string): GraphTransportError {
  return new GraphTransportError('EMESSAGE', 'the message was not sent before it expired; nothing was sent', { permanent: true, mailbox });
}

/** What somebody threw, as an error of this package. */
export function toGraphError(error: unknown): GraphTransportError {
  if (isGraphTransportError(error)) return error;
  const name = error instanceof Error ? error.name : typeof error;
  return new GraphTransportError('EGRAPH', `unexpected failure while the message was delivered (${name})`, { cause: error });
}

/** A message that has ended. */
export interface OutboxOutcome extends Outcome {
  id: string;
  state: OutboxState;
  mailbox: string;
  messageId: string;
  envelope: { from: string | false; to: string[] };
}
