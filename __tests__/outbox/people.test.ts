import { Redis } from 'ioredis';
import { describeWith } from '../support/require-program.js';
import { createKeys, jobId } from '../../lib/outbox/keys.js';
import { mail, useOutbox } from './support/use-outbox.js';

const secretOf = 'sandbox-client-secret';

describeWith('redis-server', 'what people do with the outbox', (program) => {
  const use = useOutbox(program);
  const client = () => {
    const made = new Redis(use.redis.url);
    use.defer(() => made.quit());
    return made;
  };

  it('sends at its time, and not before; by priority within a mailbox', async () => {
    const mailer = use.mailer();
    const sendAt = new Date(Date.now() + 1500);
    await mailer.sendMail(mail({ subject: 'later', outbox: { id: 'later', sendAt } }));
    await mailer.sendMail(mail({ subject: 'third', outbox: { id: 'third', priority: 9 } }));
    await mailer.sendMail(mail({ subject: 'second', outbox: { id: 'second', priority: 3 } }));
    await mailer.sendMail(mail({ subject: 'first', outbox: { id: 'first' } }));
    await use.worker({ maxConnections: 1 });
    const [{ endedAt }] = await Promise.all([use.outbox().wait('later'), use.outbox().wait('third')]);
    expect(Number(endedAt)).toBeGreaterThanOrEqual(Number(sendAt));
    const order = use.sandbox.messages.map(({ subject }) => subject);
    // once its time has come it is before the one of the least priority
    expect(order.filter((subject) => subject !== 'later')).toEqual(['first', 'second', 'third']);
  });

  it('sends nothing before its time, although BullMQ hands it out', async () => {
    await use.worker();
    const sendAt = new Date(Date.now() + 2500);
    await use.mailer().sendMail(mail({ outbox: { id: 'early', sendAt } }));
    const outbox = use.outbox();
    // as a worker does whose clock is ahead
    const [queue] = await outbox.queues<{ getJob(id: string): Promise<{ promote(): Promise<void> } | undefined> }>();
    await (await queue?.getJob(jobId('early')))?.promote();
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(await outbox.get('early')).toMatchObject({ state: 'queued', tries: 0 });
    const { state, endedAt, tries } = await outbox.wait('early');
    expect([state, tries, Number(endedAt) >= Number(sendAt)]).toEqual(['sent', 1, true]);
  });

  it('ends what was not sent in time, and says so', async () => {
    const { id } = await use.mailer({ expires: 1000 }).sendMail(mail());
    await new Promise((resolve) => setTimeout(resolve, 1300));
    const worker = await use.worker();
    const failed = new Promise((resolve) => void worker.once('failed', resolve));
    expect(await use.outbox().wait(id)).toMatchObject({
      state: 'expired',
      error: { code: 'EMESSAGE', message: expect.stringContaining('expired') },
    });
    expect(await failed).toMatchObject({ id, state: 'expired' });
    expect(use.sandbox.messages).toEqual([]);
    // and can be sent all the same
    expect(await use.outbox().retry(id)).toMatchObject({ state: 'queued' });
    expect(await use.outbox().wait(id)).toMatchObject({ state: 'sent' });
  });

  it('fails what Graph refuses for good, tries it again when asked, and keeps the Message-ID', async () => {
    const worker = await use.worker();
    const events: string[] = [];
    worker.on('failed', ({ id, error }) => void events.push(`failed ${id} ${error?.code}`));
    worker.on('sent', ({ id }) => void events.push(`sent ${id}`));
    const fault = use.sandbox.fail({ operation: ['sendMail', 'createDraft'], status: 400, code: 'ErrorInvalidRecipients', times: 1 });
    const info = await use.mailer().sendMail(mail({ outbox: { id: 'refused' } }));
    const outbox = use.outbox();
    expect(await outbox.wait('refused')).toMatchObject({
      state: 'failed',
      error: { graphCode: 'ErrorInvalidRecipients', permanent: true },
    });
    expect(fault.hits).toBe(1);
    await outbox.retry('refused');
    expect(await outbox.wait('refused')).toMatchObject({ state: 'sent' });
    expect(use.sandbox.messages.map(({ messageId }) => messageId)).toEqual([info.messageId]);
    await expect(outbox.retry('refused')).rejects.toThrow(/is sent and cannot be tried again/);
    await expect(outbox.cancel('refused')).rejects.toThrow(/is sent and cannot be cancelled/);
    await expect(outbox.get('nothing')).resolves.toBeUndefined();
    await expect(outbox.retry('nothing')).rejects.toThrow(/there is no message "nothing"/);
    expect(events).toEqual(['failed refused EENVELOPE', 'sent refused']);
    expect(use.sandbox.drafts).toEqual([]);
  });

  it('cancels what waits, and what is being prepared; never what is being sent', async () => {
    const outbox = use.outbox();
    const mailer = use.mailer({ route: 'draft' });
    await mailer.sendMail(mail({ outbox: { id: 'waits' } }));
    expect(await outbox.cancel('waits')).toMatchObject({ state: 'cancelled' });
    await use.worker();
    let atDraft = () => undefined as void;
    const reached = new Promise<void>((resolve) => (atDraft = resolve));
    use.sandbox.fail({ operation: 'createDraft', delay: 400, match: () => (atDraft(), true) });
    await mailer.sendMail(mail({ outbox: { id: 'prepared' } }));
    await reached;
    expect(await outbox.cancel('prepared')).toMatchObject({ state: 'cancelled' });
    let atSend = () => undefined as void;
    const sending = new Promise<void>((resolve) => (atSend = resolve));
    use.sandbox.fail({ operation: 'send', delay: 400, match: () => (atSend(), true) });
    await mailer.sendMail(mail({ outbox: { id: 'under way' } }));
    await sending;
    await expect(outbox.cancel('under way')).rejects.toThrow(/is sending and cannot be cancelled. It may have been sent already/);
    expect(await outbox.wait('under way')).toMatchObject({ state: 'sent' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(use.sandbox.messages).toHaveLength(1);
    expect(use.sandbox.drafts).toEqual([]);
    expect(await outbox.counts()).toMatchObject({ cancelled: 2, sent: 1, queued: 0, sending: 0 });
  });

  it('holds a mailbox for an expired secret, tells it, fails nothing, and sends all once it is repaired', async () => {
    const worker = await use.worker({ graph: { ...use.graph, clientSecret: 'an-old-one' } });
    const held: unknown[] = [];
    worker.on('held', (event) => void held.push(event));
    const failed: unknown[] = [];
    worker.on('failed', (event) => void failed.push(event));
    const mailer = use.mailer();
    for (let index = 0; index < 5; index++) await mailer.sendMail(mail({ outbox: { id: `held-${index}` } }));
    while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(held[0]).toMatchObject({ mailbox: 'noreply@contoso.com', error: { code: 'EAUTH', graphCode: 'AADSTS7000215' }, times: 1 });
    expect(held[1]).toMatchObject({ times: 2 });
    expect(await use.outbox().counts()).toMatchObject({ queued: 5, failed: 0 });
    expect(await use.outbox().metrics()).toMatch(/^graph_outbox_held_mailboxes 1$/m);
    await worker.close();
    await use.worker();
    const ends = await Promise.all([0, 1, 2, 3, 4].map((index) => use.outbox().wait(`held-${index}`)));
    expect(ends.map(({ state }) => state)).toEqual(['sent', 'sent', 'sent', 'sent', 'sent']);
    expect([failed, use.sandbox.messages.length]).toEqual([[], 5]);
    expect(await use.outbox().metrics()).toMatch(/^graph_outbox_held_mailboxes 0$/m);
  });

  it('repairs what a clean-up in a dashboard took away, and sends nothing twice for its buttons', async () => {
    const mailer = use.mailer();
    await mailer.sendMail(mail({ outbox: { id: 'kept' } }));
    await mailer.sendMail(mail({ outbox: { id: 'cleaned' } }));
    const outbox = use.outbox();
    interface Queue {
      getJob(id: string): Promise<{ remove(): Promise<void> } | undefined>;
      obliterate(options: { force: boolean }): Promise<void>;
    }
    const [queue] = await outbox.queues<Queue>();
    await (await queue?.getJob(jobId('cleaned')))?.remove();
    expect(await outbox.check()).toMatchObject({ lost: ['cleaned'], repaired: 0, workers: 0 });
    await queue?.obliterate({ force: true });
    expect(await outbox.check({ repair: true })).toMatchObject({ lost: ['kept', 'cleaned'], repaired: 2 });
    await use.worker();
    await Promise.all([outbox.wait('kept'), outbox.wait('cleaned')]);
    expect(use.sandbox.messages).toHaveLength(2);
    // again, although both are sent
    const { bullmq } = await (await import('../../lib/outbox/redis.js')).loadPeers();
    const again = new bullmq.Queue('noreply@contoso.com', {
      connection: client(),
      prefix: createKeys(use.prefix).prefix,
      skipMetasUpdate: true,
    });
    await again.add('message', { id: 'kept' }, { jobId: jobId('kept') });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(use.sandbox.messages).toHaveLength(2);
    await again.close();
  });

  it('leaves messages of a newer version to newer workers', async () => {
    await use.mailer().sendMail(mail({ outbox: { id: 'new' } }));
    await client().hset(createKeys(use.prefix).record('new'), 'v', '2');
    await use.worker();
    await use.mailer().sendMail(mail({ outbox: { id: 'old' } }));
    expect(await use.outbox().wait('old')).toMatchObject({ state: 'sent' });
    expect(await use.outbox().get('new')).toMatchObject({ state: 'queued' });
    expect(use.sandbox.messages).toHaveLength(1);
  });

  it('keeps no secret of Graph and no token in Redis', async () => {
    await use.worker();
    const mailer = use.mailer();
    const { id } = await mailer.sendMail(
      mail({ attachments: [{ filename: 'a.bin', content: Buffer.alloc(3_300_000, 'a') }], outbox: { id: 'seen' } }),
    );
    await mailer.sendMail(mail({ outbox: { id: 'later', sendAt: new Date(Date.now() + 60_000) } }));
    await use.outbox().wait(id);
    const all = await dump(client());
    expect(all).toContain('reader@example.com');
    expect(all).not.toContain(secretOf);
    expect(all).not.toMatch(/eyJ[\w-]{10}/);
    expect(all).not.toMatch(/Bearer|uploadSession/i);
    // what was sent leaves no content behind
    expect(await client().keys(`{${use.prefix}}:b:*`)).toEqual([`{${use.prefix}}:b:later`]);
    expect(await client().keys(`{${use.prefix}}:u:*`)).toEqual([]);
  });

  describe('with an encryption key', () => {
    const encryptionKey = { old: Buffer.alloc(32, 1), new: Buffer.alloc(32, 2).toString('base64') };

    it('leaves no address, subject or body readable in Redis, before and after it is sent', async () => {
      const mailer = use.mailer({ encryptionKey });
      const attachments = [{ filename: 'geheim.bin', content: Buffer.alloc(3_300_000, 'attached') }];
      await mailer.sendMail(mail({ subject: 'Salary', text: 'confidential words', attachments, outbox: { id: 'one' } }));
      await mailer.sendMail(mail({ outbox: { id: 'two', sendAt: new Date(Date.now() + 60_000) } }));
      const traces = /reader|example|contoso|salary|confidential|geheim|attached/i;
      expect(await dump(client(), use.prefix)).not.toMatch(traces);
      const worker = await use.worker({ encryptionKey });
      const outbox = use.outbox({ encryptionKey });
      expect(await outbox.wait('one')).toMatchObject({
        state: 'sent',
        mailbox: 'noreply@contoso.com',
        envelope: { to: ['reader@example.com'] },
      });
      await worker.close();
      expect(await dump(client(), use.prefix)).not.toMatch(traces);
      expect(use.sandbox.messages[0]).toMatchObject({ subject: 'Salary', attachments: [{ name: 'geheim.bin', size: 3_300_000 }] });
      // without the key people see that there is something, and no more
      expect(await use.outbox().get('one')).toMatchObject({ id: 'one', state: 'sent', mailbox: '', envelope: { to: [] } });
    });

    it('reads with a key that had no name, or another one, when it was written with it', async () => {
      await use.mailer({ encryptionKey: encryptionKey.old }).sendMail(mail({ outbox: { id: 'nameless' } }));
      await use.mailer({ encryptionKey: { first: encryptionKey.new } }).sendMail(mail({ outbox: { id: 'renamed' } }));
      await use.worker({ encryptionKey });
      for (const id of ['nameless', 'renamed']) expect(await use.outbox({ encryptionKey }).wait(id)).toMatchObject({ state: 'sent' });
    });

    it('reads with an older key what was written with it', async () => {
      await use.mailer({ encryptionKey: { old: encryptionKey.old } }).sendMail(mail({ outbox: { id: 'old' } }));
      await use.worker({ encryptionKey });
      expect(await use.outbox({ encryptionKey }).wait('old')).toMatchObject({ state: 'sent' });
    });

    it.each([
      ['a key', { encryptionKey: { old: encryptionKey.old } }, { encryptionKey }, /a key that this process does not have/],
      [
        'the right key of that name',
        { encryptionKey: { new: encryptionKey.old } },
        { encryptionKey },
        /a key that this process does not have/,
      ],
      ['any key', {}, { encryptionKey }, /this process has no "encryptionKey"/],
    ])('leaves to others what a worker lacks %s for, and tells it', async (_what, lacking, having, message) => {
      await use.mailer({ encryptionKey }).sendMail(mail({ outbox: { id: 'm' } }));
      const worker = await use.worker(lacking);
      const told = await new Promise((resolve) => void worker.once('error', resolve));
      expect(told).toMatchObject({ code: 'ECONFIG', message: expect.stringMatching(message) });
      const outbox = use.outbox(having);
      expect(await outbox.get('m')).toMatchObject({ state: 'queued' });
      await worker.close();
      await use.worker(having);
      const [queue] = await outbox.queues<{ promoteJobs(): Promise<void> }>();
      await queue?.promoteJobs();
      expect(await outbox.wait('m')).toMatchObject({ state: 'sent' });
    });

    it.each<[string, (redis: Redis, prefix: string) => Promise<unknown>]>([
      ['a changed body', async (redis, prefix) => redis.setrange(`{${prefix}}:b:m`, 60, 'x')],
      ['the body of another message', async (redis, prefix) => redis.copy(`{${prefix}}:b:other`, `{${prefix}}:b:m`, 'REPLACE')],
      [
        "another message's head",
        async (redis, prefix) => redis.hset(`{${prefix}}:m:m`, 'head', (await redis.hgetBuffer(`{${prefix}}:m:other`, 'head')) as Buffer),
      ],
      ['a head that is not encrypted', async (redis, prefix) => redis.hset(`{${prefix}}:m:m`, 'head', Buffer.from('\xe0{}', 'latin1'))],
    ])('refuses %s', async (_what, alter) => {
      const mailer = use.mailer({ encryptionKey });
      await mailer.sendMail(mail({ outbox: { id: 'm' } }));
      await mailer.sendMail(mail({ outbox: { id: 'other', sendAt: new Date(Date.now() + 60_000) } }));
      await alter(client(), use.prefix);
      await use.worker({ encryptionKey });
      expect(await use.outbox({ encryptionKey }).wait('m')).toMatchObject({
        state: 'failed',
        error: { code: 'EMESSAGE', permanent: true },
      });
      expect(use.sandbox.messages).toEqual([]);
    });
  });

  it('sends from no mailbox a worker may not, whatever Redis says', async () => {
    await use.mailer().sendMail(mail({ outbox: { id: 'm' } }));
    const redis = client();
    const key = createKeys(use.prefix).record('m');
    const head = (await redis.hgetBuffer(key, 'head')) as Buffer;
    // the first byte is no text
    await redis.hset(
      key,
      'head',
      Buffer.concat([
        head.subarray(0, 1),
        Buffer.from(head.subarray(1).toString('utf8').replace('"mailbox":"noreply@', '"mailbox":"alerts@')),
      ]),
    );
    await use.worker({ mailboxes: ['noreply@contoso.com'] });
    expect(await use.outbox().wait('m')).toMatchObject({ state: 'failed', error: { message: expect.stringContaining("not its queue's") } });
    await use.mailer({ mailbox: 'alerts@contoso.com' }).sendMail(mail({ outbox: { id: 'n' } }));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await use.outbox().get('n')).toMatchObject({ state: 'queued', tries: 0 });
    expect(use.sandbox.messages).toEqual([]);
  });

  it('puts every end into the results queue', async () => {
    await use.worker({ results: `ends-${use.prefix}` });
    const { id } = await use.mailer().sendMail(mail());
    await use.outbox().wait(id);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { bullmq } = await (await import('../../lib/outbox/redis.js')).loadPeers();
    const results = new bullmq.Queue(`ends-${use.prefix}`, { connection: client(), skipMetasUpdate: true });
    expect((await results.getJob(jobId(`${id}.sent`)))?.data).toMatchObject({ id, state: 'sent', mailbox: 'noreply@contoso.com' });
    await results.close();
  });
});

/** Everything in Redis, as text. */
async function dump(redis: Redis, prefix = ''): Promise<string> {
  const parts: string[] = [];
  for (const key of await redis.keys(prefix === '' ? '*' : `{${prefix}}*`)) {
    parts.push(key);
    const type = await redis.type(key);
    if (type === 'string') parts.push(((await redis.getBuffer(key)) as Buffer).toString('latin1'));
    else if (type === 'hash') parts.push(Buffer.concat((await redis.callBuffer('HGETALL', key)) as Buffer[]).toString('latin1'));
    else if (type === 'stream') parts.push(JSON.stringify(await redis.xrange(key, '-', '+')));
    else if (type === 'zset') parts.push((await redis.zrange(key, '0', '-1')).join(' '));
    else if (type === 'set') parts.push((await redis.smembers(key)).join(' '));
    else if (type === 'list') parts.push((await redis.lrange(key, 0, -1)).join(' '));
  }
  return parts.join('\n');
}
