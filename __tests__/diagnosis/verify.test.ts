import type { TokenCredential } from '@azure/identity';
import nodemailer from 'nodemailer';
import { graphTransport, type GraphTransport } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';

const powerless = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c03', clientSecret: 'no~roles', roles: [] };
const limited = {
  clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c05',
  clientSecret: 'some~mailboxes',
  allowedMailboxes: ['alerts@contoso.com'],
};
const good = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c01', clientSecret: 'good~GEHEIM' };

let sandbox: Sandbox;
const open: GraphTransport[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({
    apps: [good, powerless, limited],
    mailboxes: ['noreply@contoso.com', 'alerts@contoso.com', { userPrincipalName: 'former@contoso.com', enabled: false }],
  });
});
afterEach(() => {
  // whatever verify() does, it must never send
  expect(sandbox.messages).toEqual([]);
  for (const transport of open.splice(0)) transport.close({ force: true });
  sandbox.clear();
});
afterAll(() => sandbox.close());

function create(options: object = {}): GraphTransport {
  const { tenantId, clientId, clientSecret, ...rest } = sandbox.options;
  const signIn = 'credential' in options ? {} : { tenantId, clientId, clientSecret };
  const transport = graphTransport({ ...rest, ...signIn, retries: 0, ...options });
  open.push(transport);
  return transport;
}

const holder = (token: () => string): TokenCredential => ({
  getToken: () => Promise.resolve({ token: token(), expiresOnTimestamp: Date.now() + 3_600_000 }),
});
const operations = () => sandbox.requests.map(({ operation, status }) => `${operation} ${status}`);

test('passes where Graph misses nothing but the recipients', async () => {
  await expect(nodemailer.createTransport(create()).verify()).resolves.toBe(true);
  expect(operations().filter((line) => !line.startsWith('discovery'))).toEqual(['token 200', 'sendMail 400']);
  expect(sandbox.requests.at(-1)?.errorCode).toBe('ErrorInvalidRecipients');
});

test('asks for nothing to be sent, and nothing to be kept', async () => {
  await create().verify();
  expect(sandbox.requests.at(-1)?.body).toMatchObject({
    message: { toRecipients: [], ccRecipients: [], bccRecipients: [] },
    saveToSentItems: false,
  });
  expect(sandbox.sentItems('noreply@contoso.com')).toEqual([]);
});

test('without a mailbox promises nothing: an app without Mail.Send is refused, and else the log says what was not checked', async () => {
  const refused = create({ mailbox: undefined, clientId: powerless.clientId, clientSecret: powerless.clientSecret }).verify();
  await expect(refused).rejects.toMatchObject({ code: 'EAUTH', hint: expect.stringContaining('name the mailbox') });
  const warn = jest.fn();
  const silent = () => undefined;
  const logger = { trace: silent, debug: silent, info: silent, warn, error: silent, fatal: silent };
  await expect(create({ mailbox: undefined, logger: logger as never }).verify()).resolves.toBe(true);
  expect(warn).toHaveBeenCalledWith(expect.objectContaining({ tnx: 'verify' }), expect.stringContaining('No mailbox is set'));
  expect(operations()).not.toContain('sendMail 400');
});

test('gives its findings to a callback', async () => {
  const error = await new Promise((resolve) => create({ mailbox: 'nobody@contoso.com' }).verify((reason) => resolve(reason)));
  expect(error).toMatchObject({ code: 'EENVELOPE', graphCode: 'ErrorInvalidUser' });
});

