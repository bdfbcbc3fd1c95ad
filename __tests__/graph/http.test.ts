import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { createHttpClient, type HttpClientOptions } from '../../lib/graph/http.js';
import type { HttpClient, HttpOutcome, HttpRequest } from '../../lib/base/http.js';
import { startServer, type TinyServer } from './server.js';

const open: HttpClient[] = [];
let server: TinyServer;

beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close(true)));
  await server.close();
});

function createClient(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient({ connectionTimeout: 10_000, socketTimeout: 10_000, requestTimeout: 20_000, connections: 4, ...options });
  open.push(client);
  return client;
}

function post(request: Partial<Omit<HttpRequest, 'url'>> & { url?: string } = {}): HttpRequest {
  return {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: 'Hello',
    ...request,
    url: new URL(request.url ?? '/v1.0/sendMail', server.url),
  };
}

async function unusedPort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe('an answer', () => {
  test('has status, headers in lower case, the body and is complete', async () => {
    server.answer((_request, response) => response.writeHead(400, { 'Request-Id': 'one', 'X-Twice': ['a', 'b'] }).end('{"error":{}}'));
    expect(await createClient().request(post())).toMatchObject({
      kind: 'answer',
      status: 400,
      headers: { 'request-id': 'one', 'x-twice': 'a, b' },
      body: Buffer.from('{"error":{}}'),
      complete: true,
    });
  });

  test.each(['GET', 'POST', 'PATCH', 'PUT', 'DELETE'] as const)('%s puts method, path, query and headers on the wire', async (method) => {
    const body = method === 'GET' || method === 'DELETE' ? undefined : 'Hello';
    await createClient().request(post({ method, body, url: '/v1.0/messages?$select=id&x=a%20b', headers: { 'X-One': '1' } }));
    expect(server.requests).toEqual([
      expect.objectContaining({
        method,
        url: '/v1.0/messages?$select=id&x=a%20b',
        body: body ?? '',
        headers: expect.objectContaining({ 'x-one': '1' }),
      }),
    ]);
  });

  test('a Buffer goes out byte for byte, with its length', async () => {
    let length: string | undefined;
    const received: Buffer[] = [];
    server.answer((request, response) => {
      length = request.headers['content-length'];
      received.push(Buffer.from(server.requests.at(-1)?.body ?? ''));
      response.writeHead(202).end();
    });
    await createClient().request(post({ body: Buffer.from('Grüße\0') }));
    expect(length).toBe('8');
    expect(received).toEqual([Buffer.from('Grüße\0')]);
  });

  test('a redirect is an answer and is not followed', async () => {
    server.answer((_request, response) => response.writeHead(307, { location: `${server.url}/elsewhere` }).end());
    expect(await createClient().request(post())).toMatchObject({ kind: 'answer', status: 307 });
    expect(server.requests).toHaveLength(1);
  });

  test('has headers longer than the process allows others, as a chain of proxies adds them', async () => {
    server.answer((_request, response) => response.writeHead(202, { via: 'proxy, '.repeat(5000) }).end());
    expect(await createClient().request(post())).toMatchObject({ kind: 'answer', status: 202, complete: true });
  });

  test('an informational answer before it does not count', async () => {
    server.answer((_request, response) => {
      response.writeProcessing();
      response.writeHead(202).end();
    });
    expect(await createClient().request(post())).toMatchObject({ kind: 'answer', status: 202, complete: true });
  });
});

describe('an answer that breaks off keeps its status, but is not complete', () => {
  const begin = (then: (response: ServerResponse) => void) =>
    server.answer((_request, response) => {
      response.writeHead(202, { 'content-length': '100', 'request-id': 'one' });
      response.write('{"id":', () => then(response));
    });
  const truncated = { kind: 'answer', status: 202, headers: { 'request-id': 'one' }, complete: false } as const;

  test('reset by the server', async () => {
    begin((response) => response.socket?.resetAndDestroy());
    expect(await createClient().request(post())).toMatchObject(truncated);
  });

  test('ended by the server too early', async () => {
    begin((response) => response.socket?.end());
    expect(await createClient().request(post())).toMatchObject(truncated);
  });

  test('silent for longer than socketTimeout', async () => {
    begin(() => undefined);
    expect(await createClient({ socketTimeout: 50 }).request(post())).toMatchObject(truncated);
  });

  test('not done within requestTimeout', async () => {
    begin(() => undefined);
    expect(await createClient({ requestTimeout: 500 }).request(post())).toMatchObject(truncated);
  });

  test('aborted', async () => {
    const controller = new AbortController();
    begin(() => controller.abort());
    const outcome = await createClient().request(post({ signal: controller.signal }));
    // the abort may be seen before the status is
    if (outcome.kind === 'answer') expect(outcome).toMatchObject(truncated);
    else expect(outcome).toMatchObject({ kind: 'failure', reason: 'abort', sent: true });
  });

  test('longer than anybody needs', async () => {
    server.answer((_request, response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024)));
      };
      response.on('drain', more);
      more();
    });
    const outcome = await createClient().request(post());
    expect(outcome).toMatchObject({ kind: 'answer', status: 200, complete: false });
    expect(outcome.kind === 'answer' && outcome.body.length).toBeLessThan(9 * 1024 * 1024);
  });
});

