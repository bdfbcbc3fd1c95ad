import { runInNewContext } from 'node:vm';
import { readDate } from '../../lib/base/read-date.js';

test.each<[unknown, string]>([
  ['2026-12-01T08:00:00Z', '2026-12-01T08:00:00.000Z'],
  ['2026-12-01T08:00+01:00', '2026-12-01T07:00:00.000Z'],
  ['2026-12-01T08:00:00.123456+0100', '2026-12-01T07:00:00.123Z'],
  [' 2026-12-01 ', '2026-12-01T00:00:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  [new Date(17), '1970-01-01T00:00:00.017Z'],
  // of another realm, as under jest
  [runInNewContext('new Date(17)'), '1970-01-01T00:00:00.017Z'],
])('%p is %s', (value, iso) => {
  expect(readDate(value)?.toISOString()).toBe(iso);
});

test('a time without a zone is the machine’s', () => {
  expect(readDate('2026-12-01 08:00')).toEqual(new Date(2026, 11, 1, 8));
});

test.each([
  'order 17 12/1/2026',
  '12/1/2026',
  '0',
  '10',
  '',
  '2026-02-30',
  '2026-02-29T10:00:00Z',
  '2026-13-01',
  '2026-00-01',
  '2026-12-01T25:00:00Z',
  '2026-12',
  '2026-12-01T08:00:00Z; x',
  'Tue, 01 Dec 2026 08:00:00 +0100',
  new Date(NaN),
  NaN,
  17,
  null,
  {},
  ['2026-12-01'],
])('%p is none', (value) => {
  expect(readDate(value)).toBeUndefined();
});

test('what it gives is no longer the app’s own', () => {
  const given = new Date(17);
  const read = readDate(given);
  given.setTime(0);
  expect(read?.getTime()).toBe(17);
});
