/** Whether this run takes everything: `npm run test:full`. */
export const testsInFull = process.env['TEST_FULL'] === '1';

interface SampleOptions<T> {
  /** Part of the cases, from 0 to 1; at least one case. */
  share?: number;
  /** Number of cases, where there are as many. */
  count?: number;
  /** Kinds of cases: at least one of each kind is taken, even if that makes more than `share` or `count`. */
  by?: (one: T) => string;
  /** Cases that are always taken, beside the others. */
  always?: (one: T) => boolean;
}

/**
 * Some of the cases, in their order, or all of them with TEST_FULL=1. Which ones depends on the seed of the run, that jest prints at its end;
 * `npm test -- --seed=…` takes the same ones again.
 */
export function sample<T>(cases: readonly T[], { share, count, by, always }: SampleOptions<T>): T[] {
  if (testsInFull) return [...cases];
  const random = seededRandom();
  const chosen = new Set<number>();
  const shuffled = cases.map((_, index) => ({ index, rank: random() })).sort((a, b) => a.rank - b.rank);
  const wanted = Math.max(1, count ?? Math.round(cases.length * (share ?? 1)));
  const kinds = new Set<string>();
  for (const { index } of shuffled) {
    const one = cases[index] as T;
    const kind = by?.(one);
    if (always?.(one) || (kind !== undefined && !kinds.has(kind))) chosen.add(index);
    if (kind !== undefined) kinds.add(kind);
  }
  for (const { index } of shuffled) if (chosen.size < wanted) chosen.add(index);
  return cases.filter((_, index) => chosen.has(index));
}

/** Numbers from 0 up to 1 that follow from the seed of the run (mulberry32); every generator of a test file gives others. */
export function seededRandom(): () => number {
  let state = (jest.getSeed() + generators++ * 0x9e3779b9) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

let generators = 0;
