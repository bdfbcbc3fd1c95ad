import { GraphTransportError, isGraphTransportError } from '../errors/graph-transport-error.js';
import { safeCause } from '../errors/safe-cause.js';

/** What is kept could not be read or written. */
export function stateError(what: string, error: unknown): GraphTransportError {
  const cause = safeCause(error);
  return new GraphTransportError('ECONFIG', `watchBounces(): ${what}: ${cause.message.slice(0, 300)}`, { cause });
}

/** 410, in one of the words Graph has for it. */
export function hasLostPlace(error: unknown): boolean {
  if (!isGraphTransportError(error)) return false;
  return error.httpStatus === 410 || /^(sync ?state|resync)/i.test(error.graphCode ?? '');
}
