import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { createClient, message, type Client } from './client.js';

let sandbox: Sandbox;
let client: Client;
beforeAll(async () => {
  sandbox = await startSandbox();
  client = createClient(sandbox);
});
afterEach(() => sandbox.clear());
afterAll(async () => {
  await client.close();
  await sandbox.close();
});

const mailbox = '/v1.0/users/noreply@contoso.com';

describe('the record of a request', () => {
  it('knows its message, its time, its caller', async () => {
    const draft = await client.send(`${mailbox}/messages`, { body: message(), headers: { prefer: 'IdType="ImmutableId"' } });
    await client.send(`${mailbox}/messages/${draft.body.id}/send`, { headers: { prefer: 'IdType="ImmutableId"', 'content-length': '0' } });
    const [delivered] = sandbox.messages;
    expect(sandbox.requests).toMatchObject([
      { operation: 'createDraft', itemId: delivered?.id, durationMs: expect.any(Number) },
      {
        operation: 'send',
        itemId: delivered?.id,
        caller: { displayName: 'Sandbox app', roles: ['Mail.Send', 'Mail.ReadWrite'], scopes: undefined, audience: sandbox.graphEndpoint },
      },
    ]);
    expect(delivered?.requestIds).toEqual(sandbox.requests.map(({ requestId }) => requestId));
    expect(sandbox.requests.every(({ durationMs }) => durationMs > 0)).toBe(true);
    expect(sandbox.requests[0]?.caller?.expiresAt.getTime()).toBeGreaterThan(Date.now());
  });

  it('knows why it was refused, in other words than the answer where that says nothing', async () => {
    await client.sendMail(message(), { token: sandbox.issueToken({ roles: ['Mail.Read'] }) });
    await client.sendMail(message({ internetMessageHeaders: [{ name: 'List-Id', value: 'x' }] }));
    expect(sandbox.requests.map(({ status, reason }) => [status, reason])).toEqual([
      [403, 'The token has no Mail.Send; it has Mail.Read.'],
      [400, expect.stringContaining("'List-Id' should start with 'x-'")],
    ]);
    expect(sandbox.requests[0]?.answer?.body).toMatchObject({ error: { code: 'ErrorAccessDenied' } });
  });

  it('knows which fault struck, and the answer it gave', async () => {
    const fault = sandbox.fail({ status: 429, headers: { 'Retry-After': '7' } });
    await client.sendMail(message());
    await client.sendMail(message());
    expect(sandbox.requests).toMatchObject([
      { status: 429, fault: fault.id, answer: { headers: { 'Retry-After': '7' }, body: { error: { code: 'ApplicationThrottled' } } } },
      { status: 202, fault: undefined, answer: { body: undefined } },
    ]);
  });

  it('names no fault that waits for a request which takes effect', async () => {
    sandbox.fail({ accepted: true, status: 504 });
    await client.sendMail({});
    expect(sandbox.requests[0]).toMatchObject({ status: 400, fault: undefined });
    expect(sandbox.faults[0]?.hits).toBe(0);
  });

  it('keeps neither the token nor the secret', async () => {
    const token = sandbox.issueToken();
    await client.sendMail(message(), { token });
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'x',
      client_secret: 'very secret',
      scope: 'y/.default',
    });
    await client.send(`${sandbox.authorityHost}/${sandbox.tenantId}/oauth2/v2.0/token`, {
      body: body.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      token: '',
    });
    const kept = JSON.stringify(sandbox.requests);
    expect(kept).not.toContain(token.split('.')[2]);
    expect(kept).not.toContain('very secret');
  });

  it.each<[string, string, unknown]>([
    ['a plan', Buffer.from('{"format":"json"}').toString('base64url'), { format: 'json' }],
    ['no base64url', '{"format":"json"}', undefined],
    ['no JSON', Buffer.from('format').toString('base64url'), undefined],
    ['no object', Buffer.from('[1]').toString('base64url'), undefined],
    ['too much', Buffer.from(JSON.stringify({ a: 'x'.repeat(9000) })).toString('base64url'), undefined],
  ])('reads %s', async (_, header, expected) => {
    await client.sendMail(message(), { headers: { 'x-graph-transport-plan': header } });
    expect(sandbox.requests[0]?.plan).toEqual(expected);
    expect(sandbox.messages).toHaveLength(1);
  });
});

describe('faults', () => {
  it('are listed until they are removed', () => {
    const one = sandbox.fail({ status: 429, times: 2 });
    const two = sandbox.fail({ delay: 5 });
    expect(sandbox.faults).toEqual([one, two]);
    expect(one).toMatchObject({ rule: { status: 429 }, hits: 0, remaining: 2 });
    one.remove();
    expect(sandbox.faults).toEqual([two]);
    sandbox.clear();
    expect(sandbox.faults).toEqual([]);
  });
});
