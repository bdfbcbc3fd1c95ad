import { EventEmitter } from 'node:events';
import { createServer } from 'node:net';
import nodemailer10 from 'nodemailer';
import type { GraphTransport } from '../../lib/index.js';
import { graphTransport, isGraphTransportError, type GraphTransportError, type GraphTransportOptions } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { nodemailerVersions, type Nodemailer } from '../support/nodemailer-versions.js';

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', text: 'Hello' };

let sandbox: Sandbox;
const open: GraphTransport[] = [];

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => {
  for (const transport of open.splice(0)) transport.close({ force: true });
  sandbox.clear();
});
afterAll(() => sandbox.close());

function create(overrides: Partial<GraphTransportOptions> = {}): GraphTransport {
  const transport = graphTransport({ ...sandbox.options, retries: 0, ...overrides });
  open.push(transport);
  return transport;
}

function unreachableGraph(port: number): GraphTransport {
  const credential = { getToken: () => Promise.resolve({ token: 'a.b.c', expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const transport = graphTransport({ credential, graphEndpoint: `http://127.0.0.1:${port}`, mailbox: 'noreply@contoso.com', retries: 0 });
  open.push(transport);
  return transport;
}

/** Sends with a callback and waits long enough to notice a second call. */
async function settle(nodemailer: Nodemailer, transport: GraphTransport, data: object = mail) {
  const calls: [Error | null, unknown][] = [];
  await new Promise<void>((resolve) => {
    nodemailer.createTransport(transport).sendMail(data, (error, info) => {
      calls.push([error, info]);
      setTimeout(resolve, 50);
    });
  });
  expect(calls).toHaveLength(1);
  return calls[0] as [GraphTransportError | null, Record<string, unknown>];
}

describe.each(nodemailerVersions)('with Nodemailer %s', (_version, nodemailer) => {
  test('a message arrives and info says so', async () => {
    const info = await nodemailer.createTransport(create()).sendMail({ ...mail, cc: 'copy@example.com', bcc: 'hidden@example.com' });
    const [message] = sandbox.messages;
    expect(message?.recipients.sort()).toEqual(['copy@example.com', 'hidden@example.com', 'reader@example.com']);
    expect(info).toMatchObject({
      envelope: { from: 'noreply@contoso.com', to: ['reader@example.com', 'copy@example.com', 'hidden@example.com'] },
      accepted: ['reader@example.com', 'copy@example.com', 'hidden@example.com'],
      rejected: [],
      response: '202 Accepted',
      mailbox: 'noreply@contoso.com',
      format: 'json',
      route: 'sendMail',
      attempts: 1,
      losses: [],
      messageId: message?.messageId,
      requestId: sandbox.requests.at(-1)?.requestId,
    });
  });

  test('a wrong secret settles with EAUTH, once', async () => {
    const [error, info] = await settle(nodemailer, create({ clientSecret: 'not-the-secret' }));
    expect(error).toMatchObject({ code: 'EAUTH', graphCode: 'AADSTS7000215', httpStatus: 401, permanent: true, ambiguous: false });
    expect(error?.message).toMatch(/Value \(not its Secret ID\)/);
    expect(info).toBeUndefined();
    expect(JSON.stringify({ ...error, message: error?.message, stack: error?.stack, cause: String(error?.cause) })).not.toContain(
      'not-the-secret',
    );
  });

  test('an unreachable Graph settles with ECONNECTION, once', async () => {
    const [error] = await settle(nodemailer, unreachableGraph(await unusedPort()));
    expect(error).toMatchObject({ code: 'ECONNECTION', ambiguous: false, permanent: false });
  });

  test('an unreachable sign-in service settles with ECONNECTION, once', async () => {
    const [error] = await settle(nodemailer, create({ authorityHost: `https://127.0.0.1:${await unusedPort()}` }));
    expect(error).toMatchObject({ code: 'ECONNECTION', ambiguous: false });
  });

  test('a recipient that Graph refuses settles with EENVELOPE, once', async () => {
    sandbox.fail({
      operation: 'sendMail',
      status: 400,
      code: 'ErrorInvalidRecipients',
      message: "At least one recipient is not valid., Recipient 'x' is not resolved.",
    });
    const [error] = await settle(nodemailer, create());
    expect(error).toMatchObject({ code: 'EENVELOPE', graphCode: 'ErrorInvalidRecipients', httpStatus: 400, permanent: true });
    expect(error?.message).toContain("Recipient 'x' is not resolved");
  });

  test('a closed transport opens again, as those without a pool', async () => {
    const transport = create();
    transport.close();
    const [error] = await settle(nodemailer, transport);
    expect(error).toBeNull();
    expect(sandbox.messages).toHaveLength(1);
  });

  test('an aborted signal settles with EABORT, once, and nothing is sent', async () => {
    const controller = new AbortController();
    controller.abort(new Error('changed my mind'));
    const [error] = await settle(nodemailer, create(), { ...mail, signal: controller.signal });
    expect(error).toMatchObject({ code: 'EABORT', name: 'AbortError' });
    expect(sandbox.messages).toHaveLength(0);
  });

  test('an abort while Graph is silent settles with EABORT and says that Graph may have the message', async () => {
    const controller = new AbortController();
    sandbox.fail({ operation: 'sendMail', delay: 60_000 });
    const pending = settle(nodemailer, create(), { ...mail, signal: controller.signal });
    await until(() => sandbox.requests.some(({ operation }) => operation === 'token'));
    setTimeout(() => controller.abort(), 300);
    const [error] = await pending;
    expect(error).toMatchObject({ code: 'EABORT', name: 'AbortError' });
  });

  test('verify() signs in for real, as a promise and with a callback', async () => {
    const transporter = nodemailer.createTransport(create());
    await expect(transporter.verify()).resolves.toBe(true);
    expect(sandbox.requests.map(({ operation }) => operation)).toContain('token');
    await new Promise<void>((resolve, reject) => {
      transporter.verify((error, success) => (error ? reject(error) : (expect(success).toBe(true), resolve())));
    });
    await expect(nodemailer.createTransport(create({ clientSecret: 'wrong' })).verify()).rejects.toMatchObject({ code: 'EAUTH' });
    const byCallback = await new Promise((resolve) =>
      nodemailer.createTransport(create({ clientSecret: 'wrong' })).verify((error) => resolve(error)),
    );
    expect(byCallback).toMatchObject({ code: 'EAUTH', hint: expect.any(String) });
  });

  test('a staging redirect reaches only the envelope', async () => {
    for (const format of ['json', 'mime'] as const) {
      sandbox.clear();
      const info = await nodemailer.createTransport(create({ format })).sendMail({
        ...mail,
        to: 'customer@example.com',
        cc: 'boss@example.com',
        envelope: { from: 'noreply@contoso.com', to: ['staging@contoso.com'] },
      });
      const [message] = sandbox.messages;
      expect(message?.recipients).toEqual(['staging@contoso.com']);
      expect(message?.source.toString()).not.toMatch(/customer@example\.com|boss@example\.com/);
      expect(info).toMatchObject({ accepted: ['staging@contoso.com'], losses: [{ feature: 'to' }, { feature: 'cc' }] });
    }
  });

  test('Bcc recipients get the mail and nobody sees them', async () => {
    for (const format of ['json', 'mime'] as const) {
      sandbox.clear();
      await nodemailer.createTransport(create({ format })).sendMail({ ...mail, bcc: ['hidden@example.com'] });
      const [message] = sandbox.messages;
      expect(message?.recipients).toContain('hidden@example.com');
      expect(message?.source.toString()).not.toContain('hidden@example.com');
    }
  });

  test('DKIM options are told as a loss and no signature is made', async () => {
    const dkim = { domainName: 'contoso.com', keySelector: 'k', privateKey: 'not even a key' };
    for (const format of ['json', 'mime'] as const) {
      sandbox.clear();
      const info = await nodemailer.createTransport(create({ format })).sendMail({ ...mail, dkim });
      expect(info).toMatchObject({ format, losses: [{ feature: 'dkim' }] });
      expect(sandbox.messages[0]?.source.toString()).not.toMatch(/^dkim-signature/im);
    }
  });
});

describe('the transport', () => {
  test('has the face Nodemailer asks for', () => {
    const transport = create();
    expect(transport).toBeInstanceOf(EventEmitter);
    expect(transport).toMatchObject({
      name: 'GraphTransport',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      supportsAbortSignal: true,
    });
    expect(transport.isIdle()).toBe(true);
    expect(transport.pendingCount()).toBe(0);
  });

  test('emits idle once at the start, so that the pull pattern starts by itself', async () => {
    const transport = create();
    await new Promise<void>((resolve) => transport.once('idle', resolve));
    expect(transport.isIdle()).toBe(true);
  });

  test('asks for one token for many messages at once', async () => {
    const transporter = nodemailer10.createTransport(create());
    await Promise.all(Array.from({ length: 10 }, () => transporter.sendMail(mail)));
    expect(sandbox.requests.filter(({ operation }) => operation === 'token')).toHaveLength(1);
    expect(sandbox.messages).toHaveLength(10);
  });

  test('asks for the scope of its Graph endpoint', async () => {
    const scopes: unknown[] = [];
    const credential = {
      getToken: (scope: string | string[]) => {
        scopes.push(scope);
        return Promise.resolve({ token: sandbox.issueToken(), expiresOnTimestamp: Date.now() + 3_600_000 });
      },
    };
    const { graphEndpoint, mailbox, tls } = sandbox.options;
    const transport = graphTransport({ credential, graphEndpoint, mailbox, tls });
    open.push(transport);
    await nodemailer10.createTransport(transport).sendMail(mail);
    expect(scopes).toEqual([`${graphEndpoint}/.default`]);
    expect(sandbox.messages).toHaveLength(1);
  });

  test('renews a token that Graph refuses, once, and sends the message', async () => {
    sandbox.fail({
      operation: 'sendMail',
      status: 401,
      code: 'InvalidAuthenticationToken',
      message: 'Lifetime validation failed, the token is expired.',
    });
    await nodemailer10.createTransport(create()).sendMail(mail);
    expect(sandbox.messages).toHaveLength(1);
    expect(sandbox.requests.filter(({ operation }) => operation === 'token')).toHaveLength(2);
  });

  test('keeps the token away from logs, errors and info', async () => {
    const lines: unknown[] = [];
    const log = (...line: unknown[]) => void lines.push(line);
    const logger = { trace: log, debug: log, info: log, warn: log, error: log, fatal: log };
    const body = 'a body nobody else may read';
    const transporter = nodemailer10.createTransport(create({ logger }));
    const info = await transporter.sendMail({ ...mail, text: body });
    sandbox.fail({ operation: 'sendMail', status: 500, message: `echo ${sandbox.issueToken()}` });
    const error: unknown = await transporter.sendMail({ ...mail, text: body }).catch((reason: unknown) => reason);
    const told = inspect([lines, info, error]);
    expect(lines.length).toBeGreaterThan(2);
    expect(told).not.toMatch(/eyJ/);
    expect(told).not.toContain(sandbox.options.clientSecret);
    expect(told).not.toContain(body);
  });

  test('takes nothing but 202 for sent', async () => {
    for (const status of [200, 201, 204]) {
      sandbox.fail({ operation: 'sendMail', status, body: '' });
      await expect(nodemailer10.createTransport(create()).sendMail(mail)).rejects.toMatchObject({
        code: 'EGRAPH',
        httpStatus: status,
        ambiguous: true,
      });
    }
    expect(sandbox.messages).toHaveLength(0);
  });

  test('sends nothing for a message without recipients', async () => {
    await expect(nodemailer10.createTransport(create()).sendMail({ from: mail.from, subject: 'x', text: 'x' })).rejects.toMatchObject({
      code: 'EENVELOPE',
    });
    expect(sandbox.requests.filter(({ operation }) => operation === 'sendMail')).toHaveLength(0);
  });

  test.each([
    ['a prepared header', { headers: { 'X-Id': { prepared: true, value: 'a\nBcc: victim@example.com' } } }, 'EMESSAGE', /X-ID/],
    ['an address', { to: 'reader@example.com\r\nBcc: victim@example.com' }, 'EENVELOPE', /To/],
    [
      'the envelope',
      { envelope: { from: mail.from, to: ['reader@example.com\r\nRCPT TO:<victim@example.com>'] } },
      'EENVELOPE',
      /envelope\.to/,
    ],
  ])('sends nothing for a line break in %s', async (_what, part, code, field) => {
    const error: unknown = await nodemailer10
      .createTransport(create())
      .sendMail({ ...mail, ...part })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, permanent: true, message: expect.stringMatching(field) });
    expect(sandbox.requests.filter(({ operation }) => operation === 'sendMail')).toHaveLength(0);
  });

  test.each([
    ['a subject', { subject: 'Hello\r\nBcc: victim@example.com' }],
    ['a header', { headers: { 'X-Id': 'a\nBcc: victim@example.com' } }],
    ['a name', { to: { name: 'A\r\nBcc: victim@example.com', address: 'reader@example.com' } }],
  ])('a line break in %s becomes a blank, as over SMTP', async (_what, part) => {
    await nodemailer10.createTransport(create()).sendMail({ ...mail, ...part });
    expect(sandbox.messages.map(({ recipients }) => recipients)).toEqual([['reader@example.com']]);
  });

  test('leaves saveToSentItems out unless it is false', async () => {
    await nodemailer10.createTransport(create()).sendMail(mail);
    await nodemailer10.createTransport(create({ saveToSentItems: false })).sendMail(mail);
    expect(sandbox.messages.map(({ savedToSentItems }) => savedToSentItems)).toEqual([true, false]);
    expect(sandbox.requests.filter(({ operation }) => operation === 'sendMail').map(({ body }) => Object.keys(body as object))).toEqual([
      ['message'],
      ['message', 'saveToSentItems'],
    ]);
  });

  test('takes the mailbox of the message, of the transport, or the From address', async () => {
    const { mailbox: _mailbox, ...rest } = sandbox.options;
    const transport = graphTransport(rest);
    open.push(transport);
    await nodemailer10.createTransport(transport).sendMail({ ...mail, from: 'Alerts <alerts@contoso.com>' });
    await nodemailer10
      .createTransport(transport)
      .sendMail({ ...mail, from: 'invoices@contoso.com', graph: { mailbox: 'invoices@contoso.com' } });
    await nodemailer10.createTransport(create()).sendMail(mail);
    expect(sandbox.messages.map(({ mailbox }) => mailbox)).toEqual(['alerts@contoso.com', 'invoices@contoso.com', 'noreply@contoso.com']);
  });

  test.each(['../../groups', 'a@contoso.com/../b', 'x y@contoso.com', ''])('refuses the mailbox %j of a message', async (mailbox) => {
    await expect(nodemailer10.createTransport(create()).sendMail({ ...mail, graph: { mailbox } })).rejects.toMatchObject({
      code: 'EENVELOPE',
    });
    expect(sandbox.requests.filter(({ operation }) => operation === 'sendMail')).toHaveLength(0);
  });

  test('refuses before sending what would lose something, with onLoss: error', async () => {
    const transporter = nodemailer10.createTransport(create({ onLoss: 'error', format: 'json' }));
    const error: unknown = await transporter.sendMail({ ...mail, html: '<p>Hello' }).catch((reason: unknown) => reason);
    expect(isGraphTransportError(error) && error.message).toMatch(/text \(/);
    expect(sandbox.messages).toHaveLength(0);
    await transporter.sendMail(mail);
    expect(sandbox.messages).toHaveLength(1);
  });

  test.each([
    [403, 'ErrorAccessDenied', 'EAUTH', /Mail\.Send/],
    [403, 'ErrorSendAsDenied', 'EENVELOPE', /Send As/],
    [404, 'MailboxNotEnabledForRESTAPI', 'EENVELOPE', /Exchange Online/],
    [404, 'ErrorInvalidUser', 'EENVELOPE', /primary user principal name/],
    [413, 'RequestEntityTooLarge', 'EMESSAGE', /4 MiB/],
    [429, 'ApplicationThrottled', 'EGRAPH', /throttles/],
  ])('explains HTTP %i %s', async (status, graphCode, code, advice) => {
    sandbox.fail({ operation: 'sendMail', status, code: graphCode });
    await expect(nodemailer10.createTransport(create()).sendMail(mail)).rejects.toMatchObject({
      code,
      httpStatus: status,
      graphCode,
      mailbox: 'noreply@contoso.com',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      clientRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      message: expect.stringMatching(advice),
      ambiguous: false,
    });
  });

  test.each([500, 502, 504])('calls HTTP %i ambiguous and names the Message-ID to look for', async (status) => {
    sandbox.fail({ operation: 'sendMail', status, accepted: true });
    const error: unknown = await nodemailer10
      .createTransport(create({ retries: 3 }))
      .sendMail({ ...mail, messageId: '<find-me@contoso.com>' })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      ambiguous: true,
      permanent: false,
      httpStatus: status,
      message: expect.stringContaining('<find-me@contoso.com>'),
    });
    expect(sandbox.messages).toHaveLength(1);
  });

  test('says which app or tenant is unknown, and that a secret expired', async () => {
    await expect(create({ clientId: '00000000-0000-0000-0000-00000000dead' }).verify()).rejects.toMatchObject({
      code: 'EAUTH',
      graphCode: 'AADSTS700016',
    });
    await expect(create({ tenantId: '00000000-0000-0000-0000-00000000dead' }).verify()).rejects.toMatchObject({
      code: 'EAUTH',
      graphCode: 'AADSTS90002',
    });
    await using expired = await startSandbox({
      apps: [{ clientId: sandbox.options.clientId, clientSecret: 'old', secretExpires: new Date('2020-01-01') }],
    });
    const transport = graphTransport(expired.options);
    open.push(transport);
    await expect(transport.verify()).rejects.toMatchObject({ code: 'EAUTH', graphCode: 'AADSTS7000222' });
  });
});

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

function inspect(value: unknown, seen = new Set<unknown>()): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || seen.has(value)) return String(value);
  seen.add(value);
  return Reflect.ownKeys(value)
    .map((key) => `${String(key)}=${inspect((value as Record<PropertyKey, unknown>)[key], seen)}`)
    .join('\n');
}
