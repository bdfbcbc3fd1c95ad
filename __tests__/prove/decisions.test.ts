import { PROVABLE, type MeasuredPoint, type ProvableFeature } from '../../lib/prepared/tenant-facts.js';
import { smtpSource } from '../../lib/prove/compile.js';
import { judge } from '../../lib/prove/judge.js';
import { markerOf, newRun, readMarker, subjectOf } from '../../lib/prove/marker.js';
import { MOST_PER_MINUTE, waitBefore } from '../../lib/prove/pace.js';
import { mailOf, pointsFor } from '../../lib/prove/points.js';
import { claimOf, createReport, verdictOf, withOutside } from '../../lib/prove/report.js';
import { viewOf, type View } from '../../lib/prove/view.js';
import { MAILBOX } from './harness.js';

describe('the marker', () => {
  const run = newRun();

  test('is found in whatever stands around the subject', () => {
    const subject = subjectOf(run, 'json-text');
    expect(readMarker(subject)).toEqual({ run, name: 'json-text' });
    expect(readMarker(`Undeliverable: ${subject} (1)`)).toEqual({ run, name: 'json-text' });
    expect(subject).toContain(markerOf(run));
  });

  test.each(['', 'Monthly report', '[prove]', '[prove nothing]', '[prove 0123456789ab]', '[prove 0123456789abc json]'])(
    'is not in %j',
    (subject) => {
      expect(readMarker(subject)).toBeUndefined();
    },
  );

  test('is another with every run', () => {
    expect(newRun()).not.toBe(run);
  });
});

describe('30 messages a minute', () => {
  test.each([
    ['none', [], 1000, 0],
    ['29', Array<number>(29).fill(0), 1000, 0],
    ['30', Array<number>(30).fill(0), 1000, 59_000],
    ['30, long ago', Array<number>(30).fill(0), 61_000, 0],
    ['31, of which the first is long ago', [0, ...Array<number>(30).fill(50_000)], 61_000, 49_000],
  ])('after %s', (_, sentAt, now, wait) => {
    expect(waitBefore(sentAt, now)).toBe(wait);
    expect(MOST_PER_MINUTE).toBe(30);
  });
});

describe('the points', () => {
  test('cover every feature, have a name of their own, and an alias only where there is one', () => {
    const all = pointsFor({ alias: 'info@contoso.com' });
    expect(new Set(all.map(({ feature }) => feature))).toEqual(new Set(PROVABLE));
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(pointsFor({}).some(({ feature }) => feature === 'from')).toBe(false);
    expect(all.length).toBeLessThan(MOST_PER_MINUTE - 2);
  });

  test('what arrives as it would have over SMTP is kept, of every point', async () => {
    for (const point of pointsFor({ alias: 'info@contoso.com' })) {
      const view = await viewOf(await smtpSource(mailOf(point, { run: '0123456789ab', mailbox: MAILBOX, alias: 'info@contoso.com' })));
      expect([point.name, judge(point.feature, view, view)]).toEqual([point.name, 'kept']);
      // and the comparison has something to compare
      expect([point.name, judge(point.feature, view, NOTHING)]).toEqual([point.name, 'lost']);
    }
  });
});

const NOTHING: View = {
  subject: '',
  text: undefined,
  fromName: '',
  fromAddress: '',
  messageId: '',
  calendarMethod: undefined,
  hasCalendar: false,
  headers: new Map(),
};

describe('what became of it', () => {
  const headers = (entries: Record<string, string>) => new Map(Object.entries(entries).map(([name, value]) => [name, [value]]));
  test.each<[string, ProvableFeature, Partial<View>, Partial<View>, string]>([
    ['line breaks are the transport’s', 'text', { text: 'one two\n' }, { text: 'one\r\ntwo' }, 'kept'],
    ['other words', 'text', { text: 'one' }, { text: 'two' }, 'changed'],
    ['no words', 'text', { text: 'one' }, { text: ' ' }, 'lost'],
    ['the method', 'icalEvent', { calendarMethod: 'REQUEST', hasCalendar: true }, { calendarMethod: 'REQUEST', hasCalendar: true }, 'kept'],
    ['no method', 'icalEvent', { calendarMethod: 'REQUEST', hasCalendar: true }, { hasCalendar: true }, 'changed'],
    ['no calendar', 'icalEvent', { calendarMethod: 'REQUEST', hasCalendar: true }, {}, 'lost'],
    ['another name', 'fromName', { fromName: 'Author' }, { fromName: 'Mailbox' }, 'changed'],
    ['no name', 'fromName', { fromName: 'Author' }, {}, 'lost'],
    ['another address', 'from', { fromAddress: 'a@contoso.com' }, { fromAddress: 'b@contoso.com' }, 'changed'],
    ['another id', 'ownMessageId', { messageId: '<a>' }, { messageId: '<b>' }, 'changed'],
    [
      'one of two headers',
      'threading',
      { headers: headers({ 'in-reply-to': '<a>', references: '<a>' }) },
      { headers: headers({ 'in-reply-to': '<a>' }) },
      'changed',
    ],
    [
      'blanks behind a comma',
      'listHeaders',
      { headers: headers({ 'list-unsubscribe': '<a>, <b>' }) },
      { headers: headers({ 'list-unsubscribe': '<a>,<b>' }) },
      'kept',
    ],
  ])('%s', (_, feature, sent, got, outcome) => {
    expect(judge(feature, { ...NOTHING, ...sent }, { ...NOTHING, ...got })).toBe(outcome);
  });
});

describe('the report', () => {
  const points = pointsFor({});
  const report = createReport(points, new Map([['json-text', 'changed']]), { answers: {}, cloud: 'global', made: new Date(0) });

  test('says what is claimed, what was seen and what was not', () => {
    expect(report.points[0]).toEqual({ feature: 'text', way: 'json', claimed: 'lost', inside: 'changed' });
    expect(report.points[1]).toEqual({ feature: 'text', way: 'mime', claimed: 'kept', inside: 'missing' });
    expect(report.made).toBe('1970-01-01');
  });

  test('takes what another mailbox got', () => {
    expect(withOutside(report, new Map([['mime-text', 'kept']])).points[1]).toMatchObject({ inside: 'missing', outside: 'kept' });
    expect(withOutside(report, new Map([['mime-text', 'kept']])).points[0]).toBe(report.points[0]);
  });

  test.each<[Partial<MeasuredPoint>, string]>([
    [{ claimed: 'kept', inside: 'kept' }, 'as claimed'],
    [{ claimed: 'kept', inside: 'lost' }, 'worse'],
    [{ claimed: 'lost', outside: 'kept' }, 'better'],
    [{ claimed: 'lost', outside: 'changed' }, 'as claimed'],
    [{ claimed: 'kept', inside: 'missing' }, 'open'],
    [{ feature: 'text', claimed: 'kept', inside: 'changed' }, 'open'],
  ])('%j is %s', (point, verdict) => {
    expect(verdictOf({ feature: 'threading', way: 'mime', claimed: 'kept', ...point })).toBe(verdict);
  });

  test('claims what the table of docs/fidelity.md says', () => {
    expect(claimOf({ feature: 'text', way: 'json' })).toBe('lost');
    expect(claimOf({ feature: 'text', way: 'mimeDraft' })).toBe('kept');
    expect(claimOf({ feature: 'from', way: 'mime' })).toBe('lost');
  });
});
