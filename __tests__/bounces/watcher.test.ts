import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { watchBounces, type Bounce, type BounceStore, type BounceWatcher, type BounceWatcherOptions } from '../../lib/bounces/index.js';
import type { FaultRule } from '../../lib/sandbox/index.js';
import { useSandbox } from '../support/use-sandbox.js';

const tests = useSandbox({
  outcomes: { 'nobody@contoso.com': 'failed', 'gone@example.com': 'failed', 'late@example.com': 'delayed' },
  apps: [
    { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c01', clientSecret: 'a~secret', roles: ['Mail.Send', 'Mail.Read'] },
    { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c02', clientSecret: 'a~secret', roles: ['Mail.Send'] },
  ],
});
const NOT_THE_CLOCK = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as NonNullable<Extract<Parameters<typeof jest.useFakeTimers>[0], { doNotFake?: unknown }>['doNotFake']>;
const folder = mkdtempSync(join(tmpdir(), 'bounces-'));
const open: BounceWatcher[] = [];
let file: string;
let count = 0;
beforeEach(() => (file = join(folder, `${count++}.json`)));
afterEach(() => Promise.all(open.splice(0).map((watcher) => watcher.close())));
afterAll(() => rmSync(folder, { recursive: true }));

/** A watcher that looks only when it is told to, after its first look. */
async function watch(more: Partial<BounceWatcherOptions> = {}, listener: (bounce: Bounce) => unknown = () => undefined) {
  const watcher = watchBounces({ ...tests.sandbox.options, state: file, interval: 3_600_000, ...more });
  open.push(watcher);
  const bounces: Bounce[] = [];
  const errors: Error[] = [];
  watcher.on('error', (error) => errors.push(error));
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the watcher waits for what listeners return
  watcher.on('bounce', async (bounce) => {
    await listener(bounce);
    bounces.push(bounce);
  });
  await watcher.check().catch(() => undefined);
  return { watcher, bounces, errors };
}

async function send(...to: string[]): Promise<string> {
  const transport = tests.transport();
  return (await nodemailer.createTransport(transport).sendMail({ to, subject: 'Invoice 17', text: 'Hello' })).messageId;
}

const asked = (operation: string) => tests.sandbox.requests.filter((request) => request.operation === operation);

test('tells what came back, of each recipient, matched to the message that was sent', async () => {
  const { watcher, bounces, errors } = await watch();
  const messageId = await send('reader@example.com', 'nobody@contoso.com', 'gone@example.com');
  expect(await watcher.check()).toBe(2);
  expect(bounces).toMatchObject([
    {
      messageId,
      sent: true,
      recipient: 'nobody@contoso.com',
      action: 'failed',
      status: '5.1.10',
      permanent: true,
      text: expect.stringMatching(/^550 5\.1\.10 /),
    },
    { messageId, sent: true, recipient: 'gone@example.com', receivedAt: expect.any(Date) },
  ]);
  expect(new Set(bounces.map(({ id }) => id)).size).toBe(2);
  expect(await watcher.check()).toBe(0);
  expect(errors).toEqual([]);
});

test('a delay is not permanent', async () => {
  const { watcher, bounces } = await watch();
  await send('late@example.com');
  await watcher.check();
  expect(bounces).toMatchObject([{ recipient: 'late@example.com', action: 'delayed', status: '4.4.1', permanent: false }]);
});

test('looks by itself, again and again, until it is closed', async () => {
  const { watcher, bounces } = await watch({ interval: 1000 });
  await send('nobody@contoso.com');
  while (bounces.length < 1) await new Promise((resolve) => setTimeout(resolve, 20));
  await watcher.close();
  const before = tests.sandbox.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(tests.sandbox.requests).toHaveLength(before);
  await expect(watcher.check()).rejects.toMatchObject({ code: 'ECONNECTION' });
});

test('check() sees what came in while another look was on its way', async () => {
  const { watcher, bounces } = await watch();
  const fault = tests.sandbox.fail({ operation: 'listMessageChanges', delay: 300, accepted: true });
  const first = watcher.check();
  while (fault.hits === 0) await new Promise(setImmediate);
  await send('nobody@contoso.com');
  const [one = 0, other] = await Promise.all([watcher.check(), watcher.check()]);
  // whichever of them saw it
  expect([one, (await first) + one]).toEqual([other, 1]);
  expect(bounces).toHaveLength(1);
});

test('does nothing before somebody listens', async () => {
  const watcher = watchBounces({ ...tests.sandbox.options, state: file });
  open.push(watcher);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(tests.sandbox.requests).toEqual([]);
  await expect(watcher.check()).rejects.toMatchObject({ code: 'ECONFIG', message: expect.stringMatching(/listen with \.on\("bounce"/) });
});

test('reads other mail no further than its header, and tells nothing of it', async () => {
  const { watcher, bounces } = await watch();
  await tests.sandbox.receive(
    'noreply@contoso.com',
    'From: reader@example.com\r\nSubject: Away\r\nContent-Type: text/plain\r\n\r\nI am away.\r\n',
  );
  await tests.sandbox.receive('noreply@contoso.com', 'From: postmaster@example.com\r\nSubject: Hello\r\n\r\nHow are you?\r\n');
  await tests.sandbox.receive(
    'alerts@contoso.com',
    'From: postmaster@example.com\r\nX-MS-Exchange-Message-Is-Ndr:\r\n\r\na@example.com\r\n550 5.1.1 no\r\n',
  );
  expect(await watcher.check()).toBe(0);
  expect(bounces).toEqual([]);
  expect(asked('getMessageSource')).toHaveLength(1);
});

test('a report of another server is found by its header; one that names what was never sent is told as that', async () => {
  const { watcher, bounces } = await watch();
  const forged = [
    'From: Delivery <bounce@relay.example.com>',
    'Subject: Failure notice',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; relay.example.com',
    '',
    'Final-Recipient: rfc822; boss@example.com',
    'Action: failed',
    'Status: 5.1.1',
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    'Message-ID: <never@contoso.com>',
    '--b--',
    '',
  ].join('\r\n');
  await tests.sandbox.receive('noreply@contoso.com', forged);
  await watcher.check();
  expect(bounces).toMatchObject([{ messageId: '<never@contoso.com>', sent: false, recipient: 'boss@example.com', permanent: true }]);
});

describe('after a restart', () => {
  test('goes on where it was: nothing twice, nothing lost', async () => {
    const first = await watch();
    await send('nobody@contoso.com');
    await first.watcher.check();
    await first.watcher.close();
    await send('gone@example.com');
    const second = await watch();
    expect([first, second].map(({ bounces }) => bounces.map(({ recipient }) => recipient))).toEqual([
      ['nobody@contoso.com'],
      ['gone@example.com'],
    ]);
    expect(readFileSync(file, 'utf8')).not.toMatch(/a~secret|Bearer/);
    expect(readdirSync(folder).filter((name) => name.startsWith(file.slice(folder.length + 1)))).toHaveLength(1);
  });

  test('what a listener did not take is told again, and the rest is not', async () => {
    let broken = true;
    const listener = ({ recipient }: Bounce) => {
      if (broken && recipient === 'gone@example.com') throw new Error('the database is away');
    };
    const first = await watch({}, listener);
    await send('nobody@contoso.com', 'gone@example.com');
    await expect(first.watcher.check()).rejects.toThrow(/a listener for bounces failed: the database is away/);
    await first.watcher.close();
    broken = false;
    const second = await watch({}, listener);
    expect([...first.bounces, ...second.bounces].map(({ recipient }) => recipient)).toEqual(['nobody@contoso.com', 'gone@example.com']);
  });

  test('goes on within a long list, page by page', async () => {
    const first = await watch({ retries: 0 });
    for (let index = 0; index < 130; index++)
      await tests.sandbox.receive('noreply@contoso.com', 'From: postmaster@example.com\r\n\r\nHello\r\n');
    await send('nobody@contoso.com');
    tests.sandbox.fail({ operation: 'listMessageChanges', skip: 1, status: 500, times: Infinity });
    await expect(first.watcher.check()).rejects.toMatchObject({ httpStatus: 500 });
    await first.watcher.close();
    for (const fault of tests.sandbox.faults) fault.remove();
    const read = asked('getMessageSource').length;
    const second = await watch();
    expect(second.bounces).toHaveLength(1);
    // the first page is not read again
    expect(asked('getMessageSource').length - read).toBe(31);
  });

  test('two watchers of one file do not write over each other: the second one is told so', async () => {
    const one = await watch();
    const other = await watch();
    await send('nobody@contoso.com');
    expect(await one.watcher.check()).toBe(1);
    await expect(other.watcher.check()).rejects.toMatchObject({
      code: 'ECONFIG',
      message: expect.stringMatching(/cannot be written: another watcher writes it/),
    });
    const kept = readFileSync(file, 'utf8');
    await expect(other.watcher.check()).rejects.toMatchObject({ code: 'ECONFIG' });
    expect(readFileSync(file, 'utf8')).toBe(kept);
    expect(await one.watcher.check()).toBe(0);
    // a file that was taken away is written anew
    rmSync(file);
    expect(await one.watcher.check()).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ mailbox: 'noreply@contoso.com' });
  });

  test('a state of another mailbox, or one that is damaged, is told and left alone', async () => {
    const first = await watch();
    await first.watcher.close();
    const { watcher } = await watch({ mailbox: 'alerts@contoso.com' });
    await expect(watcher.check()).rejects.toMatchObject({
      code: 'ECONFIG',
      message: expect.stringMatching(/belongs to inbox of noreply@contoso\.com/),
    });
    writeFileSync(file, '{"version":');
    const damaged = await watch();
    await expect(damaged.watcher.check()).rejects.toThrow(/is no JSON/);
    expect(readFileSync(file, 'utf8')).toBe('{"version":');
  });
});

test('begins with `since`, where nothing is kept', async () => {
  await send('nobody@contoso.com');
  const later = await watch({ since: new Date(Date.now() + 3_600_000) });
  expect(later.bounces).toEqual([]);
  await later.watcher.close();
  rmSync(file);
  const { bounces } = await watch({ since: new Date(Date.now() - 3_600_000).toISOString() });
  expect(bounces).toHaveLength(1);
});

test('a clock that is ahead hides nothing: it begins by Graph’s', async () => {
  jest.useFakeTimers({ doNotFake: NOT_THE_CLOCK, now: Date.now() + 86_400_000 });
  const watcher = watchBounces({ ...tests.sandbox.options, state: file, interval: 3_600_000 });
  open.push(watcher);
  const bounces: Bounce[] = [];
  watcher.on('bounce', (bounce) => bounces.push(bounce));
  await watcher.check().finally(() => jest.useRealTimers());
  await send('nobody@contoso.com');
  expect(await watcher.check()).toBe(1);
  expect(bounces).toHaveLength(1);
});

describe('survives', () => {
  test.each<[string, FaultRule]>([
    ['a lost place', { operation: 'listMessageChanges', status: 410, code: 'SyncStateNotFound' }],
    ['a lost place in another word', { operation: 'listMessageChanges', status: 400, code: 'resyncRequired' }],
    ['a reset', { operation: 'listMessageChanges', cut: 'reset' }],
    ['throttling', { operation: 'listMessageChanges', status: 429, headers: { 'Retry-After': '0' } }],
    ['a source that breaks off', { operation: 'getMessageSource', cut: 'truncate' }],
    ['a token that ran out', { status: 401 }],
  ])('%s, and tells each once', async (_case, rule) => {
    const { watcher, bounces } = await watch();
    await send('nobody@contoso.com');
    await watcher.check();
    await send('gone@example.com');
    tests.sandbox.fail(rule);
    await watcher.check().catch(() => watcher.check());
    expect(bounces.map(({ recipient }) => recipient)).toEqual(['nobody@contoso.com', 'gone@example.com']);
  });

  test('everything being forgotten: the real answer of a lost place', async () => {
    const { watcher, bounces } = await watch();
    tests.sandbox.clear();
    await send('nobody@contoso.com');
    await watcher.check();
    expect(bounces).toHaveLength(1);
    expect(asked('listMessageChanges').map(({ status }) => status)).toEqual([410, 200]);
  });

  test('a list that Graph cuts at 5,000: the rest is in one without a filter', async () => {
    const { watcher, bounces } = await watch();
    await send('nobody@contoso.com');
    const entry = (at: number) => ({ id: `AAkALg${at}`, receivedDateTime: '2020-01-01T00:00:00Z' });
    const link = `${tests.sandbox.graphEndpoint}/v1.0/users/noreply@contoso.com/mailFolders/inbox/messages/delta?$deltatoken=x`;
    tests.sandbox.fail({ operation: 'listMessageChanges', status: 410 });
    tests.sandbox.fail({
      operation: 'listMessageChanges',
      match: ({ path }) => path.includes('filter'),
      status: 200,
      body: { value: Array.from({ length: 5000 }, (_, at) => entry(at)), '@odata.deltaLink': link },
    });
    await watcher.check();
    expect(bounces).toHaveLength(1);
    expect(asked('listMessageChanges').at(-1)?.path).not.toContain('filter');
  });

  test('a page that leads to itself, and one that leads elsewhere: an error, and no token for others', async () => {
    const { watcher } = await watch();
    const at = (path: string) => `${tests.sandbox.graphEndpoint}/v1.0/users/noreply@contoso.com/mailFolders/inbox/messages/delta?${path}`;
    tests.sandbox.fail({
      operation: 'listMessageChanges',
      times: 3,
      status: 200,
      body: { value: [], '@odata.nextLink': at('$skiptoken=x') },
    });
    await expect(watcher.check()).rejects.toMatchObject({ code: 'EGRAPH', message: expect.stringMatching(/leads to itself/) });
    const nothing = { load: () => Promise.resolve(null), save: () => Promise.resolve() };
    const { watcher: other } = await watch({ state: nothing });
    for (const link of ['https://example.com/v1.0/x', 'http://127.0.0.1:1/v1.0/x', '//example.com/v1.0/x', 7, { a: 1 }]) {
      for (const name of ['@odata.nextLink', '@odata.deltaLink']) {
        tests.sandbox.fail({ operation: 'listMessageChanges', status: 200, body: { value: [], [name]: link } });
        await expect(other.check()).rejects.toThrow(/it was not followed$/);
      }
    }
    expect(await other.check()).toBe(0);
  });

  test('a report that Exchange cannot make a source of: its text is read', async () => {
    const { watcher, bounces } = await watch();
    const text = 'From: postmaster@contoso.com\r\nContent-Type: text/plain\r\n\r\ngone@example.com\r\n550 5.1.1 no such user\r\n';
    await tests.sandbox.receive('noreply@contoso.com', text);
    tests.sandbox.fail({ operation: 'getMessageSource', status: 400, code: 'ErrorInvalidOperation' });
    await watcher.check();
    expect(bounces).toMatchObject([{ recipient: 'gone@example.com', status: '5.1.1', messageId: undefined, sent: undefined }]);
  });

  test('a report that always fails: the others come after a few looks, and it is told that it was left out', async () => {
    const { watcher, bounces, errors } = await watch({ retries: 0 });
    await send('nobody@contoso.com');
    await send('gone@example.com');
    const first = tests.sandbox.requests.length;
    tests.sandbox.fail({ operation: 'getMessageSource', status: 500, times: 5 });
    for (let look = 1; look < 5; look++) await expect(watcher.check()).rejects.toMatchObject({ httpStatus: 500 });
    expect(bounces).toEqual([]);
    expect(await watcher.check()).toBe(1);
    expect(bounces.map(({ recipient }) => recipient)).toEqual(['gone@example.com']);
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/cannot be read and is left out/)]);
    expect(tests.sandbox.requests.length - first).toBeLessThan(25);
  });

  test('a report of many megabytes, of which it reads the beginning', async () => {
    const { watcher, bounces } = await watch();
    await send('nobody@contoso.com');
    const [item] = tests.sandbox.bounces;
    const long = `From: postmaster@contoso.com\r\nContent-Type: text/plain\r\n\r\ngone@example.com\r\n550 5.1.1 no ${item?.messageId}\r\n${'x'.repeat(12 * 1024 * 1024)}`;
    await tests.sandbox.receive('noreply@contoso.com', long);
    expect(await watcher.check()).toBe(2);
    expect(bounces.map(({ recipient }) => recipient)).toEqual(['nobody@contoso.com', 'gone@example.com']);
    expect(asked('getMessageSource')).toHaveLength(2);
  });
});

