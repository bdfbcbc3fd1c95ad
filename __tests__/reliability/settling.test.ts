import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import nodemailer from 'nodemailer';
import { graphTransport, type GraphTransport, type GraphTransportError } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', text: 'Hello' };
const large = { attachments: [{ filename: 'large.bin', content: Buffer.alloc(9_000_000, 1) }] };

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

function create(options: object = {}): { transport: GraphTransport; transporter: ReturnType<typeof nodemailer.createTransport> } {
  const transport = graphTransport({ ...sandbox.options, maxRetryDelay: 60_000, ...options });
  open.push(transport);
  return { transport, transporter: nodemailer.createTransport(transport) };
}

const count = (operation: string) => sandbox.requests.filter((request) => request.operation === operation).length;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Starts a send and resolves with its error. */
function failing(transporter: { sendMail(data: object): Promise<unknown> }, data: object): Promise<GraphTransportError | undefined> {
  return transporter.sendMail({ ...mail, ...data }).then(
    () => undefined,
    (error: GraphTransportError) => error,
  );
}

describe('an abort', () => {
  test('while the message waits for its turn sends nothing', async () => {
    const { transporter } = create({ maxConnections: 1 });
    sandbox.fail({ operation: 'sendMail', delay: 300 });
    const first = transporter.sendMail({ ...mail, subject: 'first' });
    const controller = new AbortController();
    const second = failing(transporter, { subject: 'second', signal: controller.signal });
    controller.abort();
    expect(await second).toMatchObject({ code: 'EABORT', name: 'AbortError', ambiguous: false });
    await first;
    expect(sandbox.messages.map(({ subject }) => subject)).toEqual(['first']);
  });

  test('during the sign-in sends nothing, and another message still gets the token', async () => {
    const { transporter } = create();
    sandbox.fail({ operation: 'token', delay: 400 });
    const controller = new AbortController();
    const aborted = failing(transporter, { signal: controller.signal });
    const other = transporter.sendMail({ ...mail, subject: 'other' });
    setTimeout(() => controller.abort(), 100);
    expect(await aborted).toMatchObject({ code: 'EABORT', ambiguous: false });
    await other;
    expect(sandbox.messages.map(({ subject }) => subject)).toEqual(['other']);
    expect(count('token')).toBe(1);
  });

  test('while an attachment is read sends nothing and destroys the stream', async () => {
    const { transporter } = create();
    const stream = new Readable({ read: () => undefined });
    stream.push('the beginning');
    const controller = new AbortController();
    const aborted = failing(transporter, { signal: controller.signal, attachments: [{ filename: 'a.txt', content: stream }] });
    setTimeout(() => controller.abort(), 100);
    expect(await aborted).toMatchObject({ code: 'EABORT', ambiguous: false });
    expect(stream.destroyed).toBe(true);
    expect(count('sendMail')).toBe(0);
  });

  test('during the request says that Graph may have the message', async () => {
    const { transporter } = create();
    await transporter.verify();
    sandbox.fail({ operation: 'sendMail', delay: 60_000, accepted: true });
    const controller = new AbortController();
    const aborted = failing(transporter, { signal: controller.signal });
    setTimeout(() => controller.abort(), 300);
    expect(await aborted).toMatchObject({ code: 'EABORT', ambiguous: true });
  });

  test('during a pause sends nothing', async () => {
    const { transporter } = create();
    sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '30' } });
    const controller = new AbortController();
    const aborted = failing(transporter, { signal: controller.signal });
    await until(() => count('sendMail') === 1);
    setTimeout(() => controller.abort(), 50);
    expect(await aborted).toMatchObject({ code: 'EABORT', ambiguous: false });
    expect(sandbox.messages).toHaveLength(0);
  });

  test.each(['createDraft', 'createUploadSession', 'uploadChunk'] as const)('during %s leaves no draft and no copy', async (operation) => {
    const { transporter } = create();
    sandbox.fail({ operation, delay: 60_000 });
    const controller = new AbortController();
    const aborted = failing(transporter, { ...large, signal: controller.signal });
    await until(() => count(operation === 'createDraft' ? 'token' : 'createDraft') > 0);
    setTimeout(() => controller.abort(), 300);
    expect(await aborted).toMatchObject({ code: 'EABORT', ambiguous: false });
    expect(sandbox.messages).toHaveLength(0);
    expect(sandbox.drafts).toHaveLength(0);
  });

  test('while a draft is sent tells the truth', async () => {
    const { transporter } = create({ route: 'draft' });
    sandbox.fail({ operation: 'send', delay: 400, accepted: true });
    const controller = new AbortController();
    const outcome = failing(transporter, { signal: controller.signal });
    await until(() => count('createDraft') > 0);
    setTimeout(() => controller.abort(), 200);
    const error = await outcome;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(sandbox.messages.length).toBeLessThanOrEqual(1);
    if (error && !error.ambiguous) expect(sandbox.messages).toHaveLength(0);
  });
});

