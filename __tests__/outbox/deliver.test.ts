import { Agent, fetch } from 'undici';
import type { Sandbox } from '../../lib/sandbox/index.js';
import { describeWith } from '../support/require-program.js';
import { mail, useOutbox } from './support/use-outbox.js';

describeWith('redis-server', 'the outbox', (program) => {
  const use = useOutbox(program);

  it.each(['sendMail', 'draft'] as const)('delivers a message that was queued, by route %s', async (route) => {
    const worker = await use.worker();
    const info = await use.mailer({ route }).sendMail(mail({ outbox: { id: `invoice-${route}` } }));
    expect(info).toMatchObject({
      id: `invoice-${route}`,
      queued: true,
      duplicate: false,
      accepted: ['reader@example.com'],
      rejected: [],
      response: `Queued as invoice-${route}`,
      mailbox: 'noreply@contoso.com',
      route,
      losses: [],
    });
    const message = await use.outbox().wait(`invoice-${route}`);
    expect(message).toMatchObject({ state: 'sent', route, mailbox: 'noreply@contoso.com', response: '202 Accepted', tries: 1 });
    expect(use.sandbox.messages.map(({ messageId }) => messageId)).toEqual([info.messageId]);
    expect(use.sandbox.drafts).toEqual([]);
    await worker.close();
  });

  it('delivers large attachments, which wait in Redis in pieces', async () => {
    await use.worker();
    const content = Buffer.alloc(5_000_000, 'large ');
    const small = Buffer.alloc(1_500_000, 'small ');
    const info = await use.mailer().sendMail(
      mail({
        attachments: [
          { filename: 'a.bin', content },
          { filename: 'b.bin', content: small },
          { filename: 'c.bin', content: small },
        ],
      }),
    );
    const message = await use.outbox().wait(info.id);
    expect(message.error).toBeUndefined();
    expect(message.state).toBe('sent');
    const [sent] = use.sandbox.messages;
    expect(sent?.attachments.map(({ name, content: bytes }) => [name, Buffer.compare(bytes, name === 'a.bin' ? content : small)])).toEqual(
      expect.arrayContaining([
        ['a.bin', 0],
        ['b.bin', 0],
        ['c.bin', 0],
      ]),
    );
  });

  it('does not send a draft that a late request has given a file twice', async () => {
    const content = Buffer.alloc(3_300_000, 'once');
    // the request that sends is lost; while it is not certain to be over, one that was thought to have failed takes effect
    const lost = use.sandbox.fail({ operation: 'send', cut: 'reset' });
    await use.worker();
    const { id } = await use.mailer({ route: 'draft' }).sendMail(mail({ attachments: [{ filename: 'a.bin', content }] }));
    while (lost.hits === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const [draft] = use.sandbox.drafts;
    await addFile(use.sandbox, draft?.id ?? '', 'a.bin');
    expect(await use.outbox().wait(id)).toMatchObject({ state: 'sent' });
    expect(use.sandbox.messages.map(({ attachments }) => attachments.map(({ name, size }) => [name, size]))).toEqual([
      [['a.bin', 3_300_000]],
    ]);
    expect(use.sandbox.messages[0]?.id).not.toBe(draft?.id);
    expect(use.sandbox.drafts).toEqual([]);
    expect(use.sandbox.sentItems('noreply@contoso.com')).toHaveLength(1);
  });

  it('tells whoever awaited the worker of every message, those that waited for it included', async () => {
    const mailer = use.mailer();
    const ids = ['a', 'b', 'c'];
    for (const id of ids) await mailer.sendMail(mail({ outbox: { id } }));
    const worker = await use.worker();
    const told: string[] = [];
    worker.on('sent', ({ id }) => void told.push(id));
    await Promise.all(ids.map((id) => use.outbox().wait(id)));
    await worker.close();
    expect(told.sort()).toEqual(ids);
  });

  it('chooses the draft route where a worker has found that it may', async () => {
    await use.worker();
    const mailer = use.mailer();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await mailer.sendMail(mail())).toMatchObject({ route: 'draft' });
  });
});

/** What another request would have done. */
async function addFile(sandbox: Sandbox, draftId: string, name: string): Promise<void> {
  const dispatcher = new Agent({ connect: { ca: sandbox.ca } });
  const path = `/v1.0/users/${sandbox.options.mailbox}/messages/${encodeURIComponent(draftId)}/attachments`;
  const added = await fetch(sandbox.graphEndpoint + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.issueToken()}`, 'content-type': 'application/json', prefer: 'IdType="ImmutableId"' },
    body: JSON.stringify({ '@odata.type': '#microsoft.graph.fileAttachment', name, contentBytes: Buffer.from('again').toString('base64') }),
    dispatcher,
  });
  expect(added.status).toBe(201);
  await dispatcher.close();
}
