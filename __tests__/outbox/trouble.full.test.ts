import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { openOutbox, outboxTransport, startOutboxWorker, type OutboxStore, type OutboxWorker } from '../../lib/outbox/index.js';
import nodemailer from 'nodemailer';
import { createKeys, jobId } from '../../lib/outbox/keys.js';
import { describeWith } from '../support/require-program.js';
import { endProcesses, start } from './support/processes.js';
import { startRedis } from './support/redis-server.js';
import { until } from './support/topologies.js';
import { mail, QUICK, useOutbox } from './support/use-outbox.js';

const errorsOf = (worker: OutboxWorker): string[] => {
  const errors: string[] = [];
  worker.on('error', ({ message }) => void errors.push(message));
  return errors;
};
const refusedBy = (sending: Promise<unknown>) =>
  sending.then(
    () => undefined,
    (error: Error & { code?: string; ambiguous?: boolean }) => error,
  );

describeWith('redis-server', 'the outbox on a Redis in trouble', (program) => {
  jest.setTimeout(3 * 60_000);
  // with snapshots, so that one that fails stops all writing
  const use = useOutbox(program, { redis: { more: ['--save', '3600 1'] } });
  afterAll(endProcesses);
  const client = () => {
    const made = new Redis(use.redis.url);
    made.on('error', () => undefined);
    use.defer(() => made.disconnect());
    return made;
  };
  const configure = (name: string, value: string) => client().config('SET', name, value);
  afterEach(async () => {
    const redis = new Redis(use.redis.url);
    await redis.config('SET', 'maxmemory', '0');
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.quit();
  });
  const ids = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`);
  const subjects = () => use.sandbox.messages.map(({ subject }) => subject).sort();

  it('refuses messages, and holds those that wait, from when it may evict until it may not', async () => {
    const worker = await use.worker();
    const errors = errorsOf(worker);
    const mailer = use.mailer();
    await mailer.sendMail(mail({ outbox: { id: 'before' } }));
    await use.outbox().wait('before');
    await configure('maxmemory-policy', 'allkeys-lru');
    await until(
      () => errors,
      (all) => all.some((text) => text.includes('maxmemory-policy allkeys-lru')),
    );
    expect(await refusedBy(use.mailer().sendMail(mail()))).toMatchObject({ code: 'ECONFIG', ambiguous: false });
    // an app that runs asks now and then
    await until(
      () => refusedBy(mailer.sendMail(mail({ outbox: { id: 'asked' } }))),
      (error) => error?.code === 'ECONFIG',
    );
    expect(use.sandbox.messages).toHaveLength(1);
    await configure('maxmemory-policy', 'noeviction');
    expect(await use.outbox().wait('asked')).toMatchObject({ state: 'sent' });
    expect(use.sandbox.messages).toHaveLength(2);
  });

  it.each<[string, (on: boolean) => Promise<unknown>, RegExp, RegExp]>([
    ['memory', (on) => configure('maxmemory', on ? '1mb' : '0'), /its memory is full\. Give Redis more memory/, /^OOM/],
    [
      'disk',
      async (on) => {
        // a snapshot cannot be written over a folder
        const snapshot = join(use.redis.folder, 'dump.rdb');
        rmSync(snapshot, { recursive: true, force: true });
        if (on) mkdirSync(join(snapshot, 'full'), { recursive: true });
        await client().bgsave();
        await until(
          async () => String(await client().info('persistence')),
          (info) => info.includes(`rdb_last_bgsave_status:${on ? 'err' : 'ok'}`) && info.includes('rdb_bgsave_in_progress:0'),
        );
      },
      /it cannot write to its disk \(MISCONF.*\)\. Make room/,
      /^MISCONF/,
    ],
  ])(
    'says what Redis refuses for want of %s and that nothing was queued; sends each once afterwards, and is not noisy',
    async (_what, set, said, told) => {
      const outbox = use.outbox();
      const mailer = use.mailer();
      const worker = await use.worker();
      const errors = errorsOf(worker);
      use.sandbox.fail({ operation: ['send', 'sendMail'], times: Infinity, delay: 200 });
      for (const id of ids(12)) await mailer.sendMail(mail({ subject: id, outbox: { id } }));
      await set(true);
      const error = await refusedBy(mailer.sendMail(mail({ outbox: { id: 'refused' } })));
      expect(error).toMatchObject({ code: 'ECONNECTION', ambiguous: false, message: expect.stringMatching(said) });
      await until(
        () => errors,
        (all) => all.some((text) => told.test(text)),
      );
      await new Promise((resolve) => setTimeout(resolve, 4000));
      const sent = use.sandbox.messages.length;
      expect(sent).toBeLessThan(12);
      expect(errors.filter((text) => told.test(text)).length).toBeLessThan(30);
      await set(false);
      for (const id of ids(12)) expect(await outbox.wait(id, { timeout: 90_000 })).toMatchObject({ state: 'sent' });
      expect(subjects()).toEqual(ids(12).sort());
      expect(await outbox.get('refused')).toBeUndefined();
      expect(use.sandbox.drafts).toEqual([]);
    },
  );

  it('tells which right a worker lacks, and works all the same', async () => {
    await client().acl('SETUSER', 'noblock', 'on', '>right', '~*', '&*', '+@all', '-bzpopmin');
    const worker = await use.worker({ connection: use.redis.url.replace('//', '//noblock:right@') });
    const errors = errorsOf(worker);
    await use.mailer().sendMail(mail({ outbox: { id: 'm' } }));
    expect(await use.outbox().wait('m')).toMatchObject({ state: 'sent' });
    await until(
      () => errors,
      (all) => all.some((text) => /NOPERM.*bzpopmin/i.test(text)),
    );
  });

  it.each([
    ['ahead', 3 * 3_600_000],
    ['behind', -3 * 3_600_000],
  ])('sends at once, and lets nothing expire, what comes from an app whose clock is %s by hours', async (_where, clock) => {
    await use.worker();
    const outbox = use.outbox();
    const transport = { ...use.connection, mailbox: 'noreply@contoso.com', expires: 60_000, keep: 60_000 };
    const large = mail({ outbox: { id: 'large' }, files: [3_300_000] });
    const app = start({ role: 'app', transport, clock, mails: [mail({ outbox: { id: 'now' } }), large] });
    await app.hear(({ done }) => done === true);
    expect(app.told.filter(({ error }) => error)).toEqual([]);
    for (const id of ['now', 'large']) {
      const { state, sendAt, queuedAt } = await outbox.wait(id);
      expect([id, state, Number(sendAt)]).toEqual([id, 'sent', Number(queuedAt)]);
    }
    expect(use.sandbox.messages).toHaveLength(2);
  });

  it.each([
    ['ahead', 3 * 3_600_000, 1500],
    ['behind', -3 * 3_600_000, undefined],
  ])('sends each once, none before its time and none as expired, from a worker whose clock is %s by hours', async (_where, clock, wait) => {
    const worker = start({ role: 'worker', worker: { ...use.connection, graph: use.graph, ...QUICK }, clock });
    await worker.hear(({ ready }) => ready === true);
    use.sandbox.fail({ operation: ['createDraft', 'sendMail'], status: 503 });
    const mailer = use.mailer({ expires: 60_000 });
    const sendAt = wait === undefined ? undefined : Date.now() + wait;
    await mailer.sendMail(mail({ outbox: { id: 'now' } }));
    await mailer.sendMail(mail({ outbox: { id: 'later', ...(sendAt !== undefined && { sendAt }) } }));
    const outbox = use.outbox();
    expect(await outbox.wait('now')).toMatchObject({ state: 'sent' });
    const { state, endedAt } = await outbox.wait('later');
    expect([state, Number(endedAt) >= (sendAt ?? 0)]).toEqual(['sent', true]);
    expect(use.sandbox.messages).toHaveLength(2);
    worker.kill();
  });

  it('a message is due when it says, however long its files take', async () => {
    const sendAt = Date.now() + 3_600_000;
    const store: OutboxStore = {
      async put(_ref, content) {
        for await (const _piece of content);
        await new Promise((resolve) => setTimeout(resolve, 1500));
      },
      get: () => Promise.reject(new Error('nobody asks')),
      delete: () => Promise.resolve(),
    };
    const attachments = [{ filename: 'a.bin', content: Buffer.alloc(11 * 1024 * 1024, 'x') }];
    await use.mailer({ route: 'draft', store }).sendMail(mail({ attachments, outbox: { id: 'm', sendAt } }));
    const { prefix } = createKeys(use.prefix);
    const job = await client().hgetall(`${prefix}:noreply@contoso.com:${jobId('m')}`);
    expect(Number(job['timestamp']) + Number(job['delay']) - sendAt).toBeLessThan(1000);
  });

  it('is not late for 5,000 messages at once, although each may take a second only', async () => {
    const mailer = use.mailer({ timeout: 1000 });
    const told = await Promise.all(ids(5000).map((id) => refusedBy(mailer.sendMail(mail({ outbox: { id } })))));
    expect(told.filter((error) => error !== undefined)).toEqual([]);
    expect(await use.outbox().counts()).toMatchObject({ queued: 5000 });
  });
});

describeWith('redis-server', 'a worker with more messages than it delivers at a time', (program) => {
  jest.setTimeout(60_000);
  const mailboxes = Array.from({ length: 120 }, (_, index) => `box${index}@contoso.com`);
  const use = useOutbox(program, { sandbox: { mailboxes } });

  it('hands back what waits for its turn when it is closed', async () => {
    let begun = 0;
    use.sandbox.fail({ operation: 'sendMail', times: Infinity, delay: 2000, match: () => (begun++, true) });
    const mailer = use.mailer({ route: 'sendMail' });
    await Promise.all(mailboxes.map((mailbox) => mailer.sendMail(mail({ from: mailbox, graph: { mailbox } }))));
    const worker = await use.worker();
    await until(
      () => begun,
      (count) => count === 100,
    );
    await worker.close();
    expect(await use.outbox().counts()).toMatchObject({ sent: 100, sending: 0, queued: 20 });
    use.sandbox.clear();
    await use.worker();
    await until(
      () => use.outbox().counts(),
      ({ sent }) => sent === 120,
    );
  });
});

describeWith('redis-server', 'a worker that is to end while Redis is gone', (program) => {
  jest.setTimeout(60_000);
  const use = useOutbox(program);

  it.each([[false], [true]])('ends; what was on its way is found out later (force: %s)', async (force) => {
    const redis = await startRedis(program);
    use.defer(() => redis.stop());
    const worker = await startOutboxWorker({ connection: redis.url, graph: use.graph, ...QUICK });
    worker.on('error', () => undefined);
    const mailer = nodemailer.createTransport(outboxTransport({ connection: redis.url, mailbox: 'noreply@contoso.com' }));
    const reached = new Promise<void>((resolve) =>
      use.sandbox.fail({ operation: ['send', 'sendMail'], delay: 500, match: () => (resolve(), true) }),
    );
    await mailer.sendMail(mail({ outbox: { id: 'm' } }));
    await reached;
    await redis.kill();
    const refused = await refusedBy(mailer.sendMail(mail()));
    expect(refused).toMatchObject({ code: 'ECONNECTION', message: expect.stringContaining(`ECONNREFUSED 127.0.0.1:${redis.port}`) });
    mailer.close();
    await worker.close({ force });
    await redis.start();
    const next = await startOutboxWorker({ connection: redis.url, graph: use.graph, ...QUICK });
    next.on('error', () => undefined);
    const outbox = openOutbox({ connection: redis.url });
    expect(await outbox.wait('m')).toMatchObject({ state: 'sent' });
    expect(use.sandbox.messages).toHaveLength(1);
    expect(use.sandbox.drafts).toEqual([]);
    await Promise.all([outbox.close(), next.close()]);
  });
});