describe('close()', () => {
  test('lets running messages end and fails those that wait', async () => {
    const { transport, transporter } = create({ maxConnections: 1 });
    sandbox.fail({ operation: 'sendMail', delay: 200 });
    const running = transporter.sendMail({ ...mail, subject: 'running' });
    const waiting = failing(transporter, { subject: 'waiting' });
    await until(() => count('token') === 1);
    transport.close();
    expect(await waiting).toMatchObject({ code: 'ECONNECTION', ambiguous: false });
    await running;
    expect(sandbox.messages.map(({ subject }) => subject)).toEqual(['running']);
    expect(transport.pendingCount()).toBe(0);
  });

  test('with force aborts what runs and deletes its draft', async () => {
    const { transport, transporter } = create();
    sandbox.fail({ operation: 'uploadChunk', delay: 60_000 });
    const running = failing(transporter, large);
    await until(() => count('createUploadSession') === 1);
    setTimeout(() => transport.close({ force: true }), 100);
    expect(await running).toMatchObject({ code: 'EABORT', ambiguous: false });
    expect(sandbox.drafts).toHaveLength(0);
  });

  test('during a pause lets the paused message end after it', async () => {
    const { transport, transporter } = create();
    sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' } });
    const paused = transporter.sendMail(mail);
    await until(() => count('sendMail') === 1);
    transport.close();
    await paused;
    expect(sandbox.messages).toHaveLength(1);
  });
});

describe('throttling', () => {
  test('a pause holds all messages of the mailbox, and no other', async () => {
    const { transporter } = create();
    await transporter.sendMail({ ...mail, subject: 'warm-up' });
    sandbox.fail({ operation: 'sendMail', mailbox: 'noreply@contoso.com', status: 429, headers: { 'Retry-After': '1' } });
    const held = Array.from({ length: 6 }, (_, index) => transporter.sendMail({ ...mail, subject: `held ${index}` }));
    await until(() => count('sendMail') >= 2);
    const free = transporter.sendMail({ ...mail, from: 'alerts@contoso.com', subject: 'free', graph: { mailbox: 'alerts@contoso.com' } });
    await free;
    expect(sandbox.messages.some(({ subject }) => subject === 'held 5')).toBe(false);
    await Promise.all(held);
    const refused = sandbox.requests.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(1);
    expect(sandbox.messages).toHaveLength(8);
  });

  test('a 202 with a Retry-After is done', async () => {
    const { transporter } = create();
    sandbox.fail({ operation: 'sendMail', status: 202, accepted: true, body: '', headers: { 'Retry-After': '1' } });
    await transporter.sendMail(mail);
    expect(count('sendMail')).toBe(1);
    expect(sandbox.messages).toHaveLength(1);
  });

  test('a Retry-After that is too long is reported at once, in seconds', async () => {
    const { transporter } = create({ maxRetryDelay: 1_000 });
    sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '120' } });
    expect(await failing(transporter, {})).toMatchObject({ retryAfter: 120, permanent: false, ambiguous: false, statusCode: 429 });
    expect(count('sendMail')).toBe(1);
  });

  test('a Retry-After date is understood', async () => {
    const { transporter } = create();
    sandbox.fail({ operation: 'sendMail', status: 503, headers: { 'Retry-After': new Date(Date.now() + 1_000).toUTCString() } });
    await transporter.sendMail(mail);
    expect(sandbox.messages).toHaveLength(1);
  });

  test('a repeat sends the whole body again, after 503 over a new connection', async () => {
    const { transporter } = create({ maxRetryDelay: 10 });
    const content = Readable.from([Buffer.alloc(100_000, 1), Buffer.alloc(100_000, 2)]);
    sandbox.fail({ operation: 'sendMail', status: 503 });
    await transporter.sendMail({ ...mail, attachments: [{ filename: 'a.bin', content }] });
    const [first, second] = sandbox.requests.filter(({ operation }) => operation === 'sendMail');
    expect(second?.bytes).toBe(first?.bytes);
    expect(second?.connection).not.toBe(first?.connection);
    expect(sandbox.messages[0]?.attachments[0]?.size).toBe(200_000);
  });

  test('no more than maxConnections messages of a mailbox are on the way, in order', async () => {
    await using strict = await startSandbox({ maxConcurrency: 4 });
    const transport = graphTransport({ ...strict.options, retries: 0 });
    open.push(transport);
    const transporter = nodemailer.createTransport(transport);
    strict.fail({ operation: 'sendMail', delay: 20, times: Infinity });
    await Promise.all(Array.from({ length: 20 }, (_, index) => transporter.sendMail({ ...mail, subject: `${index}` })));
    expect(strict.messages).toHaveLength(20);
    expect(strict.requests.filter(({ status }) => status === 429)).toHaveLength(0);
  });

  test('content is read when the message has its turn, not while it waits', async () => {
    const { transporter } = create({ maxConnections: 1 });
    let read = 0;
    const lazy = () =>
      new Readable({
        read() {
          read++;
          this.push('x');
          this.push(null);
        },
      });
    sandbox.fail({ operation: 'sendMail', delay: 300 });
    const first = transporter.sendMail(mail);
    const others = Array.from({ length: 5 }, () =>
      transporter.sendMail({ ...mail, attachments: [{ filename: 'a.txt', content: lazy() }] }),
    );
    await until(() => count('token') === 1);
    expect(read).toBe(0);
    await Promise.all([first, ...others]);
    expect(read).toBeGreaterThanOrEqual(5);
  });
});

