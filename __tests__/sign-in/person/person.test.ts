import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { readOptions } from '../../../lib/config/read-options.js';
import { graphTransport } from '../../../lib/index.js';
import type { Sandbox } from '../../../lib/sandbox/index.js';
import { createEncryptedStore } from '../../../lib/sign-in/person/encrypted-store.js';
import { createFileStore } from '../../../lib/sign-in/person/file-store.js';
import { loginByDeviceCode, loginInBrowser, logout, type LoginRequest } from '../../../lib/sign-in/person/interactive-login.js';
import { parseSignIns } from '../../../lib/sign-in/person/stored-sign-ins.js';
import type { TokenStore } from '../../../lib/sign-in/person/token-store.js';
import { answerSignInPage } from './browse.js';
import * as use from './use-person.js';
import { APP, at, folder, ME, PERSONAL_ONLY, SPA, start, WITHOUT_CONSENT } from './use-person.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await start();
});
afterEach(() => sandbox.clear());
afterAll(() => sandbox.close());

const login = (user: string, over: Partial<LoginRequest> = {}, box = sandbox) => use.login(box, user, over);
const send = (options: Record<string, unknown>, message: object = {}, box = sandbox) => use.send(box, options, message);

describe('login in a browser', () => {
  test.each([
    ['a personal account', ME, { tenant: 'consumers' }],
    ['a personal account by an app for personal accounts only', ME, { tenant: 'consumers', clientId: PERSONAL_ONLY }],
    ['a work account', 'noreply@contoso.com', { tenant: 'contoso.com' }],
    ['either at /common', ME, { tenant: 'common' }],
  ])('%s signs in once and sends from then on', async (_, user, over) => {
    const { account, store, url } = await login(user, over);
    expect(account).toMatchObject({ username: user, scopes: ['Mail.Send'] });
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      code_challenge_method: 'S256',
      response_type: 'code',
      nonce: expect.any(String),
      state: expect.any(String),
    });
    expect(url.searchParams.get('scope')).not.toContain('.default');
    expect(url.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+$/);
    const info = await send({ login: { load: () => store.load(), save: (text: string) => store.save(text) } });
    expect(info).toMatchObject({ mailbox: 'me', accepted: ['reader@example.com'] });
    expect(sandbox.messages.map(({ mailbox }) => mailbox)).toEqual([user]);
  });

  test('keeps what it needs in a file for its owner, and no access token', async () => {
    const path = join(folder, 'owner.json');
    await login(ME, { store: createFileStore(path) });
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(readFileSync(path, 'utf8')).not.toContain('eyJ0eXAi');
    expect(parseSignIns(readFileSync(path, 'utf8'), path).accounts).toHaveLength(1);
  });

  test('two accounts stand side by side, and logout forgets one', async () => {
    const store = createFileStore(join(folder, 'two.json'));
    await login(ME, { store });
    await login('noreply@contoso.com', { store });
    await expect(send({ login: { ...store } })).rejects.toMatchObject({
      code: 'EAUTH',
      permanent: true,
      message: expect.stringContaining('more than one account'),
    });
    await send({ login: { ...store, account: ME } });
    await send({ login: { ...store, account: 'noreply@contoso.com' } });
    expect(sandbox.messages.map(({ mailbox }) => mailbox)).toEqual([ME, 'noreply@contoso.com']);
    expect(await logout(store, ME)).toBe(true);
    expect(await logout(store, ME)).toBe(false);
    await send({ login: { ...store } });
    expect(await store.load()).not.toContain(ME);
  });

  test('a refusal is told with its remedy: the person says no, consent is missing, the wrong tenant', async () => {
    const { request: denied, service, end } = at(sandbox);
    await expect(loginInBrowser(denied, service, (url) => void answerSignInPage(url, sandbox.ca, 'deny'))).rejects.toMatchObject({
      code: 'EAUTH',
      hint: 'The person said no.',
    });
    await end();
    await expect(login('noreply@contoso.com', { clientId: WITHOUT_CONSENT })).rejects.toMatchObject({
      hint: expect.stringContaining('administrator has to consent'),
    });
    await expect(login(ME, { clientId: PERSONAL_ONLY, tenant: 'contoso.com' })).rejects.toMatchObject({
      hint: expect.stringContaining('--tenant consumers'),
    });
  });

  test('an answer with another state is refused and does not end the wait; nothing is shown but a word', async () => {
    const { request: loginRequest, service, end } = at(sandbox);
    let stranger: { status: number; text: string } | undefined;
    const account = await loginInBrowser(loginRequest, service, async (url) => {
      const redirect = new URL(url).searchParams.get('redirect_uri') ?? '';
      const { statusCode, body } = await request(`${redirect}/?code=stolen&state=guessed`);
      stranger = { status: statusCode, text: await body.text() };
      const elsewhere = await request(redirect.replace('localhost', '127.0.0.1'), { headers: { host: 'evil.example.com' } });
      expect(elsewhere.statusCode).toBe(404);
      await elsewhere.body.dump();
      void answerSignInPage(url, sandbox.ca, { user: ME }).then(({ text }) => {
        expect(text).toContain('You are signed in');
        expect(text).not.toMatch(/code|eyJ|0\./);
      });
    });
    await end();
    expect(stranger).toEqual({ status: 400, text: expect.stringContaining('not the sign-in that was begun') });
    expect(account.username).toBe(ME);
  });

  test('nothing of it is recorded: no code, verifier or token', async () => {
    await login(ME);
    const records = JSON.stringify(sandbox.requests.filter(({ operation }) => operation === 'token'));
    expect(records).toContain('[redacted]');
    expect(records).not.toMatch(/"code_verifier":"[^[]/);
  });
});

