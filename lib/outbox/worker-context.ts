import type { EventEmitter } from 'node:events';
import type { Logger } from '../base/logger.js';
import type { GraphConnection } from '../graph/connection.js';
import type { Hub } from './hub.js';
import type { Line } from './line.js';
import type { OutboxWorkerSettings } from './options.js';
import type { Barrier } from './server.js';
import type { OutboxWorkerEvents } from './worker-events.js';
import type { WorkerReports } from './worker-reports.js';

/** What the parts of one worker share. */
export interface WorkerContext {
  readonly settings: OutboxWorkerSettings;
  readonly line: Line;
  readonly graph: GraphConnection;
  readonly logger: Logger;
  readonly hub: Hub | undefined;
  readonly barrier: Barrier;
  readonly reports: WorkerReports;
  /** Where the worker tells what becomes of messages. */
  readonly events: EventEmitter<OutboxWorkerEvents>;
}
