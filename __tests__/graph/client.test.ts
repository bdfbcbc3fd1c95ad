import { createGraphClient, mayCarryToken, type GraphClient, type GraphRequest } from '../../lib/graph/client.js';
import { createHttpClient } from '../../lib/graph/http.js';
import type { HttpClient } from '../../lib/base/http.js';
import { startServer, type TinyServer } from './server.js';

describe('mayCarryToken', () => {
  const graph = 'https://graph.microsoft.com';

  test.each([
    ['the endpoint itself', 'https://graph.microsoft.com/v1.0/me/sendMail', graph],
    ['with its default port', 'https://graph.microsoft.com:443/v1.0/me', graph],
    ['in capitals', 'https://GRAPH.microsoft.com/v1.0/me', graph],
    ['http on this machine', 'http://127.0.0.1:8025/v1.0/me', 'http://127.0.0.1:8025'],
    ['http on localhost', 'http://localhost:8025/v1.0/me', 'http://localhost:8025'],
    ['http on IPv6', 'http://[::1]:8025/v1.0/me', 'http://[::1]:8025'],
  ])('%s may', (_what, url, endpoint) => {
    expect(mayCarryToken(new URL(url), endpoint)).toBe(true);
  });

  test.each([
    ['another host', 'https://graph.example.com/v1.0/me', graph],
    ['a host that begins with it', 'https://graph.microsoft.com.example.com/v1.0/me', graph],
    ['a host below it', 'https://x.graph.microsoft.com/v1.0/me', graph],
    ['the parent of it', 'https://microsoft.com/v1.0/me', graph],
    ['its name with a dot behind', 'https://graph.microsoft.com./v1.0/me', graph],
    ['another cloud', 'https://graph.microsoft.us/v1.0/me', graph],
    ['another port', 'https://graph.microsoft.com:8443/v1.0/me', graph],
    ['http', 'http://graph.microsoft.com/v1.0/me', graph],
    ['http, although it is configured', 'http://graph.example.com/v1.0/me', 'http://graph.example.com'],
    ['its name as user', 'https://graph.microsoft.com@example.com/v1.0/me', graph],
    ['its name as user and password', 'https://graph.microsoft.com:443@example.com/v1.0/me', graph],
    ['its name behind a backslash', 'https://example.com\\@graph.microsoft.com/', graph],
    ['its name in the path', 'https://example.com/https://graph.microsoft.com/', graph],
    ['its name in the fragment', 'https://example.com/#@graph.microsoft.com/', graph],
    ['another port of this machine', 'http://127.0.0.1:8026/v1.0/me', 'http://127.0.0.1:8025'],
    ['https where http is configured', 'https://127.0.0.1:8025/v1.0/me', 'http://127.0.0.1:8025'],
    ['another name of this machine', 'http://localhost:8025/v1.0/me', 'http://127.0.0.1:8025'],
    ['another scheme around it', 'blob:https://graph.microsoft.com/v1.0', graph],
    ['a websocket', 'wss://graph.microsoft.com/v1.0/me', graph],
  ])('%s may not', (_what, url, endpoint) => {
    expect(mayCarryToken(new URL(url), endpoint)).toBe(false);
  });
});

