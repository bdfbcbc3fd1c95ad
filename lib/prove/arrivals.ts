import type { Cancellation } from '../base/cancellation.js';
import { sleep } from '../delivery/sleep.js';
import type { MeasuredAnswers, Outcome } from '../prepared/tenant-facts.js';
import { judge } from './judge.js';
import type { Listed, Origins } from './listed.js';
import type { Mailbox } from './mailbox.js';
import { markerOf, readMarker, subjectOf } from './marker.js';
import { pauseBeforeLook } from './pace.js';
import { DRAFT, type Point } from './points.js';
import { viewOf, type View } from './view.js';

export interface ArrivalsOptions {
  mailbox: Mailbox;
  origins: Origins;
  run: string;
  points: readonly Point[];
  /** Milliseconds to wait for what was sent. */
  wait: number;
  signal: Cancellation;
}

/** What has arrived of a run, wherever rules have put it. */
export class Arrivals {
  readonly #names = new Set<string>();
  readonly #seen = new Map<string, Outcome>();
  readonly #read = new Set<string>();
  #draftId: MeasuredAnswers['draftId'];

  constructor(private readonly options: ArrivalsOptions) {}

  /** What became of the points, by their names. */
  get seen(): ReadonlyMap<string, Outcome> {
    return this.#seen;
  }

  /** Whether a draft's id finds the message that was sent. */
  get draftId(): MeasuredAnswers['draftId'] {
    return this.#draftId;
  }

  /**
   * Reads what has arrived until all has, or the time is up.
   *
   * @param expected what Nodemailer would have sent over SMTP, by the names of the messages
   * @param draftId immutable id of the message that went by way of a draft
   */
  async readBack(
    expected: ReadonlyMap<string, View | undefined>,
    draftId: string | undefined,
    onProgress: (arrived: number) => void,
  ): Promise<void> {
    const { wait, signal } = this.options;
    const until = Date.now() + wait;
    for (let round = 0; ; round++) {
      await this.#readArrived(expected);
      onProgress(this.#names.size);
      if (draftId !== undefined) this.#draftId ??= await this.#lookAtDraft(draftId);
      const isComplete = [...expected.keys()].every((name) => this.#names.has(name));
      if ((isComplete && (draftId === undefined || this.#draftId)) || Date.now() >= until) return;
      await sleep(pauseBeforeLook(round), signal);
    }
  }

  /** How many copies of the message that was sent twice have arrived; waits for the second one as long as it may come. */
  async countCopies(mayComeTwice: boolean, patience: number): Promise<number> {
    const { run, signal, wait } = this.options;
    const until = Date.now() + (mayComeTwice ? Math.min(wait, patience) : 0);
    for (let round = 0; ; round++) {
      const copies = (await this.#listArrived(`${markerOf(run)}${DRAFT}`)).length;
      if (copies > 1 || Date.now() >= until) return copies;
      await sleep(pauseBeforeLook(round), signal);
    }
  }

  /** `undefined` as long as the copy in Sent Items is not to be seen. */
  async #lookAtDraft(id: string): Promise<'kept' | 'lost' | undefined> {
    const { mailbox, run, signal } = this.options;
    if (await mailbox.isSent(id, signal)) return 'kept';
    const copies = await mailbox.list('sentitems', `${markerOf(run)}${DRAFT}`, signal);
    return copies.length > 0 ? 'lost' : undefined;
  }

  async #readArrived(expected: ReadonlyMap<string, View | undefined>): Promise<void> {
    const { mailbox, run, points, signal } = this.options;
    for (const { id, subject } of await this.#listArrived(markerOf(run))) {
      if (this.#read.has(id)) continue;
      this.#read.add(id);
      const name = readMarker(subject)?.name ?? '';
      this.#names.add(name);
      const point = points.find((candidate) => candidate.name === name);
      const sent = expected.get(name);
      // a non-delivery report has our subject in its own
      if (!point || !sent || subject !== subjectOf(run, name)) continue;
      const source = await mailbox.source(id, signal);
      if (source) this.#seen.set(name, judge(point.feature, sent, await viewOf(source)));
    }
  }

  /** In this order, so that what is moved to Sent Items meanwhile is not taken for what arrived. */
  async #listArrived(marker: string): Promise<Listed[]> {
    const { mailbox, origins, signal } = this.options;
    const all = await mailbox.list('all', marker, signal);
    if (all.length > 0) origins.learn(await mailbox.list('sentitems', marker, signal));
    return origins.ownOf(all).filter((one) => !origins.isSentCopy(one));
  }
}
