import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request as it arrived; `connection` counts from 1. */
export interface Arrived {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
  connection: number;
}

export interface TinyServer {
  url: string;
  requests: Arrived[];
  /** Answers that follow; by default 202 without a body. */
  answer: (handler: (request: IncomingMessage, response: ServerResponse) => void) => void;
  /** The sockets still open. */
  sockets: Set<Socket>;
  close(): Promise<void>;
}

/** An HTTP server on this machine. */
export async function startServer(): Promise<TinyServer> {
  const sockets = new Set<Socket>();
  const numbers = new WeakMap<Socket, number>();
  const requests: Arrived[] = [];
  let connections = 0;
  let handle: RequestListener = (_request, response) => response.writeHead(202).end();

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers, socket } = request;
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString(), connection: numbers.get(socket) ?? 0 });
      handle(request, response);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    numbers.set(socket, ++connections);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sockets,
    answer: (handler) => (handle = handler),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
