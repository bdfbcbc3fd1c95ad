import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { createClient, message, type Client } from './client.js';

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  sandbox = await startSandbox();
  client = createClient(sandbox);
});

beforeEach(() => sandbox.clear());

afterAll(async () => {
  await client.close();
  await sandbox.close();
});

const subjects = () => sandbox.messages.map(({ subject }) => subject);
const settle = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: { code?: string }) => error.code ?? 'failed',
  );

describe('a fault', () => {
  it('answers with the status, Graph’s own code and the given headers, once', async () => {
    const fault = sandbox.fail({ status: 429, headers: { 'Retry-After': '7' } });
    expect(await client.sendMail(message())).toMatchObject({
      status: 429,
      headers: { 'retry-after': '7' },
      body: { error: { code: 'ApplicationThrottled', message: 'Application is over its MailboxConcurrency limit.' } },
    });
    expect(sandbox.messages).toHaveLength(0);
    expect((await client.sendMail(message())).status).toBe(202);
    expect(fault.hits).toBe(1);
    expect(sandbox.requests.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      [429, 'ApplicationThrottled'],
      [202, undefined],
    ]);
  });

  it.each([
    [500, 'ErrorInternalServerError'],
    [503, 'ErrorServerBusy'],
    [504, 'UnknownError'],
    [412, 'ErrorIrresolvableConflict'],
    [418, 'UnknownError'],
  ])('of status %d has the code %s', async (status, code) => {
    sandbox.fail({ status });
    expect(await client.sendMail(message())).toMatchObject({ status, body: { error: { code } } });
  });

  it('may bring its own code and message, or its own body', async () => {
    sandbox.fail({ status: 503, code: 'MailboxInfoStale', message: 'Stale.' });
    sandbox.fail({ status: 502, body: '<html>Bad gateway</html>', headers: { 'content-type': 'text/html' } });
    sandbox.fail({ status: 400, body: { odd: true } });
    sandbox.fail({ status: 504, body: '' });
    expect((await client.sendMail(message())).body.error).toMatchObject({ code: 'MailboxInfoStale', message: 'Stale.' });
    expect(await client.sendMail(message())).toMatchObject({
      status: 502,
      text: '<html>Bad gateway</html>',
      headers: { 'content-type': 'text/html' },
    });
    expect(await client.sendMail(message())).toMatchObject({ status: 400, body: { odd: true } });
    expect(await client.sendMail(message())).toMatchObject({ status: 504, text: '' });
  });

  it('may strike after the message was accepted', async () => {
    sandbox.fail({ status: 504, accepted: true });
    expect((await client.sendMail(message({ subject: 'gone out' }))).status).toBe(504);
    expect(subjects()).toEqual(['gone out']);
  });

  it('waits for a request that does take effect, where it is to strike after acceptance', async () => {
    const fault = sandbox.fail({ status: 504, accepted: true });
    expect((await client.sendMail(message({ toRecipients: [] }))).status).toBe(400);
    expect(fault.hits).toBe(0);
    expect((await client.sendMail(message())).status).toBe(504);
    expect(fault.hits).toBe(1);
  });

  it('may be a success nothing came of, or a 202 with a Retry-After', async () => {
    sandbox.fail({ status: 200 });
    expect(await client.sendMail(message())).toMatchObject({ status: 200, text: '' });
    expect(sandbox.messages).toHaveLength(0);
    sandbox.fail({ status: 202, accepted: true, headers: { 'Retry-After': '3' } });
    expect(await client.sendMail(message())).toMatchObject({ status: 202, headers: { 'retry-after': '3' } });
    expect(sandbox.messages).toHaveLength(1);
  });

  it('strikes `times` requests after it let `skip` through', async () => {
    const fault = sandbox.fail({ status: 500, skip: 1, times: 2 });
    const statuses: number[] = [];
    for (let count = 0; count < 5; count++) statuses.push((await client.sendMail(message())).status);
    expect(statuses).toEqual([202, 500, 500, 202, 202]);
    expect(fault.hits).toBe(2);
  });

  it('ends when it is removed, or with clear()', async () => {
    const fault = sandbox.fail({ status: 500, times: Infinity });
    expect((await client.sendMail(message())).status).toBe(500);
    fault.remove();
    expect((await client.sendMail(message())).status).toBe(202);
    sandbox.fail({ status: 500, times: Infinity });
    sandbox.clear();
    expect((await client.sendMail(message())).status).toBe(202);
  });

  it('may be for one mailbox, one operation or what a function picks', async () => {
    sandbox.fail({ status: 500, mailbox: 'ALERTS@contoso.com' });
    sandbox.fail({ status: 501, operation: ['send', 'uploadChunk'] });
    sandbox.fail({ status: 503, match: ({ body }) => (body as { message: { subject: string } }).message.subject === 'pick me' });
    expect((await client.sendMail(message())).status).toBe(202);
    expect((await client.sendMail(message(), { mailbox: 'alerts@contoso.com' })).status).toBe(500);
    expect((await client.sendMail(message({ subject: 'pick me' }))).status).toBe(503);
  });

  it('leaves sign-in alone unless it is meant', async () => {
    const ask = () =>
      client.send(`${sandbox.authorityHost}/${sandbox.tenantId}/oauth2/v2.0/token`, {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=client_credentials',
        token: '',
      });
    sandbox.fail({ status: 503 });
    expect((await ask()).status).toBe(400);
    sandbox.fail({ operation: 'token', status: 503 });
    expect(await ask()).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable', error_codes: [90033] } });
    sandbox.fail({ operation: 'token', status: 401, code: 'invalid_client', message: 'AADSTS7000112: Disabled.' });
    expect(await ask()).toMatchObject({ status: 401, body: { error: 'invalid_client', error_codes: [7000112] } });
  });
});

