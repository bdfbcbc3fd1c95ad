import type { ApiPage } from '../api-types.js';
import { ApiRefusal } from '../http/answer.js';
import { firstAfter } from '../search/search.js';

const DEFAULT_LIMIT = 50;
const MOST_LIMIT = 200;

/**
 * A whole number from the query.
 * @throws ApiRefusal
 */
export function readNumber(query: URLSearchParams, name: string, fallback: number, most = Number.MAX_SAFE_INTEGER): number {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  if (!/^\d{1,15}$/.test(text) || Number(text) > most) {
    throw new ApiRefusal(400, 'InvalidQuery', `'${name}' must be a whole number from 0 to ${most}, got '${text.slice(0, 100)}'.`);
  }
  return Number(text);
}

/** One page of rows that are in order, the oldest first; the page begins with the newest. */
export function readPage<Row extends { seq: number }, Shown>(
  query: URLSearchParams,
  rows: readonly Row[],
  render: (row: Row) => Shown,
): ApiPage<Shown> {
  const limit = Math.max(1, readNumber(query, 'limit', DEFAULT_LIMIT, MOST_LIMIT));
  const offset = readNumber(query, 'offset', 0);
  const until = readNumber(query, 'until', rows.at(-1)?.seq ?? 0);
  const total = firstAfter(rows, until);
  const end = Math.max(0, total - offset);
  const items = rows.slice(Math.max(0, end - limit), end).reverse();
  return { items: items.map(render), total, offset, until, more: end > limit };
}

/**
 * Runs a search.
 * @throws ApiRefusal for a query that makes no sense
 */
export async function find<Row>(search: { find(text: string): Promise<readonly Row[]> }, query: URLSearchParams): Promise<readonly Row[]> {
  try {
    return await search.find(query.get('q') ?? '');
  } catch (error) {
    if (error instanceof RangeError) throw new ApiRefusal(400, 'InvalidQuery', error.message);
    throw error;
  }
}
