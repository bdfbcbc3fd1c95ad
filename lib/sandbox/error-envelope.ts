import type { Answer, Exchange } from './http/exchange.js';
import type { Refusal } from './refusal.js';

/** Graph's error envelope: https://learn.microsoft.com/graph/errors */
export function describeRefusal({ status, code, message, headers }: Refusal, { requestId, clientRequestId }: Exchange): Answer {
  return {
    status,
    headers,
    errorCode: code,
    body: {
      error: {
        code,
        message,
        innerError: { date: new Date().toISOString().slice(0, 19), 'request-id': requestId, 'client-request-id': clientRequestId },
      },
    },
  };
}
