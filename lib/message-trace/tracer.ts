import type { Cancellation } from '../base/cancellation.js';
import type { DeliverySettings, DeliveryContext } from '../delivery/delivery.js';
import { MailboxQueue } from '../delivery/mailbox-queue.js';
import { read } from '../delivery/read.js';
import { sleep } from '../delivery/sleep.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import { listOf, pathOfLink } from '../graph/paging.js';
import type { MessageTrace, TracedRecipient, TraceEvent } from './message-trace.js';
import { arrange, arrangeEvents, detailsPath, filterOf, readEntry, readEvent, windowsOf } from './trace-query.js';

const PATH = '/admin/exchange/tracing/messageTraces';
/** Entries of one page, the most Exchange gives. */
const PAGE = 5000;
/** A message to 1,000 recipients who are all groups fits many times. */
const MOST_PAGES = 50;

/** Exchange's limit for a tenant: 100 requests in 5 minutes (Get-MessageTraceV2). Other apps may use it up, which Graph then says. */
const RATE = { rateLimit: 100, rateDelta: 300_000, ratePer: 'transport' } as const;

/** One request at a time, and no more than Exchange allows. */
const createQueue = () =>
  new MailboxQueue({
    ...RATE,
    maxConnections: 1,
    onIdle: () => undefined,
    closed: 'the transport was closed while a message trace waited',
  });

/** What is asked for. */
export interface TraceRequest {
  messageId: string;
  since: Date;
  now: Date;
  details: boolean;
}

/** Asks for message traces. */
export class Tracer {
  readonly #queue = createQueue();
  /** Their limit is one of its own, as their page says. */
  readonly #detailsQueue = createQueue();

  constructor(private readonly context: Pick<DeliveryContext, 'graph' | 'tokens' | 'trace' | 'logger'> & { settings: DeliverySettings }) {}

  /**
   * What became of a message.
   *
   * @throws {GraphTransportError} `EAUTH` with a hint where the permission or Microsoft's service principal is missing
   */
  async trace({ messageId, since, now, details }: TraceRequest, signal: Cancellation): Promise<MessageTrace> {
    const found: TracedRecipient[] = [];
    for (const window of windowsOf(since, now)) {
      const filter = new URLSearchParams({ $filter: filterOf(messageId, window), $top: String(PAGE) });
      // %20: a "+" for a space is not for everybody who reads a URL
      const path = `${PATH}?${filter.toString().replaceAll('+', '%20').replaceAll('%24', '$')}`;
      for (const entry of await this.#list(this.#queue, path, messageId, signal)) {
        const recipient = readEntry(entry, messageId);
        if (recipient) found.push(recipient);
      }
    }
    const recipients = arrange(found);
    // one after the other, each as soon as the limit allows
    if (details) for (const one of recipients) one.events = await this.#events(one, messageId, signal);
    return { messageId, since, recipients };
  }

  async #events(recipient: TracedRecipient, messageId: string, signal: Cancellation): Promise<TraceEvent[]> {
    const path = detailsPath(recipient);
    if (path === undefined) return [];
    try {
      const entries = await this.#list(this.#detailsQueue, PATH + path, messageId, signal);
      return arrangeEvents(entries.flatMap((entry) => readEvent(entry) ?? []));
    } catch (error) {
      // nothing is known of it any more, or not yet
      if (error instanceof GraphTransportError && error.httpStatus === 404) return [];
      throw error;
    }
  }

  /** The entries of all pages. */
  async #list(queue: MailboxQueue, first: string, messageId: string, signal: Cancellation): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = [];
    let path: string | undefined = first;
    for (let page = 0; path !== undefined; page++) {
      if (page >= MOST_PAGES)
        throw new GraphTransportError('EGRAPH', `the trace of ${messageId} has more than ${MOST_PAGES * PAGE} entries`);
      const body = await this.#get(queue, path, signal);
      const entries = listOf(body);
      if (!entries) throw new GraphTransportError('EGRAPH', 'Graph answered the message trace with what is no list');
      // not spread: a page may have thousands
      for (const entry of entries) found.push(entry);
      path = pathOfLink((body as Record<string, unknown>)['@odata.nextLink'], this.context.settings.hosts.graphEndpoint);
    }
    return found;
  }

  /** Fails what waits. */
  close(): void {
    this.#queue.close();
    this.#detailsQueue.close();
  }

  #get(queue: MailboxQueue, path: string, signal: Cancellation): Promise<unknown> {
    return queue.run('', signal, async (turn) => {
      const context = { ...this.context, signal, turn, sleep, mailbox: undefined, messageId: '', hooks: {}, attempts: 0 };
      const { body } = await read(context, { method: 'GET', path }, { what: 'trace the message', operation: 'trace' });
      return body;
    });
  }
}