describe('timeouts', () => {
  test('a silent server does not hold a message', async () => {
    const { transporter } = create({ socketTimeout: 300 });
    await transporter.verify();
    sandbox.fail({ operation: 'sendMail', delay: 60_000 });
    expect(await failing(transporter, {})).toMatchObject({ code: 'ETIMEDOUT', ambiguous: true });
  });

  test('a server that trickles an answer does not hold a message', async () => {
    const { transporter } = create({ requestTimeout: 1_500, socketTimeout: 60_000 });
    sandbox.fail({ operation: 'sendMail', status: 500, cut: 'trickle' });
    expect(await failing(transporter, {})).toMatchObject({ statusCode: 500, ambiguous: true });
  });

  test('a sign-in that never answers does not hold a message', async () => {
    const { transporter } = create({ requestTimeout: 400, retries: 0 });
    sandbox.fail({ operation: 'token', delay: 60_000, times: Infinity });
    expect(await failing(transporter, {})).toMatchObject({ code: 'ETIMEDOUT', ambiguous: false });
  });

  test('a stream that falls silent does not hold a message', async () => {
    const { transporter } = create({ socketTimeout: 200 });
    const content = new Readable({ read: () => undefined });
    expect(await failing(transporter, { attachments: [{ filename: 'a.txt', content }] })).toMatchObject({
      code: 'ETIMEDOUT',
      ambiguous: false,
    });
    expect(sandbox.messages).toHaveLength(0);
  });
});

test('an ambiguous draft is left alone and named', async () => {
  const { transporter } = create({ route: 'draft', retries: 1, maxRetryDelay: 10 });
  sandbox.fail({ operation: 'send', cut: 'reset', accepted: true, times: Infinity });
  sandbox.fail({ operation: ['getMessage', 'listMessages'], status: 500, times: Infinity });
  const error = await failing(transporter, { messageId: '<look-for-me@contoso.com>' });
  expect(error).toMatchObject({ ambiguous: true, message: expect.stringContaining('<look-for-me@contoso.com>') });
  expect(sandbox.messages).toHaveLength(1);
  expect(count('deleteMessage')).toBe(0);
});

test('a draft that cannot be deleted is named in the error', async () => {
  const { transporter } = create({ maxRetryDelay: 10, retries: 1 });
  sandbox.fail({ operation: 'uploadChunk', status: 400, times: Infinity });
  sandbox.fail({ operation: 'deleteMessage', status: 500, times: Infinity });
  const error = await failing(transporter, large);
  expect(error?.message).toMatch(/left in Drafts of noreply@contoso\.com/);
  expect(sandbox.drafts).toHaveLength(1);
});

test('temporary files are removed after success, failure and abort', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spool-test-'));
  // jest's process.env is a copy that Node itself does not see
  const spy = jest.spyOn(os, 'tmpdir').mockReturnValue(folder);
  try {
    const { transporter } = create();
    const attachments = () => [{ filename: 'large.bin', content: Readable.from(pieces(9)) }];
    await transporter.sendMail({ ...mail, attachments: attachments() });
    expect(sandbox.messages[0]?.attachments[0]?.size).toBe(9 * 1024 * 1024);
    sandbox.fail({ operation: 'uploadChunk', status: 400 });
    expect(await failing(transporter, { attachments: attachments() })).toBeDefined();
    sandbox.fail({ operation: 'uploadChunk', delay: 60_000 });
    const controller = new AbortController();
    const aborted = failing(transporter, { attachments: attachments(), signal: controller.signal });
    await until(() => readdirSync(folder).length > 0);
    setTimeout(() => controller.abort(), 200);
    await aborted;
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    spy.mockRestore();
    rmSync(folder, { recursive: true });
  }
});

function* pieces(count: number): Generator<Buffer> {
  for (let index = 0; index < count; index++) yield Buffer.alloc(1024 * 1024, index);
}
