import type { Canceller } from '../base/cancellation.js';
import type { Logger } from '../base/logger.js';
import type { TracedMessage } from '../base/traced.js';
import type { Delivery, DeliveryContext } from '../delivery/delivery.js';
import type { GraphTransportError } from '../errors/graph-transport-error.js';
import type { GraphConnection } from '../graph/connection.js';
import type { PreparedMessage } from '../prepared/prepared-message.js';
import type { Lease } from './lease.js';
import type { Line } from './line.js';
import type { MailboxPause } from './mailbox-pause.js';
import type { OutboxWorkerSettings } from './options.js';
import type { OutboxOutcome } from './outcome.js';
import type { Claimed } from './record.js';
import type { Head } from './stored-message.js';

/** What one turn with a message comes to. */
export type Ending =
  /** It has ended. */
  | { kind: 'ended'; outcome: OutboxOutcome; error?: GraphTransportError | undefined }
  /** Again in so many ms; `error`: why. */
  | { kind: 'later'; delay: number; error?: GraphTransportError | undefined }
  /** The whole mailbox waits: of itself, or held for an error. */
  | { kind: 'held'; ms: number; error?: GraphTransportError | undefined; times: number }
  /** Somebody else has it. */
  | { kind: 'lost' };

export interface ActivationContext {
  line: Line;
  graph: GraphConnection;
  settings: OutboxWorkerSettings;
  logger: Pick<Logger, 'debug'>;
  pause: MailboxPause;
  /** Waits until the server that was written to has it on its disk and its replicas, where that is asked for. */
  barrier: (run: string) => Promise<void>;
  /** Extends BullMQ's lock. */
  extendLock: () => Promise<void>;
  onProgress: DeliveryContext['onProgress'];
  /** What telemetry is told; `undefined` where nobody listens. */
  event: TracedMessage | undefined;
}

/** What a turn has done so far: the only thing of it that changes, beside its lease. */
export interface Progress {
  /** Requests that send which were let go. */
  sends: number;
  /** `asked`: Redis may have the mark. `has`: it said so. */
  mark: 'none' | 'asked' | 'has';
  draftId: string | undefined;
  /** It was made in this turn. */
  draftIsOurs: boolean;
  draftTried: boolean;
  /** Nothing of it is on its way at this moment. */
  waiting: boolean;
}

/** One turn of one worker with one message: what every step of it needs. */
export interface MessageTurn {
  readonly context: ActivationContext;
  readonly id: string;
  readonly queue: string;
  /** As Redis had it when this turn began. */
  readonly claimed: Claimed;
  readonly lease: Lease;
  readonly signal: Canceller;
  readonly head: Head;
  /** Its body is read when it is sent. */
  readonly message: PreparedMessage;
  readonly delivery: Delivery;
  readonly progress: Progress;
}
