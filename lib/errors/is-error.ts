import { types } from 'node:util';

/** Whether a value is an error, also one from another realm: in jest, the errors of Node's own modules are not `instanceof Error`. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}
