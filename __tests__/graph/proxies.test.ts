import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { HttpClient } from '../../lib/base/http.js';
import { createHttpClient } from '../../lib/graph/http.js';
import { readProxyRules } from '../../lib/graph/proxy.js';
import { makeCertificate } from '../sign-in/make-certificate.js';
import { startFakeProxy, tunnelTo, type FakeProxy } from '../support/proxies.js';

const HOST = 'graph.contoso.test';
const { certificate, privateKey } = makeCertificate(HOST);
const server = createServer({ cert: certificate, key: privateKey }, (_request, response) => response.writeHead(202).end());
const clients: HttpClient[] = [];
let proxy: FakeProxy;

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(async () => {
  proxy = await startFakeProxy(tunnelTo((server.address() as AddressInfo).port));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close(true)));
  await proxy.close();
});

function createClient(env: Record<string, string>): HttpClient {
  const client = createHttpClient({
    connectionTimeout: 10_000,
    socketTimeout: 10_000,
    requestTimeout: 10_000,
    connections: 4,
    ca: certificate,
    proxies: readProxyRules(undefined, env, [`https://${HOST}`]),
  });
  clients.push(client);
  return client;
}

const get = (port = '') => ({ url: new URL(`https://${HOST}${port}/v1.0/me`), method: 'GET' as const, headers: {} });

test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])(
  '%s carries what is not on this machine; the host behind it is checked',
  async (name) => {
    const client = createClient({ [name]: `127.0.0.1:${proxy.port}` });
    for (let round = 0; round < 2; round++) expect(await client.request(get())).toMatchObject({ kind: 'answer', status: 202 });
    expect(proxy.targets).toEqual([`${HOST}:443`]);
  },
);

test('a port that NO_PROXY does not name goes through the proxy, another does not', async () => {
  const client = createClient({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: `${HOST}:8443` });
  expect(await client.request(get())).toMatchObject({ status: 202 });
  expect(await client.request(get(':8444'))).toMatchObject({ status: 202 });
  // there is no such host
  expect(await client.request(get(':8443'))).toMatchObject({ kind: 'failure', sent: false });
  expect(proxy.targets).toEqual([`${HOST}:443`, `${HOST}:8444`]);
});

test('a host behind the proxy with the certificate of another is refused', async () => {
  const client = createClient({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
  const outcome = await client.request({ ...get(), url: new URL('https://other.contoso.test/') });
  expect(outcome).toMatchObject({ kind: 'failure', sent: false, error: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
  expect(proxy.connections).toBe(1);
});

test('an https proxy is one by TLS, with the same authorities', async () => {
  const own = makeCertificate('localhost');
  const secure = createServer({ cert: own.certificate, key: own.privateKey });
  const targets: string[] = [];
  secure.on('connect', ({ url }, socket) => {
    targets.push(String(url));
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  await new Promise<void>((resolve) => secure.listen(0, 'localhost', resolve));
  try {
    const client = createHttpClient({
      connectionTimeout: 10_000,
      socketTimeout: 10_000,
      requestTimeout: 10_000,
      connections: 4,
      ca: [certificate, own.certificate],
      proxies: readProxyRules(`https://localhost:${(secure.address() as AddressInfo).port}`, {}, []),
    });
    clients.push(client);
    expect(await client.request(get())).toMatchObject({ kind: 'failure', sent: false, error: { code: 'EPROXY', proxyStatus: 407 } });
    expect(targets).toEqual([`${HOST}:443`]);
  } finally {
    await new Promise((resolve) => secure.close(resolve));
  }
});
