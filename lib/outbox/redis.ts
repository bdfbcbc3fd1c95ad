import { show } from '../errors/config-error.js';
import { isError } from '../errors/is-error.js';
import { outboxConfigError } from './config-error.js';
import { createReach, withoutSecrets, type Reach } from './reach.js';
import { SCRIPTS, type ScriptName } from './scripts.js';

/**
 * Where Redis is: a URL (`redis://`, `rediss://`), options of ioredis such as `{ host, port, password, tls }`, or an ioredis client,
 * which stays the caller's: it is used and not closed.
 */
// of ioredis' types nothing: it is an optional peer, and this file's declarations must be readable without it
export type OutboxConnection = string | object;

type Listener = (...args: unknown[]) => void;

/** As much of ioredis 5 and 6 as the outbox needs. */
export interface RedisClient {
  readonly status: string;
  readonly options?: { keyPrefix?: string | undefined; db?: number | undefined; redisOptions?: object | undefined };
  readonly isCluster?: boolean;
  /** Only a cluster's client has it. */
  nodes?(role: 'master'): Pick<RedisClient, 'call'>[];
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
  connect(): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
  quit(): Promise<unknown>;
  duplicate(...options: unknown[]): RedisClient;
  call(command: string, ...args: (string | number | Buffer)[]): Promise<unknown>;
  callBuffer(command: string, ...args: (string | number | Buffer)[]): Promise<unknown>;
  defineCommand(name: string, definition: { numberOfKeys: number; lua: string }): void;
  pipeline(): RedisPipeline;
}

export interface RedisPipeline {
  call(command: string, ...args: (string | number | Buffer)[]): RedisPipeline;
  exec(): Promise<[Error | null, unknown][] | null>;
}

type Argument = string | number | Buffer;

/** The client and what of it is ours. */
export interface Connection {
  readonly client: RedisClient;
  readonly bullmq: BullMq;
  /** Runs a script. */
  run: (script: ScriptName, args: readonly Argument[]) => Promise<unknown>;
  /** Runs a script whose answer holds bytes. */
  runBuffer: (script: ScriptName, args: readonly Argument[]) => Promise<unknown>;
  readonly reach: Reach;
  /** A connection of its own, to block on. */
  duplicate(options: Record<string, unknown>): RedisClient;
  close(): Promise<void>;
}

/** As much of BullMQ 6 as the outbox needs. */
export interface BullMq {
  Queue: new (name: string, options: object, factory?: unknown) => BullQueue;
  Worker: (new (name: string, processor: unknown, options: object, factory?: unknown) => BullWorker) & { RateLimitError(): Error };
  DelayedError: new () => Error;
  UnrecoverableError: new (message: string) => Error;
  createRedisBackend: (name: string, options: object, context?: object) => BullBackend;
  RedisQueueBackend: new (...args: unknown[]) => BullBackend;
  QueueKeys: new (prefix: string) => { getKeys(name: string): Record<string, string>; toKey(name: string, type: string): string };
}

export interface BullBackend {
  /** Protected in BullMQ's types. */
  readonly connection?: unknown;
  readonly closing?: Promise<void> | undefined;
  on(event: string, listener: Listener): unknown;
  close(force?: boolean): Promise<void>;
  moveToActive(...args: unknown[]): Promise<unknown>;
  waitForJob?(timeout: number): Promise<{ member: string; score: number } | null>;
}

export interface BullJob {
  id?: string;
  name: string;
  data: unknown;
  token?: string;
  /** When it was put into the queue, in ms since the epoch. */
  readonly timestamp: number;
  moveToDelayed(timestamp: number, token?: string): Promise<void>;
  extendLock(token: string, duration: number): Promise<number>;
  remove(): Promise<void>;
  getState(): Promise<string>;
}

export interface BullQueue {
  readonly name: string;
  add(name: string, data: object, options: object): Promise<BullJob>;
  getJob(id: string): Promise<BullJob | undefined>;
  getJobCounts(...types: string[]): Promise<Record<string, number>>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
  on(event: string, listener: Listener): unknown;
}

export interface BullWorker {
  on(event: string, listener: Listener): unknown;
  run(): Promise<void>;
  close(force?: boolean): Promise<void>;
}

/** What an activation gets: the job, its lock's token, and a signal that aborts where BullMQ was told to. */
export type BullProcessor = (job: BullJob, token: string, signal?: AbortSignal) => Promise<unknown>;

/** Prefix of our commands on an ioredis client that may be the app's. */
const COMMAND = 'graphOutbox_';

/** Milliseconds between attempts to reconnect, at most. */
const RECONNECT = 1000;

/**
 * Loads the peers.
 *
 * @throws {GraphTransportError} `ECONFIG` that says what to install
 */
