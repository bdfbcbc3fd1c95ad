import { randomUUID } from 'node:crypto';
import type { Logger } from '../base/logger.js';
import { show } from '../errors/config-error.js';
import { createGraphConnection } from '../graph/connection.js';
import { createLogger } from '../message/nodemailer.js';
import { outboxConfigError } from './config-error.js';
import { Hub, supportsHub } from './hub.js';
import { openLine } from './line.js';
import { readWorkerOptions, type OutboxWorkerOptions } from './options.js';
import { toGraphError } from './outcome.js';
import { askServer, checkServer, createBarrier, serverWarnings, waitFor } from './server.js';
import { OutboxWorker } from './worker.js';

/**
 * Starts a worker. As many as wanted, on as many machines as wanted: limits, rate and pauses hold for all of them together.
 *
 * @throws {GraphTransportError} `ECONFIG` for an option, for peers that are not installed, or for a Redis that can lose messages;
 *   `ECONNECTION` if Redis cannot be reached
 */
export async function startOutboxWorker(options: OutboxWorkerOptions): Promise<OutboxWorker> {
  const settings = readWorkerOptions(options);
  const logger = createLogger<Logger>(settings.logger, settings.component);
  let worker: OutboxWorker | undefined;
  const onError = (error: Error) => worker?.report(error);
  const line = await openLine(settings, { maxRetriesPerRequest: null, onError });
  const { connection, keys } = line;
  try {
    const facts = await connection.reach.within(askServer(connection), settings.graph.connectionTimeout);
    const isCluster = connection.client.isCluster === true;
    checkServer(facts, { ...settings, isCluster });
    // BullMQ's keys of one queue must be on one server
    if (isCluster && settings.results !== undefined && !/\{[^{}]+\}/.test(settings.results))
      throw outboxConfigError(`"results" must have a hash tag in a cluster, such as '{mail-ends}', not ${show(settings.results)}`);
    for (const warning of serverWarnings(facts, settings.durability)) logger.warn({ tnx: 'outbox' }, 'Outbox: %s', warning);
    if (!settings.seal.encrypts && !settings.mailboxes) {
      logger.warn(
        { tnx: 'outbox' },
        'Outbox: neither "encryptionKey" nor "mailboxes" is set: whoever can write to Redis can send from every mailbox the app may use',
      );
    }
    const hub = supportsHub(connection.bullmq) ? new Hub(connection, { prefix: keys.prefix, name: randomUUID(), onError }) : undefined;
    const barrier = createBarrier(connection, `${keys.prefix}:sync`, waitFor(facts, settings));
    const graph = createGraphConnection(
      { ...settings.graph, maxConnections: settings.maxConnections },
      { onBackgroundError: (error) => onError(toGraphError(error)) },
    );
    worker = new OutboxWorker(settings, line, graph, logger, facts, hub, barrier);
    await worker.start();
    return worker;
  } catch (error) {
    if (worker) await worker.close({ force: true });
    else await line.close();
    throw connection.reach.error(error);
  }
}
