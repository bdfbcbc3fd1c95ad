import jwt from 'jsonwebtoken';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { createClient, message, type Client } from './client.js';

const limited = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c05', clientSecret: 'x', allowedMailboxes: ['alerts@contoso.com'] };

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  sandbox = await startSandbox({
    apps: [{ clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c01', clientSecret: 'x' }, limited],
    mailboxes: [
      {
        userPrincipalName: 'noreply@contoso.com',
        id: '8a1f0c52-3b7e-4a57-9a3e-1f2e3d4c5b6a',
        aliases: ['hello@contoso.com'],
        sendAs: ['billing@contoso.com'],
      },
      'alerts@contoso.com',
      { userPrincipalName: 'former@contoso.com', enabled: false },
    ],
  });
  client = createClient(sandbox);
});

afterAll(async () => {
  await client.close();
  await sandbox.close();
});

describe('RBAC for Applications', () => {
  let scoped: Sandbox;
  let caller: Client;
  beforeAll(async () => {
    scoped = await startSandbox({ apps: [{ clientId: 'c1', clientSecret: 's', roles: [], allowedMailboxes: ['noreply@contoso.com'] }] });
    caller = createClient(scoped);
  });
  afterAll(async () => {
    await caller.close();
    await scoped.close();
  });

  it('lets an app without a role in its token use the mailboxes of its scope, on both routes', async () => {
    expect((await caller.sendMail(message())).status).toBe(202);
    const draft = await caller.send('/v1.0/users/noreply@contoso.com/messages', { body: message() });
    expect(draft.status).toBe(201);
  });

  it('refuses the other mailboxes, and says in the record which it may use', async () => {
    const reply = await caller.sendMail(message(), { mailbox: 'alerts@contoso.com' });
    expect(reply).toMatchObject({
      status: 403,
      body: { error: { code: 'ErrorAccessDenied', message: 'Access is denied. Check credentials and try again.' } },
    });
    expect(scoped.requests.at(-1)?.reason).toBe('The app may use noreply@contoso.com, and not alerts@contoso.com.');
  });

  it('grants nothing to a delegated token', async () => {
    const token = scoped.issueToken({ scp: 'User.Read', upn: 'noreply@contoso.com' });
    expect((await caller.sendMail(message(), { token })).status).toBe(403);
  });

  it('grants only what `exchangeRoles` says, beside what the token has everywhere', async () => {
    const apps = [
      { clientId: 'c2', clientSecret: 's', roles: [], allowedMailboxes: ['noreply@contoso.com'], exchangeRoles: ['Mail.Send'] },
    ];
    const narrow = await startSandbox({ apps });
    const client2 = createClient(narrow);
    expect((await client2.sendMail(message())).status).toBe(202);
    expect((await client2.send('/v1.0/users/noreply@contoso.com/messages', { body: message() })).status).toBe(403);
    expect(narrow.requests.at(-1)?.reason).toBe('The token has no Mail.ReadWrite; it has no permission at all.');
    await client2.close();
    await narrow.close();
  });

  it('is not there for an app without mailboxes of its own', async () => {
    const bare = await startSandbox({ apps: [{ clientId: 'c3', clientSecret: 's', roles: [] }] });
    const client3 = createClient(bare);
    expect((await client3.sendMail(message())).status).toBe(403);
    await client3.close();
    await bare.close();
  });
});

const now = () => Math.floor(Date.now() / 1000);

