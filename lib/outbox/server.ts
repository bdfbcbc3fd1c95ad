import { GraphTransportError } from '../errors/graph-transport-error.js';
import { isError } from '../errors/is-error.js';
import type { Connection } from './redis.js';

/** What a Redis server says of itself, as far as it matters here. */
export interface ServerFacts {
  product: 'Redis' | 'Valkey';
  version: string;
  /** Changes with every start. */
  run: string;
  /** Whether it writes an append-only file. */
  aof: boolean;
  /** `appendfsync`; `undefined` where CONFIG is forbidden, as on most managed services. */
  fsync: 'always' | 'everysec' | 'no' | undefined;
  /** `maxmemory-policy`. */
  eviction: string;
  /** Whether WAITAOF can be asked. */
  canWait: boolean;
  /** Whether this server took over from another one. */
  failedOver: boolean;
}

/** `'fsync'`: what is acknowledged must outlive the server. `'memory'`: it may be lost with it, and that is wanted. */
export type Durability = 'fsync' | 'memory';

/** Asks the server. Never needs CONFIG. */
export async function askServer({ client }: Connection): Promise<ServerFacts> {
  const info = String(await client.call('INFO'));
  const config = await client.call('CONFIG', 'GET', 'appendfsync').then(
    (answer) => answer as string[],
    () => [],
  );
  return readInfo(info, Array.isArray(config) ? config[1] : undefined);
}

export function readInfo(info: string, appendfsync?: string): ServerFacts {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]?.trim() ?? '';
  const valkey = field('valkey_version');
  const version = valkey || field('redis_version');
  return {
    product: valkey ? 'Valkey' : 'Redis',
    version,
    run: field('run_id'),
    aof: field('aof_enabled') === '1',
    fsync: appendfsync === 'always' || appendfsync === 'everysec' || appendfsync === 'no' ? appendfsync : undefined,
    eviction: field('maxmemory_policy'),
    // WAITAOF came with Redis 7.2, which Valkey began as
    canWait: atLeast(version, 7, 2),
    failedOver: /[1-9a-f]/.test(field('master_replid2')),
  };
}

function atLeast(version: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = version.split('.').map(Number);
  return first > major || (first === major && second >= minor);
}

/** Whether what was answered is on the disk: then only a failover can lose it. */
export function isDurable({ aof, fsync, canWait }: ServerFacts): boolean {
  return aof && (fsync === 'always' || (canWait && fsync !== 'no'));
}

/**
 * Refuses a server that can lose what it acknowledged as a matter of course.
 *
 * @throws {GraphTransportError} `ECONFIG`
 */
export function checkServer(facts: ServerFacts, durability: Durability): void {
  if (!atLeast(facts.version, 6, 2)) {
    throw refusal(`${facts.product} ${facts.version || 'of an unknown version'} is too old: 6.2 or newer is needed`, 'Upgrade the server.');
  }
  if (durability === 'memory') return;
  if (!facts.aof) {
    throw refusal(
      `${facts.product} keeps no append-only file: every message it holds is gone after a restart`,
      "Set appendonly yes and appendfsync always, or accept the loss with durability: 'memory'.",
    );
  }
  if (facts.eviction !== '' && facts.eviction !== 'noeviction') {
    throw refusal(
      `${facts.product} has maxmemory-policy ${facts.eviction}: it may drop messages when memory runs out`,
      "Set maxmemory-policy noeviction, or accept the loss with durability: 'memory'.",
    );
  }
}

/** What is worth a warning although it works. */
export function serverWarnings(facts: ServerFacts, durability: Durability): string[] {
  if (durability === 'memory' || !facts.aof || isDurable(facts)) return [];
  const how = facts.fsync === 'no' ? 'appendfsync no' : facts.fsync === undefined ? 'an unknown appendfsync' : 'appendfsync everysec';
  return [
    `${facts.product} ${facts.version} has ${how} and cannot be asked to wait for the disk: a power failure loses what was acknowledged in the last second. Set appendfsync always.`,
  ];
}

function refusal(what: string, hint: string): GraphTransportError {
  return new GraphTransportError('ECONFIG', `outbox: ${what}. ${hint}`, { permanent: true, hint });
}

/** Milliseconds the server may take to write to its disk. */
const WAIT = 5000;

/**
 * Waits until everything answered so far is on the server's disk. On a connection of its own, since WAITAOF holds up whatever comes
 * after it; several that wait at the same time share one.
 */
export function createBarrier(connection: Connection, name: string) {
  let client: ReturnType<Connection['duplicate']> | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function wait(): Promise<void> {
    client ??= connection.duplicate({ connectionName: `${name}-barrier`, maxRetriesPerRequest: 3 });
    // WAITAOF waits for this connection's own writes, and they come after all that was answered before
    const [, synced] = await Promise.all([
      client.call('SET', `${name}:barrier`, '1', 'PX', 60_000),
      client.call('WAITAOF', 1, 0, WAIT) as Promise<[number, number]>,
    ]);
    if (!Array.isArray(synced) || Number(synced[0]) < 1)
      throw new GraphTransportError('ETIMEDOUT', `Redis did not write to its disk within ${WAIT} ms`);
  }

  return {
    passed(): Promise<void> {
      if (!running) {
        running = wait().finally(() => (running = undefined));
        return running;
      }
      // the one on its way may have begun before what is to be waited for
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          running = wait().finally(() => (running = undefined));
          return running;
        });
      return next;
    },
    close(): void {
      client?.disconnect();
    },
  };
}

/** Whether an error means that Redis was not reached, so that nobody knows what became of the command. */
export function isConnectionError(error: unknown): boolean {
  const { code, name, message } = (isError(error) ? error : {}) as { code?: string; name?: string; message?: string };
  return (
    /^(ECONN|EPIPE|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT)/.test(code ?? '') ||
    /MaxRetriesPerRequest|ClusterAllFailed/.test(name ?? '') ||
    /Connection is closed|Command timed out|writeable|connect ETIMEDOUT/i.test(message ?? '')
  );
}
