import { lookFirst, sentence } from './abort-error.js';
import { explain, type Operation } from './catalogue.js';
import { connectionHint, describe, lacksProxyAccount } from './connection-failure.js';
import { GraphTransportError } from './graph-transport-error.js';
import { redactedLabel } from './redact.js';
import { safeCause } from './safe-cause.js';

/** A request to Graph that did not do what it should: an answer, or none. */
export type FailedRequest =
  | {
      kind: 'answer';
      status: number;
      errorCode?: string | undefined;
      errorMessage?: string | undefined;
      requestId?: string | undefined;
      clientRequestId: string;
    }
  | { kind: 'failure'; reason: string; error: Error; clientRequestId: string };

export interface GraphErrorContext {
  /** What was tried, such as `send the message`. */
  what: string;
  /** Whose mailbox it was about; `undefined` for the tenant. */
  mailbox: string | undefined;
  /** What kind of request it was, where that is no send. */
  operation?: Operation | undefined;
  /** Whether the message may have gone out all the same. @default false */
  ambiguous?: boolean | undefined;
  /** Seconds. */
  retryAfter?: number | undefined;
  messageId: string;
  graphEndpoint: string;
  /** Whether the message is a draft that may have been sent. @default false */
  draft?: boolean | undefined;
  /** What is known better than in the catalogue. */
  hint?: string | undefined;
}

/** The error for a request to Graph that did not do what it should. */
export function graphError(outcome: FailedRequest, context: GraphErrorContext): GraphTransportError {
  return outcome.kind === 'failure' ? failureError(outcome, context) : answerError(outcome, context);
}

function answerError(answer: Extract<FailedRequest, { kind: 'answer' }>, context: GraphErrorContext): GraphTransportError {
  const { status, errorCode, errorMessage, requestId, clientRequestId } = answer;
  const { ambiguous = false, mailbox, retryAfter } = context;
  const entry = explain({ statusCode: status, graphCode: errorCode, message: errorMessage, operation: context.operation });
  const said = [errorCode, errorMessage === undefined ? undefined : redactedLabel(errorMessage, [], 500)].filter(Boolean).join(': ');
  const known = entry ? `${entry.cause} ${entry.remedy}` : status >= 300 && errorCode === undefined ? FOREIGN : undefined;
  const hint = ambiguous ? lookFirst(context) : (context.hint ?? known);
  const outcome = ambiguous ? `Graph may or may not have done it: could not ${context.what}` : `Graph did not ${context.what}`;
  return new GraphTransportError(
    entry?.code ?? 'EGRAPH',
    sentence(
      `${outcome}${mailbox === undefined ? '' : ` for ${mailbox}`} (HTTP ${status}${requestId ? `, request-id ${requestId}` : ''})${said ? `: ${said}` : ''}`,
      hint,
    ),
    {
      httpStatus: status,
      graphCode: errorCode,
      requestId,
      clientRequestId,
      retryAfter,
      permanent:
        !ambiguous && (entry?.permanent ?? (status >= 400 && status < 500 && ![408, 409, 412, 421, 423, 425, 429].includes(status))),
      ambiguous,
      mailbox,
      hint,
    },
  );
}

/** Every refusal of Graph has a code. */
const FOREIGN =
  'The answer has no error code, as those of Graph have: check whether a firewall, a proxy or another server (graphEndpoint) gave it.';

function failureError(
  { error, reason, clientRequestId }: Extract<FailedRequest, { kind: 'failure' }>,
  context: GraphErrorContext,
): GraphTransportError {
  const { ambiguous = false, mailbox, graphEndpoint } = context;
  const cause = safeCause(error);
  const hint = ambiguous ? lookFirst(context) : connectionHint(error);
  const what =
    reason === 'connect'
      ? `cannot connect to ${graphEndpoint}: ${describe(error)}`
      : `no answer from ${graphEndpoint} when trying to ${context.what}: ${describe(error)}`;
  return new GraphTransportError(reason === 'timeout' ? 'ETIMEDOUT' : 'ECONNECTION', sentence(what, hint), {
    clientRequestId,
    permanent: !ambiguous && lacksProxyAccount(error),
    ambiguous,
    mailbox,
    hint,
    cause,
  });
}

/** Whether Graph refused for want of a permission, which another token may have. */
export function isPermissionDenied({ status, errorCode, errorMessage }: Extract<FailedRequest, { kind: 'answer' }>): boolean {
  if (status !== 403) return false;
  const entry = explain({ statusCode: status, graphCode: errorCode, message: errorMessage });
  return entry === undefined || entry.code === 'EAUTH';
}
