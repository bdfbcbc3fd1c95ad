import type { BullBackend, BullMq, Connection, RedisClient } from './redis.js';

/** What a wait for a job ends with; `null`: none came. */
type Marker = { member: string; score: number } | null;

interface Waiter {
  key: string;
  resolve: (marker: Marker) => void;
  timer: NodeJS.Timeout;
}

/** Seconds a blocking command may take: a connection that broke unnoticed is found out after that. */
const MAX_BLOCK = 5;

/**
 * One blocking connection for the queues of all mailboxes. BullMQ would open one per queue, a thousand for a thousand mailboxes.
 */
export class Hub {
  readonly #client: RedisClient;
  readonly #control: string;
  readonly #waiters = new Map<string, Waiter>();
  readonly #resting = new Set<() => void>();
  /** Markers that were taken when nobody waited for them any more. */
  readonly #kept = new Map<string, Exclude<Marker, null>>();
  readonly #onError: (error: Error) => void;
  #blocking = false;
  #woken = false;
  #closed = false;

  constructor(
    private readonly connection: Connection,
    { prefix, name, onError }: { prefix: string; name: string; onError: (error: Error) => void },
  ) {
    this.#onError = onError;
    this.#control = `${prefix}:hub:${name}`;
    // a command that was cut off must not be sent again behind our back: it would take markers for nobody
    this.#client = connection.duplicate({
      connectionName: `${prefix}:hub`,
      maxRetriesPerRequest: null,
      autoResendUnfulfilledCommands: false,
    });
    this.#client.on('error', (error) => onError(error as Error));
  }

  /** Waits until there may be a job in a queue. */
  wait(key: string, seconds: number): Promise<Marker> {
    const kept = this.#kept.get(key);
    if (kept) {
      this.#kept.delete(key);
      return Promise.resolve(kept);
    }
    if (this.#closed) return Promise.resolve(null);
    this.interrupt(key);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(key, null), seconds * 1000);
      this.#waiters.set(key, { key, resolve, timer });
      this.#wake();
    });
  }

  /** Ends a wait without a job. */
  interrupt(key: string): void {
    this.#settle(key, null);
  }

  /** Resolves after a second, or when it is closed. */
  rest(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#resting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, 1000);
      this.#resting.add(end);
    });
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#resting) end();
    for (const key of [...this.#waiters.keys()]) this.#settle(key, null);
    this.#client.disconnect();
  }

  #settle(key: string, marker: Marker): boolean {
    const waiter = this.#waiters.get(key);
    if (!waiter) return false;
    this.#waiters.delete(key);
    clearTimeout(waiter.timer);
    waiter.resolve(marker);
    return true;
  }

  /** Makes the blocking command take the newest waiters in; several of one turn together. */
  #wake(): void {
    if (this.#woken || this.#closed) return;
    this.#woken = true;
    setImmediate(() => {
      this.#woken = false;
      if (!this.#blocking) void this.#loop();
      // it ends the command that blocks, which may not know the newest waiters
      else void this.#endBlock();
    });
  }

  async #endBlock(): Promise<void> {
    const { client } = this.connection;
    await Promise.all([client.call('ZADD', this.#control, 0, 'wake'), client.call('PEXPIRE', this.#control, 60_000)]).catch(
      () => undefined,
    );
  }

  async #loop(): Promise<void> {
    this.#blocking = true;
    try {
      while (!this.#closed && this.#waiters.size > 0) await this.#block();
    } finally {
      this.#blocking = false;
    }
  }

  async #block(): Promise<void> {
    const keys = [...this.#waiters.keys()];
    // the answer may never come although the connection looks alive
    const watchdog = setTimeout(() => this.#client.disconnect(true), MAX_BLOCK * 1000 + 2000);
    try {
      const taken = (await this.#client.call('BZPOPMIN', ...keys, this.#control, MAX_BLOCK)) as [string, string, string] | null;
      if (!taken || taken[0] === this.#control) return;
      const marker = { member: taken[1], score: Number(taken[2]) };
      if (!this.#settle(taken[0], marker)) this.#kept.set(taken[0], marker);
    } catch (error) {
      // a right is missing, say; of connections their own events tell
      const refused = (error as Error).name === 'ReplyError';
      if (refused && !this.#closed) this.#onError(error as Error);
      // the connection broke: a marker may have been lost with the answer, so everybody looks for themselves
      if (refused) await this.rest();
      else if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, 100));
      for (const key of keys) this.#settle(key, null);
    } finally {
      clearTimeout(watchdog);
    }
  }
}

/** Whether this BullMQ has what the hub builds on. */
export function supportsHub({ RedisQueueBackend, QueueKeys, createRedisBackend }: BullMq): boolean {
  return (
    typeof RedisQueueBackend === 'function' &&
    typeof QueueKeys === 'function' &&
    typeof createRedisBackend === 'function' &&
    typeof (RedisQueueBackend.prototype as { waitForJob?: unknown }).waitForJob === 'function'
  );
}

/**
 * BullMQ's backend factory over one connection for commands and, where there is a hub, one to wait on.
 *
 * @param root made by BullMQ itself over the shared client
 */
export function sharedBackends({ bullmq }: Connection, root: BullBackend, prefix: string, hub: Hub | undefined) {
  const queueKeys = new bullmq.QueueKeys(prefix);
  class SharedBackend extends bullmq.RedisQueueBackend {
    readonly #marker: string;

    constructor(name: string, options: object) {
      const keys = queueKeys.getKeys(name);
      super(root.connection, name, keys, (type: string) => queueKeys.toKey(name, type), options, undefined, false);
      this.#marker = keys['marker'] ?? queueKeys.toKey(name, 'marker');
    }

    /** BullMQ asks again at once, also where every answer is the same refusal, as when the memory of Redis is full. */
    override async moveToActive(...args: unknown[]): Promise<unknown> {
      try {
        return await super.moveToActive(...args);
      } catch (error) {
        if ((error as Error).name === 'ReplyError' && hub) await hub.rest();
        throw error;
      }
    }

    override waitForJob(seconds: number): Promise<Marker> {
      return hub ? hub.wait(this.#marker, seconds) : Promise.resolve(null);
    }

    disconnectBlocking(): Promise<void> {
      hub?.interrupt(this.#marker);
      return Promise.resolve();
    }

    reconnectBlocking(): Promise<void> {
      return Promise.resolve();
    }
  }
  return (name: string, options: object): BullBackend => new SharedBackend(name, options);
}
