export interface DiffLine {
  kind: 'same' | 'removed' | 'added';
  text: string;
}

// beyond that much work the rest is shown as replaced
const MAX_STEPS = 800;

/** What has to change to make `after` of `before`, line by line (Myers, greedy). */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split(/\r?\n/);
  const b = after.split(/\r?\n/);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const middle = shortest(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const same = (lines: string[]): DiffLine[] => lines.map((text) => ({ kind: 'same', text }));
  return [...same(a.slice(0, start)), ...middle, ...same(end ? a.slice(-end) : [])];
}

function shortest(a: string[], b: string[]): DiffLine[] {
  const max = Math.min(a.length + b.length, MAX_STEPS);
  // how far each diagonal -d … d has come after each step; a step has only every second one
  const trace: Int32Array[] = [];
  let reach = new Int32Array(3);
  for (let d = 0; d <= max; d++) {
    trace.push(reach);
    const next = new Int32Array(2 * d + 5);
    for (let k = -d; k <= d; k += 2) {
      let x = startOf(reach, k, d);
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next[k + d + 2] = x;
      if (x >= a.length && x - k >= b.length) return walkBack(trace, a, b, d);
    }
    reach = next;
  }
  return [...a.map((text): DiffLine => ({ kind: 'removed', text })), ...b.map((text): DiffLine => ({ kind: 'added', text }))];
}

/** What the step before reached on a diagonal. */
const at = (reach: Int32Array, k: number, d: number): number => reach[k + d + 1] ?? 0;
const comesDown = (reach: Int32Array, k: number, d: number): boolean => k === -d || (k !== d && at(reach, k - 1, d) < at(reach, k + 1, d));
const startOf = (reach: Int32Array, k: number, d: number): number =>
  d === 0 ? 0 : comesDown(reach, k, d) ? at(reach, k + 1, d) : at(reach, k - 1, d) + 1;

function walkBack(trace: Int32Array[], a: string[], b: string[], steps: number): DiffLine[] {
  const lines: DiffLine[] = [];
  let x = a.length;
  let y = b.length;
  for (let d = steps; d >= 0; d--) {
    const reach = trace[d] ?? new Int32Array();
    const k = x - y;
    const start = startOf(reach, k, d);
    while (x > start) {
      lines.push({ kind: 'same', text: a[--x] ?? '' });
      y--;
    }
    if (d === 0) break;
    if (comesDown(reach, k, d)) lines.push({ kind: 'added', text: b[--y] ?? '' });
    else lines.push({ kind: 'removed', text: a[--x] ?? '' });
  }
  return lines.reverse();
}