describe('a failure says whether the request was on the wire', () => {
  test('refused connection: it was not', async () => {
    const outcome = await createClient().request({ ...post(), url: new URL(`http://127.0.0.1:${await unusedPort()}/`) });
    expect(outcome).toMatchObject({ kind: 'failure', reason: 'connect', sent: false, error: { code: 'ECONNREFUSED' } });
  });

  test('a header that cannot be sent: it was not', async () => {
    const outcome = await createClient().request(post({ headers: { 'x-bad': 'a\r\nb' } }));
    expect(outcome).toMatchObject({ kind: 'failure', sent: false });
    expect(server.requests).toEqual([]);
  });

  test('reset once the request had arrived: it was', async () => {
    server.answer((request) => request.socket.resetAndDestroy());
    expect(await createClient().request(post())).toMatchObject({ kind: 'failure', reason: 'broken', sent: true });
    // and nobody repeated it
    expect(server.requests).toHaveLength(1);
  });

  test('reset after an informational answer: it was, and that was no answer', async () => {
    server.answer((request, response) => {
      response.writeProcessing();
      setImmediate(() => request.socket.destroy());
    });
    expect(await createClient().request(post())).toMatchObject({ kind: 'failure', reason: 'broken', sent: true });
  });

  test.each(['GET', 'POST'] as const)('%s on a connection that breaks is not repeated by the pool', async (method) => {
    const client = createClient({ connections: 1 });
    const body = method === 'GET' ? undefined : 'Hello';
    await client.request(post({ method, body }));
    server.answer((request) => request.socket.destroy());
    expect(await client.request(post({ method, body }))).toMatchObject({ kind: 'failure', sent: true });
    expect(server.requests).toHaveLength(2);
  });

  test('no answer within socketTimeout: it was', async () => {
    server.answer(() => undefined);
    expect(await createClient({ socketTimeout: 50 }).request(post())).toMatchObject({ kind: 'failure', reason: 'timeout', sent: true });
  });

  test('no answer within requestTimeout: it was', async () => {
    server.answer(() => undefined);
    const outcome = await createClient({ requestTimeout: 500 }).request(post());
    expect(outcome).toMatchObject({
      kind: 'failure',
      reason: 'timeout',
      sent: true,
      error: { message: 'no complete answer within 500 ms' },
    });
  });

  test('a server that trickles its header cannot hold a request beyond requestTimeout', async () => {
    const timers: NodeJS.Timeout[] = [];
    server.answer((request) => {
      request.socket.write('HTTP/1.1 202 Accepted\r\n');
      timers.push(setInterval(() => request.socket.write('X-A: 1\r\n'), 10));
      request.socket.on('error', () => undefined);
    });
    try {
      const outcome = await createClient({ requestTimeout: 500, socketTimeout: 20_000 }).request(post());
      expect(outcome).toMatchObject({ kind: 'failure', reason: 'timeout', sent: true });
    } finally {
      timers.forEach(clearInterval);
    }
  });

  test('aborted before: it was not', async () => {
    const outcome = await createClient().request(post({ signal: AbortSignal.abort() }));
    expect(outcome).toMatchObject({ kind: 'failure', reason: 'abort', sent: false });
    expect(server.requests).toEqual([]);
  });

  test('aborted while it waits for the answer: it was, and the connection is closed', async () => {
    const controller = new AbortController();
    const closed = new Promise<void>((resolve) => {
      server.answer((request) => {
        request.socket.on('close', () => resolve());
        controller.abort();
      });
    });
    const outcome = await createClient().request(post({ signal: controller.signal }));
    expect(outcome).toMatchObject({ kind: 'failure', reason: 'abort', sent: true });
    await closed;
  });

  test('aborted while it waits for a free connection: it was not, and never is', async () => {
    const client = createClient({ connections: 1 });
    const arrived = new Promise<() => void>((resolve) =>
      server.answer((_request, response) => resolve(() => response.writeHead(202).end())),
    );
    const first = client.request(post());
    const release = await arrived;
    const controller = new AbortController();
    const second = client.request(post({ signal: controller.signal }));
    controller.abort();
    expect(await second).toMatchObject({ kind: 'failure', reason: 'abort', sent: false });
    server.answer((_request, response) => response.writeHead(202).end());
    release();
    expect(await first).toMatchObject({ status: 202 });
    expect(await client.request(post())).toMatchObject({ status: 202 });
    expect(server.requests).toHaveLength(2);
  });

  test('a settled request leaves no listener on its signal', async () => {
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    await createClient().request(post({ signal }));
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed).toHaveBeenCalledWith('abort', added.mock.calls[0]?.[1]);
  });
});

