import type { Socket } from 'node:net';
import type { Client, buildConnector } from 'undici';
import type { Proxy } from './proxy.js';
import type { HttpOutcome } from '../base/http.js';
import { tunnelThrough } from './proxy-tunnel.js';

export interface ConnectionPoolOptions {
  /** What is needed of undici, which is loaded on first use. */
  undici: { Client: typeof Client; buildConnector: typeof buildConnector };
  connectionTimeout: number;
  socketTimeout: number;
  /** Connections at the same time per origin. */
  connections: number;
  ca?: string | Buffer | (string | Buffer)[] | undefined;
  proxyFor: (url: URL) => Proxy | undefined;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** One keep-alive connection. */
export interface Connection {
  readonly client: Client;
  /** Since when nothing is on the way on it. */
  idleSince: number;
  /** Milliseconds it may stay idle. */
  keepAlive: number;
  /** Ends an attempt to connect. */
  stopConnecting: (() => void) | undefined;
}

interface Lane {
  running: Set<Connection>;
  idle: Connection[];
  waiting: ((connection: Connection) => void)[];
}

/** Milliseconds a connection is kept without a request. */
export const KEEP_ALIVE = 30_000;
/** Bytes of an answer's headers, whatever the process allows others: an answer that is not read may be of a message that was sent. */
const MAX_HEADERS = 64 * 1024;
/** A request needs a moment to arrive. */
const KEEP_ALIVE_MARGIN = 1000;
/** Milliseconds without a request after which a kept connection is not used before what came on it has been read. */
const LOOK_AFTER = 100;

/**
 * Connections by origin. Whether a kept one is still good is asked of the wall clock: timers stand still while a process is frozen
 * (Lambda, a closed lid), and meanwhile every box on the way forgets the connection.
 */
export class ConnectionPool {
  readonly #lanes = new Map<string, Lane>();
  readonly #alone = new Set<Connection>();
  #last: { url: URL; origin: string } | undefined;
  /** How often everything was ended. */
  #closings = 0;
  /** Keeps TLS sessions over connections. */
  readonly #direct: buildConnector.connector;

  constructor(private readonly options: ConnectionPoolOptions) {
    const { connectionTimeout: timeout, ca, undici } = options;
    this.#direct = undici.buildConnector({ timeout, ...(ca !== undefined && { ca }) });
  }

  /**
   * Hands a connection to `use`, at once if there is one.
   *
   * @returns takes the wish back as long as it waits
   */
  take(url: URL, use: (connection: Connection) => void): (() => void) | undefined {
    const newest = this.#lanes.get(this.#originOf(url))?.idle.at(-1);
    if (!newest || this.options.now() - newest.idleSince < LOOK_AFTER) return this.#takeNow(url, use);
    // the other side may have closed it while this process was busy or frozen, and that has not been read yet
    let wanted = true;
    let takeBack: (() => void) | undefined;
    const closings = this.#closings;
    afterPoll(() => {
      if (!wanted) return;
      if (closings === this.#closings) takeBack = this.#takeNow(url, use);
      else this.#useEnded(url, use);
    });
    return () => {
      wanted = false;
      takeBack?.();
    };
  }

  #takeNow(url: URL, use: (connection: Connection) => void): (() => void) | undefined {
    const lane = this.#lane(this.#originOf(url));
    const kept = this.#takeKept(lane);
    if (!kept && lane.running.size >= this.options.connections) {
      lane.waiting.push(use);
      return () => {
        const at = lane.waiting.indexOf(use);
        if (at >= 0) lane.waiting.splice(at, 1);
      };
    }
    const connection = kept ?? this.#open(url);
    lane.running.add(connection);
    use(connection);
    return undefined;
  }

  /** For whom everything was ended meanwhile: fails as if it had been on its way. */
  #useEnded(url: URL, use: (connection: Connection) => void): void {
    const connection = this.#open(url);
    void this.#end(connection);
    use(connection);
  }

  /** Gives a connection back; one that is of no more use is ended. */
  give(url: URL, connection: Connection, outcome: HttpOutcome): void {
    const lane = this.#lane(this.#originOf(url));
    if (!lane.running.delete(connection)) return;
    // never connected: its attempt would go on, and the next request would wait for it
    if (outcome.kind === 'failure' && !outcome.sent) void this.#end(connection);
    else this.#keep(lane, connection, outcome);
    if (lane.waiting.length === 0) {
      if (lane.running.size === 0 && lane.idle.length === 0) this.#lanes.delete(this.#originOf(url));
      return;
    }
    const use = lane.waiting.shift();
    // at once: nobody could take the wish back any more
    if (use) this.#takeNow(url, use);
  }

