export { GraphTransportError, isGraphTransportError } from './graph-transport-error.js';
export type { GraphTransportErrorCode, GraphTransportErrorDetails } from './graph-transport-error.js';
