import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startProxy, type SilentProxy } from './proxy.js';
import { freePort, startRedis, type RedisServer } from './redis-server.js';

/** Asks until the answer fits. */
export async function until<T>(ask: () => Promise<T> | T, fits: (answer: T) => boolean): Promise<T> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    const answer = await Promise.resolve(ask()).catch(() => undefined);
    if (answer !== undefined && fits(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it has not come so far within a minute');
}

export async function ask(port: number, command: string, ...args: (string | number)[]): Promise<unknown> {
  const client = new Redis(port, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}

const SLOTS = 16_384;

/** Three servers that share the keys between them. */
export async function startCluster(program: string): Promise<RedisServer[]> {
  const buses = [await freePort(), await freePort(), await freePort()];
  const nodes = await Promise.all(
    buses.map((bus) =>
      startRedis(program, { more: ['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-node-timeout', '2000'] }),
    ),
  );
  for (const [index, { port }] of nodes.entries()) {
    const [from, to] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / nodes.length)) as [number, number];
    await ask(port, 'CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
    await ask(port, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  for (const [index, { port }] of nodes.entries())
    if (index > 0) await ask((nodes[0] as RedisServer).port, 'CLUSTER', 'MEET', '127.0.0.1', port, buses[index] as number);
  for (const { port } of nodes)
    await until(
      async () => String(await ask(port, 'CLUSTER', 'INFO')),
      (info) => info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3'),
    );
  return nodes;
}

/** A primary, a replica behind a way that can fall silent, and a Sentinel that promotes the replica. */
export interface Replicated {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  /** Between them. */
  readonly way: SilentProxy;
  /** What an app gives as `connection`. */
  readonly connection: object;
  /** Resolves once the replica rules. */
  promoted(): Promise<void>;
  /** Resolves once the replica has everything. */
  inStep(): Promise<void>;
  stop(): Promise<void>;
}

const NAME = 'mail';

export async function startReplicated(program: string): Promise<Replicated> {
  const primary = await startRedis(program, { more: ['--repl-diskless-sync-delay', '0'] });
  const way = await startProxy(primary.port);
  const replica = await startRedis(program, {
    more: ['--replicaof', '127.0.0.1', new URL(way.url).port, '--repl-diskless-sync-delay', '0'],
  });
  const offset = async ({ port }: RedisServer, field: string) =>
    Number(new RegExp(`${field}:(\\d+)`).exec(String(await ask(port, 'INFO', 'replication')))?.[1]);
  const role = async ({ port }: RedisServer) => /role:(\w+)/.exec(String(await ask(port, 'INFO', 'replication')))?.[1] ?? '';
  await until(
    async () => String(await ask(replica.port, 'INFO', 'replication')),
    (info) => info.includes('master_link_status:up'),
  );

  const folder = mkdtempSync(join(tmpdir(), 'graph-outbox-sentinel-'));
  const port = await freePort();
  const settings = join(folder, 'sentinel.conf');
  writeFileSync(
    settings,
    [
      ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, `sentinel monitor ${NAME} 127.0.0.1 ${primary.port} 1`],
      // long: it would lead the replica past the proxy
      ...[`sentinel down-after-milliseconds ${NAME} 1000`, `sentinel failover-timeout ${NAME} 60000`],
    ].join('\n'),
  );
  const sentinel = spawn(program, [settings, '--sentinel'], { stdio: 'ignore' });
  await until(
    async () => (await ask(port, 'SENTINEL', 'REPLICAS', NAME)) as unknown[],
    (replicas) => replicas.length === 1,
  );
  return {
    primary,
    replica,
    way,
    connection: { sentinels: [{ host: '127.0.0.1', port }], name: NAME },
    async promoted() {
      await until(
        () => role(replica),
        (now) => now === 'master',
      );
      // only now it sends clients there
      await until(
        async () => (await ask(port, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)) as string[],
        ([, now]) => now === String(replica.port),
      );
    },
    async inStep() {
      const wanted = await offset(primary, 'master_repl_offset');
      await until(
        () => offset(replica, 'slave_repl_offset'),
        (has) => has >= wanted,
      );
    },
    async stop() {
      const exited = once(sentinel, 'exit');
      sentinel.kill('SIGKILL');
      await exited;
      await Promise.all([primary.stop(), replica.stop(), way.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
