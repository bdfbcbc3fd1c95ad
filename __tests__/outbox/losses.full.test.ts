import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { openOutbox, startOutboxWorker, type Outbox, type OutboxWorker, type OutboxWorkerOptions } from '../../lib/outbox/index.js';
import { createKeys } from '../../lib/outbox/keys.js';
import { describeWith } from '../support/require-program.js';
import { startRedis, type RedisServer } from './support/redis-server.js';
import { until } from './support/topologies.js';
import { mail, QUICK, useOutbox } from './support/use-outbox.js';

/** Only sends: it cannot look whether something was sent. */
const SENDS_ONLY = { clientId: 'c0ffee00-5a4d-4b0c-8a11-0a1b2c3d4e5f', clientSecret: 'only-sends', roles: ['Mail.Send'] };
const TOLD = /Redis has lost data it had confirmed/;

const errorsOf = (worker: OutboxWorker): string[] => {
  const errors: string[] = [];
  worker.on('error', ({ message }) => void errors.push(message));
  return errors;
};

describeWith('redis-server', 'an outbox that has lost something', (program) => {
  jest.setTimeout(2 * 60_000);
  const use = useOutbox(program, { sandbox: { mailboxes: ['noreply@contoso.com', 'b@contoso.com'] } });
  const client = () => {
    const made = new Redis(use.redis.url);
    use.defer(() => made.quit());
    return made;
  };

  it('tells FLUSHALL, sends nothing twice, goes on, and finds mailboxes that take the place of others', async () => {
    const mailer = use.mailer();
    const outbox = use.outbox();
    for (let index = 0; index < 20; index++) await mailer.sendMail(mail({ outbox: { id: `m${index}` } }));
    use.sandbox.fail({ operation: ['send', 'sendMail'], times: 20, delay: 200 });
    await outbox.counts();
    const worker = await use.worker();
    const errors = errorsOf(worker);
    await until(
      () => use.sandbox.messages.length,
      (count) => count >= 4,
    );
    const lost = expect(outbox.wait('m19')).rejects.toMatchObject({
      code: 'EMESSAGE',
      message: expect.stringContaining('Redis has lost it'),
    });
    await outbox.get('m19');
    await client().flushall();
    await lost;
    // as many mailboxes as before, and another one
    await mailer.sendMail(mail({ from: 'b@contoso.com', graph: { mailbox: 'b@contoso.com' }, outbox: { id: 'other' } }));
    expect(await outbox.wait('other')).toMatchObject({ state: 'sent' });
    await mailer.sendMail(mail({ outbox: { id: 'after' } }));
    expect(await outbox.wait('after')).toMatchObject({ state: 'sent' });
    await until(
      () => errors,
      (all) => all.some((text) => TOLD.test(text)),
    );
    const ids = use.sandbox.messages.map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(await client().hget(`${createKeys(use.prefix).prefix}:noreply@contoso.com:meta`, 'concurrency')).toBe('4');
    expect(use.sandbox.drafts).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['the list of mailboxes', ['mailboxes']],
    [
      "its index and BullMQ's list",
      ['s:queued', 'noreply@contoso.com:wait', 'noreply@contoso.com:prioritized', 'noreply@contoso.com:delayed'],
    ],
    ["its index and BullMQ's job", ['s:queued', 'noreply@contoso.com:m.m', 'noreply@contoso.com:wait']],
  ])('names what waits for ever because %s is gone, and puts it back', async (_what, names) => {
    const outbox = use.outbox();
    await use.mailer().sendMail(mail({ outbox: { id: 'm' } }));
    const { prefix } = createKeys(use.prefix);
    await client().del(...names.map((name) => `${prefix}:${name}`));
    await use.worker();
    expect(await outbox.check()).toMatchObject({ lost: ['m'], problems: ['1 messages on their way have no job.'] });
    expect(await outbox.check({ repair: true })).toMatchObject({ repaired: 1 });
    expect(await outbox.wait('m')).toMatchObject({ state: 'sent' });
    expect(use.sandbox.messages).toHaveLength(1);
  });

  it('does not count for ever what is gone', async () => {
    const outbox = use.outbox();
    for (const id of ['m', 'n']) await use.mailer().sendMail(mail({ outbox: { id } }));
    await client().del(createKeys(use.prefix).record('m'));
    const errors = errorsOf(await use.worker());
    expect(await outbox.wait('n')).toMatchObject({ state: 'sent' });
    await until(
      () => outbox.counts(),
      ({ queued }) => queued === 0,
    );
    expect(await outbox.metrics()).toMatch(/^graph_outbox_oldest\S* 0$/m);
    expect(errors.join()).toContain('the message "m" is not in Redis any more');
  });

  it('puts back nothing that was never acknowledged', async () => {
    await use.mailer().sendMail(mail({ outbox: { id: 'm' } }));
    const { prefix, record } = createKeys(use.prefix);
    // as if the app had died before the message counted
    await client().del(`${prefix}:s:queued`, `${prefix}:noreply@contoso.com:wait`, `${prefix}:noreply@contoso.com:m.m`);
    await client().hdel(record('m'), 'counts');
    expect(await use.outbox().check({ repair: true })).toMatchObject({ lost: [], repaired: 0 });
  });
});

