import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InboxAnswer } from '../http/answer.js';
import type { Inbox } from '../inbox.js';

/** A request to the API that was let in. */
export interface ApiCall {
  inbox: Inbox;
  query: URLSearchParams;
  /** Parts of the path by their names in the route, decoded. */
  params: Record<string, string>;
  /** Posted JSON. */
  body: unknown;
  request: IncomingMessage;
  response: ServerResponse;
}

/** Answers a request; undefined where it has done so itself. @throws ApiRefusal */
export type ApiHandler = (call: ApiCall) => InboxAnswer | undefined | Promise<InboxAnswer | undefined>;

export interface ApiRoute {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below `api/v1/`; `:name` takes one segment. */
  path: string;
  summary: string;
  /** Query parameters with what they mean. */
  query?: Record<string, string>;
  /** Names in openapi.json: of the answer, of what is posted. */
  answer?: string;
  posts?: string;
  run: ApiHandler;
}
