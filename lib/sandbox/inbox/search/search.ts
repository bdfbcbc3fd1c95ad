import { matches, type Searchable } from './matches.js';
import { parseQuery, type Query } from './parse-query.js';

/** Something that can be found, numbered as it came. */
interface Row {
  seq: number;
}

interface Found<T> {
  generation: number;
  /** Number of the newest row that was looked at. */
  until: number;
  rows: T[];
}

/** How many results are remembered, and how many rows are looked at before others get their turn. */
const MOST_REMEMBERED = 8;
const SLICE = 2000;

/** Finds rows by a query, and remembers what it found: the next page, or one more mail, costs nothing. */
export class Search<T extends Row> {
  readonly #found = new Map<string, Found<T>>();

  constructor(
    private readonly rows: () => readonly T[],
    private readonly describe: (row: T) => Searchable,
    /** Changes where what was found may no longer fit. */
    private readonly generation: () => number,
  ) {}

  /**
   * Those that fit, oldest first.
   * @throws the query's errors as one RangeError
   */
  async find(text: string): Promise<readonly T[]> {
    const query = parseQuery(text);
    if (query.errors.length > 0) throw new RangeError(query.errors.join(' '));
    const all = this.rows();
    if (query.terms.length === 0) return all;
    const generation = this.generation();
    // times are relative to now
    const before = /\b(?:before|after):\d/i.test(text) ? undefined : this.#found.get(text);
    const known = before?.generation === generation ? before : { generation, until: 0, rows: [] };
    this.#found.delete(text);
    const start = firstAfter(all, known.until);
    const rows = known.rows.concat(await this.#scan(all.slice(start), query));
    const found = { generation, until: all.at(-1)?.seq ?? known.until, rows };
    if (this.generation() === generation) this.#remember(text, found);
    return rows;
  }

  async #scan(rows: readonly T[], query: Query): Promise<T[]> {
    const found: T[] = [];
    for (let at = 0; at < rows.length; at += SLICE) {
      if (at > 0) await new Promise((resolve) => setImmediate(resolve));
      for (const row of rows.slice(at, at + SLICE)) if (matches(query, this.describe(row))) found.push(row);
    }
    return found;
  }

  #remember(text: string, found: Found<T>): void {
    this.#found.set(text, found);
    const [oldest] = this.#found.keys();
    if (this.#found.size > MOST_REMEMBERED && oldest !== undefined) this.#found.delete(oldest);
  }
}

/** Index of the first row with a higher number; rows are in order. */
export function firstAfter(rows: readonly Row[], seq: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] as Row).seq <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