describe('login by device code', () => {
  const device = async (box: Sandbox, answer: string, over: Partial<LoginRequest> = {}) => {
    const { request: loginRequest, service, end } = at(box, over);
    try {
      return await loginByDeviceCode(loginRequest, service, ({ code, address }) => {
        expect(address).toContain('/deviceauth');
        box.answerDevice(code, answer);
      });
    } finally {
      await end();
    }
  };

  test('signs in', async () => {
    expect(await device(sandbox, ME)).toMatchObject({ username: ME });
  });

  test('says no clearly: declined, and blocked by a policy', async () => {
    await expect(device(sandbox, 'declined')).rejects.toMatchObject({ code: 'EAUTH' });
    const blocked = await start({ deviceCode: 'blocked' });
    await expect(device(blocked, ME)).rejects.toMatchObject({
      graphCode: 'AADSTS53003',
      hint: expect.stringContaining('leave --device-code out'),
    });
    await blocked.close();
  });
});

describe('a sign-in that is kept', () => {
  test('survives rotation by many processes with one cache', async () => {
    const strict = await start({ revokeUsedRefreshTokens: true });
    const store = createFileStore(join(folder, 'shared.json'));
    await login(ME, { store }, strict);
    // each transport is a process of its own, as far as the cache goes
    await Promise.all(Array.from({ length: 8 }, () => send({ login: { ...createFileStore(join(folder, 'shared.json')) } }, {}, strict)));
    expect(strict.messages).toHaveLength(8);
    await send({ login: { ...store } }, {}, strict);
    await strict.close();
  });

  test('is encrypted with a key, and told when the key is wrong', async () => {
    const path = join(folder, 'encrypted.json');
    const store = createEncryptedStore(createFileStore(path), Buffer.alloc(32, 1));
    await login(ME, { store });
    expect(readFileSync(path, 'utf8')).toMatch(/^nmgt1:/);
    expect(readFileSync(path, 'utf8')).not.toContain(ME);
    await send({ login: { ...store } });
    await expect(send({ login: { ...createEncryptedStore(createFileStore(path), Buffer.alloc(32, 2)) } })).rejects.toMatchObject({
      code: 'EAUTH',
      permanent: true,
      hint: expect.stringContaining('GRAPH_TOKEN_CACHE_KEY'),
    });
  });

  test.each([
    ['revoked', 'AADSTS50173', (box: Sandbox) => box.revokeSignIns(ME)],
    ['gone', undefined, undefined],
  ])('that is %s asks to run login again, and is permanent', async (_, graphCode, change) => {
    const store = createFileStore(join(folder, `${graphCode}.json`));
    if (change) {
      await login(ME, { store, tenant: 'consumers' });
      change(sandbox);
    }
    const error: Error & { stack?: string } = await send({ login: { ...store, account: ME } }).then(
      () => Promise.reject(new Error('was sent')),
      (reason: Error) => reason,
    );
    expect(error).toMatchObject({
      code: 'EAUTH',
      permanent: true,
      graphCode,
      hint: expect.stringMatching(/Run npx nodemailer-graph-transport login/),
    });
    if (graphCode) expect(error).toMatchObject({ hint: expect.stringContaining(`--client-id ${APP} --tenant consumers`) });
    expect(sandbox.messages).toEqual([]);
  });

  test('ends after 24 hours for a single-page app, which is told in time', async () => {
    const { account, store } = await login('noreply@contoso.com', { clientId: SPA, tenant: 'contoso.com' });
    expect(account.refreshTokenLifetime).toBeGreaterThan(86_000);
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await send({ login: { ...store } });
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('single-page app'), { code: 'GRAPH_SIGN_IN_ENDS' });
    warn.mockRestore();
  });

  test('that was damaged is told, not overwritten', async () => {
    const path = join(folder, 'damaged.json');
    writeFileSync(path, '{"version":1,');
    await expect(send({ login: { ...createFileStore(path) } })).rejects.toMatchObject({
      code: 'EAUTH',
      message: expect.stringContaining('is no token cache'),
    });
    expect(readFileSync(path, 'utf8')).toBe('{"version":1,');
  });

  test('a refused access token is not taken from the cache again', async () => {
    const { store } = await login(ME);
    sandbox.fail({ operation: 'sendMail', status: 401, code: 'InvalidAuthenticationToken' });
    await send({ login: { ...store } });
    expect(sandbox.requests.filter(({ operation, status }) => operation === 'token' && status === 200).length).toBeGreaterThanOrEqual(3);
  });
});

