import { Canceller, type Cancellation } from '../base/cancellation.js';
import { sleep } from '../delivery/sleep.js';
import { isGraphTransportError } from '../errors/graph-transport-error.js';
import { CLOUDS } from '../graph/clouds.js';
import { createGraphConnection, type GraphConnection } from '../graph/connection.js';
import type { Settings } from '../options.js';
import type { MeasuredAnswers, Outcome, TenantReport } from '../prepared/tenant-facts.js';
import { checkAccess } from './check-access.js';
import { cleanUp, type LeftOver } from './clean-up.js';
import { smtpSource } from './compile.js';
import { judge } from './judge.js';
import { Mailbox } from './mailbox.js';
import { ANY_RUN, markerOf, newRun, readMarker, subjectOf } from './marker.js';
import { baseMail, mailOf, pointsFor, type Correspondence, type Point } from './points.js';
import { concurrency, describeAnswer, mayTakeEffect, sendAgain, sendToTooMany, smallestUpload } from './questions.js';
import { createReport } from './report.js';
import { Sender, type SendOptions } from './sender.js';
import { viewOf, type View } from './view.js';

/** How far a run is. */
export interface Progress {
  phase: 'checking' | 'sending' | 'reading' | 'asking' | 'deleting' | 'done';
  done?: number | undefined;
  total?: number | undefined;
}

export interface ProveOptions {
  /** `mailbox` has to be an address. */
  settings: Settings;
  mailbox: string;
  /** A mailbox at another provider that gets all messages, too. */
  to?: string | undefined;
  alias?: string | undefined;
  /** Milliseconds to wait for what was sent. */
  wait: number;
  /** Whether a sent message may be sent a second time. */
  withDuplicates: boolean;
  /** Whether a message to 501 recipients may be sent. */
  withBounce: boolean;
  onProgress: (progress: Progress) => void;
  /** Told once whatever was sent has been deleted, also where the run failed or was ended. */
  onCleanedUp: (leftOver: LeftOver) => void;
}

export interface Proof {
  report: TenantReport;
  /** Messages Graph refused, by their names: status and code. */
  refused: ReadonlyMap<string, string>;
}

/** Names of the messages beside the points. */
const DRAFT = 'draft-id';
const MANY = 'many-recipients';
const UPLOAD = 'upload-session';
const ACCESS = 'access';
/** Milliseconds for what may still come once nothing more is asked for. */
const PATIENCE = 30_000;
const PAUSES = [100, 250, 500, 1000, 2000];

/** What would be sent: the names of the messages. */
export function plannedMessages({ alias, withBounce }: Pick<ProveOptions, 'alias' | 'withBounce'>): { points: Point[]; others: string[] } {
  return { points: pointsFor({ alias }), others: [DRAFT, ...(withBounce ? [MANY] : [])] };
}

/**
 * Sends small messages from a mailbox to itself, reads them back and deletes them, whatever happens.
 *
 * @param signal ends the run; what was sent is deleted all the same
 * @throws {GraphTransportError} `EAUTH` before anything is sent where a permission is missing
 */
export async function prove(options: ProveOptions, signal: Cancellation): Promise<Proof> {
  const run = new Run(options, signal);
  try {
    return await run.perform();
  } finally {
    await run.close();
  }
}

/** Deletes what earlier runs have left. */
export async function cleanMailbox(
  { settings, mailbox: address }: Pick<ProveOptions, 'settings' | 'mailbox'>,
  signal: Cancellation,
): Promise<LeftOver & { deleted: number }> {
  const connection = createGraphConnection(settings);
  try {
    let deleted = 0;
    const mailbox = new Mailbox({ connection, mailbox: address, graphEndpoint: settings.hosts.graphEndpoint });
    const leftOver = await cleanUp(
      mailbox,
      { marker: ANY_RUN, stillToCome: () => 0, patience: 0, onProgress: (count) => (deleted = count) },
      signal,
    );
    return { ...leftOver, deleted };
  } finally {
    connection.tokens.release();
    await connection.http.close(true);
  }
}

class Run {
  readonly #run = newRun();
  readonly #settings: Settings;
  readonly #connection: GraphConnection;
  readonly #mailbox: Mailbox;
  readonly #sender: Sender;
  readonly #correspondence: Correspondence;
  readonly #points: Point[];
  /** Messages that may arrive, and what Nodemailer would have sent over SMTP. */
  readonly #expected = new Map<string, View | undefined>();
  readonly #arrived = new Set<string>();
  readonly #seen = new Map<string, Outcome>();
  readonly #refused = new Map<string, string>();
  readonly #read = new Set<string>();
  #draftId: MeasuredAnswers['draftId'];
  /** Whether anything may be left in the mailbox. */
  #dirty = false;
  /** A non-delivery report may come. */
  #mayBounce = false;
  /** A second copy of the message that was sent twice may come. */
  #mayComeTwice = false;

