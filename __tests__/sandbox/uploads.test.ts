import { LargeFileUploadTask, AuthenticationHandler, Client as GraphClient, FileUpload } from '@microsoft/microsoft-graph-client';
import { Agent, fetch } from 'undici';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { createClient, message, type Client, type SendOptions } from './client.js';

const MEBIBYTE = 1024 * 1024;
let sandbox: Sandbox;
let client: Client;

async function restart(options: SandboxOptions = {}): Promise<void> {
  await stop();
  sandbox = await startSandbox({ minUploadSize: 10, ...options });
  client = createClient(sandbox);
}

async function stop(): Promise<void> {
  await (client as Client | undefined)?.close();
  await (sandbox as Sandbox | undefined)?.close();
}

beforeAll(() => restart());
beforeEach(() => sandbox.clear());
afterAll(stop);

const mailbox = '/v1.0/users/noreply@contoso.com';
const createDraft = async (): Promise<string> => (await client.send(`${mailbox}/messages`, { body: message() })).body.id as string;
const openSession = (id: string, item: object = {}) =>
  client.send(`${mailbox}/messages/${encodeURIComponent(id)}/attachments/createUploadSession`, {
    body: { AttachmentItem: { attachmentType: 'file', name: 'flower.jpg', size: 30, ...item } },
  });
const sendDraft = (id: string) => client.send(`${mailbox}/messages/${encodeURIComponent(id)}/send`);

/** Puts a range; `more` may spoil it. */
const put = (url: string, start: number, chunk: Buffer, total: number, more: SendOptions = {}) =>
  client.send(url, {
    method: 'PUT',
    token: '',
    body: chunk,
    ...more,
    headers: {
      'content-type': 'application/octet-stream',
      'content-range': `bytes ${start}-${start + chunk.length - 1}/${total}`,
      ...more.headers,
    },
  });

const ten = (value: number) => Buffer.alloc(10, value);
const refusal = (status: number, code: string) => ({ status, body: { error: { code } } });

