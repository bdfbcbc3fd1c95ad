import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { Connection, RedisClient } from './redis.js';
import { SYNC } from './scripts.js';

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
  /** Whether it only follows another server. */
  replica: boolean;
  /** Whether it is a part of a cluster. */
  cluster: boolean;
}

/** `'fsync'`: what is acknowledged must outlive the server. `'memory'`: it may be lost with it, and that is wanted. */
export type Durability = 'fsync' | 'memory';

/** Asks the server, or all that hold data of a cluster. Never needs CONFIG. */
export async function askServer({ client }: Connection): Promise<ServerFacts> {
  if (!client.isCluster) {
    // ioredis goes on with database 0 where there is none of this number
    if (client.options?.db) await client.call('SELECT', client.options.db);
    return askNode(client);
  }
  // it knows its nodes once it has connected
  await client.call('PING');
  const nodes = await Promise.all((client.nodes?.('master') ?? []).map(askNode));
  return nodes.reduce(weakest);
}

async function askNode(client: Pick<RedisClient, 'call'>): Promise<ServerFacts> {
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
    replica: field('role') === 'slave',
    cluster: field('cluster_enabled') === '1',
  };
}

/** What holds for both of two servers: which of them will have the outbox is the cluster's business. */
export function weakest(one: ServerFacts, other: ServerFacts): ServerFacts {
  const weaker = (['no', undefined, 'everysec', 'always'] as const).find((fsync) => fsync === one.fsync || fsync === other.fsync);
  const [major = 0, minor = 0] = other.version.split('.').map(Number);
  return {
    ...(atLeast(one.version, major, minor) ? other : one),
    aof: one.aof && other.aof,
    fsync: weaker,
    eviction: one.eviction === 'noeviction' ? other.eviction : one.eviction,
    canWait: one.canWait && other.canWait,
  };
}

function atLeast(version: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = version.split('.').map(Number);
  return first > major || (first === major && second >= minor);
}

/** How certain a message has to be before it counts, or is sent. */
export interface Certainty {
  durability: Durability;
  /** Replicas that must have it. */
  replicas: number;
}

/** What to wait for after a write: WAITAOF where the server writes to its disk only later, but can be asked; and replicas. */
export function waitFor({ aof, fsync, canWait }: ServerFacts, { durability, replicas }: Certainty): { disk: boolean; replicas: number } {
  // with appendfsync no it would never answer
  return { disk: durability === 'fsync' && aof && canWait && fsync !== 'always' && fsync !== 'no', replicas };
}

/** Whether what counts is on the disk: then only a failover can lose it. */
export function isDurable(facts: ServerFacts, durability: Durability = 'fsync'): boolean {
  return facts.aof && (facts.fsync === 'always' || waitFor(facts, { durability, replicas: 0 }).disk);
}

/**
 * Refuses a server that can lose what it acknowledged as a matter of course.
 *
 * @throws {GraphTransportError} `ECONFIG`
 */
export function checkServer(facts: ServerFacts, wanted: { durability: Durability; isCluster: boolean }): void {
  const problem = serverProblem(facts, wanted);
  if (problem) throw problem;
}

/** In a failover, what was the primary follows another one until the connection has found that: its refusals of writes tell so. */
export function asPrimary(facts: ServerFacts): ServerFacts {
  return { ...facts, replica: false };
}

/** Why a server cannot have the outbox. */
export function serverProblem(
  facts: ServerFacts,
  { durability, isCluster }: { durability: Durability; isCluster: boolean },
): GraphTransportError | undefined {
  if (!atLeast(facts.version, 6, 2)) {
    return refusal(
      `${facts.product} ${facts.version || 'of an unknown version'} is too old: 6.2 or newer is needed`,
      'Upgrade the server.',
    );
  }
  if (facts.replica) return refusal(`${facts.product} is a read-only replica`, 'Connect to the primary, or by way of Sentinel.');
  if (facts.cluster && !isCluster) {
    return refusal(
      `${facts.product} is a node of a cluster, of which the connection knows nothing`,
      'Give a cluster client as "connection": new Redis.Cluster([…]) of ioredis.',
    );
  }
  if (durability === 'memory') return undefined;
  if (!facts.aof) {
    return refusal(
      `${facts.product} keeps no append-only file: every message it holds is gone after a restart`,
      "Set appendonly yes and appendfsync always, or accept the loss with durability: 'memory'.",
    );
  }
  if (facts.eviction !== '' && facts.eviction !== 'noeviction') {
    return refusal(
      `${facts.product} has maxmemory-policy ${facts.eviction}: it may drop messages when memory runs out`,
      "Set maxmemory-policy noeviction, or accept the loss with durability: 'memory'.",
    );
  }
  return undefined;
}

