import { startSandbox, type Sandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { createClient, message, type Client } from './client.js';

const mailbox = '/v1.0/users/noreply@contoso.com';
const immutable = { prefer: 'IdType="ImmutableId"' };
let sandbox: Sandbox;
let client: Client;

async function start(options: SandboxOptions): Promise<string> {
  sandbox = await startSandbox(options);
  client = createClient(sandbox);
  const { body } = await client.send(`${mailbox}/messages`, { body: message(), headers: immutable });
  return `${mailbox}/messages/${encodeURIComponent(body.id)}`;
}
const send = (path: string) => client.send(`${path}/send`, { headers: { ...immutable, 'content-length': '0' } });
const get = (path: string) => client.send(path, { method: 'GET', headers: immutable });

afterEach(async () => {
  await client.close();
  await sandbox.close();
});

it('delivers a sent message again where "resend" says so', async () => {
  const path = await start({ resend: true });
  expect((await send(path)).status).toBe(202);
  expect((await send(path)).status).toBe(202);
  expect(sandbox.messages).toHaveLength(2);
  expect(sandbox.sentItems('noreply@contoso.com')).toHaveLength(1);
});

it('refuses to send a sent message again by default', async () => {
  const path = await start({});
  await send(path);
  expect((await send(path)).status).toBe(404);
  expect(sandbox.messages).toHaveLength(1);
});

it('hides what was sent as long as "sentCopyDelay" says, and shows drafts at once', async () => {
  const path = await start({ sentCopyDelay: 400 });
  expect((await get(path)).body.isDraft).toBe(true);
  await send(path);
  expect((await get(path)).status).toBe(404);
  expect((await get(`${mailbox}/messages`)).body.value).toEqual([]);
  expect((await client.send(path, { method: 'DELETE', headers: immutable })).status).toBe(404);
  const until = Date.now() + 5000;
  while ((await get(path)).status === 404 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await get(path)).body.isDraft).toBe(false);
  expect((await get(`${mailbox}/messages`)).body.value).toHaveLength(1);
});
