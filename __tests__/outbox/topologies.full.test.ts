import { Cluster } from 'ioredis';
import nodemailer from 'nodemailer';
import { openOutbox, outboxTransport, startOutboxWorker, type OutboxMessage, type OutboxWorkerOptions } from '../../lib/outbox/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { describeWith } from '../support/require-program.js';
import { mailOf } from './support/kill-case.js';
import { withFiles } from './support/mails.js';
import { endProcesses, start } from './support/processes.js';
import type { RedisServer } from './support/redis-server.js';
import { ask, startCluster, startReplicated, until, type Replicated } from './support/topologies.js';
import { QUICK, QUICK_GRAPH } from './support/use-outbox.js';

const mailboxes = Array.from({ length: 12 }, (_, index) => `box${index}@contoso.com`);
const wayOf = (index: number) => (['draft', 'sendMail', 'upload'] as const)[index % 3] ?? 'draft';
const mails = (count: number, name = 'm') =>
  Array.from({ length: count }, (_, index) => mailOf(wayOf(index), `${name}${index}`, mailboxes[index % mailboxes.length] as string));

describeWith('redis-server', 'more than one Redis server', (program) => {
  jest.setTimeout(4 * 60_000);
  let sandbox: Sandbox;
  const closers: (() => unknown)[] = [];
  beforeEach(async () => {
    sandbox = await startSandbox({ mailboxes, resend: true });
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await endProcesses();
    await sandbox.close();
  });

  const workerOptions = (more: Pick<OutboxWorkerOptions, 'connection'> & Partial<OutboxWorkerOptions>): OutboxWorkerOptions => {
    const { mailbox: _own, ...signIn } = sandbox.options;
    return { prefix: 'several', graph: { ...signIn, ...QUICK_GRAPH, requestTimeout: 1500 }, ...QUICK, lockDuration: 1500, ...more };
  };
  /** What became of the messages: every one delivered once, and but by route sendMail sure to be so. */
  const judge = async (connection: object, ids: string[]) => {
    const outbox = openOutbox({ connection, prefix: 'several' });
    closers.push(() => outbox.close());
    const ended = ({ state }: OutboxMessage) => state !== 'queued' && state !== 'sending';
    const ends = await Promise.all(ids.map((id) => until(async () => (await outbox.get(id)) as OutboxMessage, ended)));
    const delivered = (messageId: string) => sandbox.messages.filter((message) => message.messageId === messageId).length;
    const wrong = ends.filter(({ state, route, messageId }) => {
      const times = delivered(messageId);
      return !((state === 'sent' && times === 1) || (state === 'ambiguous' && route === 'sendMail' && times <= 1));
    });
    expect(wrong).toEqual([]);
    // one who has lost a message tidies up after it hears so
    await until(
      () => sandbox.drafts.length,
      (left) => left === 0,
    );
    return ends;
  };

  describe('a cluster', () => {
    let nodes: RedisServer[];
    beforeAll(async () => {
      nodes = await startCluster(program);
    });
    afterAll(() => Promise.all(nodes.map((node) => node.stop())));
    const ports = () => nodes.map(({ port }) => port);
    const cluster = () => {
      const client = new Cluster(ports(), { redisOptions: { maxRetriesPerRequest: null }, clusterRetryStrategy: () => 200 });
      client.on('error', () => undefined);
      closers.push(() => client.disconnect());
      return client;
    };

    it('keeps everything of an outbox on one of its servers, and loses and doubles nothing when that one dies', async () => {
      const connection = cluster();
      const transport = outboxTransport({ connection, prefix: 'several' });
      closers.push(() => transport.close());
      const mailer = nodemailer.createTransport(transport);
      expect(await mailer.verify()).toBe(true);
      const all = mails(30);
      const ids = all.map((_, index) => `m${index}`);
      await Promise.all(all.map((one) => mailer.sendMail(withFiles(one))));
      const sizes = await Promise.all(ports().map((port) => ask(port, 'DBSIZE')));
      expect(sizes.filter((size) => Number(size) > 0)).toHaveLength(1);
      const [owner] = nodes.filter((_, index) => Number(sizes[index]) > 0) as [RedisServer];

      const { connection: _none, ...options } = workerOptions({ connection });
      const workers = [0, 1].map(() => start({ role: 'worker', cluster: ports(), worker: options as OutboxWorkerOptions }));
      await until(
        () => sandbox.messages.length,
        (count) => count >= 5,
      );
      workers[0]?.kill();
      await owner.kill();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await owner.start();
      const ends = await judge(connection, ids);
      expect(ends.filter(({ state }) => state === 'sent').length).toBeGreaterThanOrEqual(20);
      expect(await openOutbox({ connection, prefix: 'several' }).check()).toMatchObject({ lost: [] });
    });

    it('is refused where its client is none of a cluster, or a name would scatter its keys', async () => {
      const [node] = nodes as [RedisServer];
      const message = expect.stringMatching(/node of a cluster.*new Redis\.Cluster/) as string;
      const refused = { code: 'ECONFIG', message, ambiguous: false };
      const mailer = nodemailer.createTransport(outboxTransport({ connection: node.url, prefix: 'several' }));
      await expect(mailer.verify()).rejects.toMatchObject(refused);
      await expect(mailer.sendMail(mails(1)[0] as object)).rejects.toMatchObject(refused);
      mailer.close();
      await expect(startOutboxWorker(workerOptions({ connection: node.url }))).rejects.toMatchObject(refused);
      const results = startOutboxWorker(workerOptions({ connection: cluster(), results: 'mail-ends' }));
      await expect(results).rejects.toMatchObject({
        code: 'ECONFIG',
        message: expect.stringMatching(/hash tag.*\{mail-ends\}.*'mail-ends'/),
      });
      const worker = await startOutboxWorker(workerOptions({ connection: cluster(), prefix: 'tagged', results: '{mail-ends}' }));
      closers.push(() => worker.close({ force: true }));
      const ended = new Promise((resolve) => void worker.once('sent', resolve));
      const transport = outboxTransport({ connection: cluster(), prefix: 'tagged' });
      closers.push(() => transport.close());
      await nodemailer.createTransport(transport).sendMail(mailOf('draft', 'tagged', mailboxes[0] as string));
      await ended;
      await until(
        async () => (await cluster().keys('bull:{mail-ends}:*')).length,
        (count) => count > 0,
      );
    });
  });

  describe('a replica that takes over', () => {
    let servers: Replicated;
    beforeEach(async () => {
      servers = await startReplicated(program);
    });
    afterEach(() => servers.stop());

    it('loses nothing it was waited for, and nothing is sent twice', async () => {
      const { connection, primary } = servers;
      const certain = { connection, prefix: 'several', replicas: 1 };
      const all = mails(60);
      const workers = [0, 1].map(() => start({ role: 'worker', worker: workerOptions(certain) }));
      const app = start({ role: 'app', transport: { ...certain, timeout: 8000 }, mails: all, atATime: 6, insist: true });
      await until(
        () => app.told.filter(({ acked }) => acked).length,
        (count) => count >= 25,
      );
      await primary.kill();
      await servers.promoted();
      // what comes back follows the new one: then there are two again, and what was refused goes on
      await primary.start();
      await app.hear((told) => told.done === true);
      const ids = app.told.flatMap(({ acked }) => acked ?? []);
      expect(new Set(ids).size).toBe(60);
      await judge(connection, ids);
      for (const worker of workers) worker.kill();
    });

    it('that was not told of what was sent looks for it first', async () => {
      const { connection, primary, way } = servers;
      const transport = outboxTransport({ connection, prefix: 'several' });
      const mailer = nodemailer.createTransport(transport);
      for (const one of mails(12)) await mailer.sendMail(withFiles(one));
      transport.close();
      const ids = mails(12).map((_, index) => `m${index}`);
      await servers.inStep();
      way.silence();
      const first = start({ role: 'worker', worker: workerOptions({ connection }) });
      await until(
        () => sandbox.messages.length,
        (count) => count >= 6,
      );
      // all at once: who lives on must not write down what it knows
      first.kill();
      await primary.kill();
      await servers.promoted();
      const forgotten = await ask(servers.replica.port, 'ZCARD', '{several}:s:queued');
      expect(forgotten).toBe(12);
      const before = sandbox.messages.length;
      start({ role: 'worker', worker: workerOptions({ connection }) });
      const ends = await judge(connection, ids);
      expect(ends.map(({ state }) => state)).toEqual(ids.map(() => 'sent'));
      expect(before).toBeGreaterThanOrEqual(6);
      expect(sandbox.messages).toHaveLength(12);
      // nothing of it is left of the server that died
      await servers.primary.start();
    });

    it('is no place to write to', async () => {
      const { replica } = servers;
      const mailer = nodemailer.createTransport(outboxTransport({ connection: replica.url, prefix: 'several' }));
      await expect(mailer.verify()).rejects.toMatchObject({ code: 'ECONFIG', message: expect.stringContaining('read-only replica') });
      mailer.close();
    });
  });
});