describe('a shared mailbox', () => {
  test('is sent from with Mail.Send.Shared, and refused without', async () => {
    const { store } = await login('noreply@contoso.com', { tenant: 'contoso.com', scopes: ['Mail.Send', 'Mail.Send.Shared'] });
    await send({ login: { ...store }, mailbox: 'team@contoso.com' });
    expect(sandbox.messages.map(({ mailbox }) => mailbox)).toEqual(['team@contoso.com']);
    const own = await login('noreply@contoso.com', { tenant: 'contoso.com' });
    await expect(send({ login: { ...own.store }, mailbox: 'team@contoso.com' })).rejects.toMatchObject({
      code: 'EAUTH',
      graphCode: 'ErrorAccessDenied',
    });
  });

  test('takes large attachments in one’s own mailbox only', async () => {
    const scopes = ['Mail.Send', 'Mail.ReadWrite', 'Mail.Send.Shared', 'Mail.ReadWrite.Shared'];
    const { store } = await login('noreply@contoso.com', { tenant: 'contoso.com', scopes });
    const attachments = [{ filename: 'large.bin', content: Buffer.alloc(4_000_000) }];
    await send({ login: { ...store } }, { attachments });
    await expect(send({ login: { ...store }, mailbox: 'team@contoso.com' }, { attachments })).rejects.toMatchObject({ code: 'EAUTH' });
    expect(sandbox.drafts).toEqual([]);
  });
});

describe('refreshToken', () => {
  const options = (refreshToken: string, more: object = {}) => ({ refreshToken, clientId: APP, tenantId: 'consumers', ...more });

  test('signs in, and hands every new one to the app', async () => {
    const strict = await start({ revokeUsedRefreshTokens: true });
    const first = strict.signIn(ME, { clientId: APP });
    const kept: string[] = [];
    await send(options(first, { onRefreshToken: (token: string) => void kept.push(token) }), {}, strict);
    expect(kept).toHaveLength(1);
    expect(kept[0]).not.toBe(first);
    await send(options(kept[0] ?? ''), {}, strict);
    await expect(send(options(first), {}, strict)).rejects.toMatchObject({ code: 'EAUTH', permanent: true });
    await strict.close();
  });

  test('never shows the token', async () => {
    const token = sandbox.signIn(ME, { clientId: APP });
    sandbox.revokeSignIns();
    const error = (await send(options(token)).catch((reason: unknown) => reason)) as Error;
    expect(JSON.stringify([error, error.message, error.stack, (error as { cause?: { message?: string } }).cause?.message])).not.toContain(
      token.slice(0, 20),
    );
    expect(error).toMatchObject({ code: 'EAUTH', permanent: true, graphCode: 'AADSTS50173' });
  });

  test('a new one that the app cannot keep is told', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await send(options(sandbox.signIn(ME, { clientId: APP }), { onRefreshToken: () => Promise.reject(new Error('database')) }));
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('not kept'), { code: 'GRAPH_REFRESH_TOKEN_NOT_KEPT' });
    warn.mockRestore();
  });
});

