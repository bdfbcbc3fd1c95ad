import type { Cancellation } from './cancellation.js';

/** One request to put on the wire. */
export interface HttpRequest {
  url: URL;
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  headers: Record<string, string>;
  /** Pieces need a `Content-Length` header. An error they throw is the failure's `error`. */
  body?: Buffer | string | AsyncIterable<Buffer> | undefined;
  signal?: Cancellation | undefined;
  /** Use a connection of its own, as Microsoft advises after a 503. */
  freshConnection?: boolean | undefined;
}

/** What became of it; a failed request is data here, not an exception, since what follows depends on the details. */
export type HttpOutcome = HttpAnswer | HttpFailure;

export interface HttpAnswer {
  kind: 'answer';
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Buffer;
  /** `false` if the body broke off; the status counts all the same. */
  complete: boolean;
}

export interface HttpFailure {
  kind: 'failure';
  error: Error;
  reason: 'connect' | 'timeout' | 'abort' | 'broken';
  /** Whether a byte of the request may have reached the server. */
  sent: boolean;
}

/** As much of a client as sends requests. */
export type Requester = Pick<HttpClient, 'request'>;

/** What puts requests on the wire. */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpOutcome>;
  /** A client whose requests fail once this one has been closed, for what would go on with its next request. */
  untilClosed(): Requester;
  /** Ends idle connections; running requests, too, with `force`. A later request opens new ones. Never rejects. */
  close(force?: boolean): Promise<void>;
}
