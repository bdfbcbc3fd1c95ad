import nodemailer7 from 'nodemailer-7';
import nodemailer8 from 'nodemailer-8';
import nodemailer9 from 'nodemailer-9';
import nodemailer10 from 'nodemailer';
import { Redis } from 'ioredis';
import { openOutbox, outboxTransport, startOutboxWorker } from '../../lib/outbox/index.js';
import { describeWith } from '../support/require-program.js';
import { freePort, startRedis } from './support/redis-server.js';
import { mail, useOutbox } from './support/use-outbox.js';

const connection = 'redis://127.0.0.1:6379';
type Given = Parameters<typeof outboxTransport>[0];

describe('options of the outbox', () => {
  it.each<[string, object | undefined, RegExp]>([
    ['none at all', undefined, /needs options such as \{ connection \}/],
    ['no connection', {}, /"connection" must be a URL such as redis:/],
    ['another URL', { connection: 'http://:secret@redis.contoso.com' }, /"connection" must be a URL such as redis:/],
    ['a client of node-redis', { connection: { isOpen: true, sendCommand: () => undefined } }, /not a client of another kind/],
    ['a sign-in', { connection, clientSecret: 'x' }, /"clientSecret" belongs to the worker/],
    ['a limit', { connection, rateLimit: 3 }, /"rateLimit" belongs to the workers/],
    ['a slip of the pen', { connection, Mailbox: 'a@contoso.com' }, /unknown option "Mailbox"; did you mean "mailbox"\?/],
    ['the signed-in user', { connection, mailbox: 'me' }, /cannot be queued/],
    ['a short key', { connection, encryptionKey: 'c2hvcnQ=' }, /"encryptionKey" must be 32 bytes.*not 5 bytes/],
    ['no key among keys', { connection, encryptionKey: {} }, /"encryptionKey" must be 32 bytes/],
    ['a store without delete', { connection, store: { put: () => undefined, get: () => undefined } }, /"store" must have the methods/],
    ['a prefix with spaces', { connection, prefix: 'a b' }, /"prefix" must be 1 to 100/],
    ['a keyPrefix', { connection: { host: '127.0.0.1', keyPrefix: 'x:' } }, /has a keyPrefix.*use "prefix"/],
    ['a keyPrefix in the URL', { connection: `${connection}/0?keyPrefix=x:` }, /has a keyPrefix/],
    ['a keyPrefix for a cluster', { connection: { redisOptions: { keyPrefix: 'x:' } } }, /has a keyPrefix/],
    ['a time that is none', { connection, keep: -1 }, /"keep" must be a whole number/],
    ['a durability that is none', { connection, durability: 'disk' }, /"durability" must be one of 'fsync', 'memory'/],
  ])('refuses %s', (_what, options, message) => {
    const refused = () => outboxTransport(options as unknown as Given);
    expect(refused).toThrow(message);
    expect(refused).toThrow(expect.objectContaining({ code: 'ECONFIG', message: expect.not.stringContaining('secret@') }));
  });

  it.each<[string, object, RegExp]>([
    ['sign-in beside "graph"', { connection, tenantId: 'x' }, /"tenantId" belongs into "graph"/],
    ['an empty list of mailboxes', { connection, graph: SIGN_IN(), mailboxes: [] }, /"mailboxes" must be a list/],
    ['a mailbox that is none', { connection, graph: SIGN_IN(), mailboxes: ['nobody'] }, /"mailboxes\[0\]" must be/],
    ['a lock of no length', { connection, graph: SIGN_IN(), lockDuration: 10 }, /"lockDuration" must be a whole number from 1000/],
    ['a results queue with a colon', { connection, graph: SIGN_IN(), results: 'a:b' }, /"results" must be the name/],
  ])('refuses a worker with %s', async (_what, options, message) => {
    await expect(startOutboxWorker(options as unknown as Parameters<typeof startOutboxWorker>[0])).rejects.toThrow(message);
  });

  it('refuses an outbox for people without a connection', () => {
    expect(() => openOutbox({} as Parameters<typeof openOutbox>[0])).toThrow(/"connection" must be/);
  });
});

function SIGN_IN() {
  return { tenantId: 'contoso.com', clientId: 'c', clientSecret: 's' };
}

it('says that Redis is not reached, that nothing was queued, and what to check', async () => {
  const mailer = nodemailer10.createTransport(
    outboxTransport({ connection: `redis://:hidden@127.0.0.1:${await freePort()}`, timeout: 500 }),
  );
  const refused = await mailer.sendMail(mail()).catch((error: Error) => error);
  expect(refused).toMatchObject({ code: 'ECONNECTION', ambiguous: false, message: expect.not.stringContaining('hidden') });
  await expect(mailer.verify()).rejects.toMatchObject({ code: 'ECONNECTION' });
  mailer.close();
});

