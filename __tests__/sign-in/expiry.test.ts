import { spawnSync } from 'node:child_process';
import { expiryNotice } from '../../lib/sign-in/expiry.js';
import { graphTransport } from '../../lib/index.js';
import { bundle, root } from '../sandbox/bundle.js';

const DAY = 86_400_000;
const expires = new Date('2030-06-30T12:00:00Z');
const before = (days: number, ms = 0) => new Date(expires.getTime() - days * DAY - ms);
const signIn = { tenantId: 'contoso.com', clientId: 'app', clientSecret: 'a~secret' };

test.each([
  [400, undefined],
  [61, undefined],
  [60, ['warn', 60, 'expires in 60 days, on 2030-06-30']],
  [2, ['warn', 2, 'expires in 2 days, on 2030-06-30']],
  [1, ['warn', 1, 'expires in 1 day, on 2030-06-30']],
  [0.5, ['warn', 0, 'expires within a day, on 2030-06-30']],
  [0, ['error', 0, 'expired on 2030-06-30']],
  [-3, ['error', -3, 'expired on 2030-06-30']],
])('%d days before the end it says %j', (days, expected) => {
  const notice = expiryNotice(expires, before(days));
  expect(notice && [notice.level, notice.daysLeft, notice.message]).toEqual(
    expected && [expected[0], expected[1], expect.stringContaining(expected[2] as string)],
  );
});

describe('the transport', () => {
  beforeEach(() => jest.useFakeTimers({ now: before(61, -1) }));
  afterEach(() => jest.useRealTimers());

  const lines: [level: string, daysLeft: unknown, text: string][] = [];
  const log = (level: string) => (entry: { tnx?: string; daysLeft?: number }, text?: string) => {
    if (entry.tnx === 'sign-in') lines.push([level, entry.daysLeft, String(text)]);
  };
  const create = (secretExpires: Date | string) =>
    graphTransport({ ...signIn, secretExpires, logger: { warn: log('warn'), error: log('error') } });
  beforeEach(() => lines.splice(0));

  test('warns once a day from 60 days before, and tells an error once it has expired', () => {
    const transport = create(expires);
    jest.advanceTimersByTime(62 * DAY);
    const levels = lines.map(([level]) => level);
    expect(levels).toEqual([...Array<string>(61).fill('warn'), 'error', 'error']);
    expect(lines.slice(0, 2).map(([, days]) => days)).toEqual([60, 59]);
    transport.close();
  });

  test('says it at once where it is due, and no more after close()', () => {
    jest.setSystemTime(before(10));
    const transport = create('2030-06-30T12:00:00Z');
    expect(lines).toEqual([['warn', 10, expect.stringContaining('10 days')]]);
    transport.close();
    jest.advanceTimersByTime(30 * DAY);
    expect(lines).toHaveLength(1);
  });

  test('carries no secret in what it logs', () => {
    jest.setSystemTime(before(-1));
    create(expires).close();
    expect(JSON.stringify(lines)).not.toContain(signIn.clientSecret);
    expect(lines[0]?.[0]).toBe('error');
  });

  test.each(['soon', '', new Date(Number.NaN)])('refuses %j as a date', (value) => {
    expect(() => create(value)).toThrow(expect.objectContaining({ code: 'ECONFIG', message: expect.stringContaining('secretExpires') }));
  });
});

test('does not keep the process alive', () => {
  const script = bundle(`
    import { graphTransport } from './lib/index.ts';
    graphTransport({ tenantId: 'contoso.com', clientId: 'app', clientSecret: 's', secretExpires: new Date(Date.now() + 1000) });
    console.log('made');`);
  const { stdout, status, signal } = spawnSync(process.execPath, ['-'], { cwd: root, input: script, encoding: 'utf8', timeout: 20_000 });
  expect({ stdout, status, signal }).toEqual({ stdout: 'made\n', status: 0, signal: null });
});
