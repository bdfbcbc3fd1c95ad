import { beginState, completed, isNew, readState, restarted, withReport, withTold, writeState } from '../../lib/bounces/state.js';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 26, 12, minute));
const begun = beginState('noreply@contoso.com', 'inbox', at(0));
const DAY = 24 * 60 * 60_000;

test('what came in before the beginning is not told, what came in in that second is', () => {
  const state = beginState('noreply@contoso.com', 'inbox', new Date(at(0).getTime() + 700));
  expect(isNew(state, 'a', at(0))).toBe(true);
  expect(isNew(state, 'a', new Date(at(0).getTime() - 1000))).toBe(false);
});

test('a bounce that was told is not told again, nor is its report, nor one that is listed anew', () => {
  const one = withTold(begun, 'a#0', at(1));
  expect([isNew(one, 'a#0', at(1)), isNew(one, 'a#1', at(1)), isNew(one, 'a', at(1))]).toEqual([false, true, true]);
  const whole = restarted(completed(withReport(one, 'a', at(1)), '/next', at(2).getTime()));
  expect(whole.told).toEqual({ a: at(1).getTime() });
  expect([isNew(whole, 'a', at(1)), whole.link]).toEqual([false, undefined]);
});

test('listing anew begins a day before the last complete look, and never before the beginning', () => {
  expect(completed(begun, '/next', at(5).getTime()).since).toBe(at(0).getTime());
  expect(completed(begun, '/next', at(5).getTime() + 3 * DAY).since).toBe(at(5).getTime() + 2 * DAY);
});

test('what comes late into the folder is told, however old it is', () => {
  const state = completed(begun, '/next', at(5).getTime() + 30 * DAY);
  expect(isNew(state, 'moved', at(1))).toBe(true);
});

test('the latest 20,000 are remembered; what is older than those is not told again', () => {
  const told = Object.fromEntries(Array.from({ length: 20_010 }, (_, index) => [`r${index}`, at(0).getTime() + index]));
  const state = completed({ ...begun, told }, '/next', at(5).getTime());
  expect(Object.keys(state.told)).toHaveLength(20_000);
  for (const index of [0, 9, 10, 20_009]) expect(isNew(state, `r${index}`, new Date(at(0).getTime() + index))).toBe(false);
  expect(isNew(state, 'other', at(4))).toBe(true);
});

test('is the same after it was written and read', () => {
  const state = completed(withReport(begun, 'a', at(1)), '/users/x/messages/delta?$deltatoken=1', at(2).getTime());
  expect(readState(writeState(state), 'noreply@contoso.com', 'inbox')).toEqual(state);
  expect(readState(writeState(begun), 'noreply@contoso.com', 'inbox')).toEqual(begun);
});

test.each([
  ['', 'is no JSON'],
  ['null', 'is none of this version'],
  ['{"version":2}', 'is none of this version'],
  [writeState({ ...begun, mailbox: 'other@contoso.com' }), 'belongs to inbox of other@contoso.com'],
  [writeState({ ...begun, folder: 'archive' }), 'belongs to archive of noreply@contoso.com'],
  [writeState({ ...begun, link: 'https://example.com/' }), 'is damaged'],
  [writeState({ ...begun, told: { a: 'x' } as never }), 'is damaged'],
  [writeState({ ...begun, since: undefined as never }), 'is damaged'],
])('%j is refused: %s', (text, why) => {
  expect(() => readState(text, 'noreply@contoso.com', 'inbox')).toThrow(why);
});