describeWith('redis-server', 'the transport of the outbox', (program) => {
  const use = useOutbox(program);

  it.each([
    ['7', nodemailer7],
    ['8', nodemailer8],
    ['9', nodemailer9],
    ['10', nodemailer10],
  ])('queues with Nodemailer %s, by promise and by callback', async (_version, nodemailer) => {
    const mailer = nodemailer.createTransport(use.transport() as never);
    const info = (await mailer.sendMail(mail())) as unknown as { id: string; queued: boolean };
    expect(info).toMatchObject({ queued: true, id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const called = await new Promise<unknown[]>((resolve) => void mailer.sendMail(mail(), (...args: unknown[]) => resolve(args)));
    expect(called).toEqual([null, expect.objectContaining({ queued: true })]);
    expect(await use.outbox().counts()).toMatchObject({ queued: 2 });
  });

  it.each<[string, object, RegExp]>([
    ['outbox that is none', { outbox: 'x' }, /outbox must be an object/],
    ['an unknown property', { outbox: { when: 1 } }, /outbox.when is not known; expected id, sendAt, expires, priority/],
    [
      'a time of Exchange',
      { graph: { sendAt: new Date(Date.now() + 3_600_000) } },
      /graph\.sendAt is for graphTransport\(\); here use outbox: \{ sendAt \}; nothing was queued/,
    ],
    ['an empty id', { outbox: { id: '' } }, /outbox.id must be a text of 1 to 200 characters/],
    ['a blank id', { outbox: { id: ' \u200b' } }, /outbox.id must be .* not blank/],
    ['a number as id', { outbox: { id: 17 } }, /outbox.id must be a text .* not 17/],
    ['an endless id', { outbox: { id: 'x'.repeat(201) } }, /outbox.id must be/],
    ['a day that Americans read otherwise', { outbox: { sendAt: '01/02/2027' } }, /outbox.sendAt must be a date, an ISO text/],
    ['… and for Exchange', { graph: { sendAt: '01/02/2027' } }, /graph.sendAt must be a date, an ISO text/],
    ['an id with a line break', { outbox: { id: 'a\nb' } }, /outbox.id must be/],
    ['half a letter as id', { outbox: { id: '\ud83d' } }, /outbox.id must be/],
    ['a date that is none', { outbox: { sendAt: 'tomorrow' } }, /outbox.sendAt must be a date/],
    ['seconds for milliseconds', { outbox: { sendAt: 1_790_000_000 } }, /outbox.sendAt must be within a year/],
    [
      'an end before its beginning',
      { outbox: { sendAt: new Date(Date.now() + 60_000), expires: new Date(Date.now() + 30_000) } },
      /outbox.expires must be after/,
    ],
    ['a negative priority', { outbox: { priority: -1 } }, /outbox.priority must be a whole number/],
    ['no recipient', { to: undefined }, /recipients/],
    ['a mailbox that is a path', { graph: { mailbox: '../x' } }, /graph.mailbox/],
    ["the signed-in user's", { graph: { mailbox: 'me' } }, /'me'/],
    ['an attachment that is not there', { attachments: [{ path: '/nowhere/a.pdf' }] }, /a\.pdf/],
  ])('refuses %s, and queues nothing', async (_what, more, message) => {
    const mailer = use.mailer();
    await expect(mailer.sendMail(mail(more))).rejects.toThrow(message);
    expect(await new Redis(use.redis.url).quit()).toBe('OK');
    expect((await use.outbox().counts()).queued).toBe(0);
  });

  it('runs plugins in the app and tells losses there', async () => {
    const mailer = use.mailer({ onLoss: 'ignore', format: 'json' });
    mailer.use('compile', (message, done) => {
      message.data.subject = 'changed by a plugin';
      done();
    });
    const info = await mailer.sendMail(mail({ html: '<p>As agreed.</p>' }));
    expect(info.losses).toEqual([expect.objectContaining({ feature: 'text' })]);
    await use.worker();
    await use.outbox().wait(info.id);
    expect(use.sandbox.messages[0]?.subject).toBe('changed by a plugin');
    await expect(use.mailer({ onLoss: 'error', format: 'json' }).sendMail(mail({ html: '<p>x</p>' }))).rejects.toMatchObject({
      code: 'EMESSAGE',
    });
  });

  it('follows what was measured on the tenant', async () => {
    const tenantFacts = {
      tool: 'nodemailer-graph-transport prove',
      version: 1,
      made: '2026-11-26',
      library: '0.1.0',
      cloud: 'global',
      points: [{ feature: 'text', way: 'json', claimed: 'lost', outside: 'kept' }],
      answers: {},
    } as const;
    const info = await use.mailer({ tenantFacts }).sendMail(mail({ html: '<p>As agreed.</p>' }));
    expect([info.format, info.losses]).toEqual(['json', []]);
    expect(() => use.mailer({ tenantFacts: { ...tenantFacts, made: 'today' } })).toThrow(expect.objectContaining({ code: 'ECONFIG' }));
  });

  it('makes one message of an id, handed in at the same time, again, and after its end', async () => {
    const mailer = use.mailer();
    const again = () => mailer.sendMail(mail({ subject: `one of them`, outbox: { id: '17' } }));
    const first = await Promise.all([again(), again(), again()]);
    expect(first.map(({ duplicate }) => duplicate).sort()).toEqual([false, true, true]);
    expect(new Set(first.map(({ messageId }) => messageId)).size).toBe(1);
    await use.worker();
    await use.outbox().wait('17');
    expect(await again()).toMatchObject({
      duplicate: true,
      id: '17',
      response: 'Queued before as 17 (sent)',
      messageId: first[0]?.messageId,
    });
    expect(use.sandbox.messages).toHaveLength(1);
  });

  it('takes any id for what it is, and tells each from the others', async () => {
    const ids = [
      '17',
      'a',
      'A',
      'Ａ',
      'a:b{c}',
      '__proto__',
      'constructor',
      '%41',
      'a/../b',
      '--json',
      '👨‍👩‍👧',
      'rtl\u202eabc',
      'a\u200b',
      ' a',
      'x'.repeat(200),
    ];
    const mailer = use.mailer();
    const infos = await Promise.all(ids.map((id) => mailer.sendMail(mail({ outbox: { id } }))));
    expect(infos.map(({ id, duplicate }) => [id, duplicate])).toEqual(ids.map((id) => [id, false]));
    await use.worker();
    const ends = await Promise.all(ids.map((id) => use.outbox().wait(id)));
    expect(ends.map(({ id, state }) => [id, state])).toEqual(ids.map((id) => [id, 'sent']));
    expect(use.sandbox.messages).toHaveLength(ids.length);
    expect((await use.outbox().list({ limit: 100 })).map(({ id }) => id).sort()).toEqual([...ids].sort());
  });

  it('makes one message of an id that two apps hand in many times at once, and a new one once it is forgotten', async () => {
    const apps = [use.mailer({ keep: 1000 }), use.mailer({ keep: 1000 })] as const;
    const infos = await Promise.all(
      Array.from({ length: 200 }, (_, index) => apps[index % 2 === 0 ? 0 : 1].sendMail(mail({ text: `${index}`, outbox: { id: 'same' } }))),
    );
    expect(infos.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(infos.map(({ messageId }) => messageId)).size).toBe(1);
    await use.worker({ keep: 1000 });
    await use.outbox().wait('same');
    expect(use.sandbox.messages).toHaveLength(1);
    while (await use.outbox().get('same')) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await apps[0].sendMail(mail({ outbox: { id: 'same' } }))).toMatchObject({ duplicate: false });
  });

  it('warns where an id stands for a message to others, which is not queued', async () => {
    const warnings: string[] = [];
    const logger = {
      info: () => undefined,
      warn: (_entry: object, text: string, ...args: unknown[]) => void warnings.push([text, ...args].join(' ')),
    };
    const mailer = use.mailer({ logger });
    await mailer.sendMail(mail({ outbox: { id: 'm' } }));
    expect(await mailer.sendMail(mail({ to: 'READER@example.com', text: 'other words', outbox: { id: 'm' } }))).toMatchObject({
      duplicate: true,
    });
    expect(warnings).toEqual([]);
    expect(await mailer.sendMail(mail({ to: 'other@example.com', outbox: { id: 'm' } }))).toMatchObject({
      duplicate: true,
      accepted: ['reader@example.com'],
    });
    expect(warnings).toEqual([expect.stringContaining('the id "m" stands for a message to others: this one is not queued')]);
  });

  it('gives up a message that is aborted while it waits for its turn', async () => {
    const mailer = use.mailer();
    await mailer.sendMail(mail());
    const controller = new AbortController();
    const others = Array.from({ length: 150 }, () => mailer.sendMail(mail()));
    const last = mailer.sendMail(mail({ signal: controller.signal, outbox: { id: 'last' } }));
    setImmediate(() => controller.abort(new Error('too late')));
    await expect(last).rejects.toMatchObject({ code: 'EABORT', ambiguous: false });
    await Promise.all(others);
    expect(await use.outbox().get('last')).toBeUndefined();
    expect(await use.outbox().counts()).toMatchObject({ queued: 151 });
  });

  it('says that there is no database of this number, in place of using another one', async () => {
    const mailer = nodemailer10.createTransport(outboxTransport({ connection: `${use.redis.url}/99`, mailbox: 'noreply@contoso.com' }));
    await expect(mailer.sendMail(mail())).rejects.toMatchObject({
      ambiguous: false,
      message: expect.stringContaining('DB index is out of range'),
    });
    await expect(startOutboxWorker({ connection: `${use.redis.url}/99`, graph: use.graph })).rejects.toThrow(/DB index is out of range/);
    mailer.close();
  });

  it('leaves an ioredis client that was given as it was', async () => {
    const client = new Redis(use.redis.url);
    use.defer(() => client.quit());
    client.on('error', () => undefined);
    await client.ping();
    const listeners = () => client.eventNames().map((name) => [name, client.listenerCount(name)]);
    const before = [JSON.stringify(client.options), client.getMaxListeners(), listeners()];
    for (let turn = 0; turn < 3; turn++) {
      const mailer = use.mailer({ connection: client });
      const { id } = await mailer.sendMail(mail());
      const worker = await use.worker({ connection: client });
      const outbox = use.outbox({ connection: client });
      await outbox.wait(id);
      await worker.close();
      await outbox.close();
      mailer.close();
    }
    // what ends a transport goes on behind close()
    while (client.listenerCount('error') > 1) await new Promise((resolve) => setTimeout(resolve, 20));
    expect([JSON.stringify(client.options), client.getMaxListeners(), listeners()]).toEqual(before);
    expect([client.status, await client.ping()]).toEqual(['ready', 'PONG']);
  });

  it('verifies, warns where no worker was seen, and takes an ioredis client, which stays open', async () => {
    const client = new Redis(use.redis.url, { maxRetriesPerRequest: null });
    use.defer(() => client.quit());
    const warnings: string[] = [];
    const logger = { warn: (_entry: object, text: string, ...args: unknown[]) => void warnings.push([text, ...args].join(' ')) };
    const mailer = nodemailer10.createTransport(
      outboxTransport({ connection: client, prefix: use.prefix, mailbox: 'noreply@contoso.com', logger }),
    );
    expect(await mailer.verify()).toBe(true);
    expect(warnings.join('\n')).toMatch(/no worker was seen/);
    await use.worker();
    warnings.length = 0;
    expect(await mailer.verify()).toBe(true);
    expect(warnings.join('\n')).not.toMatch(/no worker was seen/);
    const { id } = await mailer.sendMail(mail());
    await use.outbox().wait(id);
    mailer.close();
    await expect(mailer.sendMail(mail())).rejects.toMatchObject({ code: 'ECONNECTION', message: expect.stringContaining('closed') });
    expect(await client.ping()).toBe('PONG');
  });

  it('gives up a message that is aborted before it is in the queue', async () => {
    const controller = new AbortController();
    controller.abort(new Error('too late'));
    await expect(use.mailer().sendMail(mail({ signal: controller.signal, outbox: { id: 'aborted' } }))).rejects.toMatchObject({
      code: 'EABORT',
    });
    expect(await use.outbox().get('aborted')).toBeUndefined();
  });

  it.each([
    ['without an append-only file', ['--appendonly', 'no'], /keeps no append-only file/],
    ['that may evict', ['--maxmemory-policy', 'allkeys-lru'], /maxmemory-policy allkeys-lru/],
  ])('refuses a Redis %s unless that is wanted', async (_what, more, message) => {
    const redis = await startRedis(program, { more });
    use.defer(() => redis.stop());
    const at = { connection: redis.url, mailbox: 'noreply@contoso.com' };
    await expect(nodemailer10.createTransport(outboxTransport(at)).verify()).rejects.toThrow(message);
    await expect(nodemailer10.createTransport(outboxTransport(at)).sendMail(mail())).rejects.toMatchObject({
      code: 'ECONFIG',
      ambiguous: false,
    });
    await expect(startOutboxWorker({ ...at, mailbox: undefined, graph: use.graph } as never)).rejects.toThrow(message);
    const transport = outboxTransport({ ...at, durability: 'memory' });
    expect(await nodemailer10.createTransport(transport).sendMail(mail())).toMatchObject({ queued: true });
    transport.close();
  });
});