test('a missing permission is told by the event and by check(), with what to do', async () => {
  const second = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c02', clientSecret: 'a~secret' };
  const watcher = watchBounces({ ...tests.sandbox.options, ...second, state: file });
  open.push(watcher);
  const told = new Promise<Error>((resolve) => watcher.once('error', resolve));
  watcher.on('bounce', () => undefined);
  const expected = { code: 'EAUTH', httpStatus: 403, hint: expect.stringMatching(/permission Mail\.Read/) };
  expect(await told).toMatchObject(expected);
  await expect(watcher.check()).rejects.toMatchObject(expected);
  // a consent acts on the next token only
  expect(asked('token')).toHaveLength(2);
});

test('close() lets a listener end, and keeps what it took', async () => {
  let finish: () => void = () => undefined;
  let began: () => void = () => undefined;
  const started = new Promise<void>((resolve) => (began = resolve));
  const first = await watch({}, () => {
    began();
    return new Promise<void>((resolve) => (finish = resolve));
  });
  await send('nobody@contoso.com');
  const looking = first.watcher.check().catch(() => undefined);
  await started;
  const closing = first.watcher.close();
  finish();
  await Promise.all([closing, looking]);
  expect(first.bounces).toHaveLength(1);
  const second = await watch();
  expect(second.bounces).toEqual([]);
});

