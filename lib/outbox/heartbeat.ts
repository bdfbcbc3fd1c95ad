import { GraphTransportError } from '../errors/graph-transport-error.js';
import { tellGrants } from './grants.js';
import type { MailboxWorkers } from './mailbox-workers.js';
import type { ServerWatch } from './server-watch.js';
import type { WorkerContext } from './worker-context.js';

/** Milliseconds two clocks may differ. */
const CLOCK_OFF = 10_000;

/** Says that a worker lives, and that the limits hold: both are mere data to Redis. */
export class Heartbeat {
  /** When it told Redis last that it lives, by Redis' clock. */
  #beatAt = 0;

  constructor(
    private readonly context: WorkerContext,
    private readonly id: string,
    private readonly server: ServerWatch,
    private readonly mailboxes: MailboxWorkers,
  ) {}

  /** Finds out whether Redis still is what it was, too. */
  async beat(): Promise<void> {
    const { line, reports, logger } = this.context;
    await this.server.look();
    const { lost, at } = await line.records.beat(this.id, this.#beatAt);
    this.#beatAt = at;
    this.mailboxes.lookAgain();
    if (lost) reports.report(lostError());
    this.#tellClock(at);
    const limits = await this.mailboxes.limitServed();
    if (limits > 0) logger.warn({ tnx: 'outbox', lost: limits }, 'Redis had lost the limits of %s mailboxes', limits);
    if (lost) await tellGrants(this.context);
  }

  #tellClock(at: number): void {
    const ahead = Date.now() - at;
    if (Math.abs(ahead) < CLOCK_OFF) return;
    const how = `${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'} Redis`;
    this.context.reports.tellOnce('clock', `the clock of this machine is ${how}: what has to wait may wait longer than it should`);
  }
}

function lostError(): GraphTransportError {
  const hint = 'Look for messages that were queued and are not there any more, and hand them in again.';
  return new GraphTransportError(
    'ECONNECTION',
    `Redis has lost data it had confirmed (FLUSHALL, a backup that was restored, a crash or a failover). ${hint}`,
    { hint },
  );
}