  /** A connection of its own, ended by {@link endAlone}. */
  takeAlone(url: URL): Connection {
    const connection = this.#open(url);
    this.#alone.add(connection);
    return connection;
  }

  endAlone(connection: Connection): void {
    if (this.#alone.delete(connection)) void this.#end(connection);
  }

  /** Ends what is idle, or everything. Never rejects. */
  async close(force: boolean): Promise<void> {
    if (force) this.#closings++;
    const ending: Promise<void>[] = [];
    for (const [origin, lane] of this.#lanes) {
      ending.push(...lane.idle.splice(0).map((connection) => this.#end(connection)));
      if (force) for (const connection of lane.running) ending.push(this.#end(connection));
      if (lane.running.size === 0) this.#lanes.delete(origin);
    }
    if (force) for (const connection of this.#alone) ending.push(this.#end(connection));
    await Promise.all(ending);
  }

  /** Most requests go where the one before went, and a URL puts its origin together each time it is asked. */
  #originOf(url: URL): string {
    if (this.#last?.url !== url) this.#last = { url, origin: url.origin };
    return this.#last.origin;
  }

  #lane(origin: string): Lane {
    const known = this.#lanes.get(origin);
    if (known) return known;
    const lane: Lane = { running: new Set(), idle: [], waiting: [] };
    this.#lanes.set(origin, lane);
    return lane;
  }

  #takeKept({ idle }: Lane): Connection | undefined {
    for (let connection = idle.pop(); connection; connection = idle.pop()) {
      const age = this.options.now() - connection.idleSince;
      // a clock that was set back tells nothing
      if (age >= 0 && age < connection.keepAlive) return connection;
      void this.#end(connection);
    }
    return undefined;
  }

  #keep(lane: Lane, connection: Connection, outcome: HttpOutcome): void {
    const hint = outcome.kind === 'answer' ? /timeout=(\d+)/i.exec(outcome.headers['keep-alive'] ?? '')?.[1] : undefined;
    connection.keepAlive = hint === undefined ? KEEP_ALIVE : Math.min(KEEP_ALIVE, Number(hint) * 1000 - KEEP_ALIVE_MARGIN);
    connection.idleSince = this.options.now();
    lane.idle.push(connection);
  }

  #open(url: URL): Connection {
    const { undici, socketTimeout } = this.options;
    const connect = this.#connectorFor(url);
    const client = new undici.Client(url.origin, {
      connect: (target, callback) => {
        const stop = connect(target, (...result: Parameters<buildConnector.Callback>) => {
          connection.stopConnecting = undefined;
          callback(...result);
        });
        connection.stopConnecting = stop;
      },
      pipelining: 1,
      maxHeaderSize: MAX_HEADERS,
      headersTimeout: socketTimeout,
      bodyTimeout: socketTimeout,
      keepAliveTimeout: KEEP_ALIVE,
      keepAliveMaxTimeout: KEEP_ALIVE,
      keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN,
    });
    const connection: Connection = { client, idleSince: 0, keepAlive: KEEP_ALIVE, stopConnecting: undefined };
    // the timer was faster, or the server
    client.on('disconnect', () => {
      const lane = this.#lanes.get(url.origin);
      const at = lane?.idle.indexOf(connection) ?? -1;
      if (at < 0) return;
      lane?.idle.splice(at, 1);
      void this.#end(connection);
    });
    return connection;
  }

  #connectorFor(url: URL): (...parameters: Parameters<buildConnector.connector>) => () => void {
    const { connectionTimeout: timeout, ca, proxyFor } = this.options;
    const proxy = proxyFor(url);
    if (proxy) return tunnelThrough(proxy, { timeout, ca, secure: this.#direct });
    return (target, callback) => {
      const socket = this.#direct(target, callback) as unknown as Socket | undefined;
      return () => socket?.destroy(new Error('aborted'));
    };
  }

  #end(connection: Connection): Promise<void> {
    connection.stopConnecting?.();
    return connection.client.destroy().catch(() => undefined);
  }
}

/** Calls back once all that has come over the network by now has been read: the first turn of the loop only ends what it is at. */
function afterPoll(callback: () => void): void {
  setImmediate(() => setImmediate(callback));
}
