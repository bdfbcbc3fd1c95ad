import type { HttpClient } from '../../lib/base/http.js';
import { createHttpClient } from '../../lib/graph/http.js';
import { startForgetfulRelay, type ForgetfulRelay } from '../support/proxies.js';
import { startServer, type TinyServer } from './server.js';

let server: TinyServer;
let relay: ForgetfulRelay;
let client: HttpClient;
const clock = { now: Date.UTC(2026, 0, 1) };

beforeEach(async () => {
  server = await startServer();
  relay = await startForgetfulRelay(Number(new URL(server.url).port));
  client = createHttpClient({
    connectionTimeout: 10_000,
    socketTimeout: 10_000,
    requestTimeout: 10_000,
    connections: 4,
    now: () => clock.now,
  });
});
afterEach(async () => {
  await client.close(true);
  await relay.close();
  await server.close();
});

const post = () => client.request({ url: new URL(`http://127.0.0.1:${relay.port}/`), method: 'POST', headers: {}, body: 'Hello' });
const fourAtOnce = () => Promise.all(Array.from({ length: 4 }, post));

// the clock runs on while the timers stand still: as in a process that was frozen
test.each([36_000, 31_000, 24 * 3_600_000])('after %d ms on the wall clock no kept connection is used', async (ms) => {
  server.answer((_request, response) => response.writeHead(202, { connection: 'keep-alive', 'keep-alive': 'timeout=600' }).end());
  await fourAtOnce();
  relay.forget();
  clock.now += ms;
  for (const outcome of await fourAtOnce()) expect(outcome).toMatchObject({ kind: 'answer', status: 202 });
  expect(relay.connections).toBe(8);
});

test('a server that keeps connections for a shorter time is believed', async () => {
  server.answer((_request, response) => response.writeHead(202, { 'keep-alive': 'timeout=5' }).end());
  await post();
  clock.now += 3900;
  await post();
  expect(relay.connections).toBe(1);
  relay.forget();
  clock.now += 4000;
  expect(await post()).toMatchObject({ kind: 'answer', status: 202 });
  expect(relay.connections).toBe(2);
});

test('a clock that was set back tells nothing, so that the connection is not used', async () => {
  await post();
  clock.now -= 60_000;
  await post();
  expect(relay.connections).toBe(2);
});

test('a connection that was in use a moment ago is used again', async () => {
  server.answer((_request, response) => response.writeHead(202, { 'keep-alive': 'timeout=600' }).end());
  for (let round = 0; round < 5; round++) {
    await post();
    clock.now += 29_000;
  }
  expect(relay.connections).toBe(1);
});

// as when the app computes for a while, or is frozen for less than connections are kept
describe.each([
  ['closed', false],
  ['reset', true],
])('a kept connection that the other side has %s, which nobody has read yet', (_, reset) => {
  test('is not used', async () => {
    await fourAtOnce();
    clock.now += 1000;
    relay.hangUp(reset);
    for (const outcome of await fourAtOnce()) expect(outcome).toMatchObject({ kind: 'answer', status: 202 });
    expect(relay.connections).toBe(8);
    expect(server.requests).toHaveLength(8);
  });

  test('and a request that is aborted before that is read: nothing is sent', async () => {
    await post();
    clock.now += 1000;
    relay.hangUp(reset);
    const controller = new AbortController();
    const outcome = client.request({
      url: new URL(`http://127.0.0.1:${relay.port}/`),
      method: 'POST',
      headers: {},
      signal: controller.signal,
    });
    controller.abort();
    expect(await outcome).toMatchObject({ kind: 'failure', reason: 'abort', sent: false });
    await post();
    expect(server.requests).toHaveLength(2);
  });
});

test('a clock that leaps while a connection is handed on: who is cancelled then does not keep it from the next', async () => {
  let now = Date.UTC(2026, 0, 1);
  await client.close(true);
  client = createHttpClient({
    connectionTimeout: 10_000,
    socketTimeout: 10_000,
    requestTimeout: 10_000,
    connections: 1,
    now: () => (now += 200),
  });
  const controller = new AbortController();
  const first = post();
  const url = new URL(`http://127.0.0.1:${relay.port}/`);
  const second = client.request({ url, method: 'GET', headers: {}, signal: controller.signal });
  await first;
  controller.abort();
  expect(await second).toMatchObject({ kind: 'failure', reason: 'abort' });
  expect(await post()).toMatchObject({ kind: 'answer' });
});

test('a request that still looks at a kept connection when everything is ended opens no other', async () => {
  await post();
  clock.now += 1000;
  const late = post();
  await client.close(true);
  expect(await late).toMatchObject({ kind: 'failure', sent: false });
  expect(relay.connections).toBe(1);
  expect(await post()).toMatchObject({ kind: 'answer' });
});
