import type { HttpOutcome, HttpRequest, Requester } from '../base/http.js';
import { parseRetryAfter } from '../base/retry-after.js';
import type { SignInTrace } from '../errors/from-sign-in.js';

/**
 * Asks the sign-in service over this transport's connections: the same proxy, certificate authorities and timeouts as for Graph. What
 * happened is noted in `trace`: MSAL and @azure/identity make an error of it that says less.
 */
export async function ask(http: Requester, trace: SignInTrace, request: HttpRequest): Promise<HttpOutcome> {
  const outcome = await http.request(request).catch((error: unknown): never => {
    // no request could be made at all
    trace.error = error as Error;
    throw error;
  });
  const isAnswer = outcome.kind === 'answer';
  const wait = isAnswer ? parseRetryAfter(outcome.headers['retry-after'], Date.now()) : undefined;
  trace.error = isAnswer ? undefined : outcome.error;
  trace.statusCode = isAnswer ? outcome.status : undefined;
  trace.retryAfter = wait === undefined ? undefined : Math.ceil(wait / 1000);
  return outcome;
}
