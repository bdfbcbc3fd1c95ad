import { types } from 'node:util';

/** ISO 8601 as JavaScript writes it, its parts optional from the right; a blank will do for the `T`. */
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * A moment as apps give it: a Date, or an ISO text. `new Date('order 17 12/1/2026')` is a day to JavaScript, and so is 30 February.
 * A text with a time and no zone is meant in the machine's.
 *
 * @returns `undefined` for what is none
 */
export function readDate(value: unknown): Date | undefined {
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? undefined : new Date(value.getTime());
  const [text, year, month, day] = (typeof value === 'string' && ISO.exec(value.trim())) || [];
  if (text === undefined || new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() !== Number(day)) return undefined;
  const date = new Date(text.replace(',', '.'));
  return Number.isNaN(date.getTime()) ? undefined : date;
}
