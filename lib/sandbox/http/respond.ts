import type { FaultRule } from '../types.js';
import type { Connections } from './connections.js';
import type { Answer, Exchange } from './exchange.js';

// the one of best-practices-concept.md, with a data centre that says what it is
const DIAGNOSTIC = '{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"5","ScaleUnit":"000","RoleInstance":"SANDBOX"}}';

/** Sends an answer, or cuts the connection the way the fault wants it. */
export function respond(exchange: Exchange, answer: Answer, cut: FaultRule['cut'], connections: Connections): void {
  const { request, response } = exchange;
  if (cut === 'reset') {
    connections.reset(request.socket);
    return;
  }
  const body = serialise(answer.body);
  const headers: Record<string, string> = {
    'Cache-Control': 'private',
    'Strict-Transport-Security': 'max-age=31536000',
    'request-id': exchange.requestId,
    'client-request-id': exchange.clientRequestId,
    'x-ms-ags-diagnostic': DIAGNOSTIC,
  };
  if (body.length > 0 && typeof answer.body !== 'string') headers['Content-Type'] = 'application/json; charset=utf-8';
  for (const [name, value] of Object.entries(answer.headers ?? {})) setHeader(headers, name, value);
  if (cut === 'truncate') truncate(exchange, answer.status, headers, body);
  else if (cut === 'trickle') trickle(exchange, answer.status, headers);
  else {
    // a 204 must not carry a length
    if (answer.status !== 204) setHeader(headers, 'Content-Length', String(body.length));
    response.writeHead(answer.status, headers).end(body);
  }
}

function serialise(body: unknown): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function setHeader(headers: Record<string, string>, name: string, value: string): void {
  const known = Object.keys(headers).find((key) => key.toLowerCase() === name.toLowerCase());
  headers[known ?? name] = value;
}

function truncate({ request, response }: Exchange, status: number, headers: Record<string, string>, body: Buffer): void {
  // an empty body is announced longer than it is, so that there is something to cut
  setHeader(headers, 'Content-Length', String(Math.max(body.length, 2)));
  response.writeHead(status, headers);
  response.write(body.length > 1 ? body.subarray(0, Math.floor(body.length / 2)) : ' ', () => request.socket.destroy());
}

function trickle({ response, gone }: Exchange, status: number, headers: Record<string, string>): void {
  response.writeHead(status, headers);
  response.write(' ');
  const timer = setInterval(() => response.write(' '), 1000);
  gone.addEventListener('abort', () => clearInterval(timer));
}
