import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import nodemailer from 'nodemailer';
import { RequestError, Server as ProxyServer } from 'proxy-chain';
import { graphTransport, isGraphTransportError, type GraphTransport } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { withEnvironment } from '../config/with-environment.js';
import { answerConnect, startFakeProxy, tunnelTo, type FakeProxy } from '../support/proxies.js';

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', text: 'Hello' };
const none = {
  HTTPS_PROXY: undefined,
  https_proxy: undefined,
  HTTP_PROXY: undefined,
  http_proxy: undefined,
  ALL_PROXY: undefined,
  all_proxy: undefined,
  NO_PROXY: undefined,
  no_proxy: undefined,
};
const PASSWORD = 'p@ss/GEHEIM';

let sandbox: Sandbox;
let hosts: { graph: string; authority: string };
const proxies: ProxyServer[] = [];
const open: GraphTransport[] = [];

beforeAll(async () => {
  sandbox = await startSandbox();
  hosts = { graph: new URL(sandbox.graphEndpoint).host, authority: new URL(sandbox.authorityHost).host };
});
afterEach(async () => {
  for (const transport of open.splice(0)) transport.close({ force: true });
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close(true)));
  sandbox.clear();
});
afterAll(() => sandbox.close());

interface Proxy {
  url: string;
  /** host:port of every CONNECT. */
  connects: string[];
  /** Requests that were no CONNECT. */
  plain: string[];
}

async function startProxy(answer: (username: string, password: string, target: string) => object = () => ({})): Promise<Proxy> {
  const connects: string[] = [];
  const plain: string[] = [];
  const proxy = new ProxyServer({
    port: 0,
    host: '127.0.0.1',
    prepareRequestFunction: ({ hostname, port, isHttp, username, password, request }) => {
      (isHttp ? plain : connects).push(isHttp ? String(request.url) : `${hostname}:${port}`);
      return answer(username, password, `${hostname}:${port}`);
    },
  });
  proxies.push(proxy);
  await proxy.listen();
  return { url: `http://127.0.0.1:${proxy.port}`, connects, plain };
}

const refuse = (text: string, status: number) => () => {
  throw new RequestError(text, status);
};

function create(options: object = {}): GraphTransport {
  const transport = graphTransport({ ...sandbox.options, retries: 0, ...options });
  open.push(transport);
  return transport;
}

const send = (transport: GraphTransport) => nodemailer.createTransport(transport).sendMail(mail);

test('"proxy" carries sign-in and Graph, with tls.ca for both', async () => {
  const { url, connects, plain } = await startProxy();
  await withEnvironment(none, () => send(create({ proxy: url })));
  expect(sandbox.messages).toHaveLength(1);
  expect(new Set(connects)).toEqual(new Set([hosts.authority, hosts.graph]));
  expect(plain).toEqual([]);
});

test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])('%s never carries what goes to this machine, the sandbox for one', async (name) => {
  const { url, connects } = await startProxy();
  await withEnvironment({ ...none, [name]: url }, () => send(create()));
  expect(sandbox.messages).toHaveLength(1);
  expect(connects).toEqual([]);
});

test.each(['HTTPS_PROXY', 'https_proxy'])('%s that makes no sense is refused at creation', async (name) => {
  await withEnvironment({ ...none, [name]: 'socks5://user:GEHEIM@proxy.contoso.com' }, () => {
    expect(() => create()).toThrow(expect.objectContaining({ code: 'ECONFIG', message: expect.stringContaining(name) }));
  });
});

test.each([
  ['HTTPS_PROXY', '127.0.0.1:1'],
  ['HTTPS_PROXY', '[fd00::1]:8080'],
  ['https_proxy', 'user:password@10.0.0.1:8080'],
  ['HTTP_PROXY', 'garbage, and a blank'],
  ['HTTP_PROXY', '//proxy.contoso.com'],
  ['http_proxy', '10.0.0.1:8080'],
  ['ALL_PROXY', 'socks5h://proxy.contoso.com:1080'],
  ['all_proxy', 'garbage, and a blank'],
])('%s=%s is nothing that the sign-in reads by rules of its own', async (name, value) => {
  await withEnvironment({ ...none, [name]: value }, () => send(create()));
  expect(sandbox.messages).toHaveLength(1);
});

