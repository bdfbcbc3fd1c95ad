import { signal } from '@preact/signals';
import type { ApiPage } from '../../api-types.js';
import { ApiFailure, getJson, type Parameters } from './api.js';

const PAGE = 100;
/** That many rows are remembered around what is seen. */
const KEPT = 3000;

interface ListRow {
  id: string;
  seq: number;
}

/**
 * A long list of the API, newest first, of which only what is seen is fetched. Rows that come while the reader is further down
 * wait in `waiting`, so that nothing moves under his eyes.
 */
export class RowList<Row extends ListRow> {
  readonly total = signal(0);
  readonly waiting = signal<readonly Row[]>([]);
  readonly failure = signal<ApiFailure | undefined>(undefined);
  readonly isLoaded = signal(false);
  /** Changes with every row: read it to be rendered again. */
  readonly version = signal(0);
  /** Whether the reader sees the newest row: then new ones come in at once. */
  isAtTop = true;

  #rows: (Row | undefined)[] = [];
  /** Rows that came after `#until`. */
  #newer = 0;
  #until: number | undefined;
  /** Rows since some were last forgotten. */
  #fetched = 0;
  #epoch = 0;
  #path = '';
  #parameters: Parameters = {};
  readonly #asked = new Map<number, Promise<void>>();

  get path(): string {
    return this.#path;
  }

  get parameters(): Parameters {
    return this.#parameters;
  }

  /** Shows another list; what was shown stays until the answer is there. */
  async open(path: string, parameters: Parameters): Promise<void> {
    if (path !== this.#path || parameters['kinds'] !== this.#parameters['kinds']) {
      this.clear();
      this.isLoaded.value = false;
    }
    this.#path = path;
    this.#parameters = parameters;
    await this.reload();
  }

