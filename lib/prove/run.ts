import { Canceller, type Cancellation } from '../base/cancellation.js';
import { isGraphTransportError } from '../errors/graph-transport-error.js';
import { cloudOf } from '../graph/clouds.js';
import { createGraphConnection, type GraphConnection } from '../graph/connection.js';
import type { Settings } from '../options.js';
import type { MeasuredAnswers, TenantReport } from '../prepared/tenant-facts.js';
import { Arrivals } from './arrivals.js';
import { checkAccess } from './check-access.js';
import { cleanUp, type LeftOver } from './clean-up.js';
import { smtpSource } from './compile.js';
import { Origins } from './listed.js';
import { Mailbox } from './mailbox.js';
import { markerOf, newRun, subjectOf } from './marker.js';
import { ACCESS, baseMail, DRAFT, mailOf, MANY, pointsFor, UPLOAD, type Correspondence, type Point } from './points.js';
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

/** Milliseconds for what may still come once nothing more is asked for. */
const PATIENCE = 30_000;

/** One run, from the first question to the last deletion. */
export class Run {
  readonly #run = newRun();
  readonly #settings: Settings;
  readonly #connection: GraphConnection;
  readonly #mailbox: Mailbox;
  readonly #sender: Sender;
  readonly #correspondence: Correspondence;
  readonly #points: Point[];
  /** Messages that may arrive, and what Nodemailer would have sent over SMTP. */
  readonly #expected = new Map<string, View | undefined>();
  readonly #origins: Origins;
  readonly #arrivals: Arrivals;
  readonly #refused = new Map<string, string>();
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
    this.#mailbox = new Mailbox({ connection: this.#connection, settings: this.#settings, mailbox });
    this.#sender = new Sender(this.#settings, this.#connection, signal);
    this.#correspondence = { run: this.#run, mailbox, to, alias };
    this.#points = pointsFor({ alias });
    this.#origins = new Origins([mailbox, alias]);
    this.#arrivals = new Arrivals({
      mailbox: this.#mailbox,
      origins: this.#origins,
      run: this.#run,
      points: this.#points,
      wait: options.wait,
      signal,
    });
  }

  async perform(): Promise<Proof> {
    const { options, signal } = this;
    options.onProgress({ phase: 'checking' });
    let answers: MeasuredAnswers;
    try {
      await checkAccess(
        this.#mailbox,
        {
          address: options.mailbox,
          graphEndpoint: this.#settings.hosts.graphEndpoint,
          subject: subjectOf(this.#run, ACCESS),
          onDraft: () => (this.#dirty = true),
        },
        signal,
      );
      const draftId = await this.#sendAll();
      const total = this.#expected.size;
      await this.#arrivals.readBack(this.#expected, draftId, (done) => options.onProgress({ phase: 'reading', done, total }));
      answers = await this.#ask(draftId);
    } finally {
      if (this.#dirty) options.onCleanedUp(await this.#cleanUp());
    }
    const report = createReport(this.#points, this.#arrivals.seen, {
      answers,
      cloud: cloudOf(this.#settings.hosts) ?? 'other',
      made: new Date(),
    });
    return { report, refused: this.#refused };
  }

  async close(): Promise<void> {
    this.#sender.close();
    this.#mailbox.close();
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

  async #ask(draftId: string | undefined): Promise<MeasuredAnswers> {
    const { signal, options } = this;
    const progress = (done: number): void => options.onProgress({ phase: 'asking', done, total: 4 });
    progress(0);
    const uploadSessionFrom = await smallestUpload(this.#mailbox, subjectOf(this.#run, UPLOAD), signal);
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
      ...(this.#arrivals.draftId && { draftId: this.#arrivals.draftId }),
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
    const secondSendCopies = await this.#arrivals.countCopies(this.#mayComeTwice, PATIENCE);
    return { ...(secondSend && { secondSend }), secondSendCopies };
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
        origins: this.#origins,
        stillToCome: (copies) => expected.filter((name) => (copies.get(name) ?? 0) < (name === DRAFT && this.#mayComeTwice ? 3 : 2)).length,
        patience: Math.min(this.options.wait, PATIENCE),
        onProgress: (done) => this.options.onProgress({ phase: 'deleting', done }),
      },
      new Canceller(),
    );
  }
}
