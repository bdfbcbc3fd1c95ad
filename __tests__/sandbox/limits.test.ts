import { startSandbox, type Sandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { createClient, message, type Client } from './client.js';

let sandbox: Sandbox;
let client: Client;
const start = async (options: SandboxOptions): Promise<void> => {
  sandbox = await startSandbox(options);
  client = createClient(sandbox, 2);
};
afterEach(async () => {
  await client.close();
  await sandbox.close();
});

const subjects = () => sandbox.messages.map(({ subject }) => subject);
const file = (bytes: number) => ({
  '@odata.type': '#microsoft.graph.fileAttachment',
  name: 'a.bin',
  contentBytes: Buffer.alloc(bytes).toString('base64'),
});

it('keeps everything unless it is told otherwise', async () => {
  await start({});
  const token = sandbox.issueToken();
  await Promise.all(Array.from({ length: 520 }, () => client.sendMail(message(), { token })));
  expect([sandbox.messages.length, sandbox.requests.length]).toEqual([520, 520]);
});

it('drops the oldest beyond `maxMessages`, from Sent Items and with their requests', async () => {
  await start({ maxMessages: 3 });
  for (const subject of ['1', '2', '3', '4', '5']) await client.sendMail(message({ subject }));
  expect(subjects()).toEqual(['3', '4', '5']);
  expect(sandbox.sentItems('noreply@contoso.com').map(({ subject }) => subject)).toEqual(['3', '4', '5']);
  expect(sandbox.requests.length).toBeLessThanOrEqual(4);
});

it('drops the oldest beyond `maxBytes`, and keeps the newest however large it is', async () => {
  await start({ maxBytes: 300_000 });
  await client.sendMail(message({ subject: 'old' }));
  await client.sendMail(message({ subject: 'large', attachments: [file(100_000)] }));
  expect(subjects()).toEqual(['old', 'large']);
  await client.sendMail(message({ subject: 'larger', attachments: [file(120_000)] }));
  expect(subjects()).toEqual(['larger']);
  await client.sendMail(message({ subject: 'largest', attachments: [file(1_000_000)] }));
  expect(subjects()).toEqual(['largest']);
  expect(sandbox.messages[0]?.attachments[0]?.content).toHaveLength(1_000_000);
});

it('drops left-over drafts and bounces as well', async () => {
  await start({ maxMessages: 2 });
  for (const subject of ['1', '2', '3']) await client.send('/v1.0/users/noreply@contoso.com/messages', { body: message({ subject }) });
  expect(sandbox.drafts.map(({ subject }) => subject)).toEqual(['2', '3']);
  const toRecipients = Array.from({ length: 501 }, (_, index) => ({ emailAddress: { address: `r${index}@example.com` } }));
  for (const subject of ['a', 'b', 'c']) await client.sendMail(message({ subject, toRecipients }));
  expect(sandbox.bounces.map(({ subject }) => subject)).toEqual(['b', 'c']);
});

it('has limits where it has an inbox, which may say which', async () => {
  await start({ inbox: { maxMessages: 1 } });
  for (const subject of ['1', '2']) await client.sendMail(message({ subject }));
  expect(subjects()).toEqual(['2']);
});

it('forgets one message', async () => {
  await start({});
  for (const subject of ['1', '2', '3']) await client.sendMail(message({ subject }));
  const { id = '' } = sandbox.messages[1] ?? {};
  expect([sandbox.deleteMessage(id), sandbox.deleteMessage(id)]).toEqual([true, false]);
  expect(subjects()).toEqual(['1', '3']);
  expect(sandbox.sentItems('noreply@contoso.com')).toHaveLength(2);
});

it('says which limit makes no sense', async () => {
  await start({});
  await expect(startSandbox({ maxMessages: 0 })).rejects.toThrow(/"maxMessages" must be at least 1/);
  await expect(startSandbox({ maxBytes: -1 })).rejects.toThrow(/"maxBytes" must be a non-negative number/);
  await expect(startSandbox({ inbox: 'yes' as never })).rejects.toThrow(/"inbox" must be true, false or an object, got "yes"/);
  await expect(startSandbox({ inbox: { port: -1 } })).rejects.toThrow(/"inbox\.port"/);
});