test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'])('%s=host:port carries sign-in and Graph', async (name) => {
  const behind = await startSandbox({ hostname: 'graph.contoso.test' });
  const proxy = await startFakeProxy(tunnelTo());
  try {
    await withEnvironment({ ...none, [name]: `127.0.0.1:${proxy.port}` }, () => {
      const transport = graphTransport({ ...behind.options, retries: 0 });
      open.push(transport);
      return send(transport);
    });
    expect(behind.messages).toHaveLength(1);
    expect(new Set(proxy.targets)).toEqual(new Set([behind.authorityHost, behind.graphEndpoint].map((url) => new URL(url).host)));
  } finally {
    await Promise.all([proxy.close(), behind.close()]);
  }
});

test('"proxy" wins over the environment', async () => {
  const [wanted, other] = [await startProxy(), await startProxy()];
  await withEnvironment({ ...none, HTTPS_PROXY: other.url, NO_PROXY: '*' }, () => send(create({ proxy: wanted.url })));
  expect([wanted.connects.length > 0, other.connects]).toEqual([true, []]);
});

test('a proxy with a password gets it, decoded', async () => {
  const seen = new Set<string>();
  const { url } = await startProxy((username, password) => {
    seen.add(`${username}:${password}`);
    return { requestAuthentication: password !== PASSWORD };
  });
  const proxy = url.replace('//', `//mail:${encodeURIComponent(PASSWORD)}@`);
  await withEnvironment(none, () => send(create({ proxy })));
  expect(sandbox.messages).toHaveLength(1);
  expect([...seen]).toEqual([`mail:${PASSWORD}`]);
});

test.each<[string, () => object, string, RegExp]>([
  ['wants a password', () => ({ requestAuthentication: true }), '', /407.*user name and password/s],
  [
    'does not take the password',
    () => ({ requestAuthentication: true }),
    `mail:${encodeURIComponent(PASSWORD)}@`,
    /407.*user name and password/s,
  ],
  ['forbids the host', refuse('not for you', 403), '', /403.*proxy.*allow/is],
  ['cannot reach the host', refuse('no route', 502), '', /502.*proxy/is],
])('a proxy that %s is named; nothing is sent', async (_, answer, account, text) => {
  const { url } = await startProxy(answer);
  const error: unknown = await withEnvironment(none, () =>
    send(create({ proxy: url.replace('//', `//${account}`) })).catch((reason: unknown) => reason),
  );
  expect(error).toMatchObject({
    code: 'ECONNECTION',
    ambiguous: false,
    permanent: text.source.startsWith('407'),
    message: expect.stringMatching(text),
  });
  const { message, stack, ...rest } = error as Error;
  expect(JSON.stringify([message, stack, rest])).not.toMatch(/GEHEIM|sandbox-client-secret/);
  expect(sandbox.requests).toEqual([]);
});

test.each<[string, () => object, boolean, RegExp]>([
  ['refuses Graph', refuse('not for you', 403), false, /proxy/],
  ['wants a password for Graph', () => ({ requestAuthentication: true }), true, /user name and password/],
])('a proxy that lets sign-in pass and %s is named; nothing is sent', async (_, answer, permanent, hint) => {
  const { url, connects } = await startProxy((_username, _password, target) => (target === hosts.graph ? answer() : {}));
  await withEnvironment(none, () =>
    expect(send(create({ proxy: url }))).rejects.toMatchObject({
      code: 'ECONNECTION',
      ambiguous: false,
      permanent,
      message: expect.stringContaining(`cannot connect to ${sandbox.graphEndpoint}`),
      hint: expect.stringMatching(hint),
    }),
  );
  expect(connects).toContain(hosts.authority);
  expect(sandbox.requests.every(({ operation }) => operation !== 'sendMail')).toBe(true);
});

test('a proxy that is down is told; nothing is sent', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  await expect(send(create({ proxy: `http://user:GEHEIM@127.0.0.1:${port}` }))).rejects.toMatchObject({
    code: 'ECONNECTION',
    ambiguous: false,
    message: expect.stringMatching(new RegExp(`proxy 127\\.0\\.0\\.1:${port} .*ECONNREFUSED`)),
    hint: expect.stringContaining('proxy'),
  });
  expect(sandbox.requests).toEqual([]);
});