test.each<[string, object, object]>([
  [
    'an app without any role',
    { clientId: powerless.clientId, clientSecret: powerless.clientSecret },
    {
      code: 'EAUTH',
      httpStatus: 403,
      graphCode: 'ErrorAccessDenied',
      hint: expect.stringMatching(/no roles at all: admin consent for Mail\.Send is missing/),
    },
  ],
  [
    'a mailbox the app may not use',
    { clientId: limited.clientId, clientSecret: limited.clientSecret },
    {
      code: 'EAUTH',
      httpStatus: 403,
      hint: expect.stringMatching(/has Mail\.Send, but not for noreply@contoso\.com: .*Policy.*not active yet/),
    },
  ],
  [
    'a mailbox that does not exist',
    { mailbox: 'nobody@contoso.com' },
    {
      code: 'EENVELOPE',
      httpStatus: 404,
      graphCode: 'ErrorInvalidUser',
      mailbox: 'nobody@contoso.com',
      hint: expect.stringContaining('aliases'),
    },
  ],
  [
    'a mailbox without a licence',
    { mailbox: 'former@contoso.com' },
    { code: 'EENVELOPE', httpStatus: 404, graphCode: 'MailboxNotEnabledForRESTAPI', hint: expect.stringContaining('licence') },
  ],
  [
    'a wrong secret',
    { clientSecret: 'wrong~GEHEIM' },
    { code: 'EAUTH', graphCode: 'AADSTS7000215', hint: expect.stringContaining("secret's Value") },
  ],
])('names %s and what to do', async (_, options, expected) => {
  const error: unknown = await create(options)
    .verify()
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ permanent: true, ...expected });
  const { message, hint } = error as { message: string; hint: string };
  expect(message).toContain(hint);
  expect(message).not.toMatch(/GEHEIM|eyJ/);
});

test.each<[string, Record<string, unknown>, string, RegExp]>([
  ['a user who may not send', { scp: 'User.Read', upn: 'noreply@contoso.com' }, 'me', /delegated permission Mail\.Send/],
  ['somebody else’s mailbox', { scp: 'Mail.Send', upn: 'alerts@contoso.com' }, 'noreply@contoso.com', /Mail\.Send\.Shared/],
  ["an app that says 'me'", {}, 'me', /an app's own/],
  ['a token for another service', { aud: 'https://outlook.office.com' }, 'noreply@contoso.com', /another service or cloud/],
])('explains the token of %s', async (_, claims, mailbox, hint) => {
  const credential = holder(() => sandbox.issueToken({ ...('scp' in claims && { roles: undefined }), ...claims }));
  await expect(create({ credential, mailbox }).verify()).rejects.toMatchObject({ code: 'EAUTH', hint: expect.stringMatching(hint) });
});

test('accepts a delegated token for the user’s own mailbox', async () => {
  const credential = holder(() => sandbox.issueToken({ roles: undefined, scp: 'Mail.Send', upn: 'alerts@contoso.com' }));
  await expect(create({ credential, mailbox: 'me' }).verify()).resolves.toBe(true);
  expect(sandbox.requests.at(-1)).toMatchObject({ path: '/v1.0/me/sendMail', errorCode: 'ErrorInvalidRecipients' });
});

test('accepts a token nobody can read: only Graph has to', async () => {
  sandbox.fail({ operation: 'sendMail', status: 400, code: 'ErrorInvalidRecipients' });
  await expect(create({ credential: holder(() => 'opaque') }).verify()).resolves.toBe(true);
});

test('accepts an app whose permission is granted in Exchange and not in the token', async () => {
  sandbox.fail({ operation: 'sendMail', status: 400, code: 'ErrorInvalidRecipients', message: 'At least one recipient is not valid.' });
  await expect(create({ clientId: powerless.clientId, clientSecret: powerless.clientSecret }).verify()).resolves.toBe(true);
});

test('fetches a new token where Graph refuses the first one', async () => {
  const tokens = [sandbox.issueToken({ exp: 1 }), sandbox.issueToken()];
  await expect(create({ credential: holder(() => tokens.shift() ?? '') }).verify()).resolves.toBe(true);
  expect(operations()).toEqual(['sendMail 401', 'sendMail 400']);
});

test.each<[string, object]>([
  ['busy', { status: 503 }],
  ['throttling', { status: 429 }],
  ['failing', { status: 500 }],
  ['of another opinion', { status: 400, code: 'UnableToDeserializePostBody' }],
  ['forbidding what nobody has heard of', { status: 403, code: 'SomethingNew' }],
  ['accepting the message to nobody', { status: 202 }],
])('does not fail because Graph is %s: signing in worked', async (_, fault) => {
  sandbox.fail({ operation: 'sendMail', ...fault });
  await expect(create().verify()).resolves.toBe(true);
});

test('fails where Graph is not reached', async () => {
  sandbox.fail({ operation: 'sendMail', cut: 'reset' });
  await expect(create().verify()).rejects.toMatchObject({ code: 'ECONNECTION', ambiguous: false });
});

test('opens a closed transport again', async () => {
  const transport = create();
  transport.close();
  await expect(transport.verify()).resolves.toBe(true);
});
