import type { HttpClient as AzureHttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import type { Cancellation } from '../base/cancellation.js';
import type { SignInTrace } from '../errors/from-sign-in.js';
import type { HttpFailure, Requester } from '../base/http.js';
import { ask } from './ask.js';
import { loadAzure } from './load-azure.js';

/** Lets @azure/identity use this transport's connections; its own client ignores `tls.ca` behind a proxy. */
export async function createAzureHttpClient(http: Requester, trace: SignInTrace, maxRetryDelay: number): Promise<AzureHttpClient> {
  const { createHttpHeaders, RestError } = await loadAzure();
  return {
    async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
      const { body } = request;
      if (body !== undefined && body !== null && typeof body !== 'string')
        throw new TypeError('a sign-in request with a streamed body is not supported');
      const outcome = await ask(http, trace, {
        url: new URL(request.url),
        method: request.method as 'GET' | 'POST',
        headers: request.headers.toJSON(),
        body: body ?? undefined,
        signal: request.abortSignal as Cancellation | undefined,
      });
      if (outcome.kind === 'failure') throw new RestError(outcome.error.message, { code: codeOf(outcome, RestError), request });
      if (!outcome.complete) {
        // a token may be asked for as often as needed
        trace.statusCode = undefined;
        trace.error = new RestError('the answer broke off', { code: 'ECONNRESET', request });
        throw trace.error;
      }
      const { status, headers, body: bytes } = outcome;
      if (status === 429 || status === 503) {
        const { retryAfter } = trace;
        // would be waited out, however long, and 429 without it would not be repeated
        if (retryAfter !== undefined && retryAfter * 1000 > maxRetryDelay)
          throw new Error(`The sign-in service asks to wait ${retryAfter} s.`);
        if (retryAfter === undefined) headers['retry-after'] = '1';
      }
      return { request, status, headers: createHttpHeaders(headers), bodyAsText: bytes.toString('utf8') };
    },
  };
}

/** The pipeline repeats what has one of the system's codes; undici has its own. */
function codeOf({ reason, error }: HttpFailure, { REQUEST_SEND_ERROR }: { REQUEST_SEND_ERROR: string }): string {
  if (reason === 'broken') return 'ECONNRESET';
  const { code } = error as { code?: string };
  return code ?? REQUEST_SEND_ERROR;
}
