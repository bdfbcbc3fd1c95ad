import { randomUUID } from 'node:crypto';
import type { Context, Middleware } from '@microsoft/microsoft-graph-client';
import type { HTTPClient } from '@microsoft/microsoft-graph-client/lib/src/HTTPClient.js';
import type { Cancellation } from '../base/cancellation.js';
import type { HttpAnswer, HttpFailure, HttpOutcome, Requester } from '../base/http.js';
import { loadPackage } from '../errors/load-package.js';
import type { TokenSource } from '../sign-in/tokens.js';
import { redactedLabel } from '../errors/redact.js';
import { isLoopback } from './clouds.js';
import { templateOf, traceRequest, type RequestFacts, type RequestOrigin } from './trace-request.js';

/** A request to Graph below `{graphEndpoint}/v1.0`. */
export interface GraphRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Such as `/users/noreply@contoso.com/sendMail`, already percent-encoded. */
  path: string;
  query?: Record<string, string> | undefined;
  headers?: Record<string, string> | undefined;
  body?: Buffer | string | undefined;
  contentType?: string | undefined;
  /** The body of a good answer is wanted as bytes, such as a MIME source. */
  raw?: boolean | undefined;
}

/** How it is sent. */
export interface RequestCircumstances {
  signal?: Cancellation | undefined;
  /** Use a connection of its own. */
  freshConnection?: boolean | undefined;
  /** What was planned for the message, told to a Graph on this machine (a sandbox) and to no other: it is not even asked for. */
  describePlan?: (() => string) | undefined;
  /** What telemetry is told of. */
  of?: RequestOrigin | undefined;
}

/** Graph's answer, read as far as it can be read. */
export interface GraphAnswer {
  kind: 'answer';
  status: number;
  headers: Record<string, string>;
  /** The parsed body, or a Buffer where `raw` was asked for; `undefined` if there is none or it is not JSON. */
  body: unknown;
  /** `false` if the answer broke off or a JSON body could not be read. */
  complete: boolean;
  errorCode: string | undefined;
  errorMessage: string | undefined;
  requestId: string | undefined;
  clientRequestId: string;
  /** The token the request carried, to be discarded if Graph refused it. */
  token: string;
}

export interface GraphFailure extends HttpFailure {
  clientRequestId: string;
}

export type GraphOutcome = GraphAnswer | GraphFailure;

export interface GraphClient {
  /** Signs and sends one request; rejects only if no token can be had or `signal` aborts before that. */
  request(request: GraphRequest, circumstances?: RequestCircumstances): Promise<GraphOutcome>;
}

export interface GraphClientOptions {
  graphEndpoint: string;
  http: Requester;
  tokens: TokenSource;
}

