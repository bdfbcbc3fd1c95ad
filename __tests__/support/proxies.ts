import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface FakeProxy {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  /** What stood in each CONNECT. */
  readonly targets: string[];
  close(): Promise<void>;
}

/** A proxy that does with each connection what the test says. */
export async function startFakeProxy(handle: (socket: Socket, targets: string[]) => void): Promise<FakeProxy> {
  const open = new Set<Socket>();
  const targets: string[] = [];
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    handle(socket, targets);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    targets,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Leads each CONNECT to a port of this machine, that of the CONNECT unless one is given, whatever host was named. */
export const tunnelTo =
  (port?: number) =>
  (socket: Socket, targets: string[]): void =>
    readHead(socket, (head) => {
      targets.push(/^CONNECT (\S+)/.exec(head)?.[1] ?? head);
      const behind = connect(port ?? Number(/^CONNECT \S+:(\d+) /.exec(head)?.[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(behind).pipe(socket);
      });
      behind.on('error', () => socket.destroy());
      socket.on('close', () => behind.destroy());
    });

export const answerConnect =
  (text: string) =>
  (socket: Socket, targets: string[]): void =>
    readHead(socket, (head) => {
      targets.push(/^CONNECT (\S+)/.exec(head)?.[1] ?? head);
      socket.end(text);
    });

function readHead(socket: Socket, then: (head: string) => void): void {
  let head = '';
  const onData = (chunk: Buffer) => {
    head += chunk.toString('latin1');
    if (!head.includes('\r\n\r\n')) return;
    socket.off('data', onData);
    then(head);
  };
  socket.on('data', onData);
}

/** A box on the way, such as a NAT, that one day knows nothing of the connections it carried: nothing comes back any more. */
export interface ForgetfulRelay extends FakeProxy {
  forget(): void;
  /** Ends the connections at once, so that the other side has it before its event loop turns again. */
  hangUp(reset: boolean): void;
}

export async function startForgetfulRelay(to: number): Promise<ForgetfulRelay> {
  const pairs = new Set<[Socket, Socket]>();
  const relay = await startFakeProxy((socket) => {
    const behind = connect(to, '127.0.0.1');
    const pair: [Socket, Socket] = [socket, behind];
    pairs.add(pair);
    behind.on('error', () => undefined);
    socket.pipe(behind).pipe(socket);
    socket.on('close', () => {
      pairs.delete(pair);
      behind.destroy();
    });
  });
  return Object.assign(relay, {
    forget() {
      for (const [socket, behind] of pairs) {
        socket.unpipe(behind);
        behind.unpipe(socket);
        // what is sent from now on is swallowed
        socket.resume();
        behind.destroy();
      }
      pairs.clear();
    },
    hangUp(reset: boolean) {
      for (const [socket] of pairs) {
        if (reset) socket.resetAndDestroy();
        else socket.destroy();
      }
    },
  });
}