describe('a cut connection', () => {
  it.each([false, true])('is reset without an answer, the message accepted: %s', async (accepted) => {
    sandbox.fail({ cut: 'reset', accepted });
    expect(await settle(client.sendMail(message()))).toBe('ECONNRESET');
    expect(sandbox.messages).toHaveLength(accepted ? 1 : 0);
    expect(sandbox.requests).toMatchObject([{ operation: 'sendMail', status: 0, errorCode: undefined }]);
  });

  it('ends in the middle of the body', async () => {
    sandbox.fail({ cut: 'truncate', status: 500 });
    expect(await settle(client.sendMail(message()))).not.toBe('answered');
    sandbox.fail({ cut: 'truncate', accepted: true });
    expect(await settle(client.sendMail(message()))).not.toBe('answered');
    expect(sandbox.messages).toHaveLength(1);
    expect(sandbox.requests.map(({ status }) => status)).toEqual([500, 202]);
  });

  it('drips and never ends', async () => {
    sandbox.fail({ cut: 'trickle', status: 200 });
    const controller = new AbortController();
    const response = await client.dispatcher.request({
      origin: sandbox.graphEndpoint,
      path: '/v1.0/users/noreply@contoso.com/sendMail',
      method: 'POST',
      signal: controller.signal,
    });
    expect(response.statusCode).toBe(200);
    const iterator = response.body[Symbol.asyncIterator]();
    const first = await iterator.next();
    const second = await iterator.next();
    expect([first.value, second.value].map(String)).toEqual([' ', ' ']);
    controller.abort();
    await expect(iterator.next()).rejects.toThrow();
  });
});

describe('a delay', () => {
  it('only delays where there is nothing else', async () => {
    sandbox.fail({ delay: 1 });
    expect((await client.sendMail(message())).status).toBe(202);
    expect(sandbox.messages).toHaveLength(1);
  });

  it.each([false, true])('survives a client that goes away; accepted before: %s', async (accepted) => {
    const controller = new AbortController();
    const arrived = new Promise<void>((resolve) => {
      sandbox.fail({ delay: Infinity, accepted, match: () => (resolve(), true) });
    });
    const request = client.dispatcher.request({
      origin: sandbox.graphEndpoint,
      path: '/v1.0/users/noreply@contoso.com/sendMail',
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.issueToken()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ message: message() }),
      signal: controller.signal,
    });
    const failed = expect(request).rejects.toThrow(/abort/i);
    await arrived;
    if (accepted) await sandbox.waitForMessage();
    controller.abort();
    await failed;
    while (sandbox.requests.length === 0) await new Promise(setImmediate);
    expect(sandbox.requests).toMatchObject([{ operation: 'sendMail', status: 0 }]);
    expect(sandbox.messages).toHaveLength(accepted ? 1 : 0);
    expect((await client.sendMail(message())).status).toBe(202);
  });

  it('does not hold up close()', async () => {
    const other = await startSandbox();
    const otherClient = createClient(other);
    const arrived = new Promise<void>((resolve) => {
      other.fail({ delay: Infinity, match: () => (resolve(), true) });
    });
    const outcome = settle(otherClient.sendMail(message()));
    await arrived;
    await other.close();
    expect(await outcome).not.toBe('answered');
    await otherClient.close();
  });
});
