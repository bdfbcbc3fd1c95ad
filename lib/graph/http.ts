import type { HttpClient, HttpOutcome, HttpRequest } from '../base/http.js';
import { loadPart } from '../errors/load-package.js';
import type { HttpClientOptions, PooledHttp } from './pooled-http.js';

export type { HttpClientOptions };

/** A client whose code can be loaded before it is needed. */
export interface LoadableHttpClient extends HttpClient {
  /** Loads what sends requests, without a request. Whether that works, the first request tells. */
  load(): void;
}

/** A pool of keep-alive connections on undici. */
export function createHttpClient(options: HttpClientOptions): LoadableHttpClient {
  let loading: Promise<PooledHttp> | undefined;
  /** The pool, once there is one. */
  let loaded: PooledHttp | undefined;
  let closings = 0;

  // loaded on first use: undici costs more to load than all the rest
  async function open(): Promise<PooledHttp> {
    const { openPool } = await loadPart(() => import('./pooled-http.js'));
    return openPool(options);
  }

  async function load(): Promise<PooledHttp> {
    loading ??= open();
    try {
      return (loaded = await loading);
    } catch (error) {
      loading = undefined;
      throw error;
    }
  }

  async function loadAndDispatch(request: HttpRequest): Promise<HttpOutcome> {
    return (await load()).request(request);
  }

  const request = (wanted: HttpRequest) => (loaded ? loaded.request(wanted) : loadAndDispatch(wanted));

  return {
    request,
    load: () => void load().catch(() => undefined),
    untilClosed() {
      const since = closings;
      return {
        async request(wanted) {
          // it may be closed while that is loaded
          if (since === closings && !loaded) await load();
          if (since === closings) return request(wanted);
          return { kind: 'failure', error: new Error('the transport was closed'), reason: 'abort', sent: false };
        },
      };
    },
    async close(force = false) {
      closings++;
      await loaded?.close(force);
    },
  };
}
