import { request as httpRequest, type ClientRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { buildConnector } from 'undici';
import type { Proxy } from './proxy.js';
import { describe, tlsReason } from '../errors/connection-failure.js';
import { ProxyError } from '../errors/proxy-error.js';

export interface TunnelOptions {
  /** Milliseconds for all of it: the connection to the proxy, its answer, and TLS with the host behind it. */
  timeout: number;
  ca?: string | Buffer | (string | Buffer)[] | undefined;
  /** Makes TLS on the tunnel. */
  secure: buildConnector.connector;
}

/**
 * A connector for undici that goes through a proxy: one connection per attempt, and one deadline. undici's own ProxyAgent connects
 * again and again to a proxy that accepts and closes.
 *
 * @returns ends an attempt
 */
export function tunnelThrough(
  proxy: Proxy,
  { timeout, ca, secure }: TunnelOptions,
): (...parameters: Parameters<buildConnector.connector>) => () => void {
  return (target, callback) => {
    const host = (target.host ?? target.hostname).replace(/:\d+$/, '');
    const authority = `${host}:${target.port || (target.protocol === 'https:' ? 443 : 80)}`;
    let settled = false;
    let close: () => void = () => undefined;

    const settle: buildConnector.Callback = (...result) => {
      if (settled) {
        // came too late
        result[1]?.destroy();
        return;
      }
      settled = true;
      clearTimeout(deadline);
      callback(...result);
    };
    const fail = (error: Error) => {
      settle(error, null);
      close();
    };
    const deadline = setTimeout(() => {
      fail(new ProxyError(proxy.name, `did not connect to ${authority} within ${timeout} ms`, { code: 'ETIMEDOUT' }));
    }, timeout);

    const request = ask(proxy, authority, ca);
    close = () => {
      request.destroy();
    };
    request.on('error', (error) => fail(failureOf(proxy, error)));
    // a server that knows no CONNECT may answer as to any other request
    request.on('response', ({ statusCode }) => fail(refusal(proxy, authority, statusCode)));
    request.on('connect', ({ statusCode }, socket: Socket, head) => {
      close = () => {
        socket.destroy();
      };
      socket.on('error', (error) => fail(failureOf(proxy, error)));
      // any 2xx (RFC 9110, 9.3.6)
      if (statusCode === undefined || statusCode < 200 || statusCode > 299) return fail(refusal(proxy, authority, statusCode));
      if (settled) return close();
      if (head.length > 0) socket.unshift(head);
      if (target.protocol !== 'https:') return settle(null, socket);
      secure({ ...target, httpSocket: socket }, (error, tlsSocket) => {
        if (error) return fail(behindTunnel(proxy, authority, error));
        settle(null, tlsSocket);
      });
    });
    request.end();
    return () => fail(new Error('aborted'));
  };
}

function ask(proxy: Proxy, authority: string, ca: TunnelOptions['ca']): ClientRequest {
  const { hostname, port, authorization } = proxy;
  const options = {
    method: 'CONNECT',
    path: authority,
    host: hostname,
    port,
    agent: false as const,
    headers: { host: authority, ...(authorization !== undefined && { 'proxy-authorization': authorization }) },
  };
  if (!proxy.secure) return httpRequest(options);
  return httpsRequest({ ...options, ...(ca !== undefined && { ca }), ...(isIP(hostname) === 0 && { servername: hostname }) });
}

function refusal(proxy: Proxy, authority: string, status: number | undefined): ProxyError {
  return new ProxyError(proxy.name, `answered the request for ${authority} with HTTP ${status}`, { code: 'EPROXY', status });
}

function failureOf({ name }: Proxy, error: Error): ProxyError {
  const { code = 'EPROXY' } = error as { code?: string };
  if (code.startsWith('HPE_')) return new ProxyError(name, 'does not answer in HTTP', { code: 'EPROXY' });
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return new ProxyError(name, 'closed the connection without an answer', { code: 'ECONNRESET' });
  return new ProxyError(name, `cannot be reached: ${describe(error)}`, { code });
}

/** What the host's certificate is refused for is not the proxy's fault. */
function behindTunnel({ name }: Proxy, authority: string, error: Error): Error {
  const { code } = error as { code?: string };
  const tls = tlsReason(error.message);
  if (tls !== undefined) return new ProxyError(name, `made a tunnel to ${authority} in which TLS fails: ${tls}`, { code: 'EPROXY' });
  if (code !== 'ECONNRESET' && code !== 'EPIPE') return error;
  return new ProxyError(name, `closed the tunnel to ${authority}`, { code: 'ECONNRESET' });
}
