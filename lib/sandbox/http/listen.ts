import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { isIPv6, type AddressInfo } from 'node:net';
import type { Identity } from '../certificate.js';
import type { Connections } from './connections.js';

/** A server that listens. */
export interface Listener {
  /** Scheme, host and port. */
  origin: string;
  close(): Promise<void>;
}

/** Where to listen, and how. */
export interface ListenOptions {
  host: string;
  /** Name in `origin`. @default `host` */
  hostname?: string | undefined;
  port: number;
  /** Serves TLS where given. */
  identity: Identity | undefined;
  connections: Connections;
}

/**
 * Starts a server.
 * @throws what the system says, such as EADDRINUSE
 */
export async function listen(handler: RequestListener, { host, hostname, port, identity, connections }: ListenOptions): Promise<Listener> {
  const server: Server = identity
    ? createHttpsServer({ key: identity.privateKey, cert: identity.certificate }, handler)
    : createHttpServer(handler);
  // Node's 5 s would cut a pooled connection under a client that pauses between two mails
  server.keepAliveTimeout = 120_000;
  server.on('clientError', (_error, socket) => socket.destroy());
  connections.track(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: chosen } = server.address() as AddressInfo;
  return {
    origin: `${identity ? 'https' : 'http'}://${hostname ?? urlHost(host)}:${chosen}`,
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return isIPv6(host) ? `[${host}]` : host;
}
