import fc from 'fast-check';
import { parseRetryAfter } from '../../lib/base/retry-after.js';
import { decide, type Attempt, type RetryState, type Verdict } from '../../lib/delivery/retry.js';

const NOW = Date.UTC(2025, 10, 20, 10, 0, 0);

const FIRST: RetryState = { expected: 202, repeats: 0, retries: 3, maxRetryDelay: 120_000, tokenRenewed: false, random: 0, now: NOW };

function answer(status: number, retryAfter?: string, complete = true): Attempt {
  return { kind: 'answer', status, complete, retryAfter };
}

function failure(reason: 'connect' | 'timeout' | 'abort' | 'broken', sent: boolean): Attempt {
  return { kind: 'failure', reason, sent };
}

describe('what is repeated', () => {
  test.each<[string, Attempt, Verdict]>([
    ['202', answer(202), { action: 'done' }],
    ['202 with Retry-After', answer(202, '30'), { action: 'done' }],
    ['202 whose body broke off', answer(202, undefined, false), { action: 'done' }],
    ['200', answer(200), { action: 'unknown' }],
    ['201', answer(201), { action: 'unknown' }],
    ['204', answer(204), { action: 'unknown' }],
    ['207', answer(207), { action: 'unknown' }],
    ['300', answer(300), { action: 'fail' }],
    ['301', answer(301), { action: 'fail' }],
    ['307', answer(307), { action: 'fail' }],
    ['400', answer(400), { action: 'fail' }],
    ['401', answer(401), { action: 'renewToken' }],
    ['403', answer(403), { action: 'fail' }],
    ['404', answer(404), { action: 'fail' }],
    ['408', answer(408), { action: 'fail' }],
    ['409', answer(409), { action: 'fail' }],
    ['412', answer(412), { action: 'fail' }],
    ['413', answer(413), { action: 'fail' }],
    ['422', answer(422), { action: 'fail' }],
    ['400 with Retry-After', answer(400, '1'), { action: 'fail' }],
    ['429', answer(429), { action: 'repeat', delay: 500, pause: true, freshConnection: false }],
    ['429 with Retry-After', answer(429, '7'), { action: 'repeat', delay: 7000, pause: true, freshConnection: false }],
    ['503', answer(503), { action: 'repeat', delay: 500, pause: true, freshConnection: true }],
    ['503 with Retry-After', answer(503, '7'), { action: 'repeat', delay: 7000, pause: true, freshConnection: true }],
    ['500', answer(500), { action: 'unknown' }],
    ['500 with Retry-After', answer(500, '1'), { action: 'unknown' }],
    ['502', answer(502), { action: 'unknown' }],
    ['504', answer(504), { action: 'unknown' }],
    ['507', answer(507), { action: 'unknown' }],
    ['no connection', failure('connect', false), { action: 'repeat', delay: 500, pause: false, freshConnection: false }],
    ['no connection in time', failure('timeout', false), { action: 'repeat', delay: 500, pause: false, freshConnection: false }],
    ['broken before it was sent', failure('broken', false), { action: 'repeat', delay: 500, pause: false, freshConnection: false }],
    ['aborted before it was sent', failure('abort', false), { action: 'fail' }],
    ['reset once it was sent', failure('broken', true), { action: 'unknown' }],
    ['timeout once it was sent', failure('timeout', true), { action: 'unknown' }],
    ['aborted once it was sent', failure('abort', true), { action: 'unknown' }],
  ])('%s', (_what, attempt, verdict) => {
    expect(decide(attempt, FIRST)).toEqual(verdict);
  });

  test('whatever the status: nothing is sent again that may have been accepted', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        fc.boolean(),
        fc.constantFrom(undefined, '0', '5'),
        (status, complete, retryAfter) => {
          const { action } = decide(answer(status, retryAfter, complete), FIRST);
          if (action === 'repeat') expect([429, 503]).toContain(status);
          if (action === 'renewToken') expect(status).toBe(401);
          if (action === 'fail') expect(status >= 300 && status < 500).toBe(true);
          if (action === 'done') expect(status).toBe(202);
        },
      ),
    );
  });
});

describe('the token is renewed once', () => {
  test('a second 401 is final', () => {
    expect(decide(answer(401), { ...FIRST, tokenRenewed: true })).toEqual({ action: 'fail' });
  });

  test('renewing is no repeat and needs none left', () => {
    expect(decide(answer(401), { ...FIRST, repeats: 3 })).toEqual({ action: 'renewToken' });
    expect(decide(answer(401), { ...FIRST, retries: 0 })).toEqual({ action: 'renewToken' });
  });
});

