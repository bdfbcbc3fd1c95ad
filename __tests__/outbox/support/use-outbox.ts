import nodemailer from 'nodemailer';
import {
  openOutbox,
  outboxTransport,
  startOutboxWorker,
  type Outbox,
  type OutboxOptions,
  type OutboxTransport,
  type OutboxTransportOptions,
  type OutboxWorker,
  type OutboxWorkerOptions,
} from '../../../lib/outbox/index.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../../lib/sandbox/index.js';
import { startRedis, type RedisServer, type RedisServerOptions } from './redis-server.js';

/** Short times, so that tests of what takes minutes take seconds. */
export const QUICK = { lockDuration: 2000, settleTime: 3000, sentCopyDelay: 300, holdDelay: 300 } as const;
export const QUICK_GRAPH = { requestTimeout: 3000, retries: 3, maxRetryDelay: 2000 } as const;

/** A Redis server, a sandbox, and what works on them; each test has messages of its own. */
export function useOutbox(program: string, options: { redis?: RedisServerOptions; sandbox?: SandboxOptions } = {}) {
  let redis: RedisServer;
  let sandbox: Sandbox;
  let prefix = 'test';
  let count = 0;
  const closers: (() => unknown)[] = [];

  beforeAll(async () => {
    [redis, sandbox] = await Promise.all([startRedis(program, options.redis), startSandbox(options.sandbox)]);
  });
  beforeEach(() => {
    prefix = `test-${++count}`;
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    sandbox.clear();
  });
  afterAll(async () => {
    await sandbox?.close();
    await redis?.stop();
  });

  return {
    get redis() {
      return redis;
    },
    get sandbox() {
      return sandbox;
    },
    get prefix() {
      return prefix;
    },
    get connection() {
      return { connection: redis.url, prefix };
    },
    /** What a worker needs to reach the sandbox. */
    get graph() {
      const { mailbox: _mailbox, ...signIn } = sandbox.options;
      return { ...signIn, ...QUICK_GRAPH };
    },
    transport(overrides: Partial<OutboxTransportOptions> = {}): OutboxTransport {
      const transport = outboxTransport({ connection: redis.url, prefix, mailbox: sandbox.options.mailbox, ...overrides });
      closers.push(() => transport.close());
      return transport;
    },
    mailer(overrides: Partial<OutboxTransportOptions> = {}) {
      return nodemailer.createTransport(this.transport(overrides));
    },
    async worker(overrides: Partial<OutboxWorkerOptions> = {}): Promise<OutboxWorker> {
      const worker = await startOutboxWorker({ connection: redis.url, prefix, graph: this.graph, ...QUICK, ...overrides });
      worker.on('error', () => undefined);
      closers.push(() => worker.close({ force: true }));
      return worker;
    },
    outbox(overrides: Partial<OutboxOptions> = {}): Outbox {
      const outbox = openOutbox({ connection: redis.url, prefix, ...overrides });
      closers.push(() => outbox.close());
      return outbox;
    },
    defer(close: () => unknown) {
      closers.push(close);
    },
  };
}

export const mail = (more: object = {}) => ({
  from: 'noreply@contoso.com',
  to: 'reader@example.com',
  subject: 'Invoice',
  text: 'As agreed.',
  ...more,
});
