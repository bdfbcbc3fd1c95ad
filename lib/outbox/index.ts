/**
 * The outbox: messages queued in Redis by the app, delivered by workers on as many machines as wanted, once. Needs the packages
 * `bullmq` and `ioredis`. Begin with {@link outboxTransport}, {@link startOutboxWorker} and {@link openOutbox}.
 *
 * @module nodemailer-graph-transport/outbox
 */
export { outboxTransport, OutboxTransport, type OutboxSentMessageInfo } from './transport.js';
export { startOutboxWorker } from './start-worker.js';
export { OutboxWorker } from './worker.js';
export type { OutboxEvent, OutboxHeld, OutboxWorkerEvents } from './worker-events.js';
export type { OutboxCheck } from './check.js';
export { openOutbox, Outbox, type OutboxCounts, type OutboxFilter, type OutboxMessage } from './open-outbox.js';
export { fileStore } from './file-store.js';
export type { OutboxStore } from './blob-store.js';
export type { EncryptionKey } from './seal.js';
export type { Durability } from './server.js';
export type { OutboxConnection } from './redis.js';
export type { OutboxState } from './record.js';
export type { OutboxOutcome, OutcomeError } from './outcome.js';
export type { OutboxMessageOptions } from './message-options.js';
export type { OutboxOptions, OutboxTransportOptions, OutboxWorkerOptions } from './options.js';
