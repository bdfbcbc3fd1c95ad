import { redisPieces } from './blob-store.js';
import type { BlobSources } from './stored-message.js';
import { sharedBackends, supportsHub, type Hub } from './hub.js';
import { createKeys, queueName, type Keys } from './keys.js';
import type { OutboxSettings } from './options.js';
import { createRecords, type Records } from './record.js';
import { connect, type BullBackend, type BullQueue, type Connection } from './redis.js';

/** A connected outbox: what app, workers and people work on. */
export interface Line {
  readonly connection: Connection;
  readonly keys: Keys;
  readonly records: Records;
  readonly blobs: BlobSources;
  /** BullMQ's queue by its name; one object each. */
  queue(name: string): BullQueue;
  /** Name of a mailbox's queue. */
  queueOf(mailbox: string): string;
  /** A mailbox as it is kept in Redis to be shown. */
  sealMailbox(mailbox: string): Buffer;
  openMailbox(bytes: Buffer, queue: string): string;
  /** Queues and their mailboxes. */
  mailboxes(): Promise<Map<string, string>>;
  /** BullMQ's factory of backends, with one connection to wait on if there is a hub; `undefined` where this BullMQ has another form. */
  backends(hub?: Hub): ((name: string, options: object) => BullBackend) | undefined;
  close(): Promise<void>;
}

export interface LineOptions {
  maxRetriesPerRequest: number | null;
  onError: (error: Error) => void;
}

export async function openLine(settings: OutboxSettings, options: LineOptions): Promise<Line> {
  const { seal, store, telemetry } = settings;
  const connection = await connect(settings.connection, options);
  const keys = createKeys(settings.prefix);
  const { client, bullmq } = connection;
  const queues = new Map<string, BullQueue>();
  let root: BullBackend | undefined;

  const rootBackend = (): BullBackend => {
    if (!root) {
      root = bullmq.createRedisBackend('outbox', { connection: client, prefix: keys.prefix });
      // without a listener a lost connection would end the process; the client's own errors are told already
      root.on('error', () => undefined);
    }
    return root;
  };
  const backends = (hub?: Hub) => (supportsHub(bullmq) ? sharedBackends(connection, rootBackend(), keys.prefix, hub) : undefined);

  const openMailbox = (bytes: Buffer, queue: string): string => {
    try {
      return seal.open(bytes, 'mailbox').toString('utf8');
    } catch {
      // without the key there is only the queue's name
      return queue;
    }
  };

  return {
    connection,
    keys,
    records: createRecords(connection, keys),
    blobs: { seal, store, redis: redisPieces(connection, keys) },
    queue(name) {
      let queue = queues.get(name);
      if (!queue) {
        // the workers' business: another writer would reset what they have set
        const shared = { connection: client, prefix: keys.prefix, skipMetasUpdate: true, ...(telemetry && { telemetry }) };
        queue = new bullmq.Queue(name, shared, backends());
        queue.on('error', () => undefined);
        queues.set(name, queue);
      }
      return queue;
    },
    queueOf: (mailbox) => queueName(mailbox, !seal.encrypts),
    sealMailbox: (mailbox) => seal.close(Buffer.from(mailbox), 'mailbox'),
    openMailbox,
    async mailboxes() {
      const flat = (await client.callBuffer('HGETALL', keys.mailboxes)) as Buffer[];
      const names = new Map<string, string>();
      for (let at = 0; at + 1 < flat.length; at += 2) {
        const queue = String(flat[at]);
        // nothing BullMQ takes as a name, and so none of this package's
        if (queue === '' || queue.includes(':')) continue;
        names.set(queue, openMailbox(flat[at + 1] as Buffer, queue));
      }
      return names;
    },
    backends,
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close().catch(() => undefined)));
      // it listens to a client that may be the app's
      await root?.close().catch(() => undefined);
      await connection.close();
    },
  };
}