describeWith('redis-server', 'a backup of Redis that is restored', (program) => {
  jest.setTimeout(3 * 60_000);
  let sandbox: Sandbox;
  let redis: RedisServer;
  let outbox: Outbox;
  const workers: OutboxWorker[] = [];
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.close({ force: true });
    await outbox.close();
    await Promise.all([sandbox.close(), redis.stop()]);
  });

  const work = async (more: Partial<OutboxWorkerOptions> = {}) => {
    const { mailbox: _own, ...signIn } = sandbox.options;
    const graph = { ...signIn, requestTimeout: 3000, retries: 3, maxRetryDelay: 2000 };
    const worker = await startOutboxWorker({ connection: redis.url, graph, ...QUICK, ...more });
    worker.on('error', () => undefined);
    workers.push(worker);
    return worker;
  };

  /** Three messages are queued, backed up, sent; then the backup is put in their place. */
  const restore = async (apps: object[], route: 'sendMail' | 'draft') => {
    [sandbox, redis] = await Promise.all([startSandbox({ resend: true, ...(apps.length > 0 && { apps }) } as object), startRedis(program)]);
    outbox = openOutbox({ connection: redis.url });
    const { default: nodemailer } = await import('nodemailer');
    const { outboxTransport } = await import('../../lib/outbox/index.js');
    const mailer = nodemailer.createTransport(outboxTransport({ connection: redis.url, mailbox: 'noreply@contoso.com', route }));
    for (const id of ['a', 'b', 'c']) await mailer.sendMail(mail({ outbox: { id } }));
    mailer.close();
    const aof = join(redis.folder, 'appendonlydir');
    cpSync(aof, `${aof}.backup`, { recursive: true });
    const witness = await work();
    const errors = errorsOf(witness);
    for (const id of ['a', 'b', 'c']) expect(await outbox.wait(id)).toMatchObject({ state: 'sent' });
    await redis.kill();
    rmSync(aof, { recursive: true });
    cpSync(`${aof}.backup`, aof, { recursive: true });
    return { witness, errors };
  };

  it.each(['sendMail', 'draft'] as const)(
    'sends nothing twice where it can be looked for, with workers started anew, route %s',
    async (route) => {
      const { witness } = await restore([], route);
      await witness.close({ force: true });
      await redis.start();
      await work();
      for (const id of ['a', 'b', 'c']) expect(await outbox.wait(id)).toMatchObject({ state: 'sent' });
      expect([sandbox.messages.length, sandbox.drafts]).toEqual([3, []]);
    },
  );

  it('sends nothing twice where nobody may look, as long as one worker remembers; what a person says counts', async () => {
    const { errors } = await restore([SENDS_ONLY], 'sendMail');
    await redis.start();
    for (const id of ['a', 'b', 'c']) expect(await outbox.wait(id)).toMatchObject({ state: 'ambiguous' });
    expect(sandbox.messages).toHaveLength(3);
    await until(
      () => errors,
      (all) => all.some((text) => TOLD.test(text)),
    );
    await outbox.settle('a', 'sent');
    await outbox.settle('b', 'not-sent');
    expect(await outbox.wait('b')).toMatchObject({ state: 'sent' });
    expect(sandbox.messages).toHaveLength(4);
  });

  it('sends nothing twice where nobody may look and all workers are new, once a person has said that it is a backup', async () => {
    const { witness } = await restore([SENDS_ONLY], 'sendMail');
    await witness.close({ force: true });
    await redis.start();
    await outbox.restored();
    await work();
    for (const id of ['a', 'b', 'c']) expect(await outbox.wait(id)).toMatchObject({ state: 'ambiguous' });
    expect(sandbox.messages).toHaveLength(3);
  });

  /** One message is sent; three are queued while nobody may send, backed up, and sent. */
  const sendThree = async (apps: object[], route: 'sendMail' | 'draft') => {
    [sandbox, redis] = await Promise.all([startSandbox({ resend: true, ...(apps.length > 0 && { apps }) } as object), startRedis(program)]);
    outbox = openOutbox({ connection: redis.url });
    const { default: nodemailer } = await import('nodemailer');
    const { outboxTransport } = await import('../../lib/outbox/index.js');
    const mailer = nodemailer.createTransport(outboxTransport({ connection: redis.url, mailbox: 'noreply@contoso.com', route }));
    const client = new Redis(redis.url);
    await mailer.sendMail(mail({ outbox: { id: 'first' } }));
    await work();
    await outbox.wait('first');
    await outbox.pause();
    for (const id of ['a', 'b', 'c']) await mailer.sendMail(mail({ outbox: { id } }));
    const aof = join(redis.folder, 'appendonlydir');
    cpSync(aof, `${aof}.backup`, { recursive: true });
    const backup = await Promise.all(
      (await client.keys('*')).map(async (key) => [key, Math.max(await client.pttl(key), 0), await client.dumpBuffer(key)] as const),
    );
    await outbox.resume();
    for (const id of ['a', 'b', 'c']) expect(await outbox.wait(id)).toMatchObject({ state: 'sent' });
    return { client, mailer, backup };
  };

  /** As `restore()`, into a Redis that runs on: what comes back names its very run. */
  const restoreInPlace = async (apps: object[], route: 'sendMail' | 'draft', before: () => Promise<unknown>) => {
    const { client, mailer, backup } = await sendThree(apps, route);
    await before();
    const restored = client.multi().flushall();
    for (const [key, ttl, bytes] of backup) if (bytes) restored.restore(key, ttl, bytes);
    await restored.exec();
    return { client, mailer };
  };

  it.each([
    ['a worker that ran on finds it out, nobody may look', 'sendMail', [SENDS_ONLY], 'ambiguous'],
    ['a worker that ran on finds it out', 'draft', [], 'sent'],
    ['a person says so, nobody may look', 'sendMail', [SENDS_ONLY], 'ambiguous'],
  ] as const)('sends nothing twice of one that came back into a Redis that runs on: %s', async (how, route, apps, state) => {
    const said = how.startsWith('a person');
    const stop = () => Promise.all(workers.splice(0).map((worker) => worker.close({ force: true })));
    const { client, mailer } = await restoreInPlace([...apps], route, said ? stop : () => Promise.resolve());
    if (said) {
      await outbox.restored();
      await work();
    }
    await outbox.resume();
    for (const id of ['a', 'b', 'c']) expect(await outbox.wait(id)).toMatchObject({ state });
    expect([sandbox.messages.length, sandbox.drafts]).toEqual([4, []]);
    // what is queued from now on was never sent
    await mailer.sendMail(mail({ outbox: { id: 'after' } }));
    expect(await outbox.wait('after')).toMatchObject({ state: 'sent' });
    expect(sandbox.messages).toHaveLength(5);
    mailer.close();
    await client.quit();
  });

  it('sends what was queued before anybody noticed that the Redis that was started has an older state', async () => {
    const begin = async (client: Redis) => {
      await outbox.pause();
      await redis.kill();
      const aof = join(redis.folder, 'appendonlydir');
      rmSync(aof, { recursive: true });
      cpSync(`${aof}.backup`, aof, { recursive: true });
      await redis.start();
      await until(
        () => client.status,
        (status) => status === 'ready',
      );
    };
    const { client, mailer } = await sendThree([SENDS_ONLY], 'sendMail');
    await begin(client);
    await mailer.sendMail(mail({ outbox: { id: 'new' } }));
    await client.hset(createKeys('graph-outbox').record('new'), 'queuedAt', 1);
    await outbox.resume();
    expect(await outbox.wait('new')).toMatchObject({ state: 'sent' });
    for (const id of ['a', 'b', 'c']) expect(await outbox.wait(id)).toMatchObject({ state: 'ambiguous' });
    expect(sandbox.messages).toHaveLength(5);
    mailer.close();
    await client.quit();
  });

  it('asks the mailbox although a person says that it was not sent', async () => {
    const { errors } = await restore([], 'sendMail');
    await redis.start();
    expect(errors).toEqual([]);
    for (const id of ['a', 'b', 'c']) expect(await outbox.wait(id)).toMatchObject({ state: 'sent' });
    const client = new Redis(redis.url);
    await client.hset(createKeys('graph-outbox').record('a'), 'state', 'ambiguous');
    await client.set(createKeys('graph-outbox').body('a'), 'kept');
    await client.quit();
    await outbox.settle('a', 'not-sent');
    expect(await outbox.wait('a')).toMatchObject({ state: 'sent', response: 'found in the mailbox' });
    expect(sandbox.messages).toHaveLength(3);
  });
});
