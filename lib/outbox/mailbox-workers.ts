import { show } from '../errors/config-error.js';
import { MailboxPause } from './mailbox-pause.js';
import type { BullJob, BullWorker } from './redis.js';
import type { WorkerContext } from './worker-context.js';

/** A mailbox this worker takes messages of. */
export interface ServedMailbox {
  readonly queue: string;
  readonly mailbox: string;
  readonly pause: MailboxPause;
}

/** One of BullMQ's workers for each mailbox: finds the mailboxes that have got their first message, and serves them from then on. */
export class MailboxWorkers {
  /** By queue. */
  readonly #workers = new Map<string, BullWorker>();
  /** By queue, as the workers. */
  readonly #mailboxes = new Map<string, string>();
  #known = -1;
  #closing = false;

  /** @param process one turn with one message */
  constructor(
    private readonly context: WorkerContext,
    private readonly process: (served: ServedMailbox, job: BullJob, token: string) => Promise<unknown>,
  ) {}

  get size(): number {
    return this.#workers.size;
  }

  /** Finds mailboxes that have got their first message. */
  async discover(): Promise<void> {
    const { line, reports } = this.context;
    const { connection, keys } = line;
    const count = Number(await connection.client.call('HLEN', keys.mailboxes));
    if (count === this.#known || this.#closing) return;
    const mailboxes = await line.mailboxes();
    const fresh = [...mailboxes].filter(([queue, mailbox]) => !this.#workers.has(queue) && this.#mayServe(mailbox));
    await this.#limit(fresh);
    if (this.#closing) return;
    for (const [queue, mailbox] of fresh) {
      // a look before this one may have been slower
      if (this.#workers.has(queue)) continue;
      try {
        this.#serve(queue, mailbox);
      } catch (error) {
        // whoever can write to Redis can put anything there: the others are served all the same
        reports.tellOnce(`queue:${queue}`, `the queue ${show(queue)} is none of this package: ${(error as Error).message}`);
      }
    }
    this.#known = count;
  }

  /** A mailbox may have taken the place of another one that is gone: their number says nothing. */
  lookAgain(): void {
    this.#known = -1;
  }

  /** Sets the limits of all that are served; → how many Redis had lost. */
  limitServed(): Promise<number> {
    return this.#limit(this.#mailboxes);
  }

  /** Takes nothing new; resolves when the messages on their way have ended. */
  async close(): Promise<void> {
    this.#closing = true;
    const { reports } = this.context;
    await Promise.all([...this.#workers.values()].map((worker) => worker.close().catch((error: Error) => reports.report(error))));
  }

  #mayServe(mailbox: string): boolean {
    const { settings, reports } = this.context;
    const { mailboxes } = settings;
    if (!mailboxes || mailboxes.has(mailbox.toLowerCase())) return true;
    reports.tellOnce(`mailbox:${mailbox}`, `${mailbox} is not among this worker's "mailboxes": its messages are left to others`);
    return false;
  }

  #limit(mailboxes: Iterable<readonly [queue: string, mailbox: string]>): Promise<number> {
    const { line, settings } = this.context;
    const sealed = new Map([...mailboxes].map(([queue, mailbox]) => [queue, line.sealMailbox(mailbox)]));
    return line.records.limits(sealed, settings.maxConnections);
  }

  #serve(queue: string, mailbox: string): void {
    const { line, settings, reports, hub } = this.context;
    const { connection, keys } = line;
    const options = {
      connection: connection.client,
      prefix: keys.prefix,
      concurrency: settings.maxConnections,
      lockDuration: settings.lockDuration,
      stalledInterval: Math.ceil(settings.lockDuration / 3),
      // the record knows what may be sent: how often a worker died with it means nothing
      maxStalledCount: 1_000_000,
      // without a limiter a pause has no effect at all
      limiter: { max: 1_000_000_000, duration: 1000 },
      removeOnComplete: { count: 0 },
      removeOnFail: { age: Math.ceil(settings.keep / 1000), count: 1000 },
      runRetryDelay: 1000,
      ...(settings.telemetry && { telemetry: settings.telemetry }),
    };
    const pause = new MailboxPause((ms) => void line.records.hold(queue, { ms }).catch((error: Error) => reports.report(error)));
    const served = { queue, mailbox, pause };
    const processor = (job: BullJob, token: string) => this.process(served, job, token);
    const worker = new connection.bullmq.Worker(queue, processor, options, hub && line.backends(hub));
    worker.on('error', (error) => reports.report(error as Error));
    this.#workers.set(queue, worker);
    this.#mailboxes.set(queue, mailbox);
  }
}
