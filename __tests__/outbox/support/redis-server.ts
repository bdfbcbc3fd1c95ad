import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Redis server of the test's own, with an append-only file in a folder of its own. */
export interface RedisServer {
  readonly port: number;
  readonly pid: number;
  readonly url: string;
  /** Where its data is. */
  readonly folder: string;
  /** Starts it again over the same data, after `kill()`. */
  start(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  freeze(): void;
  thaw(): void;
  /** Bytes of the append-only file by now. */
  aofSize(): number;
  /** Cuts the append-only file back, as a power failure does; only while it does not run. */
  cutAof(size: number): void;
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** @default 'always': with 'everysec' a Redis on a slow disk answers before it has written, and a SIGKILL loses what was answered */
  appendfsync?: 'always' | 'everysec';
  /** Further settings, such as `['--appendonly', 'no']`. */
  more?: string[];
}

/** @param program what `findProgram('redis-server')` says */
export async function startRedis(program: string, { appendfsync = 'always', more = [] }: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'graph-outbox-redis-'));
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'];
  // never rewritten, so that a place in it stays one
  const aof = [
    '--appendfsync',
    appendfsync,
    '--auto-aof-rewrite-percentage',
    '0',
    '--aof-load-truncated',
    'yes',
    '--aof-use-rdb-preamble',
    'no',
  ];
  let child: ChildProcess | undefined;

  const start = async () => {
    child = spawn(program, [...settings, ...aof, '--maxmemory-policy', 'noeviction', '--loglevel', 'warning', ...more], {
      stdio: 'ignore',
    });
    await listening(port);
  };
  const kill = async () => {
    const running = child;
    child = undefined;
    // whoever was told to may have killed it already
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
  };
  const incr = () => {
    const directory = join(folder, 'appendonlydir');
    const name = readdirSync(directory).find((file) => file.endsWith('.incr.aof'));
    return join(directory, name ?? '');
  };
  await start();
  return {
    port,
    get pid() {
      return child?.pid ?? 0;
    },
    url: `redis://127.0.0.1:${port}`,
    folder,
    start,
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    aofSize: () => statSync(incr()).size,
    cutAof: (size) => truncateSync(incr(), size),
    async stop() {
      child?.kill('SIGCONT');
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when Redis answers and has read its data. */
async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
      socket.on('data', (data) => {
        socket.destroy();
        resolve(String(data));
      });
      socket.on('error', () => resolve(''));
    });
    if (answer.startsWith('+PONG')) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`redis-server does not answer at port ${port}`);
}
