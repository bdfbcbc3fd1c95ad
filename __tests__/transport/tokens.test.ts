import { inspect } from 'node:util';
import nodemailer from 'nodemailer';
import { graphTransport, type GraphTransport } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', text: 'Hello' };
const large = { ...mail, attachments: [{ filename: 'a.bin', content: Buffer.alloc(4 * 1024 * 1024) }] };
/** Read when a token is issued: what is pushed later has been consented to later. */
const roles: string[] = [];

let sandbox: Sandbox;
const open: GraphTransport[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ apps: [{ clientId: '00000000-0000-4000-8000-000000000001', clientSecret: 'the-secret', roles }] });
});
afterEach(() => {
  for (const transport of open.splice(0)) transport.close({ force: true });
  roles.splice(0);
  sandbox.clear();
});
afterAll(() => sandbox.close());

function create(signIn: object = {}): GraphTransport {
  const { graphEndpoint, mailbox, tls } = sandbox.options;
  const transport = graphTransport('credential' in signIn ? { graphEndpoint, mailbox, tls, ...signIn } : { ...sandbox.options, ...signIn });
  open.push(transport);
  return transport;
}

const count = (operation: string) => sandbox.requests.filter((request) => request.operation === operation).length;
const hour = () => Date.now() + 3_600_000;
const send = (transport: GraphTransport, message: object = mail) => nodemailer.createTransport(transport).sendMail(message);
const failing = (transport: GraphTransport) =>
  send(transport).then(
    () => Promise.reject(new Error('it was sent')),
    (error: Error) => error,
  );

describe('a permission that is given while the app runs', () => {
  test('acts on the next message: a token that was refused for want of it is not kept', async () => {
    const transport = create();
    expect(await failing(transport)).toMatchObject({ code: 'EAUTH', permanent: true, hint: expect.stringContaining('running app') });
    roles.push('Mail.Send');
    await send(transport);
    expect(sandbox.messages).toHaveLength(1);
    expect(count('token')).toBe(2);
  });

  test('for large attachments, as well', async () => {
    roles.push('Mail.Send');
    const transport = create();
    await send(transport);
    await expect(send(transport, large)).rejects.toMatchObject({ code: 'EAUTH', hint: expect.stringContaining('Mail.ReadWrite') });
    roles.push('Mail.ReadWrite');
    await send(transport, large);
    expect(sandbox.messages).toHaveLength(2);
  });

  test('acts on the next verify()', async () => {
    const transport = create();
    await expect(transport.verify()).rejects.toMatchObject({ code: 'EAUTH' });
    roles.push('Mail.Send');
    await expect(transport.verify()).resolves.toBe(true);
  });
});

test.each([
  ['ErrorSendAsDenied', 'EENVELOPE'],
  ['ErrorQuotaExceeded', 'EGRAPH'],
])('403 %s says nothing about the token, which is kept', async (code, expected) => {
  roles.push('Mail.Send');
  const transport = create();
  sandbox.fail({ operation: 'sendMail', status: 403, code });
  expect(await failing(transport)).toMatchObject({ code: expected });
  await send(transport);
  expect(count('token')).toBe(1);
});

