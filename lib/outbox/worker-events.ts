import type { UploadProgress } from '../delivery/delivery.js';
import type { GraphTransportError } from '../errors/graph-transport-error.js';
import type { OutboxOutcome } from './outcome.js';

/** A message has ended; `error` where it was not sent, or nobody knows. */
export interface OutboxEvent extends OutboxOutcome {
  error?: OutboxOutcome['error'];
}

/** A mailbox is held: its messages wait, and none of them fails. */
export interface OutboxHeld {
  mailbox: string;
  /** What has to be repaired. */
  error: GraphTransportError;
  /** When it is tried again. */
  until: Date;
  /** How often in a row. */
  times: number;
}

/** What a worker tells; of its own process only. */
export interface OutboxWorkerEvents {
  sent: [OutboxEvent];
  /** Refused for good, or expired (`state`). */
  failed: [OutboxEvent];
  ambiguous: [OutboxEvent];
  held: [OutboxHeld];
  progress: [UploadProgress];
  /** Of no message, such as a lost connection to Redis. */
  error: [Error];
}