describe('repeats come to an end', () => {
  test.each([
    ['429', answer(429, '7'), { action: 'fail', retryAfter: 7 }],
    ['429 without Retry-After', answer(429), { action: 'fail', retryAfter: undefined }],
    ['503', answer(503, '7'), { action: 'fail', retryAfter: 7 }],
    ['no connection', failure('connect', false), { action: 'fail', retryAfter: undefined }],
  ] as const)('%s after the last one fails', (_what, attempt, verdict) => {
    expect(decide(attempt, { ...FIRST, repeats: 2 }).action).toBe('repeat');
    expect(decide(attempt, { ...FIRST, repeats: 3 })).toEqual(verdict);
    expect(decide(attempt, { ...FIRST, retries: 0 })).toEqual(verdict);
  });

  test('a Retry-After longer than maxRetryDelay is not waited out but told in seconds', () => {
    expect(decide(answer(429, '120'), FIRST)).toMatchObject({ action: 'repeat', delay: 120_000 });
    expect(decide(answer(429, '121'), FIRST)).toEqual({ action: 'fail', retryAfter: 121 });
    expect(decide(answer(503, '3600'), FIRST)).toEqual({ action: 'fail', retryAfter: 3600 });
  });

  test('maxRetryDelay shortens the wait without a Retry-After and does not end the repeats', () => {
    expect(decide(answer(503), { ...FIRST, maxRetryDelay: 10 })).toMatchObject({ action: 'repeat', delay: 10 });
  });

  test('seconds are rounded up, so that nobody comes back too early', () => {
    expect(decide(answer(429, '2.5'), { ...FIRST, retries: 0 })).toEqual({ action: 'fail', retryAfter: 3 });
  });
});

describe('the wait without a Retry-After', () => {
  const delays = (random: number) =>
    [0, 1, 2, 3, 4, 5, 6, 100].map((repeats) => {
      const verdict = decide(failure('connect', false), { ...FIRST, retries: 1000, repeats, random });
      return verdict.action === 'repeat' ? verdict.delay : undefined;
    });

  test('doubles from one second to thirty, and is between half and all of it', () => {
    expect(delays(0)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    expect(delays(1)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(delays(0.5)).toEqual([750, 1500, 3000, 6000, 12_000, 22_500, 22_500, 22_500]);
  });
});

describe('another status than 202 can be the expected one', () => {
  test('201 for something created; 202 is then unknown', () => {
    expect(decide(answer(201), { ...FIRST, expected: 201 })).toEqual({ action: 'done' });
    expect(decide(answer(202), { ...FIRST, expected: 201 })).toEqual({ action: 'unknown' });
  });

  test('an answer whose body is needed has to be complete', () => {
    const state = { ...FIRST, expected: 201, needsBody: true };
    expect(decide(answer(201), state)).toEqual({ action: 'done' });
    expect(decide(answer(201, undefined, false), state)).toEqual({ action: 'unknown' });
  });

  test('204 for something deleted', () => {
    expect(decide(answer(204), { ...FIRST, expected: 204 })).toEqual({ action: 'done' });
  });
});

describe('a draft that was made a moment ago', () => {
  test.each([404, 409, 412])('%i passes by itself and is repeated, without holding the mailbox', (status) => {
    const state = { ...FIRST, settling: true };
    expect(decide(answer(status), state)).toEqual({ action: 'repeat', delay: 500, pause: false, freshConnection: false });
    expect(decide(answer(status), { ...state, repeats: 3 })).toMatchObject({ action: 'fail' });
  });

  test.each([400, 403, 413])('%i does not', (status) => {
    expect(decide(answer(status), { ...FIRST, settling: true })).toEqual({ action: 'fail' });
  });
});

describe('parseRetryAfter', () => {
  test.each<[string | undefined, number | undefined]>([
    ['0', 0],
    ['1', 1000],
    ['120', 120_000],
    ['1.5', 1500],
    ['1.25', 1250],
    [' 10 ', 10_000],
    ['Thu, 20 Nov 2025 10:00:30 GMT', 30_000],
    ['Thursday, 20-Nov-25 10:00:30 GMT', 30_000],
    ['Thu 20 Nov 2025 10:00:30 GMT', 30_000],
    ['at Thu, 20 Nov 2025 10:00:30 GMT', undefined],
    ['(Thu, 20 Nov 2025 10:00:30 GMT', undefined],
    ['Thu, 20 Nov 2025 09:00:00 GMT', 0],
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['5 s', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['2025-11-20T10:00:30Z', undefined],
    ['Thu, 99 Foo 2025', undefined],
  ])('%j is %j ms', (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });

  test('whatever the header says, the wait is a number of at least 0, or there is none', () => {
    const date = fc.date({ min: new Date(0), max: new Date(NOW * 2), noInvalidDate: true }).map((at) => at.toUTCString());
    const value = fc.oneof(
      fc.string(),
      date,
      fc.double().map(String),
      fc.nat().map(String),
      fc.stringMatching(/^[A-Z][a-z]{2},? [ -~]{0,20}$/),
    );
    fc.assert(
      fc.property(value, (text) => {
        const wait = parseRetryAfter(text, NOW);
        if (wait === undefined) return;
        expect(wait).not.toBeNaN();
        expect(wait).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 1000 },
    );
  });
});
