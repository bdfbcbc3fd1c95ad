import type { HttpClient as AzureHttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import type { HttpClient } from './http.js';

/** The last thing that happened at the sign-in service; @azure/identity's own errors do not tell. */
export interface SignInTrace {
  statusCode?: number | undefined;
  /** Why no answer came. */
  error?: Error | undefined;
}

/**
 * Lets @azure/identity use this transport's connections: the same proxy, certificate authorities and timeouts as for Graph.
 * Its own client ignores `tls.ca` behind a proxy.
 */
export async function createAzureHttpClient(http: HttpClient, trace: SignInTrace): Promise<AzureHttpClient> {
  const { createHttpHeaders, RestError } = await import('@azure/core-rest-pipeline');
  return {
    async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
      const { body } = request;
      if (body !== undefined && body !== null && typeof body !== 'string')
        throw new TypeError('a sign-in request with a streamed body is not supported');
      const outcome = await http.request({
        url: new URL(request.url),
        method: request.method as 'GET' | 'POST',
        headers: request.headers.toJSON(),
        body: body ?? undefined,
        signal: request.abortSignal as AbortSignal | undefined,
      });
      if (outcome.kind === 'answer') {
        trace.statusCode = outcome.status;
        trace.error = undefined;
        return { request, status: outcome.status, headers: createHttpHeaders(outcome.headers), bodyAsText: outcome.body.toString('utf8') };
      }
      trace.statusCode = undefined;
      trace.error = outcome.error;
      const { code } = outcome.error as { code?: string };
      throw new RestError(outcome.error.message, { code: code ?? RestError.REQUEST_SEND_ERROR, request });
    },
  };
}