describe('settings', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['an account that is none', { login: 'me' }, /"login" must be an account/],
    ['a store without save', { login: { load: () => undefined } }, /"login\.load" and "login\.save"/],
    ['a login and a secret', { login: ME, clientSecret: 's', clientId: APP }, /only one of|does not go with "login"/],
    ['a login and a tenant', { login: ME, tenantId: 'contoso.com' }, /"tenantId" does not go with "login"/],
    ['a refresh token without its app', { refreshToken: 'GEHEIM' }, /"clientId" is missing/],
    ['a refresh token and a login', { refreshToken: 'GEHEIM', login: ME }, /only one of "login" and "refreshToken"/],
    [
      'onRefreshToken alone',
      { clientId: APP, tenantId: 'contoso.com', clientSecret: 's', onRefreshToken: () => undefined },
      /"onRefreshToken" goes with/,
    ],
    ['a scope for an app', { clientId: APP, tenantId: 'contoso.com', clientSecret: 's', scope: 'Mail.Send' }, /"scope" goes with/],
    ['a scope that is none', { refreshToken: 'GEHEIM', clientId: APP, scope: 4 }, /"scope" must be permissions/],
  ])('%s is refused', (_, options, text) => {
    expect(() => graphTransport(options as never)).toThrow(
      expect.objectContaining({ code: 'ECONFIG', message: expect.stringMatching(text) }),
    );
    try {
      graphTransport(options);
    } catch (error) {
      expect((error as Error).message).not.toContain('GEHEIM');
    }
  });

  test('GRAPH_LOGIN and msgraph://login/… name the account; the key is checked', () => {
    expect(readOptions('msgraph://login/me%40outlook.com?format=json', {})).toMatchObject({
      signIn: { kind: 'person', account: 'me@outlook.com' },
      mailbox: 'me',
      format: 'json',
    });
    expect(readOptions({}, { GRAPH_LOGIN: 'me@outlook.com' }).signIn).toMatchObject({ kind: 'person', account: 'me@outlook.com' });
    expect(() => readOptions({}, { GRAPH_LOGIN: 'me@outlook.com', GRAPH_CLIENT_SECRET: 'GEHEIM' })).toThrow(
      /either GRAPH_LOGIN or GRAPH_CLIENT_SECRET/,
    );
    expect(() => readOptions({ login: true }, { GRAPH_TOKEN_CACHE_KEY: 'GEHEIM' })).toThrow(/"GRAPH_TOKEN_CACHE_KEY" must be 32 bytes/);
  });

  test('a credential is asked for the scope that is given', async () => {
    const asked: unknown[] = [];
    const credential = {
      getToken: (scopes: unknown) => {
        asked.push(scopes);
        return Promise.reject(new Error('no'));
      },
    };
    await expect(send({ credential, scope: 'https://graph.microsoft.com/Mail.Send offline_access', mailbox: 'me' })).rejects.toMatchObject({
      code: 'EAUTH',
    });
    expect(asked[0]).toEqual(['https://graph.microsoft.com/Mail.Send', 'offline_access']);
  });
});

test('a store of the app’s own without a lock loses no newer token', async () => {
  const strict = await start({ revokeUsedRefreshTokens: true });
  let kept: string | undefined;
  const store: TokenStore = { load: () => Promise.resolve(kept), save: (text) => Promise.resolve(void (kept = text)) };
  await login(ME, { store }, strict);
  const before = kept;
  let loads = 0;
  // another process renews between this one's load and its request
  const racing: TokenStore = {
    load: () => Promise.resolve(loads++ === 0 ? before : kept),
    save: store.save,
  };
  await send({ login: { ...store } }, {}, strict);
  await send({ login: { ...racing } }, {}, strict);
  expect(strict.messages).toHaveLength(2);
  await strict.close();
});

test('nothing asks a personal account for /.default, which the service refuses', async () => {
  const { request: loginRequest, service, end } = at(sandbox, { tenant: 'consumers', scopes: ['.default'] });
  await expect(loginInBrowser(loginRequest, service, (url) => void answerSignInPage(url, sandbox.ca, { user: ME }))).rejects.toMatchObject({
    graphCode: 'AADSTS70011',
  });
  await end();
});

test('a sign-in that was not used for too long asks to run login again', async () => {
  const short = await start({ refreshTokenLifetime: 0 });
  const { store } = await login(ME, { tenant: 'consumers' }, short);
  await expect(send({ login: { ...store } }, {}, short)).rejects.toMatchObject({
    code: 'EAUTH',
    permanent: true,
    graphCode: 'AADSTS700082',
  });
  expect(short.messages).toEqual([]);
  await short.close();
});
