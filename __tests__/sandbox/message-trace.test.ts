import { startSandbox, type Sandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { createClient, message, recipient, type Client } from './client.js';

const app = { clientId: 'c1', clientSecret: 's', roles: ['Mail.Send', 'ExchangeMessageTrace.Read.All'] };
const path = '/v1.0/admin/exchange/tracing/messageTraces';

let sandbox: Sandbox;
let client: Client;
const start = async (options: SandboxOptions = {}): Promise<void> => {
  sandbox = await startSandbox({ apps: [app], ...options });
  client = createClient(sandbox, 1);
};
const end = async (): Promise<void> => {
  await client.close();
  await sandbox.close();
};

const trace = (query: Record<string, string> = {}) => client.send(`${path}?${new URLSearchParams(query).toString()}`, { method: 'GET' });
const statuses = (body: { value: { recipientAddress: string; status: string }[] }) =>
  body.value.map(({ recipientAddress, status }) => [recipientAddress, status]);
const to = (...addresses: string[]) => message({ toRecipients: addresses.map((address) => recipient(address)) });

describe('where all is allowed', () => {
  beforeAll(() =>
    start({ outcomes: { 'Nobody@example.com': 'failed', 'spam@example.com': 'filteredAsSpam', 'held@example.com': 'quarantined' } }),
  );
  afterEach(() => sandbox.clear());
  afterAll(end);

  it('has a row for each recipient, with what became of his copy; who is unknown is in a bounce', async () => {
    await client.sendMail(to('reader@example.com', 'nobody@example.com', 'spam@example.com', 'held@example.com'));
    const reply = await trace();
    expect(reply.status).toBe(200);
    expect(statuses(reply.body).toSorted()).toEqual([
      ['held@example.com', 'Quarantined'],
      ['nobody@example.com', 'Failed'],
      ['reader@example.com', 'Delivered'],
      ['spam@example.com', 'FilteredAsSpam'],
    ]);
    const [{ messageId = '' } = {}] = sandbox.messages;
    expect(reply.body.value[0]).toMatchObject({ senderAddress: 'noreply@contoso.com', subject: 'Monthly report', messageId });
    expect(sandbox.messages[0]?.recipients).not.toContain('nobody@example.com');
    expect(sandbox.bounces).toMatchObject([{ recipients: ['nobody@example.com'], messageId }]);
  });

  it('has the events of each copy, whose limit is one of their own', async () => {
    await client.sendMail(to('reader@example.com', "o'spam@example.com"));
    const [{ id }] = (await trace()).body.value;
    const details = (address: string, of = id) =>
      client.send(`${path}/${of}/getDetailsByRecipient(recipientAddress='${address}')`, { method: 'GET' });
    const { status, body } = await details('Reader@example.com');
    expect(status).toBe(200);
    expect(body.value.map(({ event }: { event: string }) => event)).toEqual(['Receive', 'Submit', 'Send external']);
    expect(body.value[0]).toMatchObject({ id, action: '', messageId: sandbox.messages[0]?.messageId, dateTime: expect.any(String) });
    expect((await details("o''spam@example.com")).body.value).toHaveLength(3);
    expect((await details('other@example.com')).body.value).toEqual([]);
    expect((await details('reader@example.com', 'unknown')).body.value).toEqual([]);
    expect((await client.send(`${path}/${id}/getDetails`, { method: 'GET' })).status).toBe(400);
  });

  it('delivers nothing where nobody is known', async () => {
    await client.sendMail(to('nobody@example.com'));
    expect(sandbox.messages).toEqual([]);
    expect(statuses((await trace()).body)).toEqual([['nobody@example.com', 'Failed']]);
  });

  it('filters by Message-ID, recipient and time, and by nothing it does not know', async () => {
    await client.sendMail(to('reader@example.com'));
    await client.sendMail({ ...to('reader@example.com', 'other@example.com'), internetMessageId: "<it's@contoso.com>" });
    const received = `receivedDateTime ge ${new Date(Date.now() - 60_000).toISOString()} and receivedDateTime le ${new Date().toISOString()}`;
    const mine = await trace({ $filter: `messageId eq '<it''s@contoso.com>' and ${received}` });
    expect(statuses(mine.body)).toHaveLength(2);
    expect((await trace({ $filter: `recipientAddress eq 'other@example.com'` })).body.value).toHaveLength(1);
    expect((await trace({ $filter: 'receivedDateTime le 2026-01-01T00:00:00Z' })).status).toBe(400);
    expect((await trace({ $filter: `${received} and size gt 5` })).status).toBe(400);
    expect((await trace({ $filter: `toIP eq '1.2.3.4'` })).status).toBe(400);
    const long = `receivedDateTime ge ${new Date(Date.now() - 11 * 86_400_000).toISOString()} and receivedDateTime le ${new Date().toISOString()}`;
    expect(await trace({ $filter: long })).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(/10 days/) } } });
  });

  it('gives pages', async () => {
    await client.sendMail(to('a@example.com', 'b@example.com', 'c@example.com'));
    const first = await trace({ $top: '2' });
    expect(first.body.value).toHaveLength(2);
    const second = await client.send(first.body['@odata.nextLink'] as string, { method: 'GET' });
    expect(second.body.value).toHaveLength(1);
    expect(second.body['@odata.nextLink']).toBeUndefined();
    expect((await trace({ $top: '5001' })).status).toBe(400);
  });

  it('knows other paths of the tenant as little as Graph', async () => {
    expect((await client.send('/v1.0/admin/people', { method: 'GET' })).body.error.message).toMatch(/segment 'admin'/);
    expect((await client.send(`/v1.0/users/noreply@contoso.com/admin/exchange/tracing/messageTraces`, { method: 'GET' })).status).toBe(400);
  });
});

describe('elsewhere', () => {
  afterEach(end);

  it('is behind: first nothing, then pending', async () => {
    await start({ messageTrace: { pending: 3_600_000 } });
    await client.sendMail(to('reader@example.com'));
    expect(statuses((await trace()).body)).toEqual([['reader@example.com', 'Pending']]);
    await end();
    await start({ messageTrace: { delay: 3_600_000 } });
    await client.sendMail(to('reader@example.com'));
    expect((await trace()).body.value).toEqual([]);
  });

  it.each([
    ['without the permission', { apps: [{ ...app, roles: ['Mail.Send'] }] }, 403, 'ErrorAccessDenied'],
    ["without Microsoft's service principal", { messageTrace: { provisioned: false } }, 401, 'Unauthorized'],
    ['in a cloud that has none', { messageTrace: { available: false } }, 400, 'BadRequest'],
  ] as const)('refuses %s', async (_case, options, status, code) => {
    await start(options as SandboxOptions);
    expect(await trace()).toMatchObject({ status, body: { error: { code } } });
  });

  it('allows so many requests of the tenant, and then answers 429', async () => {
    await start({ messageTrace: { rateLimit: { requests: 2, windowMs: 60_000 } } });
    await trace();
    await trace();
    expect(await trace()).toMatchObject({ status: 429, headers: { 'retry-after': expect.any(String) } });
    // mailboxes have limits of their own
    expect((await client.sendMail(message())).status).toBe(202);
  });
});

it('refuses an outcome it does not know', async () => {
  await expect(startSandbox({ outcomes: { 'a@example.com': 'lost' as 'failed' } })).rejects.toThrow(
    /"outcomes" must be one of failed, delayed/,
  );
});
