import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { AuthenticationHandler, Client as GraphClient } from '@microsoft/microsoft-graph-client';
import { Agent, fetch } from 'undici';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { VERSION } from '../../lib/sandbox/version.js';
import { bundle, root } from './bundle.js';
import { createClient, message } from './client.js';

const running: Sandbox[] = [];
const start = async (...args: Parameters<typeof startSandbox>): Promise<Sandbox> => {
  const sandbox = await startSandbox(...args);
  running.push(sandbox);
  return sandbox;
};

afterEach(() => Promise.all(running.splice(0).map((sandbox) => sandbox.close())));

describe('a sandbox', () => {
  it('gives what a transport needs to know', async () => {
    const sandbox = await start({ apps: [{ clientId: 'c0', clientSecret: 's0' }], mailboxes: ['sales@fabrikam.com'], tenantId: 't0' });
    expect(sandbox.options).toEqual({
      tenantId: 't0',
      clientId: 'c0',
      clientSecret: 's0',
      mailbox: 'sales@fabrikam.com',
      graphEndpoint: sandbox.graphEndpoint,
      authorityHost: sandbox.authorityHost,
      tls: { ca: sandbox.ca },
    });
    expect(sandbox.graphEndpoint).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(sandbox.authorityHost).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(new URL(sandbox.authorityHost).port).not.toBe(new URL(sandbox.graphEndpoint).port);
  });

  it('has a certificate that Node trusts for localhost too', async () => {
    const sandbox = await start();
    const port = Number(new URL(sandbox.graphEndpoint).port);
    const authorized = await new Promise<boolean>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca: sandbox.ca }, () => {
        resolve(socket.authorized);
        socket.destroy();
      }).on('error', reject);
    });
    expect(authorized).toBe(true);
  });

  it('serves Graph without TLS where it is told to', async () => {
    const sandbox = await start({ protocol: 'http' });
    expect(sandbox.graphEndpoint).toMatch(/^http:/);
    expect(sandbox.authorityHost).toMatch(/^https:/);
    const response = await fetch(`${sandbox.graphEndpoint}/v1.0/users/${sandbox.options.mailbox}/sendMail`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.issueToken()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ message: message() }),
    });
    expect(response.status).toBe(202);
  });

  it('serves the official client', async () => {
    const sandbox = await start();
    const dispatcher = new Agent({ connect: { ca: sandbox.ca } });
    const authentication = new AuthenticationHandler({ getAccessToken: () => Promise.resolve(sandbox.issueToken()) });
    authentication.setNext({
      execute: async (context) => {
        context.response = await fetch(String(context.request), { ...(context.options as object), dispatcher });
      },
    });
    const client = GraphClient.initWithMiddleware({
      baseUrl: `${sandbox.graphEndpoint}/`,
      customHosts: new Set(['127.0.0.1']),
      middleware: authentication,
    });
    const sendMail = client.api(`/users/${sandbox.options.mailbox}/sendMail`);
    await sendMail.post({ message: message({ subject: 'from the official client' }) });
    await expect(sendMail.post({ message: {} })).rejects.toMatchObject({
      statusCode: 400,
      code: 'ErrorInvalidRecipients',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(sandbox.messages.map(({ subject }) => subject)).toEqual(['from the official client']);
    await dispatcher.destroy();
  });

  it('shares nothing with another', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const client = createClient(one);
    await client.sendMail(message());
    expect([one.messages.length, two.messages.length]).toEqual([1, 0]);
    const stranger = createClient(two);
    expect((await stranger.sendMail(message(), { token: one.issueToken({ aud: two.graphEndpoint }) })).status).toBe(401);
    await client.close();
    await stranger.close();
  });

  it('tells connections apart', async () => {
    const sandbox = await start();
    const one = createClient(sandbox, 1);
    await one.sendMail(message());
    await one.sendMail(message());
    const two = createClient(sandbox);
    await two.sendMail(message());
    const numbers = sandbox.requests.map(({ connection }) => connection);
    expect(numbers[0]).toBe(numbers[1]);
    expect(numbers[2]).not.toBe(numbers[1]);
    await one.close();
    await two.close();
  });

  it('forgets everything with clear()', async () => {
    const sandbox = await start();
    const client = createClient(sandbox);
    await client.sendMail(message());
    const { messages, requests } = sandbox;
    sandbox.clear();
    expect([messages, requests, sandbox.sentItems(sandbox.options.mailbox)]).toEqual([[], [], []]);
    await client.close();
  });

  it('keeps no content where it is told so', async () => {
    const sandbox = await start({ keepContent: false });
    const client = createClient(sandbox);
    const attachment = { '@odata.type': '#microsoft.graph.fileAttachment', name: 'a.bin', contentBytes: 'AAEC' };
    await client.sendMail(message({ attachments: [attachment] }));
    expect(sandbox.messages[0]).toMatchObject({
      subject: 'Monthly report',
      text: undefined,
      posted: {},
      attachments: [{ name: 'a.bin', size: 3 }],
    });
    expect(sandbox.messages[0]?.attachments[0]?.content).toHaveLength(0);
    expect(sandbox.messages[0]?.source).toHaveLength(0);
    expect(sandbox.requests[0]?.body).toBeUndefined();
    await client.close();
  });

  it('closes at once under an idle connection, more than once, and by `await using`', async () => {
    const sandbox = await start();
    const client = createClient(sandbox);
    await client.sendMail(message());
    await Promise.all([sandbox.close(), sandbox.close()]);
    await sandbox[Symbol.asyncDispose]();
    await expect(client.sendMail(message())).rejects.toThrow();
    await client.close();
  });

  it('says which option makes no sense', async () => {
    await expect(startSandbox({ mailboxes: ['nobody'] })).rejects.toThrow(/"mailboxes".*'nobody'/);
    const twice = ['a@contoso.com', { userPrincipalName: 'A@contoso.com', personal: true }];
    await expect(startSandbox({ mailboxes: twice })).rejects.toThrow(/"mailboxes" must hold each mailbox once, got a@contoso\.com twice/);
    await expect(startSandbox({ mailboxes: [] })).rejects.toThrow(/"mailboxes" must not be empty/);
    await expect(startSandbox({ apps: [] })).rejects.toThrow(/"apps" must not be empty/);
    await expect(startSandbox({ maxConcurrency: -1 })).rejects.toThrow(/"maxConcurrency" must be a non-negative number/);
    await expect(startSandbox({ protocol: 'ftp' as never })).rejects.toThrow(/"protocol"/);
  });

  it('does not leave its other servers behind where a port is taken', async () => {
    const sandbox = await start();
    const port = Number(new URL(sandbox.graphEndpoint).port);
    await expect(startSandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('waitForMessage', () => {
  it('finds a message of the past, waits for one to come, and picks', async () => {
    const sandbox = await start();
    const client = createClient(sandbox);
    const first = sandbox.waitForMessage();
    const second = sandbox.waitForMessage(({ subject }) => subject === 'second');
    await client.sendMail(message({ subject: 'first' }));
    await client.sendMail(message({ subject: 'second' }));
    expect([(await first).subject, (await second).subject]).toEqual(['first', 'second']);
    expect((await sandbox.waitForMessage(({ subject }) => subject === 'second')).subject).toBe('second');
    await client.close();
  });

  it('gives up and says what there was', async () => {
    const sandbox = await start();
    const client = createClient(sandbox);
    await client.sendMail(message({ subject: 'other' }));
    await expect(sandbox.waitForMessage(() => false, { timeout: 5 })).rejects.toThrow(/within 5 ms\. Accepted so far: 'other'\./);
    await client.close();
  });

  it('ends when the sandbox closes', async () => {
    const sandbox = await start();
    const waiting = expect(sandbox.waitForMessage(undefined, { timeout: 60_000 })).rejects.toThrow(/closed/);
    await sandbox.close();
    await waiting;
    await expect(sandbox.waitForMessage()).rejects.toThrow(/closed/);
  });
});

describe('limits', () => {
  it('let only so many requests of one mailbox run at a time', async () => {
    const sandbox = await start({ maxConcurrency: 2 });
    const client = createClient(sandbox);
    let arrived = 0;
    const both = new Promise<void>((resolve) => {
      sandbox.fail({ delay: Infinity, times: 2, match: () => (++arrived === 2 && resolve(), true) });
    });
    const held = [client.sendMail(message()), client.sendMail(message())].map((promise) => promise.catch(() => undefined));
    await both;
    expect(await client.sendMail(message())).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
      body: { error: { code: 'ApplicationThrottled', message: 'Application is over its MailboxConcurrency limit.' } },
    });
    expect((await client.sendMail(message(), { mailbox: 'alerts@contoso.com' })).status).toBe(202);
    expect((await client.sendMail(message(), { token: sandbox.issueToken({ appid: 'another' }) })).status).toBe(202);
    await client.close();
    await Promise.all(held);
  });

  it('free a place before the answer is sent', async () => {
    const sandbox = await start({ maxConcurrency: 1 });
    const client = createClient(sandbox);
    for (let count = 0; count < 20; count++) expect((await client.sendMail(message())).status).toBe(202);
    await client.close();
  });

  it('let only so many requests through in a window', async () => {
    const sandbox = await start({ rateLimit: { requests: 2, windowMs: 3_600_000, retryAfter: 11 } });
    const client = createClient(sandbox);
    const replies = [await client.sendMail(message()), await client.sendMail(message()), await client.sendMail(message())];
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 429]);
    expect(replies[2]?.headers['retry-after']).toBe('11');
    expect((await client.sendMail(message(), { mailbox: 'alerts@contoso.com' })).status).toBe(202);
    await client.close();
  });

  it('refuse a message above the tenant’s size', async () => {
    const sandbox = await start({ maxMessageSize: 1000 });
    const client = createClient(sandbox);
    const contentBytes = Buffer.alloc(1000).toString('base64');
    const attachments = [{ '@odata.type': '#microsoft.graph.fileAttachment', name: 'a', contentBytes }];
    expect(await client.sendMail(message({ attachments }))).toMatchObject({
      status: 400,
      body: { error: { code: 'ErrorMessageSizeExceeded', message: 'The message exceeds the maximum supported size.' } },
    });
    await client.close();
  });
});

it('lets the process exit once it is closed', () => {
  const script = bundle(`
    import { startSandbox } from './lib/sandbox/index.ts';
    void startSandbox().then(async (sandbox) => {
      sandbox.waitForMessage().catch(() => undefined);
      await sandbox.close();
      console.log('closed');
    });`);
  const { stdout, status, signal } = spawnSync(process.execPath, ['-'], { cwd: root, input: script, encoding: 'utf8', timeout: 20_000 });
  expect({ stdout, status, signal }).toEqual({ stdout: 'closed\n', status: 0, signal: null });
});

it('knows the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(VERSION).toBe(version);
});
