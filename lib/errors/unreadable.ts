import { GraphTransportError, isGraphTransportError } from './graph-transport-error.js';
import { safeCause } from './safe-cause.js';

/**
 * The error of a message that could not even be read: a getter that throws, an endless list, a limit of a parser. It would fail
 * again. An error that explains itself stays as it is.
 */
export function unreadable(error: unknown): GraphTransportError {
  if (isGraphTransportError(error)) return error;
  const cause = safeCause(error);
  return new GraphTransportError('EMESSAGE', `the message cannot be read: ${cause.message.slice(0, 300)}; nothing was sent`, {
    permanent: true,
    cause,
  });
}
