import type { Readable } from 'node:stream';
import type { HttpClient, HttpOutcome, HttpRequest } from '../base/http.js';
import { loadPackage } from '../errors/load-package.js';
import { AnswerCollector } from './answer-collector.js';
import { ConnectionPool, type Connection, type ConnectionPoolOptions } from './connection-pool.js';
import { proxyFor, type ProxyRules } from './proxy.js';

export interface HttpClientOptions {
  /** Milliseconds to establish a connection, proxy and TLS included. */
  connectionTimeout: number;
  /** Milliseconds of silence on a connection. */
  socketTimeout: number;
  /** Milliseconds for a whole request, so that a server that trickles bytes cannot hold it forever. */
  requestTimeout: number;
  /** Connections at the same time per origin. */
  connections: number;
  ca?: string | Buffer | (string | Buffer)[] | undefined;
  /** Which proxy is used for what. @default none */
  proxies?: ProxyRules | undefined;
  /** The wall clock. @default Date.now */
  now?: (() => number) | undefined;
}

/** What puts requests on the wire once its code is there. */
export type PooledHttp = Pick<HttpClient, 'request' | 'close'>;

/** It would miss it with the first connection only, which would be told as a connection that failed. */
async function loadClient() {
  if (!('WebAssembly' in globalThis)) throw new Error('it needs WebAssembly, which this process has not (--jitless)');
  return import('undici/lib/dispatcher/client.js');
}

/** Only what is needed: all of undici takes three times as long. */
async function loadUndici(): Promise<ConnectionPoolOptions['undici']> {
  const [client, connect] = await Promise.all([
    loadPackage('undici', loadClient, 'default'),
    loadPackage('undici', () => import('undici/lib/core/connect.js'), 'default'),
  ]);
  return { Client: innermost(client.default), buildConnector: innermost(connect.default) };
}

/** A bundle of a CommonJS module may have it under `default` twice. */
function innermost<T>(value: T): T {
  return typeof value === 'function' ? value : innermost((value as { default: T }).default);
}

/** A pool of keep-alive connections on undici. */
export async function openPool(options: HttpClientOptions): Promise<PooledHttp> {
  const { requestTimeout, proxies, now = Date.now } = options;
  const pool = new ConnectionPool({ ...options, undici: await loadUndici(), now, proxyFor: (url) => proxies && proxyFor(url, proxies) });

  function request(wanted: HttpRequest): Promise<HttpOutcome> {
    const { signal, url, freshConnection = false } = wanted;
    return new Promise<HttpOutcome>((resolve) => {
      let connection: Connection | undefined;
      let stopWaiting: (() => void) | undefined;
      const collector = new AnswerCollector(finish);
      const deadline = setTimeout(() => {
        // after a freeze every timer is late: what has arrived meanwhile is read first
        setImmediate(() => collector.cancel('timeout', `no complete answer within ${requestTimeout} ms`));
      }, requestTimeout);
      const onAbort = () => collector.cancel('abort', 'aborted');
      signal?.addEventListener('abort', onAbort, { once: true });

      function finish(outcome: HttpOutcome) {
        clearTimeout(deadline);
        signal?.removeEventListener('abort', onAbort);
        stopWaiting?.();
        if (connection) {
          if (freshConnection) pool.endAlone(connection);
          else pool.give(url, connection, outcome);
        }
        resolve(outcome);
      }

      function use(taken: Connection) {
        connection = taken;
        try {
          const { method, headers } = wanted;
          const body = (wanted.body ?? null) as Buffer | string | Readable | null;
          const path = url.pathname + url.search;
          taken.client.dispatch(
            freshConnection ? { path, method, headers, body, reset: true } : { path, method, headers, body },
            collector,
          );
        } catch (error) {
          collector.fail(error as Error);
        }
      }

      if (signal?.aborted) return onAbort();
      if (freshConnection) use(pool.takeAlone(url));
      else stopWaiting = pool.take(url, use);
    });
  }

  return { request, close: (force = false) => pool.close(force) };
}