/** Whether a request to this URL may carry the token: the configured Graph origin only, over https or on loopback. */
export function mayCarryToken(url: URL, graphOrigin: string): boolean {
  if (url.origin !== graphOrigin) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

const PLAN_HEADER = 'x-graph-transport-plan';

/**
 * Microsoft's Graph client with a chain of our own: authentication, then undici. It neither retries nor follows redirects. Its fluent
 * `api()` is left out: with its promises it takes a tenth and more of what a small message costs, and what it would build is known here.
 */
export function createGraphClient({ graphEndpoint, http, tokens }: GraphClientOptions): GraphClient & { load(): void } {
  const isLocal = isLoopback(new URL(graphEndpoint).hostname);
  const root = `${graphEndpoint}/v1.0`;
  let client: Promise<HTTPClient> | undefined;

  async function createClient(): Promise<HTTPClient> {
    const { HTTPClient } = await loadPackage(
      '@microsoft/microsoft-graph-client',
      () => import('@microsoft/microsoft-graph-client/lib/src/HTTPClient.js'),
      'HTTPClient',
    );
    return new HTTPClient(new AuthenticationHandler(new URL(graphEndpoint).origin), new HttpHandler(http));
  }

  function loadClient(): Promise<HTTPClient> {
    const loading = createClient();
    // whoever awaits it is told; the next request tries again
    loading.catch(() => (client = undefined));
    return loading;
  }

  return {
    /** Loads Microsoft's client, without a request. */
    load: () => void (client ??= loadClient()),
    async request({ method, path, query, headers: given, contentType, body, raw }, { signal, freshConnection, describePlan, of } = {}) {
      const clientRequestId = randomUUID();
      // loads while the token is fetched
      client ??= loadClient();
      const token = await tokens.get(signal);
      const headers: Record<string, string> = given ? { ...given } : {};
      headers['client-request-id'] = clientRequestId;
      if (isLocal && describePlan) headers[PLAN_HEADER] = describePlan();
      if (contentType) headers['Content-Type'] = contentType;
      const options: Options = { method, headers, body, signal, freshConnection, of, token };
      const request = `${path.startsWith('/') ? root : ''}${path}${query ? queryOf(query) : ''}`;
      const { response } = await (await client).sendRequest({ request, options: options as unknown as FetchOptions });
      // in place of a fetch Response, which could not tell how a request failed
      const outcome = response as unknown as HttpOutcome;
      return outcome.kind === 'answer' ? readAnswer(outcome, clientRequestId, token, raw) : { ...outcome, clientRequestId };
    },
  };
}

type FetchOptions = NonNullable<Context['options']>;

function queryOf(query: Record<string, string>): string {
  return `?${Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')}`;
}

/** What the middlewares find in `context.options`. */
interface Options {
  method: GraphRequest['method'];
  headers: Record<string, string>;
  body: Buffer | string | undefined;
  signal: Cancellation | undefined;
  freshConnection: boolean | undefined;
  of: RequestOrigin | undefined;
  token: string;
  /** Where the token may go to; set with it. */
  url?: URL;
}

class AuthenticationHandler implements Middleware {
  #next: Middleware | undefined;
  /** Where the last one went; most go there, too. */
  #allowed: { text: string; url: URL } | undefined;

  constructor(private readonly graphOrigin: string) {}

  setNext(next: Middleware): void {
    this.#next = next;
  }

  execute(context: Context): Promise<void> {
    if (!this.#next) throw new Error('there is nothing to send the request with');
    const text = context.request as string;
    if (this.#allowed?.text !== text) {
      const url = new URL(text);
      if (!mayCarryToken(url, this.graphOrigin)) throw new Error(`refused to send a token to ${url.origin}`);
      this.#allowed = { text, url };
    }
    const { url } = this.#allowed;
    const options = context.options as unknown as Options;
    options.url = url;
    options.headers['Authorization'] = `Bearer ${options.token}`;
    return this.#next.execute(context);
  }
}

class HttpHandler implements Middleware {
  constructor(private readonly http: Requester) {}

  async execute(context: Context): Promise<void> {
    const options = context.options as unknown as Options;
    const { url, method, headers, body, signal, freshConnection, token, of } = options;
    if (!url) throw new Error('the request was not signed');
    const make = () => this.http.request({ url, method, headers, body, signal, freshConnection });
    const outcome = await traceRequest(of, () => factsOf(url, options), [token], make);
    context.response = outcome as unknown as Response;
    // V8 comes to allocate such objects among the old ones, where token and body would stay until the next full collection
    Object.assign(options, { headers: undefined, body: undefined, signal: undefined, of: undefined });
  }
}

function factsOf({ origin, pathname }: URL, { method, headers, body }: Options): RequestFacts {
  const size = body === undefined ? 0 : Buffer.byteLength(body);
  return { method, origin, path: templateOf(pathname), size, clientRequestId: headers['client-request-id'] };
}

interface ErrorBody {
  error?: { code?: unknown; message?: unknown; innerError?: Record<string, unknown>; innererror?: Record<string, unknown> };
}

function readAnswer(
  { status, headers, body: bytes, complete }: HttpAnswer,
  clientRequestId: string,
  token: string,
  raw = false,
): GraphAnswer {
  let body: unknown;
  let readable = true;
  if (raw && status < 400) body = bytes;
  else if (bytes.length > 0 && /json/i.test(headers['content-type'] ?? 'json')) {
    try {
      body = JSON.parse(bytes.toString('utf8'));
    } catch {
      readable = false;
    }
  }
  const error = status >= 400 ? (body as ErrorBody | undefined)?.error : undefined;
  const inner = error?.innerError ?? error?.innererror;
  const requestId = headers['request-id'] ?? inner?.['request-id'];
  return {
    kind: 'answer',
    status,
    headers,
    body,
    complete: complete && readable,
    // a proxy or a gateway may say anything there, what it was sent among it
    errorCode: typeof error?.code === 'string' && error.code !== '' ? redactedLabel(error.code, [token]) : undefined,
    errorMessage: typeof error?.message === 'string' ? redactedLabel(error.message, [token], 2000) : undefined,
    requestId: typeof requestId === 'string' ? shownId(requestId, token) : undefined,
    clientRequestId,
    token,
  };
}

const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Graph's ids are GUIDs, in which there is nothing to redact. */
function shownId(id: string, token: string): string {
  return GUID.test(id) && !id.includes(token) ? id : redactedLabel(id, [token]);
}
