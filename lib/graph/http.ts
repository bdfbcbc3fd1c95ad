import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { HttpClient, HttpFailure, HttpOutcome, HttpRequest } from '../base/http.js';

export interface HttpClientOptions {
  /** Milliseconds to establish a connection. */
  connectionTimeout: number;
  /** Milliseconds of silence on a connection. */
  socketTimeout: number;
  /** Milliseconds for a whole request, so that a server that trickles bytes cannot hold it forever. */
  requestTimeout: number;
  /** Connections kept per origin. */
  connections: number;
  ca?: string | Buffer | (string | Buffer)[] | undefined;
  /** A proxy for everything. Without it `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` of the environment count. */
  proxy?: string | undefined;
}

/** Nobody needs more of an answer than this; Graph's messages are a few kB. */
const MAX_ANSWER = 8 * 1024 * 1024;

/** A sent message is answered with no body. */
const NOTHING = Buffer.alloc(0);

/** A pool of keep-alive connections on undici. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  let agent: Promise<Dispatcher> | undefined;
  /** The agent, once there is one. */
  let loaded: Dispatcher | undefined;
  let closed = false;

  // loaded on first use: undici costs more to load than all the rest
  async function createAgent(pipelining: 0 | 1): Promise<Dispatcher> {
    const { Agent, EnvHttpProxyAgent, ProxyAgent } = await import('undici');
    const tls = options.ca === undefined ? {} : { ca: options.ca };
    const connect = { timeout: options.connectionTimeout, ...tls };
    const common = {
      connections: options.connections,
      pipelining,
      connect,
      headersTimeout: options.socketTimeout,
      bodyTimeout: options.socketTimeout,
      keepAliveTimeout: 30_000,
    };
    if (options.proxy !== undefined) return new ProxyAgent({ ...common, uri: options.proxy, requestTls: connect, proxyTls: connect });
    if (usesProxy(process.env)) return new EnvHttpProxyAgent({ ...common, requestTls: connect, proxyTls: connect });
    return new Agent(common);
  }

  function dispatch(dispatcher: Dispatcher, request: HttpRequest): Promise<HttpOutcome> {
    const { signal } = request;
    return new Promise<HttpOutcome>((resolve) => {
      const collector = new AnswerCollector(finish);
      const deadline = setTimeout(
        () => collector.cancel('timeout', `no complete answer within ${options.requestTimeout} ms`),
        options.requestTimeout,
      );
      const onAbort = () => collector.cancel('abort', 'aborted');
      signal?.addEventListener('abort', onAbort, { once: true });

      function finish(outcome: HttpOutcome) {
        clearTimeout(deadline);
        signal?.removeEventListener('abort', onAbort);
        resolve(outcome);
      }

      if (signal?.aborted) return onAbort();
      try {
        dispatcher.dispatch(
          {
            origin: request.url.origin,
            path: request.url.pathname + request.url.search,
            method: request.method,
            headers: request.headers,
            body: (request.body ?? null) as Buffer | string | Readable | null,
          },
          collector,
        );
      } catch (error) {
        collector.fail(error as Error);
      }
    });
  }

  async function loadAndDispatch(request: HttpRequest): Promise<HttpOutcome> {
    loaded = await (agent ??= createAgent(1));
    return dispatch(loaded, request);
  }

  async function dispatchAlone(request: HttpRequest): Promise<HttpOutcome> {
    const own = await createAgent(0);
    try {
      return await dispatch(own, request);
    } finally {
      await own.destroy();
    }
  }

  return {
    request(request) {
      // @azure/identity would go on with its next request
      if (closed) return Promise.resolve({ kind: 'failure', error: new Error('the transport was closed'), reason: 'abort', sent: false });
      if (request.freshConnection) return dispatchAlone(request);
      return loaded ? dispatch(loaded, request) : loadAndDispatch(request);
    },
    async close(force = false) {
      closed = true;
      if (!agent) return;
      const closing = await agent;
      agent = undefined;
      await (force ? closing.destroy() : closing.close());
    },
  };
}

/** Whether the environment names a proxy, in either spelling. */
export function usesProxy(env: Readonly<Record<string, string | undefined>>): boolean {
  return ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].some((name) => env[name]);
}

/** Collects one answer from undici and tells whether the request had been put on the wire. */
class AnswerCollector implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | undefined;
  #sent = false;
  #done = false;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #bytes = 0;
  readonly #finish: (outcome: HttpOutcome) => void;

  constructor(finish: (outcome: HttpOutcome) => void) {
    this.#finish = finish;
  }

  // undici calls this when a connection stands and just before it writes the request
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#done) controller.abort(new Error('aborted'));
    else this.#sent = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (statusCode < 200) return;
    this.#status = statusCode;
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined) this.#headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_ANSWER) controller.abort(new Error('the answer is too long'));
  }

  onResponseEnd(): void {
    this.#answer(true);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.fail(error);
  }

  fail(error: Error): void {
    if (this.#status > 0) return this.#answer(false);
    this.#settle({ kind: 'failure', error, reason: reasonOf(error, this.#sent), sent: this.#sent });
  }

  /** Settles now, without waiting for the connection to notice. */
  cancel(reason: 'timeout' | 'abort', message: string): void {
    if (this.#done) return;
    const error = new Error(message);
    const controller = this.#controller;
    if (this.#status > 0) this.#answer(false);
    else this.#settle({ kind: 'failure', error, reason, sent: this.#sent });
    controller?.abort(error);
  }

  #answer(complete: boolean): void {
    this.#settle({
      kind: 'answer',
      status: this.#status,
      headers: this.#headers,
      body: this.#chunks.length === 0 ? NOTHING : Buffer.concat(this.#chunks),
      complete,
    });
  }

  #settle(outcome: HttpOutcome): void {
    if (this.#done) return;
    this.#done = true;
    this.#controller = undefined;
    this.#finish(outcome);
  }
}

function reasonOf(error: Error, sent: boolean): HttpFailure['reason'] {
  const code = (error as { code?: string }).code ?? '';
  if (/TIMEOUT|TIMEDOUT/.test(code)) return 'timeout';
  return sent ? 'broken' : 'connect';
}