describe('a credential of the app', () => {
  test('may be synchronous, and blanks around its token do not count', async () => {
    roles.push('Mail.Send');
    const credential = { getToken: () => ({ token: `\n ${sandbox.issueToken()} \r\n`, expiresOnTimestamp: hour() }) };
    await send(create({ credential }));
    expect(sandbox.messages).toHaveLength(1);
  });

  class PortalCredential {
    constructor(private readonly answer: unknown) {}
    getToken() {
      return this.answer;
    }
  }

  test.each<[string, unknown, string, RegExp]>([
    ['nothing', undefined, 'EAUTH', /PortalCredential returned no token/],
    ['null', null, 'EAUTH', /PortalCredential returned no token/],
    ['an empty token', { token: ' ', expiresOnTimestamp: hour() }, 'EAUTH', /PortalCredential returned no token/],
    ['the token itself', 'GEHEIM', 'ECONFIG', /PortalCredential must return \{ token, expiresOnTimestamp \}, not a string/],
    ['an object of another library', { accessToken: 'GEHEIM', expiresOn: new Date() }, 'ECONFIG', /"token" is missing/],
    ['a Buffer as token', { token: Buffer.from('GEHEIM'), expiresOnTimestamp: hour() }, 'ECONFIG', /"token" is an object/],
    ['a header', { token: 'Bearer GEHEIM', expiresOnTimestamp: hour() }, 'ECONFIG', /begins with "Bearer"/],
    ['a token with a line break', { token: 'GEHEIM\r\nX-Injected: 1', expiresOnTimestamp: hour() }, 'ECONFIG', /characters/],
    ['no expiry', { token: 'GEHEIM' }, 'ECONFIG', /"expiresOnTimestamp" is missing/],
    ['a Date', { token: 'GEHEIM', expiresOnTimestamp: new Date() }, 'ECONFIG', /"expiresOnTimestamp" is an object/],
    ['NaN', { token: 'GEHEIM', expiresOnTimestamp: Number.NaN }, 'ECONFIG', /"expiresOnTimestamp" is NaN/],
    ['seconds', { token: 'GEHEIM', expiresOnTimestamp: Math.floor(hour() / 1000) }, 'ECONFIG', /looks like seconds/],
  ])('that returns %s is told so', async (_what, answer, code, message) => {
    for (const given of [answer, Promise.resolve(answer)]) {
      const error = await failing(create({ credential: new PortalCredential(given) }));
      expect(error).toMatchObject({ code, permanent: code === 'ECONFIG', message: expect.stringMatching(message) });
      expect(inspect(error)).not.toContain('GEHEIM');
    }
    expect(sandbox.requests).toHaveLength(0);
  });

  test('without a class of its own is named as the option', async () => {
    expect(await failing(create({ credential: { getToken: () => 'GEHEIM' } }))).toMatchObject({
      message: expect.stringContaining('credential (option "credential") must return'),
    });
  });

  test('is asked with the claims that Graph wants after a refusal, once', async () => {
    roles.push('Mail.Send');
    const claims = JSON.stringify({ access_token: { nbf: { essential: true, value: '1604106651' } } });
    const asked: unknown[] = [];
    const credential = {
      getToken: (_scope: unknown, options: { claims?: string }) => {
        asked.push(options.claims);
        return { token: sandbox.issueToken({ aio: String(asked.length) }), expiresOnTimestamp: hour() };
      },
    };
    sandbox.fail({
      operation: 'sendMail',
      status: 401,
      code: 'InvalidAuthenticationToken',
      headers: {
        'WWW-Authenticate': `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`,
      },
    });
    const transport = create({ credential });
    await send(transport);
    expect(asked).toEqual([undefined, claims]);
    sandbox.fail({ operation: 'sendMail', status: 401, code: 'InvalidAuthenticationToken' });
    await send(transport);
    expect(asked).toEqual([undefined, claims, undefined]);
    expect(sandbox.messages).toHaveLength(2);
  });

  test('that returns the token again which Graph refused: the hint does not speak of another one', async () => {
    const token = sandbox.issueToken();
    sandbox.fail({ operation: 'sendMail', status: 401, code: 'InvalidAuthenticationToken', times: 2 });
    const error = await failing(create({ credential: { getToken: () => ({ token, expiresOnTimestamp: hour() }) } }));
    expect(error).toMatchObject({ code: 'EAUTH', permanent: true, hint: expect.stringContaining('returned the same one again') });
    expect(error.message).not.toMatch(/fetched after/);
  });
});

test.each([
  ['InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.'],
  ['UnknownError', ''],
])('Graph refusing every token (%s) is permanent', async (code, message) => {
  sandbox.fail({ operation: 'sendMail', status: 401, code, message, times: 2 });
  expect(await failing(create())).toMatchObject({
    code: 'EAUTH',
    permanent: true,
    ambiguous: false,
    hint: expect.stringContaining('nor the one that was fetched after it'),
  });
  expect(count('sendMail')).toBe(2);
});
