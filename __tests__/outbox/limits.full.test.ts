import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import nodemailer from 'nodemailer';
import { openOutbox, outboxTransport, type OutboxWorkerOptions } from '../../lib/outbox/index.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { describeWith } from '../support/require-program.js';
import { endProcesses, start, type Process } from './support/processes.js';
import { startRedis, type RedisServer } from './support/redis-server.js';
import { mail, QUICK, QUICK_GRAPH } from './support/use-outbox.js';

const MEGABYTE = 1024 * 1024;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// these count within windows of time, which a busy machine stretches; a limit that does not hold fails twice
jest.retryTimes(1, { logErrorsBeforeRetry: true });

describeWith('redis-server', 'limits of the outbox over several processes', (program) => {
  jest.setTimeout(3 * 60_000);
  let redis: RedisServer;
  let sandbox: Sandbox;
  let used = 0;
  beforeAll(async () => {
    redis = await startRedis(program);
  });
  afterEach(async () => {
    await endProcesses();
    await sandbox.close();
  });
  afterAll(() => redis.stop());

  const begin = async (options: SandboxOptions = {}) => {
    sandbox = await startSandbox(options);
    const connection = { connection: redis.url, prefix: `limits-${++used}` };
    const { mailbox: _own, ...signIn } = sandbox.options;
    const worker: OutboxWorkerOptions = { ...connection, graph: { ...signIn, ...QUICK_GRAPH }, ...QUICK };
    return { connection, worker };
  };
  const queue = async (connection: { connection: string; prefix: string }, mails: object[]) => {
    const transport = outboxTransport(connection);
    const mailer = nodemailer.createTransport(transport);
    await Promise.all(mails.map((one) => mailer.sendMail(one)));
    transport.close();
  };
  const all = async (connection: { connection: string; prefix: string }, ids: string[]) => {
    const outbox = openOutbox(connection);
    const ends = await Promise.all(ids.map((id) => outbox.wait(id, { timeout: 120_000 })));
    await outbox.close();
    return ends.map(({ state }) => state);
  };
  const memory = async (of: Process) => {
    const answer = of.hear((told) => told.rss !== undefined);
    of.child.send('memory');
    const told = (await answer) ?? {};
    of.told.length = 0;
    return { rss: (told.rss ?? 0) / MEGABYTE, peak: (told.peak ?? 0) / MEGABYTE };
  };

  it('sends no more per window than "rateLimit" says, over three processes', async () => {
    const { connection, worker } = await begin();
    const ids = Array.from({ length: 40 }, (_, index) => `m${index}`);
    await queue(
      connection,
      ids.map((id) => mail({ outbox: { id }, graph: { route: 'sendMail' } })),
    );
    const [limit, delta] = [10, 3000];
    for (let index = 0; index < 3; index++) start({ role: 'worker', worker: { ...worker, rateLimit: limit, rateDelta: delta } });
    expect(new Set(await all(connection, ids))).toEqual(new Set(['sent']));
    const times = sandbox.messages.map(({ acceptedAt }) => acceptedAt.getTime());
    // as seen from the other side of the wire, where requests arrive a little sooner or later
    const most = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + delta - 1200).length));
    expect(most).toBeLessThanOrEqual(limit + 1);
    expect(Number(times.at(-1)) - Number(times[0])).toBeGreaterThan(2.5 * delta);
  });

  it('holds one mailbox in all processes for a Retry-After, and no other', async () => {
    const { connection, worker } = await begin();
    const ids = Array.from({ length: 20 }, (_, index) => `m${index}`);
    const others = Array.from({ length: 20 }, (_, index) => `o${index}`);
    await queue(connection, [
      ...ids.map((id) => mail({ outbox: { id }, graph: { route: 'sendMail' } })),
      ...others.map((id) => mail({ from: 'alerts@contoso.com', outbox: { id }, graph: { route: 'sendMail' } })),
    ]);
    let struck = 0;
    sandbox.fail({
      operation: 'sendMail',
      mailbox: 'noreply@contoso.com',
      status: 429,
      headers: { 'retry-after': '4' },
      match: () => {
        struck = Date.now();
        return true;
      },
    });
    for (let index = 0; index < 3; index++) start({ role: 'worker', worker });
    expect(new Set(await all(connection, [...ids, ...others]))).toEqual(new Set(['sent']));
    const during = (box: string) =>
      sandbox.requests.filter(
        ({ mailbox, operation, startedAt }) =>
          mailbox === box && operation === 'sendMail' && startedAt.getTime() > struck + 1000 && startedAt.getTime() < struck + 3800,
      );
    expect(during('noreply@contoso.com').map(({ startedAt }) => startedAt.getTime() - struck)).toEqual([]);
    expect(sandbox.messages).toHaveLength(40);
  });

  it('serves 1,000 mailboxes over at most 3 connections a process, in little memory, and idle in little time', async () => {
    const mailboxes = Array.from({ length: 1000 }, (_, index) => `box${index}@contoso.com`);
    const { connection, worker } = await begin({ mailboxes, keepContent: false });
    const client = new Redis(redis.url);
    await queue(connection, [mail({ from: mailboxes[0], outbox: { id: 'first' } })]);
    const process = start({ role: 'worker', worker: { ...worker, lockDuration: 30_000 } });
    await all(connection, ['first']);
    const before = await memory(process);
    const sendAt = new Date(Date.now() + 3_600_000);
    await queue(
      connection,
      mailboxes.map((mailbox, index) => mail({ from: mailbox, outbox: { id: `later${index}`, sendAt }, graph: { route: 'sendMail' } })),
    );
    // it knows all of them: the last one is served, too
    await queue(connection, [mail({ from: mailboxes.at(-1), outbox: { id: 'last' } })]);
    expect(await all(connection, ['last'])).toEqual(['sent']);
    await sleep(2000);
    const clients = String(await client.client('LIST'))
      .trim()
      .split('\n');
    // less this one
    expect(clients.length - 1).toBeLessThanOrEqual(3);
    const { rss } = await memory(process);
    expect(rss - before.rss).toBeLessThan(60);
    // in commands, which do not depend on the machine: about 1,900 a second were measured, 1 to 3 % of a core of Redis
    const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))?.[1]);
    const from = await commands();
    await sleep(10_000);
    expect((await commands()) - from).toBeLessThan(30_000);
    await client.quit();
  });

  it('carries 150 MB through a store in bounded memory on both sides, and refuses them without one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'graph-outbox-store-'));
    try {
      const { connection, worker } = await begin({ keepContent: false, maxMessageSize: 200 * MEGABYTE });
      const files = [150 * MEGABYTE];
      const small = mail({ outbox: { id: 'small' } });
      const app = start({ role: 'app', transport: connection, store: folder, mails: [small, mail({ files, outbox: { id: 'large' } })] });
      await app.hear((told) => told.acked === 'small');
      const [appBefore] = [await memory(app)];
      await app.hear((told) => told.acked === 'large');
      const appAfter = await memory(app);
      expect(readdirSync(folder)).toHaveLength(1);
      const delivering = start({ role: 'worker', worker: { ...worker, lockDuration: 10_000 }, store: folder });
      await all(connection, ['small']);
      const workerBefore = await memory(delivering);
      expect(await all(connection, ['large'])).toEqual(['sent']);
      const workerAfter = await memory(delivering);
      expect(sandbox.messages.find(({ attachments }) => attachments.length > 0)?.attachments[0]?.name).toBe('file-0.bin');
      expect(readdirSync(folder)).toEqual([]);
      expect(appAfter.peak - appBefore.rss).toBeLessThan(60);
      expect(workerAfter.peak - workerBefore.rss).toBeLessThan(60);

      const without = start({ role: 'app', transport: connection, mails: [mail({ files, outbox: { id: 'refused' } })] });
      expect((await without.hear((told) => told.error !== undefined))?.error).toMatchObject({
        code: 'EMESSAGE',
        ambiguous: false,
        message: expect.stringContaining('"store"'),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
