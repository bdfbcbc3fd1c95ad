import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { fetch } from 'undici';
import type { HttpOutcome, HttpRequest, Requester } from '../../../lib/base/http.js';
import type { Sandbox } from '../../../lib/sandbox/index.js';
import { createEncryptedStore } from '../../../lib/sign-in/person/encrypted-store.js';
import { createFileStore } from '../../../lib/sign-in/person/file-store.js';
import { loginByDeviceCode, loginInBrowser } from '../../../lib/sign-in/person/interactive-login.js';
import { withLockFile } from '../../../lib/sign-in/person/lock-file.js';
import { parseSignIns, serialiseSignIns } from '../../../lib/sign-in/person/stored-sign-ins.js';
import type { TokenStore } from '../../../lib/sign-in/person/token-store.js';
import { bundleFile } from '../../sandbox/bundle.js';
import { makeCertificate } from '../make-certificate.js';
import { answerSignInPage } from './browse.js';
import { APP, at, folder, login, ME, send, start } from './use-person.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await start();
});
afterEach(() => {
  sandbox.clear();
  jest.restoreAllMocks();
});
afterAll(() => sandbox.close());

const catchError = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: Error) => error,
  );
const textOf = (error: Error & { cause?: unknown }) => `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;

/** A line on which somebody changes what goes to and fro. */
const tamper = (
  http: Requester,
  change: { request?: (request: HttpRequest) => HttpRequest; answer?: (body: string) => string },
): Requester => ({
  async request(request) {
    const outcome: HttpOutcome = await http.request(change.request?.(request) ?? request);
    if (outcome.kind === 'failure' || !change.answer) return outcome;
    return { ...outcome, body: Buffer.from(change.answer(outcome.body.toString())) };
  },
});

describe('login on a hostile line', () => {
  const attempt = async (change: Parameters<typeof tamper>[1]) => {
    const { request, service, end } = at(sandbox, { tenant: 'consumers' });
    let page = '';
    const opened: string[] = [];
    const error = await catchError(
      loginInBrowser(request, { ...service, http: tamper(service.http, change) }, (url) => {
        opened.push(url);
        return void answerSignInPage(url, sandbox.ca, { user: ME }).then(({ text }) => (page = text));
      }),
    );
    await end();
    expect(await request.store.load()).toBeUndefined();
    return { error, opened, page: () => page };
  };

  test('another PKCE verifier gets no token, and the page does not say that it has worked', async () => {
    const { error, page } = await attempt({
      request: (given) => ({
        ...given,
        body: typeof given.body === 'string' ? given.body.replace(/code_verifier=\w{4}/, 'code_verifier=XXXX') : given.body,
      }),
    });
    expect(error).toMatchObject({ code: 'EAUTH', permanent: true, graphCode: 'AADSTS501481' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(page()).toContain('The sign-in failed');
  });

  test('an identity token with another nonce is refused', async () => {
    const { error } = await attempt({
      answer: (body) =>
        body.replace(/"id_token":"([^.]+)\.([^.]+)\./, (_, head: string, payload: string) => {
          const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
          return `"id_token":"${head}.${Buffer.from(JSON.stringify({ ...claims, nonce: 'another' })).toString('base64url')}.`;
        }),
    });
    expect(error).toMatchObject({ code: 'EAUTH', message: expect.stringContaining('nonce') });
  });

  test.each([
    ['token_endpoint', [1]],
    ['authorization_endpoint', [0]],
  ])('discovery that names another host for the %s is refused, and nothing is sent there', async (endpoint, [opens]) => {
    const elsewhere = await start();
    const { error, opened } = await attempt({
      answer: (body) => body.replace(new RegExp(`"${endpoint}":"https://[^/]+`), `"${endpoint}":"${elsewhere.authorityHost}`),
    });
    expect(error).toMatchObject({ code: 'EAUTH', permanent: true, message: expect.stringContaining('names another host') });
    expect(opened).toHaveLength(opens ?? 0);
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
  });

  test('discovery cannot send a refresh token, a secret or an assertion elsewhere either', async () => {
    const elsewhere = await start();
    const { store } = await login(sandbox, ME);
    const { service, end } = at(sandbox);
    const { createCredential } = await import('../../../lib/sign-in/credentials.js');
    const own = makeCertificate('app');
    for (const signIn of [
      { kind: 'person' as const, account: ME, store, state: { secrets: [] } },
      {
        kind: 'refreshToken' as const,
        tenantId: 'consumers',
        clientId: APP,
        clientSecret: undefined,
        current: { token: sandbox.signIn(ME, { clientId: APP }) },
        onRefreshToken: undefined,
        scopes: ['Mail.Send'],
      },
      { kind: 'secret' as const, tenantId: sandbox.options.tenantId, clientId: APP, clientSecret: 'GEHEIM' },
      {
        kind: 'certificate' as const,
        tenantId: sandbox.options.tenantId,
        clientId: APP,
        certificate: { certificate: own.certificate + own.privateKey },
      },
    ]) {
      const trace: { error?: Error | undefined } = {};
      const http = tamper(service.http, {
        answer: (body) => body.replace(/"token_endpoint":"https:\/\/[^/]+/, `"token_endpoint":"${elsewhere.authorityHost}`),
      });
      const { graphEndpoint, authorityHost } = sandbox;
      const credential = await createCredential(signIn, { ...service, http, trace, retries: 0, graphEndpoint, authorityHost });
      await expect(Promise.resolve(credential.getToken('unused'))).rejects.toThrow();
      expect(trace.error).toMatchObject({ code: 'EAUTH', message: expect.stringContaining('names another host') });
    }
    expect(elsewhere.requests).toEqual([]);
    await end();
    await elsewhere.close();
  });

  test('a service that is not there is told as such, before and after the browser', async () => {
    const gone = await start();
    const { request, service, end } = at(gone);
    await gone.close();
    await expect(loginInBrowser(request, service, () => undefined)).rejects.toMatchObject({
      code: 'ECONNECTION',
      permanent: false,
      message: expect.stringContaining(`the sign-in service at ${gone.authorityHost} was not reached`),
    });
    await expect(loginByDeviceCode(request, service, () => undefined)).rejects.toMatchObject({ code: 'ECONNECTION' });
    await end();
  });
});

describe('the page on this machine', () => {
  test('listens on 127.0.0.1 only, answers nothing but the browser’s way back, and ends', async () => {
    const { request, service, end } = at(sandbox);
    const seen: Record<string, unknown> = {};
    let port = 0;
    await loginInBrowser(request, service, async (url, local) => {
      const redirect = new URL(url).searchParams.get('redirect_uri') ?? '';
      port = Number(new URL(redirect).port);
      const others = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).filter(({ internal }) => !internal));
      for (const host of ['::1', ...others.map(({ address }) => address)]) expect(await opens(port, host)).toBe(false);
      // what is no request target must not end the program
      expect(await raw(port, 'GET // HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 404/);
      for (const path of ['/', '/?state=guessed&code=x', '/?state=guessed&error=access_denied', '/done', '/favicon.ico'])
        seen[path] = (await fetch(`${redirect}${path}`)).status;
      seen['POST'] = (await fetch(`${redirect}/`, { method: 'POST', body: 'code=x' })).status;
      seen['begin'] = (await fetch(local, { redirect: 'manual' })).headers.get('location');
      expect(seen['begin']).toBe(url);
      void answerSignInPage(url, sandbox.ca, { user: ME });
    });
    expect(seen).toMatchObject({
      '/': 400,
      '/?state=guessed&code=x': 400,
      '/?state=guessed&error=access_denied': 400,
      '/done': 404,
      '/favicon.ico': 404,
      POST: 404,
    });
    await end();
    while (await opens(port, '127.0.0.1')) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  test('leaves no code in the address, which a browser keeps', async () => {
    const { request, service, end } = at(sandbox);
    let last: { url: string; text: string } | undefined;
    await loginInBrowser(request, service, (url) => {
      const state = new URL(url).searchParams.get('state') ?? '';
      const redirect = new URL(url).searchParams.get('redirect_uri') ?? '';
      void fetch(`${redirect}/?error=access_denied&error_description=no&state=${state}`).then(
        async (response) => (last = { url: response.url, text: await response.text() }),
      );
    }).catch(() => undefined);
    await end();
    while (!last) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(new URL(last.url)).toMatchObject({ pathname: '/done', search: '' });
    expect(last.text).toContain('The sign-in failed; the terminal says why');
  });

  test('gives up on a person who does not come', async () => {
    const { request, service, end } = at(sandbox, { patience: 50 });
    await expect(loginInBrowser(request, service, () => undefined)).rejects.toMatchObject({ code: 'EAUTH', permanent: true });
    await end();
  });
});

describe('a store of the app’s own', () => {
  let kept = '';
  beforeAll(async () => {
    const store: TokenStore = { load: () => Promise.resolve(kept), save: (text) => Promise.resolve((kept = text)) };
    await login(sandbox, ME, { store });
  });
  const keep = (text: string) => void (kept = text);

  test.each<[string, () => object]>([
    [
      'is of a class with fields of its own',
      () =>
        new (class {
          client = 1;
          load = () => Promise.resolve(kept);
          save = keep;
        })(),
    ],
    [
      'has its functions in a prototype',
      () =>
        new (class {
          client = 1;
          load() {
            return Promise.resolve(kept);
          }
          save(text: string) {
            keep(text);
          }
        })(),
    ],
    ['answers at once', () => ({ load: () => kept, save: keep })],
    ['hands out bytes', () => ({ load: () => Promise.resolve(Buffer.from(kept)), save: keep })],
    [
      'has a lock that returns nothing',
      () => ({ load: () => kept, save: keep, withLock: async (work: () => Promise<void>) => void (await work()) }),
    ],
    [
      'fails to let go of its lock',
      () => ({
        load: () => kept,
        save: keep,
        withLock: async (work: () => Promise<void>) => {
          await work();
          throw new Error('lease lost');
        },
      }),
    ],
  ])('works where it %s', async (_, create) => {
    await send(sandbox, { login: create() });
    expect(sandbox.messages).toHaveLength(1);
  });

  const broken = () => {
    throw new Error('redis://user:GEHEIM@cache.contoso.com refused');
  };
  test.each<[string, object, object]>([
    [
      'null, as Redis answers',
      { load: () => null },
      { code: 'EAUTH', permanent: true, message: expect.stringContaining('nobody is signed in here') },
    ],
    [
      'an object, as databases answer for JSON',
      { load: () => ({}) },
      { code: 'ECONFIG', message: expect.stringContaining('"login.load" must return the text that was saved, not an object') },
    ],
    [
      'an error',
      { load: broken },
      { code: 'EAUTH', permanent: false, message: expect.stringContaining('the token store cannot be read: redis://[redacted]@') },
    ],
    [
      'a lock that is not to be had',
      { withLock: broken },
      { code: 'EAUTH', permanent: false, message: expect.stringContaining('cannot be locked') },
    ],
    [
      'a lock that does not run the work',
      { withLock: () => Promise.resolve() },
      { code: 'EAUTH', message: expect.stringContaining('did not run the work') },
    ],
    [
      'accounts that are none',
      { load: () => '{"version":1,"accounts":[null],"msal":""}' },
      { code: 'EAUTH', permanent: true, message: expect.stringContaining('is no token cache') },
    ],
    [
      'a cache that is cut',
      { load: () => JSON.stringify({ ...(JSON.parse(kept) as object), msal: '{"RefreshToken":{"x":{"secret":"GEHEIM' }) },
      { code: 'EAUTH', permanent: true, message: expect.stringContaining('is no token cache') },
    ],
  ])('is told where it gives %s', async (_, over, expected) => {
    const error = await catchError(send(sandbox, { login: { account: undefined, load: () => kept, save: keep, ...over } }));
    expect(error).toMatchObject(expected);
    expect(textOf(error)).not.toContain('GEHEIM');
    expect(sandbox.messages).toEqual([]);
  });

  test('which writes the text anew is no reason to ask for ever when the sign-in has ended', async () => {
    const mine = await login(sandbox, 'noreply@contoso.com');
    const text = (await mine.store.load()) ?? '';
    sandbox.revokeSignIns('noreply@contoso.com');
    sandbox.clear();
    // as PostgreSQL's jsonb does
    const load = () => JSON.stringify(JSON.parse(text), undefined, 3);
    await expect(send(sandbox, { login: { load, save: keep } })).rejects.toMatchObject({ code: 'EAUTH', graphCode: 'AADSTS50173' });
    expect(sandbox.requests.filter(({ operation }) => operation === 'token')).toHaveLength(1);
  });

  test('which changes all the time is no reason either', async () => {
    const mine = await login(sandbox, 'noreply@contoso.com');
    const text = (await mine.store.load()) ?? '';
    sandbox.revokeSignIns('noreply@contoso.com');
    let count = 0;
    await expect(send(sandbox, { login: { load: () => text + ' '.repeat(count++), save: keep } })).rejects.toMatchObject({ code: 'EAUTH' });
    expect(count).toBeLessThan(20);
  });

  test('that does not take the renewed sign-in loses no mail and no sign-in', async () => {
    const strict = await start({ revokeUsedRefreshTokens: true });
    const { store } = await login(strict, ME);
    let text = await store.load();
    let isFull = true;
    const full: TokenStore = {
      load: () => Promise.resolve(text),
      save: (next) =>
        isFull
          ? Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }))
          : Promise.resolve((text = next)),
    };
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { graphTransport } = await import('../../../lib/index.js');
    const { default: nodemailer } = await import('nodemailer');
    const transport = graphTransport({
      graphEndpoint: strict.graphEndpoint,
      authorityHost: strict.authorityHost,
      tls: { ca: strict.ca },
      login: { ...full },
    });
    const mailer = nodemailer.createTransport(transport);
    const mail = { to: 'reader@example.com', subject: 'Hello', text: 'Hello' };
    const before = text;
    await mailer.sendMail(mail);
    expect(text).toBe(before);
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/could not be kept.*ENOSPC/), { code: 'GRAPH_SIGN_IN_NOT_KEPT' });
    // the old refresh token is worth nothing any more: the next token comes from the one this process has
    isFull = false;
    strict.fail({ operation: 'sendMail', status: 401, code: 'InvalidAuthenticationToken' });
    await mailer.sendMail(mail);
    expect(strict.messages).toHaveLength(2);
    expect(text).not.toBe(before);
    transport.close();
    await send(strict, { login: { load: () => text, save: () => undefined } });
    await strict.close();
  });

  test('that several transports share is used by one at a time', async () => {
    const strict = await start({ revokeUsedRefreshTokens: true });
    const { store } = await login(strict, ME);
    let text = await store.load();
    const shared: TokenStore = { load: () => Promise.resolve(text), save: (next) => Promise.resolve((text = next)) };
    strict.clear();
    await Promise.all(Array.from({ length: 4 }, () => send(strict, { login: shared })));
    expect(strict.messages).toHaveLength(4);
    // two at the same moment would use one refresh token twice
    expect(strict.requests.filter(({ operation, status }) => operation === 'token' && status !== 200)).toEqual([]);
    await strict.close();
  });

  test('without a lock keeps an account that signed in meanwhile', async () => {
    const { store } = await login(sandbox, ME);
    const first = (await store.load()) ?? '';
    let text = first;
    let loads = 0;
    const racing = {
      load: async () => {
        if (++loads === 2) {
          await login(sandbox, 'noreply@contoso.com', {
            store: { load: () => Promise.resolve(first), save: (next) => Promise.resolve((text = next)) },
          });
        }
        return text;
      },
      save: (next: string) => Promise.resolve((text = next)),
    };
    await send(sandbox, { login: { account: ME, ...racing } });
    await send(sandbox, { login: { account: 'noreply@contoso.com', load: () => text, save: (next: string) => (text = next) } });
    await send(sandbox, { login: { account: ME, load: () => text, save: (next: string) => (text = next) } });
    expect(sandbox.messages).toHaveLength(3);
  });
});

describe('the file', () => {
  test.each<[string, (path: string) => string]>([
    ['is a folder', (path) => (mkdirSync(path), path)],
    ['is in what is no folder', (path) => (writeFileSync(path, ''), join(path, 'sign-ins.json'))],
    ['is no token cache', (path) => (writeFileSync(path, 'junk'), path)],
  ])('that %s is told before anybody has to sign in, with its name', async (_, make) => {
    const path = make(join(folder, randomUUID()));
    const { request, service, end } = at(sandbox, { store: createFileStore(path) });
    for (const attempt of [loginInBrowser, loginByDeviceCode]) {
      const shown = jest.fn();
      await expect(attempt(request, service, shown)).rejects.toMatchObject({ code: 'EAUTH', message: expect.stringContaining(path) });
      expect(shown).not.toHaveBeenCalled();
    }
    await end();
    await expect(send(sandbox, { login: { ...createFileStore(path) } })).rejects.toMatchObject({
      code: 'EAUTH',
      message: expect.stringContaining(path),
    });
  });

  test('with another key is told before anybody has to sign in', async () => {
    const path = join(folder, 'rotated-key.json');
    await login(sandbox, ME, { store: createEncryptedStore(createFileStore(path), Buffer.alloc(32, 1)) });
    const before = readFileSync(path, 'utf8');
    for (const store of [createEncryptedStore(createFileStore(path), Buffer.alloc(32, 2)), createFileStore(path)]) {
      const shown = jest.fn();
      const { request, service, end } = at(sandbox, { store });
      await expect(loginInBrowser(request, service, shown)).rejects.toMatchObject({
        code: 'EAUTH',
        permanent: true,
        hint: expect.stringContaining('GRAPH_TOKEN_CACHE_KEY'),
      });
      expect(shown).not.toHaveBeenCalled();
      await end();
    }
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  test('that a link leads to stays there, for its owner alone', async () => {
    mkdirSync(join(folder, 'volume'));
    const [target, link] = [join(folder, 'volume', 'sign-ins.json'), join(folder, 'link.json')];
    writeFileSync(target, '', { mode: 0o644 });
    symlinkSync(target, link);
    await login(sandbox, ME, { store: createFileStore(link) });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(statSync(target).mode & 0o077).toBe(0);
    expect(parseSignIns(readFileSync(target, 'utf8'), target).accounts).toHaveLength(1);
  });

  test('leaves nothing beside it, and clears away what a killed process left', async () => {
    const own = join(folder, 'left');
    mkdirSync(own);
    const path = join(own, 'sign-ins.json');
    const [old, young, foreign] = [`${path}.${randomUUID()}`, `${path}.${randomUUID()}`, `${path}.backup`];
    for (const name of [old, young, foreign]) writeFileSync(name, 'refresh token');
    utimesSync(old, new Date(0), new Date(0));
    utimesSync(foreign, new Date(0), new Date(0));
    await login(sandbox, ME, { store: createFileStore(path) });
    expect(
      readdirSync(own)
        .map((name) => join(own, name))
        .sort(),
    ).toEqual([path, foreign, young].sort());
  });

  test('is not blocked by a lock from the future: the clock was set back', async () => {
    const lock = join(folder, 'future.lock');
    writeFileSync(lock, 'killed');
    utimesSync(lock, new Date(Date.now() + 3_600_000), new Date(Date.now() + 3_600_000));
    expect(await withLockFile(lock, () => Promise.resolve('taken'), 1000)).toBe('taken');
  });

  test('of a process that was frozen and lost its lock is read again', async () => {
    const strict = await start({ revokeUsedRefreshTokens: true });
    const { store } = await login(strict, ME);
    const stale = await store.load();
    // another process has renewed meanwhile
    await send(strict, { login: { ...store } });
    let loads = 0;
    const frozen = { ...store, load: () => (loads++ === 0 ? Promise.resolve(stale) : store.load()) };
    await send(strict, { login: frozen });
    expect(strict.messages).toHaveLength(2);
    await strict.close();
  });
});

test('processes that renew at the same moment lose no refresh token, whoever is killed', async () => {
  const strict = await start({ revokeUsedRefreshTokens: true });
  const path = join(folder, 'processes.json');
  await login(strict, ME, { store: createFileStore(path) });
  const { graphEndpoint, authorityHost, ca } = strict;
  const script = bundleFile(
    'renew',
    `const { graphTransport } = require('./lib/index.ts'); const { createTransport } = require('nodemailer');
      const options = ${JSON.stringify({ graphEndpoint, authorityHost, tls: { ca }, retries: 0, login: ME })};
      process.stdin.once('data', async () => {
        for (let n = 0; n < 3; n++) {
          const transport = graphTransport(options);
          await createTransport(transport).sendMail({ to: 'reader@example.com', subject: 'Hello', text: 'Hello' });
          transport.close();
        }
        process.exit();
      });
      console.log('ready');`,
  );
  try {
    const env = { PATH: process.env['PATH'] ?? '', GRAPH_TOKEN_CACHE: path };
    const children = Array.from({ length: 3 }, () => spawn(process.execPath, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] }));
    await Promise.all(children.map((child) => once(child.stdout, 'data')));
    const ends = children.map((child) => once(child, 'close'));
    // one that waits for the lock dies
    const holder = withLockFile(`${path}.lock`, async () => {
      for (const child of children) child.stdin.end('go');
      await new Promise((resolve) => setTimeout(resolve, 300));
      children[0]?.kill('SIGKILL');
      await ends[0];
    });
    await holder;
    expect((await Promise.all(ends.slice(1))).map(([status]) => status as number)).toEqual([0, 0]);
    expect(strict.messages).toHaveLength(6);
    expect(strict.requests.filter(({ operation, status }) => operation === 'token' && status !== 200)).toEqual([]);
    expect(parseSignIns(readFileSync(path, 'utf8'), path).accounts).toHaveLength(1);
  } finally {
    rmSync(script);
    await strict.close();
  }
}, 60_000);

test('a sign-in at another cloud is told as that, and its token goes nowhere', async () => {
  const other = await start();
  const { store } = await login(sandbox, ME);
  sandbox.clear();
  await expect(send(other, { login: { ...store } })).rejects.toMatchObject({
    code: 'EAUTH',
    permanent: true,
    hint: expect.stringContaining('Set "cloud"'),
  });
  expect([...other.requests, ...sandbox.requests]).toEqual([]);
  await other.close();
});

test('a service that repeats the refresh token in its refusal does not bring it into the error', async () => {
  const { store } = await login(sandbox, ME);
  const secret = /"secret\\":\\"(1\.[\w-]+)/.exec((await store.load()) ?? '')?.[1] ?? 'none';
  expect(secret.length).toBeGreaterThan(20);
  sandbox.fail({ operation: 'token', status: 400, code: 'invalid_request', message: `AADSTS900144: what is ${secret}?` });
  const error = await catchError(send(sandbox, { login: { ...store } }));
  expect(error).toMatchObject({ code: 'EAUTH', message: expect.stringContaining('what is [redacted]') });
  expect(textOf(error)).not.toContain(secret);
});

test.each([
  ['a Conditional Access policy', 'AADSTS530036', 'policy blocks'],
  ['no consent', 'AADSTS90095', 'administrator has to consent'],
])('login by device code that is refused for %s says so', async (_, code, text) => {
  const { request, service, end } = at(sandbox);
  sandbox.fail({ operation: 'token', status: 400, code: 'invalid_grant', message: `${code}: Access has been blocked.` });
  await expect(loginByDeviceCode(request, service, () => undefined)).rejects.toMatchObject({
    code: 'EAUTH',
    graphCode: code,
    hint: expect.stringContaining(text),
  });
  await end();
});

describe('refreshToken', () => {
  const options = (refreshToken: string, more: object = {}) => ({ refreshToken, clientId: APP, tenantId: 'consumers', ...more });

  test('that the app could not keep is handed to it again with the next token', async () => {
    const strict = await start({ revokeUsedRefreshTokens: true });
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const told: string[] = [];
    let fails = true;
    const onRefreshToken = (token: string) => {
      told.push(token);
      if (fails) throw new Error('GEHEIM');
    };
    const { graphTransport } = await import('../../../lib/index.js');
    const { default: nodemailer } = await import('nodemailer');
    const transport = graphTransport({
      graphEndpoint: strict.graphEndpoint,
      authorityHost: strict.authorityHost,
      tls: { ca: strict.ca },
      ...options(strict.signIn(ME, { clientId: APP }), { onRefreshToken }),
    });
    const mailer = nodemailer.createTransport(transport);
    const mail = { to: 'reader@example.com', subject: 'Hello', text: 'Hello' };
    await mailer.sendMail(mail);
    expect(told).toHaveLength(1);
    expect(JSON.stringify(warn.mock.calls)).not.toContain('GEHEIM');
    fails = false;
    strict.fail({ operation: 'token', status: 503 });
    strict.fail({ operation: 'sendMail', status: 401, code: 'InvalidAuthenticationToken' });
    await mailer.sendMail(mail).catch(() => undefined);
    // the service was busy: nothing new came, and yet the app has the newest now
    expect(told[1]).toBe(told[0]);
    transport.close();
    await send(strict, options(told.at(-1) ?? ''));
    await strict.close();
  });

  test('asked for /.default by a personal account says what to do', async () => {
    await expect(send(sandbox, options(sandbox.signIn(ME, { clientId: APP }), { scope: '.default' }))).rejects.toMatchObject({
      code: 'EAUTH',
      permanent: true,
      hint: expect.stringContaining("scope: 'Mail.Send'"),
    });
  });

  test('of another app is refused, and never shown', async () => {
    const token = sandbox.signIn(ME, { clientId: APP });
    const error = await catchError(send(sandbox, { ...options(token), clientId: 'd0d0d0d0-0000-4000-8000-000000000002' }));
    expect(error).toMatchObject({ code: 'EAUTH', permanent: true });
    expect(textOf(error)).not.toContain(token);
  });
});

test('what is kept reads and writes alike', async () => {
  const { store } = await login(sandbox, ME);
  const text = (await store.load()) ?? '';
  expect(serialiseSignIns(parseSignIns(text, 'here'))).toBe(text);
});

function opens(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(text));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.once('close', () => resolve(answer));
    socket.once('error', reject);
  });
}
