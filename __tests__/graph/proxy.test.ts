import { parseExceptions, parseProxy, proxyFor, readProxyRules } from '../../lib/graph/proxy.js';

const GRAPH = ['https://graph.microsoft.com', 'https://login.microsoftonline.com'];
const rules = (env: Record<string, string>, hosts = GRAPH) => readProxyRules(undefined, env, hosts);
const used = (env: Record<string, string>, url: string) => proxyFor(new URL(url), rules(env))?.name;

function thrownBy(action: () => unknown): Error & { code?: string; permanent?: boolean } {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

describe('a proxy', () => {
  test.each<[string, object]>([
    ['http://proxy.contoso.com:8080', { secure: false, hostname: 'proxy.contoso.com', port: 8080, authorization: undefined }],
    ['proxy.contoso.com:8080', { secure: false, hostname: 'proxy.contoso.com', port: 8080 }],
    ['10.1.2.3:3128', { secure: false, hostname: '10.1.2.3', port: 3128 }],
    ['localhost:8080', { secure: false, hostname: 'localhost', port: 8080 }],
    ['[fd00::1]:8080', { secure: false, hostname: 'fd00::1', port: 8080, name: '[fd00::1]:8080' }],
    ['user:password@proxy.contoso.com:8080', { hostname: 'proxy.contoso.com', port: 8080, name: 'proxy.contoso.com:8080' }],
    ['http://proxy.contoso.com', { secure: false, port: 80 }],
    ['HTTPS://proxy.contoso.com/', { secure: true, port: 443 }],
  ])('%s is read', (text, expected) => {
    expect(parseProxy(text, 'HTTPS_PROXY')).toMatchObject(expected);
  });

  test.each([
    ['http://mail:p%40ss%25@proxy.contoso.com:8080', 'mail:p@ss%'],
    ['http://mail@proxy.contoso.com:8080', 'mail:'],
    ['http://:secret@proxy.contoso.com:8080', ':secret'],
  ])('%s gives user and password, decoded', (text, account) => {
    expect(parseProxy(text, 'proxy').authorization).toBe(`Basic ${Buffer.from(account).toString('base64')}`);
  });

  test.each([
    ' ',
    ' http://proxy.contoso.com:8080',
    'http://proxy.contoso.com:8080\n',
    'http://proxy .contoso.com:8080',
    'garbage',
    'true',
    'none',
    'http://',
    'http//GEHEIM:8080',
    '://GEHEIM:8080',
    'http:GEHEIM:8080',
    'http://GEHEIM:99999',
    'GEHEIM:port',
    'ftp://GEHEIM:21',
    'socks5://user:GEHEIM@proxy.contoso.com:1080',
    'SOCKS4a://GEHEIM:1080',
    'http://user:GEHEIM%@proxy.contoso.com:8080',
    'http://GEHEIM%zz:word@proxy.contoso.com:8080',
    'user:100%GEHEIM@proxy.contoso.com:8080',
  ])('%j in a variable is refused at creation; the variable is named and its value is not shown', (value) => {
    for (const name of ['HTTPS_PROXY', 'https_proxy']) {
      const error = thrownBy(() => rules({ [name]: value }));
      expect(error).toMatchObject({ code: 'ECONFIG', permanent: true, message: expect.stringContaining(name) });
      expect(`${error.message}${error.stack}`).not.toMatch(/GEHEIM|proxy \.contoso/);
    }
  });
});

describe('which proxy is used, as with curl', () => {
  test.each<[string, Record<string, string>, string | undefined]>([
    ['none by default', {}, undefined],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'http://one:1' }, 'one:1'],
    ['https_proxy before HTTPS_PROXY', { HTTPS_PROXY: 'http://one:1', https_proxy: 'http://two:2' }, 'two:2'],
    ['an empty variable counts as none', { HTTPS_PROXY: 'http://one:1', https_proxy: '' }, 'one:1'],
    ['ALL_PROXY where there is no other', { ALL_PROXY: 'http://all:3' }, 'all:3'],
    ['HTTPS_PROXY before ALL_PROXY', { ALL_PROXY: 'socks5://all:3', HTTPS_PROXY: 'http://one:1' }, 'one:1'],
    ['HTTPS_PROXY, whatever HTTP_PROXY says', { HTTP_PROXY: 'http://two:2', HTTPS_PROXY: 'http://one:1' }, 'one:1'],
    ['ALL_PROXY beside HTTP_PROXY', { HTTP_PROXY: 'http://two:2', ALL_PROXY: 'http://all:3' }, 'all:3'],
    ['all_proxy before ALL_PROXY', { ALL_PROXY: 'http://all:3', all_proxy: 'http://four:4' }, 'four:4'],
    ['https_proxy, though NO_PROXY names another host', { https_proxy: 'http://one:1', NO_PROXY: 'contoso.com' }, 'one:1'],
    [
      'none, since no_proxy comes before NO_PROXY',
      { https_proxy: 'http://one:1', no_proxy: 'microsoft.com', NO_PROXY: 'contoso.com' },
      undefined,
    ],
    ['none of HTTP_PROXY, which need not even be one', { HTTP_PROXY: 'socks5://garbage' }, undefined],
    ['HTTP_PROXY is for plain http', { HTTP_PROXY: 'http://one:1', http_proxy: 'http://two:2' }, undefined],
  ])('%s', (_, env, expected) => {
    expect(used(env, 'https://graph.microsoft.com/v1.0')).toBe(expected);
  });

  test.each([
    'https://localhost:1',
    'https://127.0.0.1:1',
    'https://127.8.9.1',
    'https://[::1]:1',
    'https://sandbox.localhost',
    'https://[::ffff:127.0.0.1]',
  ])('never for %s by a variable, but by the option', (url) => {
    expect(used({ HTTPS_PROXY: 'http://one:1', ALL_PROXY: 'http://all:3' }, url)).toBeUndefined();
    expect(proxyFor(new URL(url), readProxyRules('http://one:1', {}, [url]))?.name).toBe('one:1');
  });

  test('the option wins over every variable, NO_PROXY included', () => {
    const wanted = readProxyRules('http://one:1', { HTTPS_PROXY: 'garbage', NO_PROXY: '*' }, GRAPH);
    expect(proxyFor(new URL('https://graph.microsoft.com'), wanted)?.name).toBe('one:1');
  });

  test('SOCKS in ALL_PROXY is refused where it would be used, and nowhere else', () => {
    const env = { ALL_PROXY: 'socks5://one:1080' };
    expect(thrownBy(() => rules(env))).toMatchObject({ code: 'ECONFIG', message: expect.stringContaining('ALL_PROXY') });
    expect(rules(env, ['https://127.0.0.1:1', 'http://localhost:2']).byEnvironment).toBeUndefined();
    expect(rules({ ...env, NO_PROXY: '.microsoft.com,microsoftonline.com' }).byEnvironment).toBeUndefined();
  });
});