test('a place of the app is asked once and told each change; if it fails, nothing is lost', async () => {
  let kept: string | undefined;
  let full = false;
  const store: BounceStore = {
    load: async () => kept,
    save: async (text) => {
      if (full) throw new Error('the disk is full');
      kept = text;
    },
  };
  const first = await watch({ state: store });
  full = true;
  await send('nobody@contoso.com');
  await expect(first.watcher.check()).rejects.toThrow(/the store cannot be written: the disk is full/);
  full = false;
  await first.watcher.check();
  expect(first.bounces).toHaveLength(1);
  await first.watcher.close();
  const second = await watch({ state: store });
  expect(second.bounces).toEqual([]);
});

test.each<[string, object, RegExp]>([
  ['no options', undefined as never, /needs options such as \{ mailbox, state \}/],
  ['no state', { state: undefined }, /"state" must be the path of a file, or an object with load\(\) and save\(\)/],
  ['a state that is none', { state: { load: 1 } }, /"state" must be/],
  ['no mailbox', { mailbox: undefined }, /needs "mailbox"/],
  ['an interval of no length', { interval: 10 }, /"interval" must be a whole number of at least 1000 milliseconds, not 10/],
  ['a folder that is a path', { folder: '../x' }, /"folder" must be a well-known name/],
  ['a date that is none', { since: 'soon' }, /"since" must be a date .*not 'soon'/],
  ['an unknown option', { folders: 'x' }, /unknown option "folders"/],
])('refuses %s', (_what, more, message) => {
  const options = more === undefined ? undefined : { ...tests.sandbox.options, state: file, ...more };
  expect(() => watchBounces(options as never)).toThrow(message);
});
