import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { openOutbox, outboxTransport, startOutboxWorker, type OutboxWorkerOptions } from '../../lib/outbox/index.js';
import nodemailer from 'nodemailer';
import { describeWith } from '../support/require-program.js';
import { mailOf, type Way } from './support/kill-case.js';
import { withFiles } from './support/mails.js';
import { endProcesses, start } from './support/processes.js';
import { startProxy } from './support/proxy.js';
import { startRedis, type RedisServer } from './support/redis-server.js';
import { mail, QUICK, QUICK_GRAPH } from './support/use-outbox.js';

const WAYS: Way[] = ['sendMail', 'draft', 'upload'];
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describeWith('redis-server', 'the outbox in adversity', (program) => {
  jest.setTimeout(3 * 60_000);
  const mailboxes = Array.from({ length: 60 }, (_, index) => `box${index}@contoso.com`);
  let sandbox: Sandbox;
  let redis: RedisServer;
  let used = 0;
  const closers: (() => unknown)[] = [];
  beforeEach(async () => {
    [sandbox, redis] = await Promise.all([startSandbox({ mailboxes, resend: true }), startRedis(program)]);
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    await endProcesses();
    await Promise.all([sandbox.close(), redis.stop()]);
  });

  const prefix = () => `case-${++used}`;
  const workerOptions = (name: string, more: Partial<OutboxWorkerOptions> = {}): OutboxWorkerOptions => {
    const { mailbox: _own, ...signIn } = sandbox.options;
    return {
      connection: redis.url,
      prefix: name,
      graph: { ...signIn, ...QUICK_GRAPH, requestTimeout: 1500 },
      ...QUICK,
      lockDuration: 1500,
      ...more,
    };
  };
  const queue = async (name: string, ...mails: object[]) => {
    const transport = outboxTransport({ connection: redis.url, prefix: name });
    const mailer = nodemailer.createTransport(transport);
    for (const one of mails) await mailer.sendMail(withFiles(one));
    transport.close();
  };
  const work = async (options: OutboxWorkerOptions) => {
    const worker = await startOutboxWorker(options);
    worker.on('error', () => undefined);
    closers.push(() => worker.close({ force: true }));
    return worker;
  };
  const look = (name: string) => {
    const outbox = openOutbox({ connection: redis.url, prefix: name });
    closers.push(() => outbox.close());
    return outbox;
  };
  const delivered = (mailbox: string) => sandbox.messages.filter((message) => message.mailbox === mailbox).length;

  it.each(['sendMail', 'draft'] as const)('sends nothing twice when Redis has lost its last second, by route %s', async (way) => {
    const name = prefix();
    const boxes = mailboxes.slice(0, 20);
    await queue(name, ...boxes.map((mailbox, index) => mailOf(way, `m${index}`, mailbox)));
    await sleep(1200);
    const before = redis.aofSize();
    const first = await work(workerOptions(name));
    const outbox = look(name);
    await Promise.all(boxes.map((_, index) => outbox.wait(`m${index}`)));
    await first.close();
    expect(sandbox.messages).toHaveLength(20);
    // everything that was written since the messages were queued is gone
    await redis.kill();
    redis.cutAof(before);
    await redis.start();
    expect((await outbox.counts()).queued).toBe(20);
    await work(workerOptions(name));
    const ends = await Promise.all(boxes.map((_, index) => outbox.wait(`m${index}`)));
    expect(ends.map(({ state }) => state)).toEqual(boxes.map(() => 'sent'));
    expect(sandbox.messages).toHaveLength(20);
    expect(boxes.map((mailbox) => sandbox.sentItems(mailbox).length)).toEqual(boxes.map(() => 1));
    expect(sandbox.drafts).toEqual([]);
  });

  it('sends again what Redis has forgotten to be on its way, where the mailbox says that it was not sent', async () => {
    const name = prefix();
    await queue(name, mailOf('draft', 'm', 'box1@contoso.com'), mailOf('sendMail', 'n', 'box1@contoso.com'));
    await redis.kill();
    await redis.start();
    await work(workerOptions(name));
    const outbox = look(name);
    expect(await Promise.all([outbox.wait('m'), outbox.wait('n')])).toMatchObject([{ state: 'sent' }, { state: 'sent' }]);
    expect(delivered('box1@contoso.com')).toBe(2);
  });

  it.each(['before', 'after'] as const)('does not send twice when a worker freezes %s each step, whoever thaws first', async (when) => {
    const cases = WAYS.flatMap((way) => ['claim', 'mark', 'sent'].map((script) => ({ way, script })));
    await Promise.all(
      cases.map(async ({ way, script }, index) => {
        const name = prefix();
        const mailbox = mailboxes[index] as string;
        await queue(name, mailOf(way, 'm', mailbox));
        const frozen = start({ role: 'worker', worker: workerOptions(name), kill: { script, when, signal: 'SIGSTOP' } });
        await frozen.hear((told) => told.struck === true);
        const outbox = look(name);
        const successor = await work(workerOptions(name));
        // longer than lock and request together
        await sleep(1500 + 1500 + 5000 + 3000);
        frozen.kill('SIGCONT');
        const { state } = await outbox.wait('m', { timeout: 60_000 });
        await sleep(2500);
        const times = delivered(mailbox);
        const what = `${way}, frozen ${when} ${script}: ${state}, delivered ${times} times, ${sandbox.sentItems(mailbox).length} in Sent Items`;
        const { state: last } = (await outbox.get('m')) ?? {};
        const right = last === 'sent' ? times === 1 : last === 'ambiguous' && way === 'sendMail' && times === 0;
        expect([what, right, sandbox.sentItems(mailbox).length]).toEqual([what, true, times]);
        expect(sandbox.drafts.filter((draft) => draft.mailbox === mailbox)).toEqual([]);
        frozen.kill();
        await successor.close();
      }),
    );
  });

  it.each(WAYS)('begins no request after the lease when the network to Redis falls silent, %s', async (way) => {
    const name = prefix();
    const mailbox = 'box3@contoso.com';
    const proxy = await startProxy(redis.port);
    closers.push(() => proxy.close());
    await queue(name, mailOf(way, 'm', mailbox));
    // the first request meets the silence, and goes on for as long as the lock
    const operation = way === 'sendMail' ? 'sendMail' : 'createDraft';
    let silent = 0;
    sandbox.fail({
      operation,
      delay: 1000,
      status: way === 'sendMail' ? 503 : undefined,
      match: () => {
        proxy.silence();
        silent = Date.now();
        return true;
      },
    });
    const { mailbox: _own, ...signIn } = sandbox.options;
    const worker = start({
      role: 'worker',
      worker: { ...workerOptions(name), connection: proxy.url, graph: { ...signIn, ...QUICK_GRAPH, maxRetryDelay: 5000 } },
    });
    while (silent === 0) await sleep(20);
    await sleep(6000);
    const late = sandbox.requests.filter(({ startedAt }) => startedAt.getTime() > silent + 1500 + 100);
    // but for tidying up: a draft that was never marked is nobody's to send
    expect(late.map((request) => request.operation).filter((operation) => operation !== 'deleteMessage')).toEqual([]);
    expect(delivered(mailbox)).toBeLessThanOrEqual(way === 'sendMail' ? 0 : 1);
    // somebody else takes over; the first one hears Redis again
    await work(workerOptions(name));
    const outbox = look(name);
    await sleep(1000);
    proxy.speak();
    const { state } = await outbox.wait('m', { timeout: 60_000 });
    await sleep(2000);
    expect([state, delivered(mailbox)]).toEqual(state === 'sent' ? ['sent', 1] : ['ambiguous', 0]);
    expect(sandbox.sentItems(mailbox)).toHaveLength(delivered(mailbox));
    expect(sandbox.drafts).toEqual([]);
    worker.kill();
  });

  it('asserts its limits again when BullMQ has lost them, and nothing is throttled', async () => {
    await sandbox.close();
    sandbox = await startSandbox({ mailboxes, maxConcurrency: 4 });
    const name = prefix();
    const mailbox = 'box4@contoso.com';
    await queue(name, ...Array.from({ length: 60 }, (_, index) => mailOf('draft', `m${index}`, mailbox)));
    sandbox.fail({ operation: 'send', times: Infinity, delay: 100 });
    const workers = [0, 1, 2].map(() => start({ role: 'worker', worker: workerOptions(name) }));
    while (sandbox.messages.length === 0) await sleep(20);
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.url);
    for (let times = 0; times < 5; times++) {
      await client.del(`{${name}}:${mailbox}:meta`);
      await sleep(300);
    }
    await client.quit();
    const outbox = look(name);
    const ends = await Promise.all(Array.from({ length: 60 }, (_, index) => outbox.wait(`m${index}`, { timeout: 60_000 })));
    expect(ends.filter(({ state }) => state !== 'sent')).toEqual([]);
    expect(sandbox.messages).toHaveLength(60);
    expect(sandbox.requests.filter(({ status }) => status === 429)).toEqual([]);
    for (const worker of workers) worker.kill();
  });

  describe('where Sent copies are late and look-ups fail', () => {
    it.each(['sendMail', 'draft'] as const)('a message whose sending got no answer is found in the end, by route %s', async (way) => {
      await sandbox.close();
      sandbox = await startSandbox({ mailboxes, resend: true, sentCopyDelay: 6000 });
      const name = prefix();
      const mailbox = 'box5@contoso.com';
      await queue(name, mailOf(way, 'm', mailbox));
      let killed = false;
      const first = start({ role: 'worker', worker: workerOptions(name) });
      sandbox.fail({
        operation: ['send', 'sendMail'],
        accepted: true,
        cut: 'reset',
        match: () => {
          first.kill();
          return (killed = true);
        },
      });
      while (!killed) await sleep(20);
      sandbox.fail({ operation: ['getMessage', 'listMessages'], times: 6, status: 503, headers: { 'retry-after': '0' } });
      await work(workerOptions(name, { settleTime: 60_000 }));
      expect(await look(name).wait('m', { timeout: 60_000 })).toMatchObject({ state: 'sent' });
      expect(delivered(mailbox)).toBe(1);
      expect(sandbox.sentItems(mailbox)).toHaveLength(1);
    });

    it('a message that may not be looked for is not sent a second time', async () => {
      await sandbox.close();
      const app = { clientId: 'c0ffee00-5a4d-4b0c-8a11-0a1b2c3d4e5f', clientSecret: 'only-sends', roles: ['Mail.Send'] };
      sandbox = await startSandbox({ mailboxes, apps: [app] });
      const name = prefix();
      await queue(name, mailOf('sendMail', 'm', 'box6@contoso.com'));
      let killed = false;
      const first = start({ role: 'worker', worker: workerOptions(name) });
      sandbox.fail({
        operation: 'sendMail',
        accepted: true,
        cut: 'reset',
        match: () => {
          first.kill();
          return (killed = true);
        },
      });
      while (!killed) await sleep(20);
      await work(workerOptions(name));
      const outbox = look(name);
      const end = await outbox.wait('m');
      expect(end).toMatchObject({ state: 'ambiguous', error: { ambiguous: true, hint: expect.stringContaining('outbox settle') } });
      expect(delivered('box6@contoso.com')).toBe(1);
      expect(await outbox.settle('m', 'sent')).toMatchObject({ state: 'sent' });
    });
  });

  it('drains on SIGTERM: nothing stalls, nothing is ambiguous', async () => {
    const name = prefix();
    const ids = Array.from({ length: 40 }, (_, index) => `m${index}`);
    await queue(name, ...ids.map((id, index) => mailOf(index % 2 ? 'draft' : 'sendMail', id, 'box7@contoso.com')));
    sandbox.fail({ operation: ['send', 'sendMail'], times: Infinity, delay: 100 });
    const outbox = look(name);
    for (let turn = 0; turn < 3; turn++) {
      const worker = start({ role: 'worker', worker: workerOptions(name) });
      await worker.hear((told) => told.event === 'sent');
      worker.kill('SIGTERM');
      await worker.ended;
      expect(worker.child.exitCode).toBe(0);
      expect((await outbox.counts()).sending).toBe(0);
    }
    await work(workerOptions(name));
    const ends = await Promise.all(ids.map((id) => outbox.wait(id)));
    expect(ends.filter(({ state, tries }) => state !== 'sent' || tries !== 1)).toEqual([]);
    expect(sandbox.messages).toHaveLength(40);
  });

  it('leaves a message of a mailbox with a slow neighbour alone', async () => {
    const name = prefix();
    sandbox.fail({ operation: ['createDraft', 'sendMail'], mailbox: 'box8@contoso.com', times: Infinity, delay: 1400 });
    await queue(
      name,
      ...Array.from({ length: 12 }, (_, index) => mailOf('draft', `slow${index}`, 'box8@contoso.com')),
      mail({ from: 'box9@contoso.com', outbox: { id: 'quick' } }),
    );
    await work(workerOptions(name));
    const outbox = look(name);
    await outbox.wait('quick');
    expect((await outbox.counts()).sent).toBeLessThan(13);
  });
});