describe('NO_PROXY', () => {
  test.each<[string, string, boolean]>([
    ['*', 'https://graph.microsoft.com', true],
    ['graph.microsoft.com', 'https://graph.microsoft.com', true],
    ['GRAPH.microsoft.com', 'https://graph.microsoft.com', true],
    ['microsoft.com', 'https://graph.microsoft.com', true],
    ['.microsoft.com', 'https://graph.microsoft.com', true],
    ['.microsoft.com', 'https://microsoft.com', true],
    ['*.microsoft.com', 'https://graph.microsoft.com', true],
    ['microsoft.com.', 'https://graph.microsoft.com', true],
    ['microsoft.com', 'https://graph.microsoft.com.', true],
    ['soft.com', 'https://graph.microsoft.com', false],
    ['login.microsoft.com', 'https://graph.microsoft.com', false],
    ['graph.microsoft.com:443', 'https://graph.microsoft.com', true],
    ['microsoft.com:8443', 'https://graph.microsoft.com:8443', true],
    ['graph.microsoft.com:8443', 'https://graph.microsoft.com', false],
    ['localhost, 10.0.0.0/8 graph.microsoft.com', 'https://graph.microsoft.com', true],
    ['10.0.0.0/8', 'https://10.200.1.1', true],
    ['10.0.0.0/8', 'https://11.0.0.1', false],
    ['192.168.1.7', 'https://192.168.1.7:8443', true],
    ['192.168.1.7:443', 'https://192.168.1.7:8443', false],
    ['192.168.1.7', 'https://192.168.1.70', false],
    ['192.168.0.0/16', 'https://192.168.0.0.contoso.com', false],
    ['168.1.7', 'https://192.168.1.7', false],
    ['10.0.0.0/33', 'https://10.0.0.1', false],
    ['10.0.0.0/x', 'https://10.0.0.1', false],
    ['fd00::/8', 'https://[fd12::1]', true],
    ['[fd12::1]', 'https://[fd12::1]', true],
    ['[fd12::1]:8443', 'https://[fd12::1]:8443', true],
    ['[fd12::1]:8443', 'https://[fd12::1]', false],
    ['fd12::1', 'https://[fd12:0::1]', true],
    ['', 'https://graph.microsoft.com', false],
    ['.', 'https://graph.microsoft.com', false],
    [', ,', 'https://graph.microsoft.com', false],
  ])('%j keeps %s off the proxy: %s', (exceptions, url, direct) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      expect(used({ HTTPS_PROXY: 'http://one:1', [name]: exceptions }, url)).toBe(direct ? undefined : 'one:1');
    }
  });

  test('no_proxy comes before NO_PROXY', () => {
    expect(used({ HTTPS_PROXY: 'http://one:1', no_proxy: 'contoso.com', NO_PROXY: '*' }, 'https://graph.microsoft.com')).toBe('one:1');
  });

  test('has one entry for each', () => {
    expect(parseExceptions('a.com,b.com c.com').length).toBe(3);
  });
});
