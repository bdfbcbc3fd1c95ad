import { types } from 'node:util';

/** Whether a value is an error, also one from another realm: in jest, the errors of Node's own modules are not `instanceof Error`. */
export function isError(value: unknown): value is Error {
  // a DOMException, such as the reason of a timeout, is no native error on Node 20
  return value instanceof Error || types.isNativeError(value) || value instanceof DOMException;
}
