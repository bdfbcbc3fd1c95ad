import { sample, seededRandom, testsInFull } from '../support/sample.js';

const numbers = Array.from({ length: 1_000 }, (_, index) => index);

test('the seeded generator gives numbers from 0 up to 1, spread evenly, and others each time it is made', () => {
  const [first, second] = [seededRandom(), seededRandom()].map((random) => numbers.map(random)) as [number[], number[]];
  expect(Math.min(...first)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...first)).toBeLessThan(1);
  expect(first.reduce((sum, one) => sum + one) / first.length).toBeCloseTo(0.5, 1);
  expect(first).not.toEqual(second);
});

(testsInFull ? describe.skip : describe)('a sample', () => {
  test('has the share or the number that is asked for, in order and each case once', () => {
    for (const [chosen, length] of [
      [sample(numbers, { share: 0.1 }), 100],
      [sample(numbers, { count: 7 }), 7],
      [sample(numbers, { count: 2_000 }), 1_000],
      [sample(numbers, { share: 0 }), 1],
    ] as const) {
      expect(chosen).toHaveLength(length);
      expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
    }
  });

  test('is not the same cases twice', () => {
    expect(sample(numbers, { count: 50 })).not.toEqual(sample(numbers, { count: 50 }));
  });

  test('has every kind, and what must always be there', () => {
    const kinds = sample(numbers, { count: 3, by: (one) => String(one % 10) }).map((one) => one % 10);
    expect(new Set(kinds).size).toBe(10);
    expect(sample(numbers, { count: 5, always: (one) => one === 500 })).toEqual(expect.arrayContaining([500]));
  });
});

(testsInFull ? test : test.skip)('the full run takes every case', () => {
  expect(sample(numbers, { count: 1 })).toEqual(numbers);
});
