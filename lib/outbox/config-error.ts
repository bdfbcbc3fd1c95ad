import { GraphTransportError } from '../errors/graph-transport-error.js';

/** An option of the outbox is missing, wrong or contradictory. */
export function outboxConfigError(message: string): GraphTransportError {
  return new GraphTransportError('ECONFIG', `outbox: ${message}. See docs/outbox.md, section Options.`, { permanent: true });
}
