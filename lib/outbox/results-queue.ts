import { jobId } from './keys.js';
import type { Line } from './line.js';
import type { OutboxOutcome } from './outcome.js';
import type { BullQueue } from './redis.js';

/** The queue in which the app finds what became of its messages; there is none without the option `results`. */
export class ResultsQueue {
  #queue: BullQueue | undefined;

  constructor(
    private readonly line: Line,
    private readonly name: string | undefined,
  ) {}

  /** Hands the end to the app, durably; more than once if a process ends in between. */
  async publish(outcome: OutboxOutcome | { id: string; state: string }): Promise<void> {
    if (this.name === undefined) return;
    const { connection, blobs } = this.line;
    if (!this.#queue) {
      this.#queue = new connection.bullmq.Queue(this.name, { connection: connection.client, skipMetasUpdate: true });
      // else BullMQ writes to the console; the client's own errors are told already
      this.#queue.on('error', () => undefined);
    }
    const { id, state } = outcome;
    const data = blobs.seal.encrypts ? { id, state, code: 'error' in outcome ? outcome.error?.code : undefined } : outcome;
    await this.#queue.add(state, data, { jobId: jobId(`${id}.${state}`) });
  }

  async close(): Promise<void> {
    await this.#queue?.close();
  }
}
