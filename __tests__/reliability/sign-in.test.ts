import { createServer, type AddressInfo } from 'node:net';
import nodemailer from 'nodemailer';
import { graphTransport } from '../../lib/index.js';
import { startSandbox, type FaultRule, type Sandbox, type SandboxRequest } from '../../lib/sandbox/index.js';
import { settle, until, useSandbox } from './support/harness.js';

/** What a message must end in, if the sign-in meets the fault once or always. */
interface Row {
  name: string;
  rule: FaultRule;
  once: 'sent' | 'EAUTH' | 'ECONNECTION' | 'ETIMEDOUT';
  always: Exclude<Row['once'], 'sent'>;
}

const rows: Row[] = [
  { name: 'reset', rule: { cut: 'reset' }, once: 'sent', always: 'ECONNECTION' },
  { name: 'truncated', rule: { cut: 'truncate', accepted: true }, once: 'sent', always: 'ECONNECTION' },
  { name: 'trickle', rule: { cut: 'trickle', accepted: true }, once: 'ETIMEDOUT', always: 'ETIMEDOUT' },
  { name: 'silence', rule: { delay: 60_000 }, once: 'ETIMEDOUT', always: 'ETIMEDOUT' },
  {
    name: 'malformed',
    rule: { status: 200, body: '{"token_type":"Bea', headers: { 'Content-Type': 'application/json' } },
    once: 'EAUTH',
    always: 'EAUTH',
  },
  { name: '200 without a token', rule: { status: 200, body: {} }, once: 'EAUTH', always: 'EAUTH' },
  ...[400, 401, 403, 404].map((status) => ({ name: `${status}`, rule: { status }, once: 'EAUTH' as const, always: 'EAUTH' as const })),
  ...[500, 502, 503, 504].map((status) => ({ name: `${status}`, rule: { status }, once: 'sent' as const, always: 'EAUTH' as const })),
  { name: '429', rule: { status: 429 }, once: 'sent', always: 'EAUTH' },
  { name: '429 Retry-After', rule: { status: 429, headers: { 'Retry-After': '0' } }, once: 'sent', always: 'EAUTH' },
  { name: '503 Retry-After', rule: { status: 503, headers: { 'Retry-After': '0' } }, once: 'sent', always: 'EAUTH' },
  { name: '429 Retry-After, too long', rule: { status: 429, headers: { 'Retry-After': '3600' } }, once: 'EAUTH', always: 'EAUTH' },
  { name: '503 Retry-After, too long', rule: { status: 503, headers: { 'Retry-After': '3600' } }, once: 'EAUTH', always: 'EAUTH' },
];

const cells = rows.flatMap(({ name, rule, once, always }) => [
  { name: `${name} once`, rule, end: once },
  { name: `${name} always`, rule: { ...rule, times: Infinity }, end: always },
]);

