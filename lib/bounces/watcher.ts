import { EventEmitter } from 'node:events';
import { Canceller } from '../base/cancellation.js';
import type { Logger } from '../base/logger.js';
import { oneAtATime } from '../delivery/mailbox-queue.js';
import { configError } from '../errors/config-error.js';
import { GraphTransportError, isGraphTransportError } from '../errors/graph-transport-error.js';
import { safeCause } from '../errors/safe-cause.js';
import { createGraphConnection, type GraphConnection } from '../graph/connection.js';
import { createLogger } from '../message/nodemailer.js';
import { isPostmaster } from '../message/postmaster.js';
import { secretsOf } from '../sign-in/sign-in.js';
import type { Bounce } from './bounce.js';
import { readArrival, saysReport, type Arrival } from './candidate.js';
import { MailboxReader } from './mailbox-reader.js';
import { hasLostPlace, stateError } from './failures.js';
import { readWatchOptions, type BounceWatcherOptions, type WatchSettings } from './options.js';
import { readReport, type Report } from './read-report.js';
import { beginState, completed, isNew, readState, restarted, withReport, withTold, writeState, type WatchState } from './state.js';

/** What a watcher tells. */
export interface BounceWatcherEvents {
  /** A report says something of a recipient. Listeners may return a promise: what they rejected is told again with the next look. */
  bounce: [Bounce];
  /** A look failed, such as for want of a permission; the next one comes all the same. Told only where somebody listens. */
  error: [Error];
}

/** A filtered list of Graph ends here, whether there is more or not. https://learn.microsoft.com/graph/api/message-delta */
const FILTERED_LIST = 5000;
/** Milliseconds that are no matter. */
const CLOCKS_DIFFER = 2000;
/** Looks at a report that always fails, before it is left out. */
const MOST_TRIES = 5;

/**
 * Watches a mailbox for delivery reports; made by {@link watchBounces}. Emits {@link BounceWatcherEvents}. It looks for the first time
 * when somebody listens for `bounce`.
 */