describe('connections', () => {
  test('one after another use the same one', async () => {
    const client = createClient();
    for (let index = 0; index < 3; index++) {
      await client.request(post());
      // the pool takes its connection back just after the answer
      await new Promise(setImmediate);
    }
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 1]);
  });

  test('at the same time use no more than allowed', async () => {
    const client = createClient({ connections: 2 });
    await Promise.all(Array.from({ length: 6 }, () => client.request(post())));
    expect(server.requests).toHaveLength(6);
    expect(new Set(server.requests.map(({ connection }) => connection)).size).toBeLessThanOrEqual(2);
  });

  test('a fresh one is another one, closed after its one request; the kept one stays', async () => {
    const client = createClient();
    await client.request(post());
    const answer = await client.request(post({ freshConnection: true }));
    await client.request(post());
    expect(answer).toMatchObject({ kind: 'answer', status: 202 });
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 2, 1]);
    expect(server.requests[1]?.headers['connection']).toBe('close');
  });

  test('one the server has closed is replaced', async () => {
    const client = createClient();
    const closed = new Promise<void>((resolve) => {
      server.answer((request, response) => {
        request.socket.on('close', () => resolve());
        response.writeHead(202, { connection: 'close' }).end();
      });
    });
    await client.request(post());
    await closed;
    expect(await client.request(post())).toMatchObject({ kind: 'answer', status: 202 });
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 2]);
  });
});

describe('close', () => {
  test('before the first request does nothing', async () => {
    await createClient().close();
    expect(server.sockets.size).toBe(0);
  });

  test('lets running requests end', async () => {
    const client = createClient();
    const arrived = new Promise<() => void>((resolve) =>
      server.answer((_request, response) => resolve(() => response.writeHead(202).end())),
    );
    const running = client.request(post());
    const release = await arrived;
    const closing = client.close();
    release();
    expect(await running).toMatchObject({ kind: 'answer', status: 202 });
    await closing;
  });

  test.each([false, true])('a later request opens a new connection (force: %s)', async (force) => {
    const client = createClient();
    await client.request(post());
    await client.close(force);
    expect(await client.request(post())).toMatchObject({ kind: 'answer', status: 202 });
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  test('what is to go on until then sends nothing more', async () => {
    const client = createClient();
    const before = client.untilClosed();
    expect(await before.request(post())).toMatchObject({ status: 202 });
    await client.close();
    expect(await before.request(post())).toMatchObject({ kind: 'failure', reason: 'abort', sent: false });
    expect(await before.request(post({ freshConnection: true }))).toMatchObject({ kind: 'failure', sent: false });
    expect(await client.untilClosed().request(post())).toMatchObject({ status: 202 });
    expect(server.requests).toHaveLength(2);
  });

  test('nor what waits for the client to be loaded', async () => {
    const client = createClient();
    const late = client.untilClosed().request(post());
    await client.close(true);
    expect(await late).toMatchObject({ kind: 'failure', reason: 'abort', sent: false });
    expect(server.requests).toEqual([]);
  });

  test('never rejects: twice, at the same time, with force after it, while it connects', async () => {
    const client = createClient();
    const running = client.request(post({ freshConnection: true }));
    await Promise.all([client.close(), client.close(true), client.close()]);
    await client.close(true);
    await running;
    const { port } = await unusedPort().then((unused) => ({ port: unused }));
    const connecting = client.request({ ...post(), url: new URL(`http://127.0.0.1:${port}/`) });
    await client.close(true);
    expect(await connecting).toMatchObject({ kind: 'failure' });
  });

  test('with force ends them', async () => {
    const client = createClient();
    const arrived = new Promise<void>((resolve) => server.answer(() => resolve()));
    const running: Promise<HttpOutcome> = client.request(post());
    await arrived;
    await client.close(true);
    expect(await running).toMatchObject({ kind: 'failure', sent: true });
  });
});