export async function loadPeers(): Promise<{ bullmq: BullMq; Redis: new (...args: unknown[]) => RedisClient }> {
  const [bullmq, ioredis] = await Promise.all([load('bullmq', () => import('bullmq')), load('ioredis', () => import('ioredis'))]);
  const module = bullmq as unknown as BullMq & { default?: BullMq };
  const found = typeof module.Worker === 'function' ? module : module.default;
  if (typeof found?.createRedisBackend !== 'function')
    throw outboxConfigError('the outbox needs bullmq 6.7 or newer: npm install bullmq@6 ioredis');
  const { Redis, default: byDefault } = ioredis as unknown as { Redis?: unknown; default?: unknown };
  return { bullmq: found, Redis: (Redis ?? byDefault) as new (...args: unknown[]) => RedisClient };
}

async function load(name: string, importIt: () => Promise<object>): Promise<object> {
  try {
    return await importIt();
  } catch (error) {
    const { code } = (isError(error) ? error : {}) as { code?: unknown };
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw outboxConfigError(
      `the outbox needs the packages "bullmq" and "ioredis", and "${name}" is not installed: npm install bullmq ioredis`,
    );
  }
}

/** @throws {GraphTransportError} `ECONFIG` if `connection` is nothing to connect with; never shows it, since it may hold a password */
export function checkConnection(connection: unknown): asserts connection is OutboxConnection {
  const expected =
    '"connection" must be a URL such as redis://redis.contoso.com:6379, options of ioredis such as { host, port }, or an ioredis client';
  if (typeof connection === 'string') {
    const url = URL.canParse(connection) ? new URL(connection) : undefined;
    if (url?.protocol !== 'redis:' && url?.protocol !== 'rediss:') throw outboxConfigError(`${expected}, not a text that is none of them`);
    // ioredis takes options from there
    if (url.searchParams.has('keyPrefix')) throw keyPrefixError();
    return;
  }
  if (typeof connection !== 'object' || connection === null) throw outboxConfigError(`${expected}, not ${show(connection)}`);
  const { keyPrefix, redisOptions } = (isClient(connection) ? (connection.options ?? {}) : connection) as {
    keyPrefix?: unknown;
    redisOptions?: { keyPrefix?: unknown };
  };
  if (keyPrefix || redisOptions?.keyPrefix) throw keyPrefixError();
  if (isClient(connection)) return;
  if ('sendCommand' in connection || 'isOpen' in connection) throw outboxConfigError(`${expected}, not a client of another kind`);
}

function keyPrefixError() {
  return outboxConfigError('"connection" has a keyPrefix, which BullMQ does not allow: use "prefix"');
}

function isClient(value: object): value is RedisClient {
  return 'defineCommand' in value && typeof value.defineCommand === 'function';
}

export interface ConnectOptions {
  /** How often a command is tried again over another connection; `null`: until it works. */
  maxRetriesPerRequest: number | null;
  onError: (error: Error) => void;
}

/** Connects in the background; commands wait for it. */
export async function connect(connection: OutboxConnection, { maxRetriesPerRequest, onError }: ConnectOptions): Promise<Connection> {
  const { bullmq, Redis } = await loadPeers();
  const common = {
    maxRetriesPerRequest,
    retryStrategy: (times: number) => Math.min(times * 100, RECONNECT),
    // what was the primary follows another server now, which has its name
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  };
  const ours = !(typeof connection === 'object' && isClient(connection));
  const client =
    typeof connection === 'string'
      ? new Redis(connection, common)
      : isClient(connection)
        ? connection
        : new Redis({ ...common, ...connection });
  let trouble: string | undefined;
  const onTrouble: Listener = (error) => {
    trouble = withoutSecrets((error as Error).message);
    onError(error as Error);
  };
  const onReady = () => (trouble = undefined);
  client.on('error', onTrouble);
  client.on('ready', onReady);
  for (const [name, definition] of Object.entries(SCRIPTS)) client.defineCommand(COMMAND + name, definition);
  const commands = client as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const run = (script: string, args: readonly Argument[]) =>
    (commands[script] as (...all: unknown[]) => Promise<unknown>).apply(client, [...args]);
  return {
    client,
    bullmq,
    reach: createReach(() => trouble),
    run: (script, args) => run(COMMAND + script, args),
    runBuffer: (script, args) => run(`${COMMAND}${script}Buffer`, args),
    duplicate: (options) =>
      client.isCluster
        ? client.duplicate(undefined, { redisOptions: { ...client.options?.redisOptions, ...options } })
        : client.duplicate(options),
    async close() {
      if (!ours) {
        client.off('error', onTrouble);
        client.off('ready', onReady);
        return;
      }
      // what is on the way is answered first, as long as there is somebody to answer
      if (client.status === 'ready')
        await Promise.race([client.quit().catch(() => undefined), new Promise((done) => setTimeout(done, 2000).unref())]);
      client.disconnect();
    },
  };
}