describe('a proxy that does not do its work', () => {
  const fakes: FakeProxy[] = [];
  afterEach(() => Promise.all(fakes.splice(0).map((fake) => fake.close())));
  const start = async (handle: Parameters<typeof startFakeProxy>[0]) => {
    const fake = await startFakeProxy(handle);
    fakes.push(fake);
    return fake;
  };

  test.each([0, 2])('accepts and closes: one connection per attempt (%d retries), and the proxy is named', async (retries) => {
    const fake = await start((socket) => socket.destroy());
    await expect(send(create({ proxy: `http://user:GEHEIM@127.0.0.1:${fake.port}`, retries }))).rejects.toMatchObject({
      code: 'ECONNECTION',
      ambiguous: false,
      message: expect.stringContaining(`the proxy 127.0.0.1:${fake.port} closed the connection`),
    });
    expect(fake.connections).toBe(1 + retries);
    expect(sandbox.requests).toEqual([]);
  });

  test('accepts and closes, with a token at hand: one connection per attempt', async () => {
    const fake = await start((socket) => socket.destroy());
    const credential = { getToken: () => Promise.resolve({ token: sandbox.issueToken(), expiresOnTimestamp: Date.now() + 3_600_000 }) };
    const { graphEndpoint, tls } = sandbox.options;
    const transport = graphTransport({ credential, graphEndpoint, tls, retries: 1, proxy: `127.0.0.1:${fake.port}` });
    open.push(transport);
    await expect(send(transport)).rejects.toMatchObject({
      code: 'ECONNECTION',
      ambiguous: false,
      message: expect.stringContaining('proxy'),
    });
    expect(fake.connections).toBe(2);
  });

  test('says nothing: connectionTimeout ends it', async () => {
    const fake = await start(() => undefined);
    await expect(send(create({ proxy: `http://127.0.0.1:${fake.port}`, connectionTimeout: 100 }))).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      ambiguous: false,
      message: expect.stringMatching(new RegExp(`the proxy 127\\.0\\.0\\.1:${fake.port} did not connect .* within 100 ms`)),
    });
    expect(fake.connections).toBe(1);
  });

  test.each<[string, string, RegExp]>([
    ['closes the tunnel', 'HTTP/1.1 200 OK\r\n\r\n', /closed the tunnel/],
    ['speaks something else', '\x05\x00SOCKS', /does not answer in HTTP/],
    [
      'leads to something that is no TLS',
      'HTTP/1.1 200 OK\r\n\r\n<html>Sign in</html>',
      /made a tunnel to .* in which TLS fails: wrong version number\. Check the proxy/,
    ],
    ['has no answer but a status', 'HTTP/1.1 502 Bad Gateway\r\n\r\n', /HTTP 502/],
  ])('%s: named, one connection', async (_, text, message) => {
    const fake = await start(answerConnect(text));
    await expect(send(create({ proxy: `http://127.0.0.1:${fake.port}` }))).rejects.toMatchObject({
      code: 'ECONNECTION',
      ambiguous: false,
      message: expect.stringMatching(message),
    });
    expect(fake.connections).toBe(1);
  });

  test('says nothing, and the transport is closed with force: the attempt ends with it', async () => {
    const events = new EventEmitter();
    const [asked, ended] = [once(events, 'asked'), once(events, 'ended')];
    const fake = await start((socket) => {
      socket.once('data', () => events.emit('asked'));
      socket.on('close', () => events.emit('ended'));
    });
    const transport = create({ proxy: `http://127.0.0.1:${fake.port}`, connectionTimeout: 60_000 });
    const failing = send(transport).catch((error: unknown) => error);
    await asked;
    transport.close({ force: true });
    expect(await failing).toMatchObject({ code: 'EABORT', ambiguous: false });
    await ended;
  });
});

test('behind a proxy an unknown certificate is refused as without one', async () => {
  const { url } = await startProxy();
  const { tls: _tls, ...options } = sandbox.options;
  const transport = graphTransport({ ...options, retries: 0, proxy: url });
  open.push(transport);
  await withEnvironment(none, () =>
    expect(send(transport)).rejects.toMatchObject({ code: 'ECONNECTION', hint: expect.stringContaining('tls.ca') }),
  );
  expect(sandbox.requests).toEqual([]);
});

test('what the proxy refuses for a moment is sent in the end', async () => {
  let count = 0;
  const { url } = await startProxy((_username, _password, target) => {
    if (target === hosts.graph && ++count === 1) throw new RequestError('busy', 503);
    return {};
  });
  const info = (await withEnvironment(none, () => send(create({ proxy: url, retries: 1 })))) as unknown as { attempts: number };
  expect(info.attempts).toBe(2);
  expect(count).toBe(2);
  expect(sandbox.messages).toHaveLength(1);
});

test.each(['proxy.contoso.com', 'ftp://proxy.contoso.com', 'socks5://user:GEHEIM@proxy.contoso.com', 'http://', 7])(
  'the proxy %j is refused and not shown',
  (proxy) => {
    let thrown: unknown;
    try {
      create({ proxy });
    } catch (error) {
      thrown = error;
    }
    expect(isGraphTransportError(thrown) && thrown.code).toBe('ECONFIG');
    expect((thrown as Error).message).not.toContain('GEHEIM');
  },
);