describe('an upload session', () => {
  it('is answered in the documented form, at an origin of its own', async () => {
    const { status, body } = await openSession(await createDraft());
    expect(status).toBe(201);
    expect(body).toEqual({
      '@odata.context': `${sandbox.graphEndpoint}/v1.0/$metadata#microsoft.graph.uploadSession`,
      uploadUrl: expect.stringMatching(
        /^https:\/\/127\.0\.0\.1:\d+\/api\/gv1\.0\/Users\('[\w-]+@[\w-]+'\)\/Messages\('[^']+'\)\/AttachmentSessions\('[^']+'\)\?authtoken=\S+$/,
      ),
      expirationDateTime: expect.any(String),
      nextExpectedRanges: ['0-'],
    });
    expect(Date.parse(body.expirationDateTime)).toBeGreaterThan(Date.now());
    expect([sandbox.graphEndpoint, sandbox.authorityHost]).not.toContain(new URL(body.uploadUrl).origin);
  });

  it('takes ranges in order and adds the attachment with the last', async () => {
    const id = await createDraft();
    const { uploadUrl } = (await openSession(id, { contentType: 'image/jpeg', contentId: 'flower', isInline: true })).body;
    const first = await put(uploadUrl, 0, ten(1), 30);
    expect(first).toMatchObject({ status: 200, body: { ExpirationDateTime: expect.any(String), nextExpectedRanges: ['10'] } });
    expect((await put(uploadUrl, 10, ten(2), 30)).body.nextExpectedRanges).toEqual(['20']);
    expect((await client.send(uploadUrl, { method: 'GET', token: '' })).body.nextExpectedRanges).toEqual(['20']);
    const last = await put(uploadUrl, 20, ten(3), 30);
    expect(last).toMatchObject({
      status: 201,
      text: '',
      headers: { 'content-length': '0', location: expect.stringMatching(/\/Attachments\('[^']+'\)$/) },
    });
    expect(await put(uploadUrl, 20, ten(3), 30)).toMatchObject(refusal(404, 'ErrorItemNotFound'));
    expect((await sendDraft(id)).status).toBe(202);
    expect(sandbox.messages[0]?.attachments).toEqual([
      {
        name: 'flower.jpg',
        contentType: 'image/jpeg',
        contentId: 'flower',
        isInline: true,
        size: 30,
        content: Buffer.concat([ten(1), ten(2), ten(3)]),
      },
    ]);
  });

  it('serves the upload task of the official client', async () => {
    const content = Buffer.from(Array.from({ length: MEBIBYTE }, (_, index) => index % 251));
    const id = await createDraft();
    const dispatcher = new Agent({ connect: { ca: sandbox.ca } });
    const authentication = new AuthenticationHandler({ getAccessToken: () => Promise.resolve(sandbox.issueToken()) });
    authentication.setNext({
      execute: async (context) => {
        context.response = await fetch(String(context.request), { ...(context.options as object), dispatcher });
      },
    });
    // the upload origin is none of its hosts, so that it gets no token
    const graph = GraphClient.initWithMiddleware({
      baseUrl: `${sandbox.graphEndpoint}/`,
      customHosts: new Set(['127.0.0.1']),
      middleware: authentication,
    });
    const session = await LargeFileUploadTask.createUploadSession(
      graph,
      `${sandbox.graphEndpoint}${mailbox}/messages/${encodeURIComponent(id)}/attachments/createUploadSession`,
      {
        AttachmentItem: { attachmentType: 'file', name: 'a.bin', size: content.length },
      },
    );
    const upload = GraphClient.initWithMiddleware({ baseUrl: session.url, middleware: authentication });
    const task = new LargeFileUploadTask(upload, new FileUpload(new Blob([content]), 'a.bin', content.length), session, {
      rangeSize: 327_680,
    });
    await task.upload();
    await sendDraft(id);
    expect(sandbox.messages[0]?.attachments[0]?.content.equals(content)).toBe(true);
    expect(sandbox.requests.filter(({ operation }) => operation === 'uploadChunk')).toHaveLength(4);
    await dispatcher.destroy();
  });

  it('ends when it is cancelled', async () => {
    const { uploadUrl } = (await openSession(await createDraft())).body;
    expect(await client.send(uploadUrl, { method: 'DELETE', token: '' })).toMatchObject({ status: 204, text: '' });
    expect(await put(uploadUrl, 0, ten(1), 30)).toMatchObject(refusal(404, 'ErrorItemNotFound'));
  });

  it('ends with its draft', async () => {
    const id = await createDraft();
    const { uploadUrl } = (await openSession(id)).body;
    await client.send(`${mailbox}/messages/${encodeURIComponent(id)}`, { method: 'DELETE' });
    expect(await put(uploadUrl, 0, ten(1), 30)).toMatchObject(refusal(404, 'ErrorItemNotFound'));
  });

  it('does not leave the key to it in the record', async () => {
    const { uploadUrl } = (await openSession(await createDraft())).body;
    await put(uploadUrl, 0, ten(1), 30);
    expect(sandbox.requests.at(-1)).toMatchObject({
      operation: 'uploadChunk',
      mailbox: 'noreply@contoso.com',
      bytes: 10,
      path: expect.stringMatching(/\?authtoken=\[redacted\]$/),
    });
    expect(sandbox.requests.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  it.each<[string, object, string]>([
    ['too small a file', { size: 9 }, 'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize'],
    ['too big a file', { size: 150 * MEBIBYTE + 1 }, 'ErrorAttachmentSizeLimitExceeded'],
    ['no name', { name: undefined }, 'ErrorRequiredPropertyMissing'],
    ['no size', { size: undefined }, 'ErrorRequiredPropertyMissing'],
    ['no type', { attachmentType: undefined }, 'ErrorRequiredPropertyMissing'],
    ['an item', { attachmentType: 'item' }, 'ErrorInvalidRequest'],
    ['an unknown property', { filename: 'a' }, 'RequestBodyRead'],
    ['a size that is no whole number', { size: 30.5 }, 'RequestBodyRead'],
  ])('is not made for %s', async (_, item, code) => {
    expect(await openSession(await createDraft(), item)).toMatchObject(refusal(400, code));
  });

  it('is made from the minimum to 150 MiB', async () => {
    const id = await createDraft();
    expect((await openSession(id, { size: 10 })).status).toBe(201);
    expect((await openSession(id, { size: 150 * MEBIBYTE })).status).toBe(201);
  });
});

describe('a range', () => {
  const start = async () => (await openSession(await createDraft())).body.uploadUrl as string;

  it.each<[string, number, string, (url: string) => Promise<unknown>]>([
    ['with a token', 401, 'InvalidAudienceForResource', (url) => put(url, 0, ten(1), 30, { token: sandbox.issueToken() })],
    ['without the key', 401, 'InvalidAuthenticationToken', (url) => put(url.split('?')[0] ?? '', 0, ten(1), 30)],
    [
      'to no session',
      404,
      'ErrorItemNotFound',
      (url) => put(url.replace(/AttachmentSessions\('[^']+'\)/, "AttachmentSessions('x')"), 0, ten(1), 30),
    ],
    ['out of order', 416, 'InvalidContentRange', (url) => put(url, 10, ten(1), 30)],
    ['of another file size', 400, 'ErrorInvalidRequest', (url) => put(url, 0, ten(1), 31)],
    ['beyond the end', 400, 'ErrorInvalidRequest', (url) => put(url, 0, Buffer.alloc(31), 30)],
    ['without Content-Range', 400, 'ErrorInvalidRequest', (url) => put(url, 0, ten(1), 30, { headers: { 'content-range': undefined } })],
    ['longer than it says', 400, 'ErrorInvalidRequest', (url) => put(url, 0, ten(1), 30, { headers: { 'content-range': 'bytes 0-8/30' } })],
    ['by another verb', 405, 'Request_BadRequest', (url) => client.send(url, { method: 'POST', token: '' })],
  ])('%s is refused', async (_, status, code, ask) => {
    const url = await start();
    expect(await ask(url)).toMatchObject(refusal(status, code));
    expect((await put(url, 0, ten(1), 30)).status).toBe(200);
  });

  it('sent twice is refused, and the session tells where to go on', async () => {
    const url = await start();
    await put(url, 0, ten(1), 30);
    expect(await put(url, 0, ten(1), 30)).toMatchObject(refusal(416, 'InvalidContentRange'));
    expect((await client.send(url, { method: 'GET', token: '' })).body.nextExpectedRanges).toEqual(['10']);
  });

  it('must be below 4 MiB, of any size', async () => {
    const size = 5 * MEBIBYTE;
    const { uploadUrl } = (await openSession(await createDraft(), { size })).body;
    expect(await put(uploadUrl, 0, Buffer.alloc(4 * MEBIBYTE), size)).toMatchObject({ status: 413 });
    expect((await put(uploadUrl, 0, Buffer.alloc(4 * MEBIBYTE - 1), size)).status).toBe(200);
  });

  it.each([
    ['reset', false],
    ['reset', true],
    ['truncate', true],
  ] as const)('may be cut: %s, taken: %s', async (cut, accepted) => {
    const url = await start();
    sandbox.fail({ operation: 'uploadChunk', mailbox: 'noreply@contoso.com', cut, accepted });
    await expect(put(url, 0, ten(1), 30)).rejects.toThrow();
    expect((await client.send(url, { method: 'GET', token: '' })).body.nextExpectedRanges).toEqual([accepted ? '10' : '0']);
  });

  it('conflicts with another write on the message', async () => {
    const id = await createDraft();
    const [one, two] = [(await openSession(id)).body.uploadUrl, (await openSession(id)).body.uploadUrl];
    const arrived = new Promise<void>((resolve) => {
      sandbox.fail({ operation: 'uploadChunk', delay: Infinity, match: () => (resolve(), true) });
    });
    const other = createClient(sandbox);
    const held = other
      .send(one, { method: 'PUT', token: '', body: ten(1), headers: { 'content-range': 'bytes 0-9/30' } })
      .catch(() => undefined);
    await arrived;
    expect(await put(two, 0, ten(1), 30)).toMatchObject(refusal(409, 'ErrorIrresolvableConflict'));
    await other.close();
    await held;
  });
});

describe('limits', () => {
  afterAll(() => restart());

  it('has a minimum of 3 MiB', async () => {
    await restart({ minUploadSize: undefined });
    const id = await createDraft();
    expect(await openSession(id, { size: 3 * MEBIBYTE - 1 })).toMatchObject(
      refusal(400, 'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize'),
    );
    expect((await openSession(id, { size: 3 * MEBIBYTE })).status).toBe(201);
  });

  it('of the tenant are met while uploading', async () => {
    await restart({ maxMessageSize: 25 });
    const id = (await client.send(`${mailbox}/messages`, { body: {} })).body.id as string;
    const { uploadUrl } = (await openSession(id)).body;
    expect((await put(uploadUrl, 0, ten(1), 30)).status).toBe(200);
    expect((await put(uploadUrl, 10, ten(1), 30)).status).toBe(200);
    expect(await put(uploadUrl, 20, ten(1), 30)).toMatchObject(refusal(400, 'ErrorMessageSizeExceeded'));
  });

  it('end a session in time', async () => {
    await restart({ uploadSessionLifetime: 0 });
    const { uploadUrl } = (await openSession(await createDraft())).body;
    expect(await put(uploadUrl, 0, ten(1), 30)).toMatchObject(refusal(404, 'ErrorItemNotFound'));
  });

  it('of concurrency count uploads as well', async () => {
    await restart({ maxConcurrency: 1 });
    const { uploadUrl } = (await openSession(await createDraft())).body;
    const arrived = new Promise<void>((resolve) => {
      sandbox.fail({ operation: 'uploadChunk', delay: Infinity, match: () => (resolve(), true) });
    });
    const held = put(uploadUrl, 0, ten(1), 30).catch(() => undefined);
    await arrived;
    expect(await client.sendMail(message())).toMatchObject(refusal(429, 'ApplicationThrottled'));
    await client.close();
    await held;
  });

  it('of memory: keeps sizes only where it is told so', async () => {
    await restart({ keepContent: false });
    const id = await createDraft();
    const { uploadUrl } = (await openSession(id)).body;
    for (const start of [0, 10, 20]) await put(uploadUrl, start, ten(1), 30);
    expect((await sendDraft(id)).status).toBe(202);
    expect(sandbox.messages[0]?.attachments).toMatchObject([{ name: 'flower.jpg', size: 30 }]);
    expect(sandbox.messages[0]?.attachments[0]?.content).toHaveLength(0);
  });
});
