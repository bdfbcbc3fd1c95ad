import { startSandbox, type Sandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { createClient, message, mime, recipient, type Client } from './client.js';

const own = 'noreply@contoso.com';
const mailbox = (name = own) => `/v1.0/users/${name}`;
let sandbox: Sandbox;
let client: Client;

async function start(options: SandboxOptions = {}): Promise<void> {
  sandbox = await startSandbox(options);
  client = createClient(sandbox);
}
const get = (path: string) => client.send(path, { method: 'GET' });
const list = async (folder: string, name = own) => (await get(`${mailbox(name)}/mailFolders/${folder}/messages`)).body.value;
const remove = (id: string) => client.send(`${mailbox()}/messages/${encodeURIComponent(id)}`, { method: 'DELETE' });
const source = (id: string, name = own) => get(`${mailbox(name)}/messages/${encodeURIComponent(id)}/$value`);
const toMyself = (more: object = {}) => message({ toRecipients: [recipient(own)], ...more });

afterEach(async () => {
  await client.close();
  await sandbox.close();
});

it('puts a message into the Inbox of every recipient of the tenant, aliases included, and of nobody else', async () => {
  await start({ mailboxes: [own, { userPrincipalName: 'alerts@contoso.com', aliases: ['info@contoso.com'] }, 'invoices@contoso.com'] });
  await client.sendMail(
    message({ toRecipients: [recipient(own), recipient('reader@example.com')], bccRecipients: [recipient('info@contoso.com')] }),
  );
  expect(await list('inbox')).toMatchObject([{ subject: 'Monthly report', isDraft: false, bccRecipients: [] }]);
  expect(await list('inbox', 'alerts@contoso.com')).toMatchObject([{ subject: 'Monthly report', bccRecipients: [] }]);
  expect(await list('inbox', 'invoices@contoso.com')).toEqual([]);
  expect(await list('sentitems')).toHaveLength(1);
  expect(sandbox.sentItems(own)).toHaveLength(1);
  expect(sandbox.messages).toHaveLength(1);
});

it('gives the source of a message by $value: of a received one without Bcc, of the sent copy with it, of a draft as it was posted', async () => {
  await start();
  await client.sendMail(toMyself({ bccRecipients: [recipient('hidden@example.com')] }));
  const [received] = await list('inbox');
  const [sent] = await list('sentitems');
  const read = await source(received.id);
  expect(read.headers['content-type']).toBe('text/plain');
  expect(read.text).toBe(sandbox.messages[0]?.source.toString());
  expect(read.text).not.toContain('hidden@example.com');
  expect((await source(sent.id)).text).toContain('hidden@example.com');
  const posted = mime(['From: noreply@contoso.com', 'To: reader@example.com', 'Subject: Draft', '', 'Text', '']);
  const draft = await client.send(`${mailbox()}/messages`, {
    headers: { 'content-type': 'text/plain' },
    body: Buffer.from(posted).toString('base64'),
  });
  expect((await source(draft.body.id)).text).toBe(posted);
});

it('finds messages by a part of their subject', async () => {
  await start();
  await client.sendMail(toMyself({ subject: "It's [here]" }));
  await client.sendMail(toMyself({ subject: 'Something else' }));
  const found = await get(`${mailbox()}/messages?$filter=${encodeURIComponent("contains(subject,'it''s [HERE]')")}`);
  expect(found.body.value.map(({ subject }: { subject: string }) => subject)).toEqual(["It's [here]", "It's [here]"]);
});

it('deletes at once, or by way of Deleted Items where "deletedItems" says so', async () => {
  await start();
  await client.sendMail(toMyself());
  await remove((await list('inbox'))[0].id);
  expect(await list('inbox')).toEqual([]);
  expect(await list('sentitems')).toHaveLength(1);
  await Promise.all([client.close(), sandbox.close()]);

  await start({ deletedItems: true });
  await client.sendMail(toMyself());
  await remove((await list('inbox'))[0].id);
  expect(await list('inbox')).toEqual([]);
  const [deleted] = await list('deleteditems');
  expect((await remove(deleted.id)).status).toBe(204);
  expect(await list('deleteditems')).toEqual([]);
});

it('deletes for good by permanentDelete, in the clouds that have it', async () => {
  await start({ deletedItems: true });
  await client.sendMail(toMyself());
  const purge = (id: string) => client.send(`${mailbox()}/messages/${id}/permanentDelete`, { body: undefined });
  const [{ id }] = await list('inbox');
  expect((await purge(id)).status).toBe(204);
  expect((await purge(id)).status).toBe(404);
  expect([await list('inbox'), await list('deleteditems')]).toEqual([[], []]);
  await Promise.all([client.close(), sandbox.close()]);

  await start({ permanentDelete: false });
  await client.sendMail(toMyself());
  expect(await purge((await list('inbox'))[0].id)).toMatchObject({ status: 400, body: { error: { code: 'BadRequest' } } });
  expect(await list('inbox')).toHaveLength(1);
});

it('needs a permission to read, and lets nobody read what is in another mailbox', async () => {
  await start({ apps: [{ clientId: 'c0ffee00-5a4d-4b0c-8a11-0a1b2c3d4e5f', clientSecret: 'secret', roles: ['Mail.Send'] }] });
  await client.sendMail(toMyself());
  expect((await get(`${mailbox()}/messages`)).status).toBe(403);
  const id = sandbox.messages[0]?.id ?? '';
  expect((await source(id)).status).toBe(403);
});

it('shows what is received after "inboxDelay"', async () => {
  await start({ inboxDelay: 300 });
  await client.sendMail(toMyself());
  expect(await list('inbox')).toEqual([]);
  expect(await list('sentitems')).toHaveLength(1);
  const until = Date.now() + 5000;
  while ((await list('inbox')).length === 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await list('inbox')).toHaveLength(1);
});

it('forgets what was received with the message', async () => {
  await start({ inbox: { maxMessages: 2 } });
  for (const subject of ['one', 'two', 'three']) await client.sendMail(toMyself({ subject }));
  expect((await list('inbox')).map(({ subject }: { subject: string }) => subject)).toEqual(['three', 'two']);
  sandbox.deleteMessage(sandbox.messages[0]?.id ?? '');
  expect((await list('inbox')).map(({ subject }: { subject: string }) => subject)).toEqual(['three']);
  sandbox.clear();
  expect(await list('inbox')).toEqual([]);
});

it('ends the immutable id of a draft that is sent where "keepsDraftIds" is false', async () => {
  const immutable = { prefer: 'IdType="ImmutableId"' };
  for (const [keepsDraftIds, status] of [
    [true, 200],
    [false, 404],
  ] as const) {
    await start({ keepsDraftIds });
    const draft = await client.send(`${mailbox()}/messages`, { body: toMyself(), headers: immutable });
    const path = `${mailbox()}/messages/${encodeURIComponent(draft.body.id)}`;
    expect((await client.send(`${path}/send`, { headers: { ...immutable, 'content-length': '0' } })).status).toBe(202);
    expect((await client.send(path, { method: 'GET', headers: immutable })).status).toBe(status);
    expect(await list('sentitems')).toHaveLength(1);
    if (keepsDraftIds) await Promise.all([client.close(), sandbox.close()]);
  }
});

it('refuses more than 500 recipients at once where "tooManyRecipients" says so', async () => {
  const many = Array.from({ length: 501 }, (_, index) => recipient(`reader${index}@example.com`));
  await start();
  expect((await client.sendMail(message({ toRecipients: many }))).status).toBe(202);
  expect(sandbox.bounces).toHaveLength(1);
  await Promise.all([client.close(), sandbox.close()]);
  await start({ tooManyRecipients: 'refuse' });
  const { status, body } = await client.sendMail(message({ toRecipients: many }));
  expect([status, body.error.code]).toEqual([400, 'ErrorRecipientLimitExceeded']);
  expect((await client.sendMail(message({ toRecipients: many.slice(1) }))).status).toBe(202);
  expect(sandbox.bounces).toEqual([]);
});

it('keeps an alias in From as "sendFromAliases" says: nowhere, in JSON, or in MIME, too', async () => {
  const alias = 'info@contoso.com';
  for (const [sendFromAliases, inJson, inMime] of [
    [false, own, own],
    [true, alias, own],
    ['both', alias, alias],
  ] as const) {
    await start({ sendFromAliases, mailboxes: [{ userPrincipalName: own, aliases: [alias] }] });
    await client.sendMail(message({ from: recipient(alias) }));
    await client.sendMime(mime([`From: ${alias}`, 'To: reader@example.com', 'Subject: Hello', '', 'Text', '']));
    expect(sandbox.messages.map(({ from }) => from?.address)).toEqual([inJson, inMime]);
    if (sendFromAliases !== 'both') await Promise.all([client.close(), sandbox.close()]);
  }
});
