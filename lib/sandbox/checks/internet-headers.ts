import { badRequest, type Refusal } from '../refusal.js';
import type { SandboxHeader } from '../types.js';
import type { Json } from './check-value.js';

const MOST_HEADERS = 5;

const invalidHeader = (message: string): Refusal => badRequest('InvalidInternetMessageHeader', message);
const invalidCollection = (): Refusal =>
  badRequest(
    'InvalidInternetMessageHeaderCollection',
    `Maximum number of headers in one message should be less than or equal to ${MOST_HEADERS}.`,
  );

/**
 * Checks `internetMessageHeaders`: one to five, each named x-….
 * https://learn.microsoft.com/graph/api/resources/internetmessageheader
 * @throws Refusal
 */
export function checkInternetHeaders(headers: Json[]): SandboxHeader[] {
  // an empty collection is refused as well, with the same code
  if (headers.length === 0 || headers.length > MOST_HEADERS) throw invalidCollection();
  return headers.map(({ name, value }) => {
    if (typeof name !== 'string' || !/^x-/i.test(name)) {
      throw invalidHeader(`The internet message header name '${typeof name === 'string' ? name : ''}' should start with 'x-' or 'X-'.`);
    }
    if (!/^[!-9;-~]+$/.test(name)) throw invalidHeader(`The internet message header name '${name}' is invalid.`);
    if (typeof value !== 'string' || /[\r\n\0]/.test(value)) {
      throw invalidHeader(`The value of the internet message header '${name}' is invalid.`);
    }
    return { name, value };
  });
}