  constructor(
    private readonly options: ProveOptions,
    private readonly signal: Cancellation,
  ) {
    const { settings, mailbox, to, alias } = options;
    // what is claimed is put to the proof, not what another proof has found
    this.#settings = { ...settings, onLoss: 'ignore', saveToSentItems: true, tenantFacts: undefined };
    this.#connection = createGraphConnection(settings);
    this.#mailbox = new Mailbox({ connection: this.#connection, mailbox, graphEndpoint: settings.hosts.graphEndpoint });
    this.#sender = new Sender(this.#settings, this.#connection, signal);
    this.#correspondence = { run: this.#run, mailbox, to, alias };
    this.#points = pointsFor({ alias });
  }

  async perform(): Promise<Proof> {
    const { options, signal } = this;
    options.onProgress({ phase: 'checking' });
    let answers: MeasuredAnswers;
    try {
      await checkAccess(
        this.#mailbox,
        {
          connection: this.#connection,
          address: options.mailbox,
          graphEndpoint: this.#settings.hosts.graphEndpoint,
          subject: subjectOf(this.#run, ACCESS),
          onDraft: () => (this.#dirty = true),
        },
        signal,
      );
      const draftId = await this.#sendAll();
      await this.#readBack(draftId);
      answers = await this.#ask(draftId);
    } finally {
      if (this.#dirty) options.onCleanedUp(await this.#cleanUp());
    }
    const report = createReport(this.#points, this.#seen, { answers, cloud: this.#cloud(), made: new Date() });
    return { report, refused: this.#refused };
  }

  async close(): Promise<void> {
    this.#sender.close();
    this.#connection.tokens.release();
    await this.#connection.http.close(true);
  }

  /** @returns the immutable id of the message that went by way of a draft */
  async #sendAll(): Promise<string | undefined> {
    const total = this.#points.length + 1;
    for (const [done, point] of this.#points.entries()) {
      this.options.onProgress({ phase: 'sending', done, total });
      await this.#send(point.name, mailOf(point, this.#correspondence), { later: point.way === 'mimeDraft' });
    }
    this.options.onProgress({ phase: 'sending', done: total - 1, total });
    let draftId: string | undefined;
    const mail = { ...baseMail(DRAFT, this.#correspondence), graph: { mailbox: this.options.mailbox, format: 'json', route: 'draft' } };
    await this.#send(DRAFT, mail, { hooks: { onDraft: (id) => void (draftId = id) } });
    return draftId;
  }

  async #send(name: string, mail: Record<string, unknown>, options: SendOptions = {}): Promise<void> {
    const view = await viewOf(await smtpSource(mail));
    await this.#sender.keepPace();
    this.#expected.set(name, view);
    try {
      await this.#sender.send(mail, options);
    } catch (error) {
      // what may have been sent may arrive
      if (!isGraphTransportError(error) || error.ambiguous) throw error;
      this.#expected.delete(name);
      if (this.signal.aborted || error.httpStatus === undefined || ![400, 403, 404, 413, 422].includes(error.httpStatus)) throw error;
      this.#refused.set(name, [error.httpStatus, error.graphCode].filter(Boolean).join(' '));
    }
  }

  /** Reads what has arrived until all has, or the time is up. */
  async #readBack(draftId: string | undefined): Promise<void> {
    const until = Date.now() + this.options.wait;
    const total = this.#expected.size;
    for (let round = 0; ; round++) {
      await this.#readArrived();
      this.options.onProgress({ phase: 'reading', done: this.#arrived.size, total });
      if (draftId !== undefined) this.#draftId ??= await this.#lookAtDraft(draftId);
      const isComplete = [...this.#expected.keys()].every((name) => this.#arrived.has(name));
      if ((isComplete && (draftId === undefined || this.#draftId)) || Date.now() >= until) return;
      await sleep(PAUSES[Math.min(round, PAUSES.length - 1)] ?? 0, this.signal);
    }
  }

  /** Whether a draft's id finds the message that was sent; `undefined` as long as its copy in Sent Items is not to be seen. */
  async #lookAtDraft(id: string): Promise<'kept' | 'lost' | undefined> {
    if (await this.#mailbox.isSent(id, this.signal)) return 'kept';
    const copies = await this.#mailbox.list('all', `${markerOf(this.#run)}${DRAFT}`, this.signal);
    return copies.length > 1 ? 'lost' : undefined;
  }

  async #readArrived(): Promise<void> {
    for (const { id, subject } of await this.#mailbox.list('inbox', markerOf(this.#run), this.signal)) {
      if (this.#read.has(id)) continue;
      this.#read.add(id);
      const name = readMarker(subject)?.name ?? '';
      this.#arrived.add(name);
      const point = this.#points.find((candidate) => candidate.name === name);
      const sent = this.#expected.get(name);
      // a non-delivery report has our subject in its own
      if (!point || !sent || subject !== subjectOf(this.#run, name)) continue;
      const source = await this.#mailbox.source(id, this.signal);
      if (source) this.#seen.set(name, judge(point.feature, sent, await viewOf(source)));
    }
  }

  async #ask(draftId: string | undefined): Promise<MeasuredAnswers> {
    const { signal, options } = this;
    const progress = (done: number): void => options.onProgress({ phase: 'asking', done, total: 4 });
    progress(0);
    const uploadSessionFrom = await smallestUpload(this.#mailbox, this.#connection, subjectOf(this.#run, UPLOAD), signal);
    progress(1);
    const atATime = await concurrency(this.#mailbox, signal);
    progress(2);
    const second = options.withDuplicates && draftId !== undefined ? await this.#sendAgain(draftId) : {};
    progress(3);
    const many = options.withBounce ? await this.#sendToTooMany() : {};
    progress(4);
    signal.throwIfAborted();
    return {
      ...(uploadSessionFrom !== undefined && { uploadSessionFrom }),
      ...(this.#draftId && { draftId: this.#draftId }),
      ...second,
      ...many,
      ...(atATime > 0 && { concurrency: atATime }),
    };
  }

  async #sendAgain(draftId: string): Promise<MeasuredAnswers> {
    await this.#sender.keepPace();
    this.#mayComeTwice = true;
    const outcome = await sendAgain(this.#mailbox, draftId, this.signal);
    const secondSend = describeAnswer(outcome);
    this.#mayComeTwice = mayTakeEffect(outcome);
    const until = Date.now() + (this.#mayComeTwice ? Math.min(this.options.wait, PATIENCE) : 0);
    for (let round = 0; ; round++) {
      const copies = (await this.#mailbox.list('inbox', `${markerOf(this.#run)}${DRAFT}`, this.signal)).length;
      if (copies > 1 || Date.now() >= until) return { ...(secondSend && { secondSend }), secondSendCopies: copies };
      await sleep(PAUSES[Math.min(round, PAUSES.length - 1)] ?? 0, this.signal);
    }
  }

  async #sendToTooMany(): Promise<MeasuredAnswers> {
    await this.#sender.keepPace();
    this.#mayBounce = true;
    const outcome = await sendToTooMany(this.#mailbox, { address: this.options.mailbox, subject: subjectOf(this.#run, MANY) }, this.signal);
    this.#mayBounce = mayTakeEffect(outcome);
    const tooManyRecipients = describeAnswer(outcome);
    return tooManyRecipients ? { tooManyRecipients } : {};
  }

  /** Goes on when the run is aborted; only the process itself can end it. */
  async #cleanUp(): Promise<LeftOver> {
    try {
      return await this.#deleteAll();
    } catch (error) {
      // the run's own error counts, if there is one
      return { left: 0, late: 0, failure: error as Error };
    }
  }

  #deleteAll(): Promise<LeftOver> {
    this.options.onProgress({ phase: 'deleting', done: 0 });
    // each is there twice: in the Inbox and in Sent Items; of one that bounces the report comes
    const expected = [...this.#expected.keys(), ...(this.#mayBounce ? [MANY] : [])];
    return cleanUp(
      this.#mailbox,
      {
        marker: markerOf(this.#run),
        stillToCome: (copies) => expected.filter((name) => (copies.get(name) ?? 0) < (name === DRAFT && this.#mayComeTwice ? 3 : 2)).length,
        patience: Math.min(this.options.wait, PATIENCE),
        onProgress: (done) => this.options.onProgress({ phase: 'deleting', done }),
      },
      new Canceller(),
    );
  }

  #cloud(): string {
    const { graphEndpoint } = this.#settings.hosts;
    return Object.entries(CLOUDS).find(([, hosts]) => hosts.graphEndpoint === graphEndpoint)?.[0] ?? 'other';
  }
}
