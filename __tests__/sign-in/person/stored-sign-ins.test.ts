import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileStore } from '../../../lib/sign-in/person/file-store.js';
import { withLockFile } from '../../../lib/sign-in/person/lock-file.js';
import { defaultCachePath } from '../../../lib/sign-in/person/default-store.js';
import { findAccount, parseSignIns, sunsetOf, type SignedInAccount } from '../../../lib/sign-in/person/stored-sign-ins.js';
import { bundleFile } from '../../sandbox/bundle.js';

const folder = mkdtempSync(join(tmpdir(), 'sign-ins-'));
afterAll(() => rmSync(folder, { recursive: true }));

const account: SignedInAccount = {
  username: 'me@outlook.com',
  homeAccountId: 'a.b',
  clientId: 'app',
  authority: 'https://login.microsoftonline.com/consumers',
  scopes: ['Mail.Send'],
  signedInAt: '2026-01-01T00:00:00.000Z',
  renewedAt: '2026-01-01T00:00:00.000Z',
};
const after = (days: number) => new Date(Date.parse(account.renewedAt) + days * 86_400_000);

test.each<[string, Partial<SignedInAccount>, Date, RegExp | undefined]>([
  ['is silent while there is time', {}, after(59), undefined],
  ['speaks 30 days before 90 days without use', {}, after(60), /last used 60 days ago; it ends after 90 days/],
  ['speaks of single-page apps at once', { refreshTokenLifetime: 86_399 }, after(0), /24 hours after it began.*single-page app/],
])('a sign-in that ends by itself %s', (_, over, now, text) => {
  const said = sunsetOf({ ...account, ...over }, now);
  if (text) expect(said).toMatch(text);
  else expect(said).toBeUndefined();
});

test('the only account is meant where none is named, and names are compared without case', () => {
  const one = { version: 1 as const, accounts: [account], msal: '' };
  expect(findAccount(one, undefined)).toBe(account);
  expect(findAccount(one, 'ME@outlook.com')).toBe(account);
  expect(findAccount(one, 'you@outlook.com')).toBeUndefined();
  expect(findAccount({ ...one, accounts: [account, { ...account, username: 'b@contoso.com' }] }, undefined)).toBeUndefined();
});

test.each([
  ['{}', /is no token cache/],
  ['nmgt1:AAAA', /GRAPH_TOKEN_CACHE_KEY/],
  ['{"version":2,"accounts":[],"msal":""}', /newer version/],
])('%s is refused, permanently', (text, message) => {
  expect(() => parseSignIns(text, 'the cache')).toThrow(
    expect.objectContaining({ code: 'EAUTH', permanent: true, message: expect.stringMatching(message) }),
  );
});

test('the file stands where each system keeps such things', () => {
  expect(defaultCachePath({}, 'linux', '/home/a')).toBe('/home/a/.local/state/nodemailer-graph-transport/sign-ins.json');
  expect(defaultCachePath({ XDG_STATE_HOME: '/state' }, 'linux', '/home/a')).toBe('/state/nodemailer-graph-transport/sign-ins.json');
  expect(defaultCachePath({}, 'darwin', '/Users/a')).toBe('/Users/a/Library/Application Support/nodemailer-graph-transport/sign-ins.json');
  expect(defaultCachePath({ LOCALAPPDATA: '/local' }, 'win32', '/home/a')).toContain('/local');
});

test('one process at a time holds the lock, and that of a killed one is taken over', async () => {
  const lock = join(folder, 'x.lock');
  const order: string[] = [];
  await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      withLockFile(lock, async () => {
        order.push(`${name} in`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} out`);
      }),
    ),
  );
  for (let at = 0; at < order.length; at += 2) expect(order[at + 1]).toBe(order[at]?.replace('in', 'out'));
  // nobody has touched it for an hour
  writeFileSync(lock, 'killed');
  const { utimesSync } = await import('node:fs');
  utimesSync(lock, new Date(Date.now() - 3_600_000), new Date(Date.now() - 3_600_000));
  expect(await withLockFile(lock, () => Promise.resolve('taken'))).toBe('taken');
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(lock, 'alive');
  await expect(withLockFile(lock, () => Promise.resolve(), 100)).rejects.toMatchObject({ code: 'ELOCKED' });
  rmSync(lock);
});

test('a process killed at any moment of writing leaves a whole file', async () => {
  const path = join(folder, 'whole.json');
  const script = bundleFile(
    'store',
    `const { createFileStore } = require('./lib/sign-in/person/file-store.ts');
      const store = createFileStore(${JSON.stringify(path)});
      (async () => { for (let n = 0; ; n++) { await store.save(JSON.stringify({ n, fill: 'x'.repeat(200000) })); if (n === 0) console.log('begun'); } })();`,
  );
  try {
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, [script]);
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, 10 * round));
      child.kill('SIGKILL');
      await once(child, 'close');
      const { fill } = JSON.parse(readFileSync(path, 'utf8')) as { fill: string };
      expect(fill).toHaveLength(200_000);
      expect(await createFileStore(path).load()).toBe(readFileSync(path, 'utf8'));
    }
  } finally {
    rmSync(script);
  }
});