describe('the access token', () => {
  it.each<[string, string, () => string | undefined]>([
    ['no header', 'Access token is empty.', () => undefined],
    ['an empty token', 'Access token is empty.', () => 'Bearer '],
    ['another scheme', 'Access token is empty.', () => 'Basic bm9yZXBseQ=='],
    ['what is no JWT', 'CompactToken parsing failed with error code: 80049217', () => 'Bearer garbled'],
    ['an expired token', 'Lifetime validation failed, the token is expired.', () => `Bearer ${sandbox.issueToken({ exp: now() - 1 })}`],
    ['a token of tomorrow', 'Access token has expired or is not yet valid.', () => `Bearer ${sandbox.issueToken({ nbf: now() + 86_400 })}`],
    [
      'a token for Outlook',
      'Access token validation failure. Invalid audience.',
      () => `Bearer ${sandbox.issueToken({ aud: 'https://outlook.office.com' })}`,
    ],
    [
      'a token of another tenant',
      'Access token validation failure. Invalid issuer.',
      () => `Bearer ${sandbox.issueToken({ tid: 'other' })}`,
    ],
    [
      'a token nobody signed',
      'Access token validation failure. Invalid signature.',
      () => `Bearer ${jwt.sign({ aud: sandbox.graphEndpoint }, 'secret')}`,
    ],
  ])('refuses %s', async (_, text, authorization) => {
    const reply = await client.sendMail(message(), { token: '', headers: { authorization: authorization() } });
    expect(reply).toMatchObject({ status: 401, body: { error: { code: 'InvalidAuthenticationToken', message: text } } });
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer /);
  });

  it.each([
    ['no roles', { roles: undefined }],
    ['only another role', { roles: ['Mail.ReadWrite'] }],
  ])('with %s is denied', async (_, claims) => {
    const reply = await client.sendMail(message(), { token: sandbox.issueToken(claims) });
    expect(reply).toMatchObject({
      status: 403,
      body: { error: { code: 'ErrorAccessDenied', message: 'Access is denied. Check credentials and try again.' } },
    });
  });
});

describe('the mailbox', () => {
  it.each(['noreply@contoso.com', 'NoReply@Contoso.com', '8a1f0c52-3b7e-4a57-9a3e-1f2e3d4c5b6a', 'noreply%40contoso.com'])(
    'is found as %s',
    async (mailbox) => {
      expect((await client.sendMail(message(), { mailbox })).status).toBe(202);
      expect(sandbox.messages.at(-1)?.mailbox).toBe('noreply@contoso.com');
    },
  );

  it.each([
    ['unknown', 'nobody@contoso.com', 404, 'ErrorInvalidUser', "The requested user 'nobody@contoso.com' is invalid."],
    ['named by an alias', 'hello@contoso.com', 404, 'ErrorInvalidUser', "The requested user 'hello@contoso.com' is invalid."],
    [
      'disabled',
      'former@contoso.com',
      404,
      'MailboxNotEnabledForRESTAPI',
      'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
    ],
    ['malformed', 'a%ZZb', 400, 'BadRequest', 'Bad Request - Invalid URL'],
  ])('that is %s is refused', async (_, mailbox, status, code, text) => {
    expect(await client.sendMail(message(), { mailbox })).toMatchObject({ status, body: { error: { code, message: text } } });
  });

  it('must be one of those the app may use', async () => {
    const token = sandbox.issueToken({ appid: limited.clientId });
    expect((await client.sendMail(message(), { mailbox: 'alerts@contoso.com', token })).status).toBe(202);
    expect(await client.sendMail(message(), { token })).toMatchObject({ status: 403, body: { error: { code: 'ErrorAccessDenied' } } });
  });
});

describe('/me', () => {
  it('needs a delegated token', async () => {
    expect(await client.send('/v1.0/me/sendMail', { body: { message: message() } })).toMatchObject({
      status: 400,
      body: { error: { message: '/me request is only valid with delegated authentication flow.' } },
    });
  });

  it('is the mailbox of the signed-in user', async () => {
    const token = sandbox.issueToken({ roles: undefined, scp: 'User.Read Mail.Send', upn: 'alerts@contoso.com' });
    expect((await client.send('/v1.0/me/sendMail', { body: { message: message() }, token })).status).toBe(202);
    expect(sandbox.messages.at(-1)?.mailbox).toBe('alerts@contoso.com');
    expect((await client.sendMail(message(), { token })).status).toBe(403);
  });
});

