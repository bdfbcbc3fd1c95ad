import type { HttpOutcome } from '../../lib/base/http.js';
import { delayOfRepeat } from '../../lib/sign-in/repeat-sign-in.js';

const first = { repeats: 0, retries: 3, random: 1, now: 0 };
const answer = (status: number, headers: Record<string, string> = {}, complete = true): HttpOutcome => ({
  kind: 'answer',
  status,
  headers,
  body: Buffer.alloc(0),
  complete,
});
const failure = (reason: 'connect' | 'timeout' | 'abort' | 'broken', code?: string): HttpOutcome => ({
  kind: 'failure',
  reason,
  sent: reason !== 'connect',
  error: Object.assign(new Error('failed'), code === undefined ? {} : { code }),
});

test.each<[string, HttpOutcome, number | undefined]>([
  ['200', answer(200), undefined],
  ['400', answer(400), undefined],
  ['401', answer(401), undefined],
  ['403', answer(403), undefined],
  ['501', answer(501), undefined],
  ['408', answer(408), 200],
  ['500', answer(500), 200],
  ['502', answer(502), 200],
  ['504', answer(504), 200],
  ['429', answer(429), 1000],
  ['503', answer(503), 1000],
  ['429 with Retry-After', answer(429, { 'retry-after': '7' }), 7000],
  ['503 with Retry-After 0', answer(503, { 'retry-after': '0' }), 0],
  ['an answer that broke off', answer(200, {}, false), 200],
  ['a connection that broke', failure('broken'), 200],
  ['a connection that was refused', failure('connect', 'ECONNREFUSED'), 200],
  ['a name that is not resolved', failure('connect', 'ENOTFOUND'), 200],
  ['a certificate that is not trusted', failure('connect', 'SELF_SIGNED_CERT_IN_CHAIN'), undefined],
  ['a connection that took too long', failure('connect', 'UND_ERR_CONNECT_TIMEOUT'), undefined],
  ['no answer in time', failure('timeout', 'UND_ERR_HEADERS_TIMEOUT'), undefined],
  ['an abort', failure('abort', 'ECONNRESET'), undefined],
])('after %s', (_what, outcome, delay) => {
  expect(delayOfRepeat(outcome, first)).toBe(delay);
});

test('waits longer each time, up to 2 s, and spread', () => {
  const delays = [0, 1, 2, 3, 4, 5].map((repeats) => delayOfRepeat(answer(500), { ...first, repeats, retries: 9 }));
  expect(delays).toEqual([200, 400, 800, 1600, 2000, 2000]);
  expect(delayOfRepeat(answer(500), { ...first, random: 0 })).toBe(100);
});

test.each([answer(500), answer(429), failure('broken')])('gives up after the last repeat', (outcome) => {
  expect(delayOfRepeat(outcome, { ...first, repeats: 3 })).toBeUndefined();
  expect(delayOfRepeat(outcome, { ...first, retries: 0 })).toBeUndefined();
});
