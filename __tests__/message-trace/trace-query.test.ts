import { arrange, filterOf, readEntry, readMessageId, readSince, windowsOf } from '../../lib/message-trace/trace-query.js';

const now = new Date('2026-11-26T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);

describe('the Message-ID', () => {
  test.each([
    ['<a@contoso.com>', '<a@contoso.com>'],
    ['  a@contoso.com ', '<a@contoso.com>'],
    ["it's@contoso.com", "<it's@contoso.com>"],
  ])('%j is %s', (value, expected) => {
    expect(readMessageId(value)).toBe(expected);
  });

  test.each([
    [''],
    ['<>'],
    ['two words@contoso.com'],
    ['<a@b> or 1 eq 1'],
    ['a\nb'],
    ['x'.repeat(996)],
    [undefined],
    [{ messageId: 'a@b' }],
  ])('%j is refused', (value) => {
    expect(() => readMessageId(value)).toThrow(
      /^graphTransport: trace\(\) needs the Message-ID of a message, such as info\.messageId, not /,
    );
  });
});

describe('since', () => {
  test('is 10 days ago, or a date of the last 90 days', () => {
    expect(readSince(undefined, now)).toEqual(daysAgo(10));
    expect(readSince('2026-11-01', now)).toEqual(new Date('2026-11-01T00:00:00Z'));
    expect(readSince(daysAgo(30), now)).toEqual(daysAgo(30));
  });

  test('of 90 days ago is a minute less: the request comes later than the question', () => {
    expect(readSince(daysAgo(90), now)).toEqual(new Date(daysAgo(90).getTime() + 60_000));
  });

  test.each([['2026-13-01'], ['yesterday'], [daysAgo(91)], [daysAgo(-1)], [new Date(NaN)], [5], [null]])('%p is refused', (value) => {
    expect(() => readSince(value, now)).toThrow(/"since" of trace\(\) must be a date of the last 90 days, such as '2026-11-26', not /);
  });
});

describe('windows', () => {
  test('are one of 10 days where that will do', () => {
    expect(windowsOf(daysAgo(10), now)).toEqual([{ from: daysAgo(10), to: now }]);
    expect(windowsOf(daysAgo(2), now)).toEqual([{ from: daysAgo(2), to: now }]);
    expect(windowsOf(now, now)).toHaveLength(1);
  });

  test.each([11, 20, 25, 90])('of %i days touch each other, the latest first, none longer than 10 days', (days) => {
    const windows = windowsOf(daysAgo(days), now);
    expect(windows).toHaveLength(Math.ceil(days / 10));
    expect(windows[0]?.to).toEqual(now);
    expect(windows.at(-1)?.from).toEqual(daysAgo(days));
    windows.slice(1).forEach(({ to }, index) => expect(to).toEqual(windows[index]?.from));
    for (const { from, to } of windows) expect(to.getTime() - from.getTime()).toBeLessThanOrEqual(10 * 86_400_000);
  });
});

test('the filter quotes the Message-ID and has times without fractions, never more than 10 days apart', () => {
  expect(filterOf("<it's@contoso.com>", { from: new Date('2026-11-16T12:00:00.250Z'), to: new Date('2026-11-26T12:00:00.250Z') })).toBe(
    "messageId eq '<it''s@contoso.com>' and receivedDateTime ge 2026-11-16T12:00:01Z and receivedDateTime le 2026-11-26T12:00:01Z",
  );
});

describe('an entry', () => {
  const entry = {
    id: 't1',
    recipientAddress: 'reader@example.com',
    messageId: '<A@contoso.com>',
    receivedDateTime: '2026-11-26T10:30:00Z',
  };

  test.each([
    ['Delivered', 'delivered'],
    ['delivered', 'delivered'],
    ['FilteredAsSpam', 'filteredAsSpam'],
    ['gettingStatus', 'gettingStatus'],
    ['unknownFutureValue', 'unknown'],
    [undefined, 'unknown'],
    [7, 'unknown'],
  ])('has status %j as %s', (status, expected) => {
    expect(readEntry({ ...entry, status }, '<a@contoso.com>')).toMatchObject({ recipient: 'reader@example.com', status: expected });
  });

  test('may have its Message-ID without brackets, and a time nobody can read', () => {
    expect(readEntry({ ...entry, messageId: 'a@contoso.com', receivedDateTime: 'soon' }, '<a@contoso.com>')).toMatchObject({
      receivedAt: undefined,
    });
  });

  test.each([[{ messageId: '<b@contoso.com>' }], [{ recipientAddress: '' }], [{ id: undefined }], [{ messageId: null }]])(
    'with %j is none',
    (wrong) => {
      expect(readEntry({ ...entry, ...wrong }, '<a@contoso.com>')).toBeUndefined();
    },
  );
});

test('a recipient that two windows or pages tell is there once; the latest comes first, then by address', () => {
  const one = (traceId: string, recipient: string, minute: number) =>
    ({
      traceId,
      recipient,
      status: 'delivered',
      receivedAt: new Date(now.getTime() + minute * 60_000),
      sender: undefined,
      subject: undefined,
    }) as const;
  const arranged = arrange([
    one('t1', 'b@example.com', 1),
    one('t1', 'a@example.com', 1),
    one('t1', 'B@example.com', 1),
    one('t2', 'c@example.com', 2),
  ]);
  expect(arranged.map(({ traceId, recipient }) => `${traceId} ${recipient.toLowerCase()}`)).toEqual([
    't2 c@example.com',
    't1 a@example.com',
    't1 b@example.com',
  ]);
});