/** What is worth a warning although it works. */
export function serverWarnings(facts: ServerFacts, durability: Durability): string[] {
  if (durability === 'memory' || !facts.aof || isDurable(facts, durability)) return [];
  const how = facts.fsync === 'no' ? 'appendfsync no' : facts.fsync === undefined ? 'an unknown appendfsync' : 'appendfsync everysec';
  return [
    `${facts.product} ${facts.version} has ${how} and cannot be asked to wait for the disk: a power failure loses what was acknowledged in the last second. Set appendfsync always.`,
  ];
}

function refusal(what: string, hint: string): GraphTransportError {
  return new GraphTransportError('ECONFIG', `outbox: ${what}. ${hint}`, { permanent: true, hint });
}

/** Milliseconds the server may take to write to its disk, and its replicas to get it. */
const WAIT = 5000;

/** Waits until everything answered so far is as certain as was asked for. */
export interface Barrier {
  /** @param run which server answered: another one may lack it. @throws {GraphTransportError} `ETIMEDOUT`, or `ECONNECTION` for another server */
  passed(run: string): Promise<void>;
  /** The server's settings were changed: from now on its disk is waited for, too. What was waited for goes on being. */
  add(wanted: { disk: boolean }): void;
  close(): void;
}

/**
 * A barrier, which lets through at once where there is nothing to wait for. On a connection of its own, since WAIT and WAITAOF hold up
 * whatever comes after them; several that wait at the same time share one.
 */
export function createBarrier(connection: Connection, name: string, wanted: { disk: boolean; replicas: number }): Barrier {
  const { replicas } = wanted;
  let { disk } = wanted;
  let client: RedisClient | undefined;
  let running: Promise<string> | undefined;
  let next: Promise<string> | undefined;

  function connect(): RedisClient {
    const made = connection.duplicate({ connectionName: `${name}-barrier`, maxRetriesPerRequest: 3 });
    // the other connection tells of the same server
    made.on('error', () => undefined);
    return made;
  }

  /** → which server it is. */
  async function wait(): Promise<string> {
    client ??= connect();
    const asked = disk;
    // it is waited for this connection's own writes, and they come after all that was answered before; one pipeline, which in a cluster goes
    // to one server
    const commands = client.pipeline().call('EVAL', SYNC, 1, `${name}:barrier`);
    if (asked) commands.call('WAITAOF', 1, 0, WAIT);
    if (replicas > 0) commands.call('WAIT', replicas, WAIT);
    const answers = ((await commands.exec()) ?? []).map(([error, answer]) => {
      if (error) throw error;
      return answer;
    });
    const synced = asked ? answers[1] : [1];
    if (!Array.isArray(synced) || Number(synced[0]) < 1) throw tooLate('write to its disk');
    const taken = Number(answers.at(-1));
    if (replicas > 0 && !(taken >= replicas)) throw tooLate(`reach ${replicas} replicas, but ${taken},`);
    return String(answers[0]);
  }

  function last(): Promise<string> {
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
  }

  return {
    async passed(run) {
      if (!disk && replicas === 0) return;
      if ((await last()) !== run)
        throw new GraphTransportError('ECONNECTION', 'Redis was started anew, or another server took over, before it was certain');
    },
    add(more) {
      disk ||= more.disk;
    },
    close(): void {
      client?.disconnect();
    },
  };
}

function tooLate(what: string): GraphTransportError {
  return new GraphTransportError('ETIMEDOUT', `Redis did not ${what} within ${WAIT} ms`);
}
