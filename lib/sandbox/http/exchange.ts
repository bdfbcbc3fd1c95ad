import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SandboxRequest } from '../types.js';
import type { Connections } from './connections.js';
import { readPlan } from './read-plan.js';
import { redactHeaders, redactPath } from './redact.js';

/** What to answer. */
export interface Answer {
  status: number;
  headers?: Record<string, string> | undefined;
  /** A string or a buffer goes as it is, anything else as JSON. */
  body?: unknown;
  /** Graph's (or OAuth's) error code, for the record. */
  errorCode?: string | undefined;
}

/** A request and its response under way. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly requestId: string;
  readonly clientRequestId: string;
  /** Aborted when the client went away or the sandbox closes. */
  readonly gone: AbortSignal;
  readonly record: SandboxRequest;
  /** By `performance.now()`. */
  readonly startedAt: number;
  /** Empty until it was read. */
  body: Buffer;
  tooLarge: boolean;
}

/** Begins an exchange; the record's operation and mailbox follow when they are known. */
export function openExchange(request: IncomingMessage, response: ServerResponse, connections: Connections): Exchange {
  const target = request.url ?? '/';
  const queryAt = target.indexOf('?');
  const path = queryAt < 0 ? target : target.slice(0, queryAt);
  const requestId = randomUUID();
  const query = new URLSearchParams(queryAt < 0 ? '' : target.slice(queryAt + 1));
  // MSAL puts it into the query
  const clientRequestId = request.headers['client-request-id'] ?? query.get('client-request-id');
  const plan = request.headers['x-graph-transport-plan'];
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return {
    request,
    response,
    method: request.method ?? 'GET',
    path,
    query,
    requestId,
    clientRequestId: typeof clientRequestId === 'string' && clientRequestId !== '' ? clientRequestId : requestId,
    gone: gone.signal,
    record: {
      operation: 'unknown',
      method: request.method ?? 'GET',
      path: redactPath(target),
      headers: redactHeaders(request.headers),
      bytes: 0,
      body: undefined,
      mailbox: undefined,
      status: 0,
      errorCode: undefined,
      requestId,
      connection: connections.numberOf(request.socket),
      startedAt: new Date(),
      durationMs: 0,
      itemId: undefined,
      attachment: undefined,
      answer: undefined,
      reason: undefined,
      fault: undefined,
      caller: undefined,
      get plan() {
        return readPlan(plan);
      },
    },
    startedAt: performance.now(),
    body: Buffer.alloc(0),
    tooLarge: false,
  };
}
