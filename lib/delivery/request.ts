import { abortError } from '../errors/abort-error.js';
import { graphError, isPermissionDenied } from '../errors/from-graph.js';
import type { Operation } from '../errors/catalogue.js';
import type { GraphTransportError } from '../errors/graph-transport-error.js';
import { signInError } from '../errors/from-sign-in.js';
import type { GraphAnswer, GraphOutcome, GraphRequest } from '../graph/client.js';
import { secretsOf } from '../sign-in/sign-in.js';
import { originOf, type RequestContext } from './delivery.js';
import { decide, type Attempt } from './retry.js';

export interface RequestOptions {
  /** What is being tried, for errors: `send the message`. */
  what: string;
  /** The status that means success. */
  expected: number;
  needsBody?: boolean | undefined;
  /** Whether to wait out 404, 409 and 412 of a draft that was made a moment ago. */
  settling?: boolean | 'conflicts' | undefined;
  /** What kind of request it is, for errors, where that is no send. */
  operation?: Operation | undefined;
}

/** How a request ended, repeats included. */
export type RequestResult =
  | { state: 'done'; answer: GraphAnswer }
  /** It may or may not have taken effect; the caller knows whether that can be found out. */
  | { state: 'unknown'; outcome: GraphOutcome; aborted: boolean }
  /** It certainly took no effect. */
  | { state: 'failed'; outcome: GraphOutcome; error: GraphTransportError };

/**
 * One request with the repeats that are safe.
 *
 * @throws {GraphTransportError} `EAUTH`, `ECONNECTION` or `ETIMEDOUT` if no token can be had, `EABORT` if cancelled before it was on the wire
 */
export async function requestGraph(
  delivery: RequestContext,
  request: GraphRequest,
  { what, expected, needsBody, settling, operation }: RequestOptions,
): Promise<RequestResult> {
  const { settings, signal, turn, logger, tokens, graph, mailbox, trace } = delivery;
  let repeats = 0;
  /** The token Graph refused. */
  let refused: string | undefined;
  let freshConnection = false;
  for (;;) {
    const held = turn.ready(signal);
    if (held) await held.catch(aborted);
    delivery.hooks.beforeRequest?.();
    delivery.attempts++;
    let outcome: GraphOutcome;
    try {
      const of = originOf(delivery, refused === undefined ? repeats : repeats + 1);
      outcome = await graph.request(request, { signal, freshConnection, describePlan: delivery.describePlan, of });
    } catch (error) {
      if (signal.aborted) aborted();
      throw signInError(error, { authorityHost: settings.hosts.authorityHost, secrets: secretsOf(settings.signIn), trace, mailbox });
    }
    if (outcome.kind === 'failure' && outcome.reason === 'abort' && !outcome.sent) aborted();
    const verdict = decide(attemptOf(outcome), {
      expected,
      needsBody,
      settling,
      repeats,
      retries: settings.retries,
      maxRetryDelay: settings.maxRetryDelay,
      tokenRenewed: refused !== undefined,
      random: Math.random(),
      now: Date.now(),
    });
    logger.debug(entry(outcome, verdict.action, delivery.messageId), 'Graph: %s: %s', what, verdict.action);
    switch (verdict.action) {
      case 'done':
        return { state: 'done', answer: outcome as GraphAnswer };
      case 'unknown':
        return { state: 'unknown', outcome, aborted: signal.aborted };
      case 'renewToken':
        refused = (outcome as GraphAnswer).token;
        tokens.discard(refused, (outcome as GraphAnswer).headers['www-authenticate']);
        break;
      case 'repeat':
        repeats++;
        freshConnection = verdict.freshConnection;
        if (verdict.pause) turn.pause(verdict.delay);
        else await delivery.sleep(verdict.delay, signal).catch(aborted);
        break;
      case 'fail':
        // whoever comes next would only meet the same refusal
        if (verdict.retryAfter !== undefined && verdict.retryAfter * 1000 <= settings.maxRetryDelay) turn.pause(verdict.retryAfter * 1000);
        // a consent that is given now acts on the next token only; a look may need a permission that nothing else does
        if (lacksPermission(outcome) && (request.method !== 'GET' || operation !== undefined)) tokens.discard(outcome.token);
        return {
          state: 'failed',
          outcome,
          error: failure(delivery, outcome, what, { retryAfter: verdict.retryAfter, operation, hint: sameToken(outcome, refused) }),
        };
    }
  }

  function aborted(): never {
    throw abortError(signal.reason, { ambiguous: false, mailbox });
  }
}

/** The error for an outcome, with what is known of the message. */
export function failure(
  { mailbox, messageId, settings }: Pick<RequestContext, 'mailbox' | 'messageId' | 'settings'>,
  outcome: GraphOutcome,
  what: string,
  details: {
    ambiguous?: boolean;
    retryAfter?: number | undefined;
    draft?: boolean;
    hint?: string | undefined;
    operation?: Operation | undefined;
  } = {},
): GraphTransportError {
  return graphError(outcome, { what, mailbox, messageId, graphEndpoint: settings.hosts.graphEndpoint, ...details });
}

function lacksPermission(outcome: GraphOutcome): outcome is GraphAnswer {
  return outcome.kind === 'answer' && isPermissionDenied(outcome);
}

/** A credential of the app's own, or a managed identity, may keep a token for hours. */
function sameToken(outcome: GraphOutcome, refused: string | undefined): string | undefined {
  if (outcome.kind !== 'answer' || outcome.status !== 401 || outcome.token !== refused) return undefined;
  // not the token's fault
  if (/service principal/i.test(outcome.errorMessage ?? '')) return undefined;
  return 'Graph did not accept the token, and the credential returned the same one again, from a cache of its own: check what it returns (audience, expiry), and have it ask for a fresh one.';
}

function attemptOf(outcome: GraphOutcome): Attempt {
  if (outcome.kind === 'failure') return { kind: 'failure', sent: outcome.sent, reason: outcome.reason };
  return { kind: 'answer', status: outcome.status, complete: outcome.complete, retryAfter: outcome.headers['retry-after'] };
}

function entry(outcome: GraphOutcome, action: string, messageId: string): object {
  const { clientRequestId } = outcome;
  if (outcome.kind === 'failure') return { tnx: 'graph', clientRequestId, reason: outcome.reason, sent: outcome.sent, action, messageId };
  const { status, errorCode, requestId } = outcome;
  return { tnx: 'graph', clientRequestId, httpStatus: status, graphCode: errorCode, requestId, action, messageId };
}