describe('a request', () => {
  let server: TinyServer;
  let http: HttpClient;
  let client: GraphClient;
  const discarded: string[] = [];

  beforeEach(async () => {
    server = await startServer();
    http = createHttpClient({ connectionTimeout: 10_000, socketTimeout: 10_000, requestTimeout: 20_000, connections: 4 });
    const tokens = {
      get: async () => 'the-token',
      prepare: () => undefined,
      discard: (token: string) => void discarded.push(token),
      release: () => undefined,
    };
    client = createGraphClient({ graphEndpoint: server.url, http, tokens });
  });
  afterEach(async () => {
    await http.close(true);
    await server.close();
  });

  const send: GraphRequest = { method: 'POST', path: '/users/noreply@contoso.com/sendMail', contentType: 'text/plain', body: 'SGVsbG8=' };

  function answer(status: number, body: string | Buffer, headers: Record<string, string> = { 'content-type': 'application/json' }): void {
    server.answer((_request, response) => response.writeHead(status, headers).end(body));
  }

  test('goes to v1.0 with token, content type and a client-request-id of its own', async () => {
    const first = await client.request(send);
    const second = await client.request({ ...send, headers: { Prefer: 'IdType="ImmutableId"' } });
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      url: '/v1.0/users/noreply@contoso.com/sendMail',
      body: 'SGVsbG8=',
      headers: { authorization: 'Bearer the-token', 'content-type': 'text/plain', 'client-request-id': first.clientRequestId },
    });
    expect(server.requests[1]?.headers['prefer']).toBe('IdType="ImmutableId"');
    expect(second.clientRequestId).not.toBe(first.clientRequestId);
    expect(first).toMatchObject({ kind: 'answer', status: 202, body: undefined, complete: true, token: 'the-token' });
  });

  test('a JSON body goes out as it was given', async () => {
    const body = Buffer.from(JSON.stringify({ message: { subject: 'Grüße' } }));
    await client.request({ ...send, contentType: 'application/json', body });
    expect(server.requests[0]).toMatchObject({ body: body.toString(), headers: { 'content-type': 'application/json' } });
  });

  test.each(['GET', 'POST', 'PATCH', 'DELETE'] as const)('%s is %s', async (method) => {
    await client.request({ method, path: '/me/messages/1', body: method === 'POST' || method === 'PATCH' ? '{}' : undefined });
    expect(server.requests[0]).toMatchObject({ method, url: '/v1.0/me/messages/1' });
  });

  test('what is in the query is percent-encoded', async () => {
    const filter = "internetMessageId eq '<a+b&c=d#e@contoso.com>'";
    await client.request({ method: 'GET', path: '/me/messages', query: { $filter: filter, $select: 'id,isDraft' } });
    const url = new URL(server.requests[0]?.url ?? '', server.url);
    expect(url.searchParams.get('$filter')).toBe(filter);
    expect(url.searchParams.get('$select')).toBe('id,isDraft');
  });

  test('a path that leads to another host gets no token and is not sent', async () => {
    await expect(client.request({ method: 'GET', path: 'https://example.com/v1.0/me' })).rejects.toThrow(
      'refused to send a token to https://example.com',
    );
  });

  test('a JSON answer is read', async () => {
    answer(201, '{"id":"AAMk","isDraft":true}', { 'content-type': 'application/json; charset=utf-8', 'request-id': 'one' });
    expect(await client.request(send)).toMatchObject({
      status: 201,
      body: { id: 'AAMk', isDraft: true },
      complete: true,
      requestId: 'one',
      errorCode: undefined,
    });
  });

  test.each(['innerError', 'innererror'])('a refusal is read, its request-id from %s where the header is missing', async (inner) => {
    answer(403, JSON.stringify({ error: { code: 'ErrorAccessDenied', message: 'Access is denied.', [inner]: { 'request-id': 'two' } } }));
    expect(await client.request(send)).toMatchObject({
      status: 403,
      errorCode: 'ErrorAccessDenied',
      errorMessage: 'Access is denied.',
      requestId: 'two',
      complete: true,
    });
  });

  test.each([
    ['empty', '', {}],
    ['HTML of a proxy', '<html>Bad Gateway</html>', { 'content-type': 'text/html' }],
    ['JSON without an error', '{}', { 'content-type': 'application/json' }],
    ['JSON null', 'null', { 'content-type': 'application/json' }],
    ['an error that is text', '{"error":"text"}', { 'content-type': 'application/json' }],
    ['an error with an empty code', '{"error":{"code":""}}', { 'content-type': 'application/json' }],
    ['an error with a number as code', '{"error":{"code":5,"message":6}}', { 'content-type': 'application/json' }],
  ])('a refusal whose body is %s has no code', async (_what, body, headers) => {
    answer(502, body, headers);
    expect(await client.request(send)).toMatchObject({
      kind: 'answer',
      status: 502,
      errorCode: undefined,
      errorMessage: undefined,
      complete: true,
    });
  });

  test('JSON that cannot be read is an incomplete answer', async () => {
    answer(201, '{"id":"AA');
    expect(await client.request(send)).toMatchObject({ status: 201, body: undefined, complete: false });
  });

  test('a success is no error, whatever its body says', async () => {
    answer(202, '{"error":{"code":"Odd","message":"odd"}}');
    expect(await client.request(send)).toMatchObject({ status: 202, errorCode: undefined, errorMessage: undefined });
  });

  test('a failure is data and has the client-request-id', async () => {
    server.answer((request) => request.socket.resetAndDestroy());
    expect(await client.request(send)).toMatchObject({
      kind: 'failure',
      sent: true,
      reason: 'broken',
      clientRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test.each([429, 503, 504, 401])('%i is an answer: nothing is repeated here', async (status) => {
    answer(status, '', { 'retry-after': '0' });
    expect(await client.request(send)).toMatchObject({ kind: 'answer', status });
    expect(server.requests).toHaveLength(1);
    expect(discarded).toEqual([]);
  });

  test('without a token nothing is sent, and the error is the one of the sign-in', async () => {
    const error = new Error('wrong secret');
    const lame = createGraphClient({
      graphEndpoint: server.url,
      http,
      tokens: { get: () => Promise.reject(error), prepare: () => undefined, discard: () => undefined, release: () => undefined },
    });
    await expect(lame.request(send)).rejects.toBe(error);
    expect(server.requests).toEqual([]);
  });

  test('freshConnection and signal are passed on', async () => {
    await client.request(send);
    await client.request(send, { freshConnection: true });
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 2]);
    const outcome = await client.request(send, { signal: AbortSignal.abort() }).catch((error: unknown) => error);
    expect(outcome).toMatchObject({ kind: 'failure', reason: 'abort', sent: false });
  });
});