  async reload(): Promise<void> {
    if (!this.#path) return;
    const epoch = ++this.#epoch;
    this.#asked.clear();
    try {
      const page = await getJson<ApiPage<Row>>(this.#path, { ...this.#parameters, limit: PAGE });
      if (epoch !== this.#epoch) return;
      this.#rows = [...page.items];
      this.#rows.length = page.total;
      this.#newer = 0;
      this.#until = page.until;
      this.waiting.value = [];
      this.total.value = page.total;
      this.failure.value = undefined;
      this.isLoaded.value = true;
      this.version.value++;
    } catch (error) {
      if (epoch === this.#epoch) this.#fail(error);
    }
  }

  at(index: number): Row | undefined {
    return this.#rows[index];
  }

  find(id: string): Row | undefined {
    return this.#rows[this.indexOf(id)];
  }

  /** -1 where it is not known. */
  indexOf(id: string): number {
    return this.#rows.findIndex((row) => row?.id === id);
  }

  /** Fetches what is missing of the rows from `from` up to, without, `to`. */
  async need(from: number, to: number): Promise<void> {
    const wanted = new Set<Promise<void>>();
    for (let index = from; index < to && index < this.#rows.length; index++) {
      if (this.#rows[index]) continue;
      const page = Math.floor((index - this.#newer) / PAGE);
      const asked = this.#asked.get(page) ?? this.#fetch(page);
      this.#asked.set(page, asked);
      wanted.add(asked);
    }
    await Promise.all(wanted);
    this.#forget(from, to);
  }

  async #fetch(page: number): Promise<void> {
    const epoch = this.#epoch;
    try {
      const offset = Math.max(0, page * PAGE);
      const answer = await getJson<ApiPage<Row>>(this.#path, { ...this.#parameters, limit: PAGE, offset, until: this.#until });
      if (epoch !== this.#epoch) return;
      answer.items.forEach((row, i) => {
        const index = this.#newer + offset + i;
        if (index < this.#rows.length) this.#rows[index] = row;
      });
      this.#fetched += answer.items.length;
      // fewer than there were
      if (this.#newer + answer.total < this.#rows.length) this.#rows.length = this.#newer + answer.total;
      this.total.value = this.#rows.length;
      this.version.value++;
    } catch (error) {
      if (epoch === this.#epoch) this.#fail(error);
    } finally {
      if (epoch === this.#epoch) this.#asked.delete(page);
    }
  }

  /** New rows, newest first. */
  add(rows: readonly Row[]): void {
    const fresh = rows.filter((row) => !this.update(row));
    if (fresh.length === 0) return;
    if (this.isAtTop) this.#prepend(fresh);
    else this.waiting.value = [...fresh, ...this.waiting.value];
  }

  /** Lets those in that wait. */
  admit(): void {
    const rows = this.waiting.value;
    if (rows.length === 0) return;
    this.waiting.value = [];
    this.#prepend(rows);
  }

  #prepend(rows: readonly Row[]): void {
    this.#rows = [...rows, ...this.#rows];
    // spreading a list with gaps fills them with undefined, which is what a gap is here
    this.#newer += rows.length;
    this.total.value = this.#rows.length;
    this.version.value++;
  }

  /** Takes a row's new state. @returns whether the row was known */
  update(row: Row): boolean {
    const waiting = this.waiting.value;
    if (waiting.some(({ id }) => id === row.id)) {
      this.waiting.value = waiting.map((other) => (other.id === row.id ? row : other));
      return true;
    }
    const index = this.indexOf(row.id);
    if (index < 0) return false;
    this.#rows[index] = row;
    this.version.value++;
    return true;
  }

  /** Changes every known row. */
  updateAll(change: (row: Row) => Row): void {
    this.#rows = this.#rows.map((row) => row && change(row));
    this.waiting.value = this.waiting.value.map(change);
    this.version.value++;
  }

  /** @param areOldest those that are not known stand at the end */
  remove(ids: readonly string[], areOldest: boolean): void {
    let unknown = 0;
    for (const id of ids) {
      if (this.waiting.value.some((row) => row.id === id)) {
        this.waiting.value = this.waiting.value.filter((row) => row.id !== id);
        continue;
      }
      const index = this.indexOf(id);
      if (index < 0) unknown++;
      else {
        this.#rows.splice(index, 1);
        if (index < this.#newer) this.#newer--;
      }
    }
    if (unknown > 0 && !areOldest) return void this.reload();
    // of a search nobody knows how many of them it had; the next page fetched tells
    if (unknown > 0 && !this.#parameters['q']) this.#rows.length = Math.max(0, this.#rows.length - unknown);
    this.total.value = this.#rows.length;
    this.version.value++;
  }

  clear(): void {
    this.#epoch++;
    this.#asked.clear();
    this.#rows = [];
    this.#newer = 0;
    this.waiting.value = [];
    this.total.value = 0;
    this.version.value++;
  }

  /** With a search only the API knows which of the new rows belong here. */
  async lookForNew(): Promise<void> {
    const epoch = this.#epoch;
    try {
      const page = await getJson<ApiPage<Row>>(this.#path, { ...this.#parameters, limit: PAGE });
      if (epoch !== this.#epoch) return;
      const known = Math.max(-1, ...this.#rows.slice(0, PAGE).map((row) => row?.seq ?? -1), ...this.waiting.value.map(({ seq }) => seq));
      const fresh = page.items.filter(({ seq }) => seq > known);
      if (fresh.length === page.items.length && page.more) await this.reload();
      else this.add(fresh);
    } catch (error) {
      if (epoch === this.#epoch) this.#fail(error);
    }
  }

  /** Where a row stands that may not have been fetched yet; -1 where it is not in this list. */
  async locate(id: string, seq: number): Promise<number> {
    let low = 0;
    let high = this.#rows.length - 1;
    while (low <= high) {
      const known = this.indexOf(id);
      if (known >= 0) return known;
      const middle = (low + high) >> 1;
      await this.need(middle, middle + 1);
      const row = this.#rows[middle];
      if (!row || row.seq === seq) break;
      if (row.seq > seq) low = middle + 1;
      else high = middle - 1;
    }
    return this.indexOf(id);
  }

  #forget(from: number, to: number): void {
    if (this.#fetched <= KEPT) return;
    this.#fetched = 0;
    for (let index = 0; index < this.#rows.length; index++) {
      if (index < from - KEPT / 2 || index > to + KEPT / 2) this.#rows[index] = undefined;
    }
  }

  #fail(error: unknown): void {
    this.failure.value = error instanceof ApiFailure ? error : new ApiFailure(0, 'Unknown', String(error));
    this.isLoaded.value = true;
  }
}
