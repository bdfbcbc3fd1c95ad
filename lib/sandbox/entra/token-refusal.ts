import { randomUUID } from 'node:crypto';
import type { Answer, Exchange } from '../http/exchange.js';
import { Refusal } from '../refusal.js';

/** A token request Entra refuses; the number becomes `AADSTS…` in the description. */
export class TokenRefusal extends Refusal {
  override name = 'TokenRefusal';

  constructor(
    status: number,
    error: string,
    readonly number: number,
    text: string,
  ) {
    super(status, error, `AADSTS${number}: ${text}`);
  }
}

/** 401 invalid_client: every error about the credential. */
export const invalidClient = (number: number, text: string): TokenRefusal => new TokenRefusal(401, 'invalid_client', number, text);

/** The body of an error, https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
export function describeTokenRefusal(refusal: Refusal, exchange: Exchange, authority: string): Answer {
  // "2016-01-09 02:02:12Z"
  const timestamp = `${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const traceId = randomUUID();
  const number = refusal instanceof TokenRefusal ? refusal.number : Number(/AADSTS(\d+)/.exec(refusal.message)?.[1] ?? 0);
  return {
    status: refusal.status,
    headers: { 'Cache-Control': 'no-store, no-cache', ...refusal.headers },
    errorCode: refusal.code,
    body: {
      error: refusal.code,
      error_description: `${refusal.message} Trace ID: ${traceId} Correlation ID: ${exchange.clientRequestId} Timestamp: ${timestamp}`,
      error_codes: number ? [number] : [],
      timestamp,
      trace_id: traceId,
      correlation_id: exchange.clientRequestId,
      ...(number ? { error_uri: `${authority}/error?code=${number}` } : {}),
    },
  };
}
