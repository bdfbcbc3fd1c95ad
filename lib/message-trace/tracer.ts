import type { Cancellation } from '../base/cancellation.js';
import type { DeliverySettings, DeliveryContext } from '../delivery/delivery.js';
import { MailboxQueue } from '../delivery/mailbox-queue.js';
import { read } from '../delivery/read.js';
import { sleep } from '../delivery/sleep.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import { listOf, pathOfLink } from '../graph/paging.js';
import type { MessageTrace, TracedRecipient } from './message-trace.js';
import { arrange, filterOf, readEntry, windowsOf } from './trace-query.js';

const PATH = '/admin/exchange/tracing/messageTraces';
/** Entries of one page, the most Exchange gives. */
const PAGE = 5000;
/** A message to 1,000 recipients who are all groups fits many times. */
const MOST_PAGES = 50;

/** Exchange's limit for a tenant: 100 requests in 5 minutes (Get-MessageTraceV2). Other apps may use it up, which Graph then says. */
const RATE = { rateLimit: 100, rateDelta: 300_000, ratePer: 'transport' } as const;

/** Asks for message traces, one request at a time and no more than Exchange allows. */
export class Tracer {
  readonly #queue = new MailboxQueue({
    ...RATE,
    maxConnections: 1,
    onIdle: () => undefined,
    closed: 'the transport was closed while a message trace waited',
  });

  constructor(private readonly context: Pick<DeliveryContext, 'graph' | 'tokens' | 'trace' | 'logger'> & { settings: DeliverySettings }) {}

  /**
   * What became of a message.
   *
   * @throws {GraphTransportError} `EAUTH` with a hint where the permission or Microsoft's service principal is missing
   */
  async trace(messageId: string, since: Date, now: Date, signal: Cancellation): Promise<MessageTrace> {
    const recipients: TracedRecipient[] = [];
    for (const window of windowsOf(since, now)) {
      const filter = new URLSearchParams({ $filter: filterOf(messageId, window), $top: String(PAGE) });
      // %20: a "+" for a space is not for everybody who reads a URL
      let path: string | undefined = `${PATH}?${filter.toString().replaceAll('+', '%20').replaceAll('%24', '$')}`;
      for (let page = 0; path !== undefined; page++) {
        if (page >= MOST_PAGES)
          throw new GraphTransportError('EGRAPH', `the trace of ${messageId} has more than ${MOST_PAGES * PAGE} entries`);
        const body = await this.#get(path, signal);
        const entries = listOf(body);
        if (!entries) throw new GraphTransportError('EGRAPH', 'Graph answered the message trace with what is no list');
        for (const entry of entries) {
          const recipient = readEntry(entry, messageId);
          if (recipient) recipients.push(recipient);
        }
        path = pathOfLink((body as Record<string, unknown>)['@odata.nextLink'], this.context.settings.hosts.graphEndpoint);
      }
    }
    return { messageId, since, recipients: arrange(recipients) };
  }

  /** Fails what waits. */
  close(): void {
    this.#queue.close();
  }

  #get(path: string, signal: Cancellation): Promise<unknown> {
    return this.#queue.run('', signal, async (turn) => {
      const context = { ...this.context, signal, turn, sleep, mailbox: undefined, messageId: '', hooks: {}, attempts: 0 };
      const { body } = await read(context, { method: 'GET', path }, { what: 'trace the message', operation: 'trace' });
      return body;
    });
  }
}