describe('a fault of the sign-in service', () => {
  const clientId = (index: number) => `11111111-0000-4000-8000-${String(index).padStart(12, '0')}`;
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ apps: cells.map((_, index) => ({ clientId: clientId(index), clientSecret: 'secret' })) });
  });
  afterAll(() => sandbox.close());

  const endless = (rule: FaultRule) => rule.cut === 'trickle' || rule.delay !== undefined;
  const table = cells.map((cell, index) => ({ ...cell, index }));

  // MSAL waits a second before it asks again: side by side that costs little
  test.concurrent.each(table.filter(({ rule }) => !endless(rule)))('$name', (cell) => meet(cell));

  test.each(table.filter(({ rule }) => endless(rule)))('$name', async (cell) => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    // the sign-in's own comes first, then those of its requests
    const expire = () => timers.mock.calls.find(([, ms]) => ms === 86_400_000)?.[0]();
    await meet(cell, expire);
    timers.mockRestore();
  });

  async function meet({ name, rule, end, index }: (typeof table)[number], struck?: () => void): Promise<void> {
    const id = clientId(index);
    const transport = graphTransport({
      ...sandbox.options,
      clientId: id,
      clientSecret: 'secret',
      requestTimeout: 86_400_000,
      maxRetryDelay: 2_000,
    });
    const match = ({ body }: SandboxRequest) => (body as { client_id?: string }).client_id === id && (struck?.(), true);
    const fault = sandbox.fail({ ...rule, operation: 'token', match });
    const { error } = await settle(nodemailer.createTransport(transport), { subject: name });
    transport.close();
    expect(fault.hits).toBeGreaterThan(0);
    const copies = sandbox.messages.filter(({ subject }) => subject === name).length;
    expect(`${error?.code ?? 'sent'}, copies: ${copies}, ambiguous: ${error?.ambiguous ?? false}`).toBe(
      `${end}, copies: ${end === 'sent' ? 1 : 0}, ambiguous: false`,
    );
    const temporary = /^(429|5\d\d|reset|truncated|trickle|silence|malformed)/.test(name);
    if (error && temporary) expect(error.permanent).toBe(false);
    if (name.includes('too long')) {
      expect(error).toMatchObject({ retryAfter: 3600, httpStatus: Number(name.slice(0, 3)) });
      expect(fault.hits).toBe(1);
    }
    // nothing of it is kept: the next message signs in anew
    fault.remove();
    const next = graphTransport({ ...sandbox.options, clientId: id, clientSecret: 'secret' });
    expect((await settle(nodemailer.createTransport(next), { subject: `${name}, next` })).error).toBeUndefined();
    next.close();
  }
});

describe('the token', () => {
  const harness = useSandbox({ tokenLifetime: 290 });
  const { create, count } = harness;

  test('that still serves carries messages while the sign-in service is down', async () => {
    const { transport, transporter } = create({ retries: 0 });
    const reported: Error[] = [];
    transporter.on('error', (error) => reported.push(error));
    // not five minutes left: good enough to send, and to be renewed in the background
    harness.sandbox.fail({ operation: 'token', skip: 1, status: 503, times: Infinity });
    const results = [await settle(transporter), await settle(transporter)];
    expect(results.map(({ error }) => error)).toEqual([undefined, undefined]);
    await until(() => reported.length > 0);
    expect(reported).toEqual([expect.objectContaining({ code: 'EAUTH', httpStatus: 503, ambiguous: false })]);
    expect(transport.pendingCount()).toBe(0);
  });

  test('that Graph refuses, with the sign-in service down: an error, and nothing is sent', async () => {
    const { transporter } = create({ retries: 0 });
    await settle(transporter);
    harness.sandbox.fail({ operation: 'sendMail', status: 401, times: Infinity });
    harness.sandbox.fail({ operation: 'token', cut: 'reset', times: Infinity });
    const { error } = await settle(transporter);
    expect(error).toMatchObject({ code: 'ECONNECTION', ambiguous: false, permanent: false });
    expect(harness.sandbox.messages).toHaveLength(1);
  });

  test('is fetched once for all messages that were refused the same one', async () => {
    const { transporter } = create();
    await settle(transporter);
    const before = count('token');
    // each message once, however fast the others are
    const refused = new Set<string>();
    const isFirst = ({ body }: SandboxRequest) => {
      const id = JSON.stringify(body);
      return !refused.has(id) && Boolean(refused.add(id));
    };
    harness.sandbox.fail({ operation: 'sendMail', status: 401, times: 4, match: isFirst });
    const results = await Promise.all(Array.from({ length: 4 }, () => settle(transporter)));
    expect(results.map(({ error }) => error)).toEqual(Array.from({ length: 4 }, () => undefined));
    expect(count('token') - before).toBeLessThanOrEqual(2);
    expect(harness.sandbox.messages).toHaveLength(5);
  });

  test('cannot be had where nothing listens: an error that names the host', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const { transporter } = create({ authorityHost: `https://127.0.0.1:${port}`, retries: 1 });
    const { error } = await settle(transporter);
    expect(error).toMatchObject({ code: 'ECONNECTION', ambiguous: false, permanent: false });
    expect(error?.message).toContain(`127.0.0.1:${port}`);
  });
});
