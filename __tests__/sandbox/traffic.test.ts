import { Traffic } from '../../lib/sandbox/traffic.js';

const unlimited = { maxConcurrency: Infinity, rateLimit: undefined };

afterEach(() => jest.useRealTimers());

test('tells how many requests run, the most at a time, and what was refused', () => {
  const traffic = new Traffic({ maxConcurrency: 2, rateLimit: undefined });
  const changes: number[] = [];
  traffic.onChange = ({ running }) => changes.push(running);
  const leave = [traffic.enter('app', 'one'), traffic.enter('app', 'one')];
  traffic.enter('app', 'two');
  expect(() => traffic.enter('app', 'one')).toThrow('MailboxConcurrency');
  leave[0]?.();
  // once is enough
  leave[0]?.();
  expect(traffic.list()).toMatchObject([
    { appId: 'app', mailboxId: 'one', running: 1, peak: 2, refused: 1 },
    { appId: 'app', mailboxId: 'two', running: 1, peak: 1, refused: 0 },
  ]);
  expect(changes).toEqual([1, 2, 1, 2, 1]);
  traffic.clear();
  expect(traffic.list()).toMatchObject([{ running: 1, peak: 1, refused: 0 }, { running: 1 }]);
});

test('counts the requests of ten minutes where no other window is set, and forgets older ones', () => {
  jest.useFakeTimers({ now: 0 });
  const traffic = new Traffic(unlimited);
  const send = (): void => traffic.enter('app', 'box')();
  const recent = (): number => traffic.recent(traffic.list()[0] ?? { appId: '', mailboxId: '', running: 0, peak: 0, refused: 0 });
  for (let index = 0; index < 1000; index++) send();
  jest.setSystemTime(300_000);
  send();
  expect([recent(), traffic.windowMs]).toEqual([1001, 600_000]);
  jest.setSystemTime(660_000);
  expect(recent()).toBe(1);
  jest.setSystemTime(3_600_000);
  send();
  expect(recent()).toBe(1);
});

test('counts in the window of the limit, the refused included', () => {
  jest.useFakeTimers({ now: 0 });
  const traffic = new Traffic({ maxConcurrency: Infinity, rateLimit: { requests: 2, windowMs: 1000 } });
  traffic.enter('app', 'box');
  traffic.enter('app', 'box');
  expect(() => traffic.enter('app', 'box')).toThrow('request limit');
  const [load] = traffic.list();
  expect(load && traffic.recent(load)).toBe(3);
  expect(load).toMatchObject({ running: 2, refused: 1 });
  jest.setSystemTime(2000);
  expect(load && traffic.recent(load)).toBe(0);
});
