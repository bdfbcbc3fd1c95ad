import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a route answers. */
export interface InboxAnswer {
  status: number;
  headers?: Record<string, string>;
  /** An object goes as JSON. */
  body?: Buffer | string | object;
}

/** A request the inbox refuses. */
export class ApiRefusal extends Error {
  override name = 'ApiRefusal';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** On every answer. No HSTS: it is per host name, and would upgrade every other server on localhost. No CORS, no cookies. */
const always = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-DNS-Prefetch-Control': 'off',
  'Cache-Control': 'no-store',
};

/** For answers that are data and no document. */
export const DATA_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'";

export function headersFor(headers: Record<string, string> = {}): Record<string, string> {
  return { ...always, 'Content-Security-Policy': DATA_POLICY, ...headers };
}

export function sendAnswer(request: IncomingMessage, response: ServerResponse, { status, headers, body }: InboxAnswer): void {
  const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.isBuffer(body) ? body : Buffer.from(isJson ? JSON.stringify(body) : body);
  const all = headersFor({ ...(isJson ? { 'Content-Type': 'application/json; charset=utf-8' } : {}), ...headers });
  if (status !== 204) all['Content-Length'] = String(bytes.length);
  response.writeHead(status, all);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

export const refusalAnswer = ({ status, code, message }: ApiRefusal): InboxAnswer => ({ status, body: { error: { code, message } } });
