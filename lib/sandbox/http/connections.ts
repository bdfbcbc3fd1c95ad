import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** The open TCP connections of a sandbox, numbered in the order they came. */
export class Connections {
  #count = 0;
  readonly #open = new Set<Socket>();
  readonly #numbers = new WeakMap<Socket, number>();
  readonly #tcp = new WeakMap<Socket, Socket>();

  /** Follows the connections of one server. */
  track(server: Server): void {
    // a TLSSocket does not give its TCP socket away, but both have the same ports
    const byPorts = new Map<string, Socket>();
    server.on('connection', (socket: Socket) => {
      const ports = portsOf(socket);
      this.#numbers.set(socket, ++this.#count);
      this.#open.add(socket);
      byPorts.set(ports, socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.#open.delete(socket);
        byPorts.delete(ports);
      });
    });
    server.on('secureConnection', (secure: TLSSocket) => {
      const socket = byPorts.get(portsOf(secure));
      if (socket) this.#tcp.set(secure, socket);
      secure.on('error', () => undefined);
    });
  }

  /** Number of the connection, from 1. */
  numberOf(socket: Socket): number {
    return this.#numbers.get(this.#tcp.get(socket) ?? socket) ?? 0;
  }

  /** Sends a TCP reset. Only a plain socket can: `TLSSocket.resetAndDestroy()` throws. */
  reset(socket: Socket): void {
    (this.#tcp.get(socket) ?? socket).resetAndDestroy();
  }

  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

const portsOf = (socket: Socket): string => `${socket.localPort}:${socket.remotePort}`;
