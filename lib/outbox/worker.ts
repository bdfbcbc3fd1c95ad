import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Logger } from '../base/logger.js';
import type { GraphConnection } from '../graph/connection.js';
import { tellGrants } from './grants.js';
import { Heartbeat } from './heartbeat.js';
import type { Hub } from './hub.js';
import { JobProcessor } from './job-processor.js';
import { Lease } from './lease.js';
import type { Line } from './line.js';
import { MailboxWorkers } from './mailbox-workers.js';
import type { OutboxWorkerSettings } from './options.js';
import { ResultsQueue } from './results-queue.js';
import type { Barrier, ServerFacts } from './server.js';
import { ServerWatch } from './server-watch.js';
import type { WorkerContext } from './worker-context.js';
import type { OutboxWorkerEvents } from './worker-events.js';
import { WorkerReports } from './worker-reports.js';

/** Milliseconds between looks for new mailboxes. */
const DISCOVER = 1000;
/** … between words to the others that this worker lives, and checks of the limits. */
const HEARTBEAT = 15_000;
/** … between looks at what the app may do. */
const LEARN = 10 * 60_000;

/**
 * A worker: takes messages of all mailboxes and delivers them.
 *
 * Emits {@link OutboxWorkerEvents}; `error` only where somebody listens.
 */
export class OutboxWorker extends EventEmitter<OutboxWorkerEvents> {
  readonly #id = randomUUID();
  readonly #context: WorkerContext;
  readonly #results: ResultsQueue;
  readonly #jobs: JobProcessor;
  readonly #mailboxes: MailboxWorkers;
  readonly #heartbeat: Heartbeat;
  readonly #timers = new Set<NodeJS.Timeout>();
  #closing: Promise<void> | undefined;
  #forced = false;

  /** @hidden use startOutboxWorker() */
  constructor(
    settings: OutboxWorkerSettings,
    line: Line,
    graph: GraphConnection,
    logger: Logger,
    facts: ServerFacts,
    hub: Hub | undefined,
    barrier: Barrier,
  ) {
    super();
    const reports = new WorkerReports(logger, this);
    const context = { settings, line, graph, logger, hub, barrier, reports, events: this };
    const server = new ServerWatch(context, facts);
    this.#context = context;
    this.#results = new ResultsQueue(line, settings.results);
    this.#jobs = new JobProcessor(context, server, this.#results);
    this.#mailboxes = new MailboxWorkers(context, (served, job, token) => this.#jobs.process(served, job, token));
    this.#heartbeat = new Heartbeat(context, this.#id, server, this.#mailboxes);
  }

  /** Mailboxes this worker takes messages of. */
  get mailboxes(): number {
    return this.#mailboxes.size;
  }

  /** @hidden */
  async start(): Promise<void> {
    const { client } = this.#context.line.connection;
    await this.#heartbeat.beat();
    client.on('ready', this.#onReady);
    // whoever awaits the worker listens to it first: no event is missed
    setImmediate(() => void this.#mailboxes.discover().catch((error: Error) => this.report(error)));
    this.#every(DISCOVER, () => this.#mailboxes.discover());
    this.#every(HEARTBEAT, () => this.#heartbeat.beat());
    this.#every(LEARN, () => tellGrants(this.#context));
    void tellGrants(this.#context).catch(() => undefined);
  }

  /**
   * Takes nothing new and lets the messages that are on their way end; those that only wait go back. Where Redis does not answer, it ends
   * after `lockDuration`.
   *
   * @param options `force`: cuts off what is on its way; another worker, or this one later, finds out what became of it
   */
  close({ force = false }: { force?: boolean } = {}): Promise<void> {
    this.#forced ||= force;
    if (force) this.#jobs.abort();
    else this.#jobs.drain();
    return (this.#closing ??= this.#close());
  }

  /** As `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#timers.forEach((timer) => clearInterval(timer));
    const { line, settings, hub, barrier, graph } = this.#context;
    const { connection, keys } = line;
    connection.client.off('ready', this.#onReady);
    this.#jobs.close();
    let left = Lease.now();
    let giveUp = (): void => undefined;
    const gone = new Promise<void>((resolve) => (giveUp = resolve));
    const drain = setInterval(() => {
      // a message may begin to wait only now
      this.#jobs.drain();
      if (connection.client.status === 'ready') left = Lease.now();
      // by now nothing is ours any more, and whoever waits for Redis waits in vain
      else if (this.#forced || Lease.now().monotonic - left.monotonic > settings.lockDuration) giveUp();
    }, 200);
    await Promise.race([this.#mailboxes.close(), gone.then(() => this.#jobs.abort())]);
    clearInterval(drain);
    hub?.close();
    await Promise.race([connection.client.call('ZREM', keys.workers, this.#id).catch(() => undefined), pause(1000)]);
    await Promise.race([this.#results.close().catch(() => undefined), pause(1000)]);
    barrier.close();
    await line.close();
    await graph.http.close(true);
  }

  /** @hidden An `error` event without a listener would end the process. */
  report(error: Error): void {
    this.#context.reports.report(error);
  }

  readonly #onReady = (): void => {
    void this.#heartbeat.beat().catch(() => undefined);
  };

  #every(ms: number, task: () => Promise<void>): void {
    let busy = false;
    const timer = setInterval(() => {
      // Redis may be silent for longer
      if (busy) return;
      busy = true;
      void task()
        .catch((error: Error) => this.report(error))
        .finally(() => (busy = false));
    }, ms);
    this.#timers.add(timer);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