export class BounceWatcher extends EventEmitter<BounceWatcherEvents> {
  readonly #settings: WatchSettings;
  readonly #logger: Logger;
  readonly #connection: GraphConnection;
  readonly #queue = oneAtATime('the watcher was closed');
  readonly #signal = new Canceller();
  /** Failures of single reports, by their ids. */
  readonly #tries = new Map<string, number>();
  #state: WatchState | undefined;
  /** Whether it began by this machine's clock, and Graph's is not known yet. */
  #isFresh = false;
  #looking: Promise<number> | undefined;
  /** The look after the one that is on its way. */
  #next: Promise<number> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  /** @throws {GraphTransportError} `ECONFIG` for a missing, wrong or contradictory option */
  constructor(options: BounceWatcherOptions) {
    super();
    const settings = (this.#settings = readWatchOptions(options));
    this.#logger = createLogger<Logger>(settings.graph.logger, settings.graph.component);
    this.#connection = createGraphConnection(settings.graph, { onBackgroundError: (error) => this.#tell(this.#toError(error)) });
    const begin = (event: string | symbol): void => {
      if (event !== 'bounce') return;
      (this as EventEmitter).off('newListener', begin);
      // once it listens
      this.#wait(0);
    };
    (this as EventEmitter).on('newListener', begin);
  }

  /**
   * Looks now, and not only when it is time, for all that had come in until then; two looks never overlap.
   *
   * @returns how many bounces were told
   * @throws {GraphTransportError} what the event `error` would tell
   */
  async check(): Promise<number> {
    if (this.#closing) throw new GraphTransportError('ECONNECTION', 'the watcher was closed');
    if (this.listenerCount('bounce') === 0) throw configError('check() tells bounces to nobody: listen with .on("bounce", …) first');
    try {
      return await this.#lookAgain();
    } catch (error) {
      throw this.#toError(error);
    }
  }

  /** One that is on its way may already be past what has come in since. */
  #lookAgain(): Promise<number> {
    if (!this.#looking) return (this.#looking = this.#look().finally(() => (this.#looking = undefined)));
    return (this.#next ??= this.#looking
      .catch(() => 0)
      .then(() => {
        this.#next = undefined;
        return this.#lookAgain();
      }));
  }

  /** Ends it: aborts what is on its way, waits until listeners have ended and what they took was kept. Never rejects. */
  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  /** As `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#signal.abort(new GraphTransportError('EABORT', 'the watcher was closed'));
    this.#queue.close();
    await this.#looking?.catch(() => undefined);
    await this.#next?.catch(() => undefined);
    this.#connection.tokens.release();
    await this.#connection.http.close(true);
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#closing) return;
    this.#timer = setTimeout(() => {
      // one that is on its way will do
      (this.#looking ?? this.check()).then(
        () => this.#wait(this.#settings.interval),
        (error: unknown) => {
          if (!this.#closing) this.#tell(this.#toError(error));
          this.#wait(this.#settings.interval);
        },
      );
    }, ms);
  }

  #look(): Promise<number> {
    const { mailbox, graph } = this.#settings;
    return this.#queue.run(mailbox, this.#signal, async (turn) => {
      const reader = new MailboxReader({ ...this.#connection, settings: graph, logger: this.#logger }, mailbox, turn, this.#signal);
      this.#state ??= await this.#load();
      try {
        return await this.#list(reader, this.#state.link);
      } catch (error) {
        if (!hasLostPlace(error)) throw error;
        this.#logger.warn({ tnx: 'bounces', mailbox }, 'Graph has lost the place in %s; it is listed again', mailbox);
        await this.#keep(restarted(this.#state));
        return await this.#list(reader, undefined);
      }
    });
  }

  /** Lists what came in since a place, or anew; tells what is a report. */
  async #list(reader: MailboxReader, link: string | undefined): Promise<number> {
    const startedAt = Date.now();
    const { folder } = this.#settings;
    let filtered = link === undefined;
    let path = link ?? reader.begin(folder, new Date((this.#state as WatchState).since));
    let listed = 0;
    let told = 0;
    for (;;) {
      const page = await reader.arrivals(path);
      if (this.#beginsInFuture(page.answeredAt)) {
        const { mailbox, since } = this.#state as WatchState;
        this.#logger.warn({ tnx: 'bounces', mailbox }, "This machine's clock is ahead of Graph's; bounces are told from Graph's now on");
        this.#state = beginState(mailbox, folder, new Date(Math.min(page.answeredAt, since)));
        path = reader.begin(folder, new Date(this.#state.since));
        continue;
      }
      listed += page.entries.length;
      for (const entry of page.entries) {
        const arrival = readArrival(entry);
        if (arrival && isNew(this.#state as WatchState, arrival.id, arrival.receivedAt)) told += await this.#examine(reader, arrival);
      }
      const state = this.#state as WatchState;
      if (page.next === path) throw new GraphTransportError('EGRAPH', 'Graph gave a page of what came in that leads to itself');
      if (page.next !== undefined) {
        await this.#keep({ ...state, link: page.next });
        path = page.next;
      } else if (filtered && listed >= FILTERED_LIST) {
        // there may be more, which only a list without a filter has
        filtered = false;
        listed = 0;
        path = reader.begin(folder, undefined);
      } else {
        await this.#keep(completed(state, page.later as string, startedAt));
        return told;
      }
    }
  }

  /** A clock that is ahead would hide all that comes in until that time; asked once, where nothing is kept and the app named no time. */
  #beginsInFuture(answeredAt: number): boolean {
    const isFresh = this.#isFresh;
    this.#isFresh = false;
    return isFresh && (this.#state as WatchState).since > answeredAt + CLOCKS_DIFFER;
  }

  /** @returns how many bounces it told */
  async #examine(reader: MailboxReader, arrival: Arrival): Promise<number> {
    const { id } = arrival;
    if (!isPostmaster(arrival.from) && !saysReport(await reader.headers(id))) return 0;
    const report = await this.#read(reader, arrival);
    if (report) return await this.#tellAll(reader, arrival, report);
    this.#logger.debug({ tnx: 'bounces', id }, 'What looked like a delivery report is none');
    return 0;
  }

  /** Reads its source, or its text where Exchange makes no source of it. One that always fails does not hold up the others for ever. */
  async #read(reader: MailboxReader, { id, receivedAt }: Arrival): Promise<Report | undefined> {
    try {
      const source = await reader.source(id);
      return source ? readReport(source) : await readText(reader, id);
    } catch (error) {
      const tries = (this.#tries.get(id) ?? 0) + 1;
      this.#tries.set(id, tries);
      const isItsFault = isGraphTransportError(error) && error.code === 'EGRAPH' && (error.httpStatus ?? 0) >= 500;
      if (!isItsFault || tries < MOST_TRIES) throw error;
      const report = await readText(reader, id).catch(() => undefined);
      const what = `a message of ${receivedAt.toISOString()} cannot be read and is left out`;
      if (!report) this.#tell(new GraphTransportError('EGRAPH', what, { mailbox: this.#settings.mailbox, cause: error }));
      return report;
    } finally {
      // in memory only, and few
      if (this.#tries.size > 100) this.#tries.clear();
    }
  }

  /** Tells what a report says, recipient by recipient; of those that were told before, nothing. */
  async #tellAll(reader: MailboxReader, { id, receivedAt }: Arrival, { messageId, recipients }: Report): Promise<number> {
    const sent = messageId === undefined ? undefined : await this.#hasSent(reader, messageId);
    let state = this.#state as WatchState;
    let told = 0;
    try {
      for (const [index, one] of recipients.entries()) {
        const bounce = `${id}#${index}`;
        if (!isNew(state, bounce, receivedAt)) continue;
        const permanent = one.action === 'failed' && (one.status?.startsWith('5') ?? false);
        await this.#emitAndWait({ id: bounce, messageId, sent, ...one, permanent, receivedAt });
        state = withTold(state, bounce, receivedAt);
        told++;
      }
      state = withReport(state, id, receivedAt);
    } finally {
      // also what was told before a listener failed
      this.#state = state;
      await this.#keep(state);
    }
    return told;
  }

  async #hasSent(reader: MailboxReader, messageId: string): Promise<boolean | undefined> {
    try {
      return await reader.hasSent(messageId);
    } catch (error) {
      // whether the folder can be read is not what this is about
      if (isGraphTransportError(error) && [403, 404].includes(error.httpStatus ?? 0)) return undefined;
      throw error;
    }
  }

  /** As `emit()`, but waits for what listeners return. */
  async #emitAndWait(bounce: Bounce): Promise<void> {
    const listeners = this.rawListeners('bounce') as ((bounce: Bounce) => unknown)[];
    await Promise.all(listeners.map((listener) => new Promise((resolve) => resolve(listener.call(this, bounce)))));
  }

  async #load(): Promise<WatchState> {
    const { store, where, mailbox, folder, since } = this.#settings;
    try {
      const text = await store.load();
      if (text !== undefined && text !== null && text !== '') return readState(text, mailbox, folder);
      this.#isFresh = since === undefined;
      return beginState(mailbox, folder, since ?? new Date());
    } catch (error) {
      throw stateError(`what is kept in ${where} cannot be read`, error);
    }
  }

  /** What cannot be kept is not gone on from, either. */
  async #keep(state: WatchState): Promise<void> {
    const { store, where } = this.#settings;
    try {
      await store.save(writeState(state));
    } catch (error) {
      throw stateError(`${where} cannot be written`, error);
    }
    this.#state = state;
  }

  #tell(error: Error): void {
    this.#logger.warn({ tnx: 'bounces', err: error }, 'Looking for bounces failed: %s', error.message);
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }

  #toError(error: unknown): GraphTransportError {
    if (isGraphTransportError(error)) return error;
    const cause = safeCause(error, secretsOf(this.#settings.graph.signIn));
    return new GraphTransportError('EGRAPH', `a listener for bounces failed: ${cause.message}`, { cause });
  }
}

/** What a person reads, as Graph shows it. */
async function readText(reader: MailboxReader, id: string): Promise<Report | undefined> {
  const body = await reader.body(id);
  return body === undefined ? undefined : readReport(Buffer.from(body));
}

/**
 * Watches a mailbox for delivery reports and tells what they say, matched to what was sent. It looks every `interval` milliseconds (no
 * webhooks), begins when somebody listens for `bounce`, goes on after a restart where it was, and survives whatever fails in between.
 * Until `close()` it keeps the process alive.
 *
 * @param options those of `graphTransport()`, with `mailbox`, and `state`; the app needs Mail.Read for the mailbox
 * @throws {GraphTransportError} `ECONFIG` for a missing, wrong or contradictory option
 */
export function watchBounces(options: BounceWatcherOptions): BounceWatcher {
  return new BounceWatcher(options);
}
