import type { GraphTransportError } from '../errors/graph-transport-error.js';
import { asPrimary, askServer, isDurable, serverProblem, waitFor, type ServerFacts } from './server.js';
import type { WorkerContext } from './worker-context.js';

/** Whether Redis still is what it was when the worker started: its settings can be changed while it runs. */
export class ServerWatch {
  #unsafe: GraphTransportError | undefined;

  constructor(
    private readonly context: WorkerContext,
    private facts: ServerFacts,
  ) {}

  /** Why nothing may be sent at this moment. */
  get unsafe(): GraphTransportError | undefined {
    return this.#unsafe;
  }

  /** Whether what it has acknowledged outlives it, as far as that is wanted. */
  get lossless(): boolean {
    return isDurable(this.facts, this.context.settings.durability);
  }

  async look(): Promise<void> {
    const { settings, line, reports, logger, barrier } = this.context;
    const facts = await askServer(line.connection);
    // before it counts as durable
    barrier.add(waitFor(facts, settings));
    this.facts = facts;
    const before = this.#unsafe;
    this.#unsafe = serverProblem(asPrimary(this.facts), { ...settings, isCluster: line.connection.client.isCluster === true });
    if (this.#unsafe && this.#unsafe.message !== before?.message) reports.report(this.#unsafe);
    if (before && !this.#unsafe) logger.info({ tnx: 'outbox' }, 'Redis is as it should be again');
  }
}