describe('the sender', () => {
  it.each(['noreply@contoso.com', 'Billing@contoso.com'])('may be %s', async (address) => {
    expect((await client.sendMail(message({ from: { emailAddress: { address, name: 'Contoso' } } }))).status).toBe(202);
    expect(sandbox.messages.at(-1)?.from).toEqual({ address, name: 'Contoso' });
  });

  it('may be an alias, which becomes the primary address unless the tenant lets it stay', async () => {
    const from = { emailAddress: { address: 'Hello@contoso.com', name: 'Contoso' } };
    expect((await client.sendMail(message({ from }))).status).toBe(202);
    expect(sandbox.messages.at(-1)?.from).toEqual({ address: 'noreply@contoso.com', name: 'Contoso' });
    expect(sandbox.messages.at(-1)?.source.toString()).toMatch(/^From: Contoso <noreply@contoso\.com>\r$/m);
    const tolerant = await startSandbox({
      mailboxes: [{ userPrincipalName: 'noreply@contoso.com', aliases: ['hello@contoso.com'] }],
      sendFromAliases: true,
    });
    const other = createClient(tolerant);
    await other.sendMail(message({ from }));
    expect(tolerant.messages[0]?.from).toEqual({ address: 'Hello@contoso.com', name: 'Contoso' });
    await other.close();
    await tolerant.close();
  });

  it.each(['from', 'sender'])('may not be a stranger in "%s"', async (property) => {
    const count = sandbox.messages.length;
    expect(await client.sendMail(message({ [property]: { emailAddress: { address: 'alerts@contoso.com' } } }))).toMatchObject({
      status: 403,
      body: { error: { code: 'ErrorSendAsDenied', message: expect.stringContaining('does not have the right to send mail on behalf of') } },
    });
    expect(sandbox.messages).toHaveLength(count);
  });
});

describe('what is asked for', () => {
  it.each<[string, string, 'GET' | 'POST', number, string, string]>([
    [
      'another verb',
      '/v1.0/users/noreply@contoso.com/sendMail',
      'GET',
      405,
      'Request_BadRequest',
      'Specified HTTP method is not allowed for the request target.',
    ],
    ['another version', '/beta/users/noreply@contoso.com/sendMail', 'POST', 400, 'BadRequest', 'Invalid version.'],
    [
      'another action',
      '/v1.0/users/noreply@contoso.com/sendmails',
      'POST',
      400,
      'BadRequest',
      "Resource not found for the segment 'sendmails'.",
    ],
    ['another root', '/v1.0/mailboxes/noreply@contoso.com', 'POST', 400, 'BadRequest', "Resource not found for the segment 'mailboxes'."],
  ])('refuses %s', async (_, path, method, status, code, text) => {
    expect(await client.send(path, { method })).toMatchObject({ status, body: { error: { code, message: text } } });
  });

  it('does not mind the case of the path', async () => {
    expect((await client.send('/V1.0/Users/noreply@contoso.com/SENDMAIL', { body: { message: message() } })).status).toBe(202);
  });
});

describe('every answer', () => {
  it('carries Graph’s headers and the error envelope', async () => {
    const reply = await client.sendMail(message(), {
      token: 'x',
      headers: { 'client-request-id': 'b3a3f2f4-0000-4000-8000-000000000001' },
    });
    expect(reply.headers).toMatchObject({
      'request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'client-request-id': 'b3a3f2f4-0000-4000-8000-000000000001',
      'x-ms-ags-diagnostic': expect.stringContaining('"ServerInfo"'),
      date: expect.any(String),
    });
    expect(reply.body).toEqual({
      error: {
        code: 'InvalidAuthenticationToken',
        message: expect.any(String),
        innerError: {
          date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
          'request-id': reply.headers['request-id'],
          'client-request-id': 'b3a3f2f4-0000-4000-8000-000000000001',
        },
      },
    });
    expect(sandbox.requests.at(-1)).toMatchObject({
      requestId: reply.headers['request-id'],
      status: 401,
      errorCode: 'InvalidAuthenticationToken',
    });
  });

  it('repeats its own id where the client sent none', async () => {
    const { headers } = await client.sendMail(message());
    expect(headers['client-request-id']).toBe(headers['request-id']);
  });
});
