import type { Cancellation } from '../base/cancellation.js';
import type { DeliveryContext, DeliverySettings, RequestContext } from '../delivery/delivery.js';
import { IMMUTABLE_IDS } from '../delivery/draft.js';
import type { Turn } from '../delivery/turn.js';
import { read } from '../delivery/read.js';
import { failure, requestGraph } from '../delivery/request.js';
import { sleep } from '../delivery/sleep.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import { mailboxPath } from '../graph/mailbox-path.js';
import { listOf, pathOfLink } from '../graph/paging.js';
import { MAX_REPORT } from './read-report.js';

/** A page of what came in. */
export interface ArrivalPage {
  entries: Record<string, unknown>[];
  /** Where to go on now … */
  next: string | undefined;
  /** … or later, when there is no more. */
  later: string | undefined;
  /** When Graph answered, by its own clock, ms since the epoch; `NaN` if it did not say. */
  answeredAt: number;
}

/** Messages of a page. */
const PAGE = 100;
const PREFER = { Prefer: `${IMMUTABLE_IDS.Prefer}, odata.maxpagesize=${PAGE}` };

/** Reads a mailbox; every request is repeated as long as that may help. */
export class MailboxReader {
  readonly #context: RequestContext;
  readonly #path: string;

  constructor(
    connection: Pick<DeliveryContext, 'graph' | 'tokens' | 'trace' | 'logger'> & { settings: DeliverySettings },
    private readonly mailbox: string,
    turn: Turn,
    signal: Cancellation,
  ) {
    this.#context = { ...connection, signal, turn, sleep, mailbox, messageId: '', hooks: {}, attempts: 0 };
    this.#path = mailboxPath(mailbox);
  }

  /**
   * Where listing begins. Without `since` it lists all there is: with a filter Graph gives 5,000 messages at most.
   * https://learn.microsoft.com/graph/api/message-delta
   */
  begin(folder: string, since: Date | undefined): string {
    const query: Record<string, string> = { $select: 'id,receivedDateTime,from', changeType: 'created' };
    if (since)
      query['$filter'] = `receivedDateTime ge ${new Date(Math.floor(since.getTime() / 1000) * 1000).toISOString().replace('.000Z', 'Z')}`;
    const text = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${this.#path}/mailFolders/${encodeURIComponent(folder)}/messages/delta?${text.join('&')}`;
  }

  /** What came in since that place. */
  async arrivals(path: string): Promise<ArrivalPage> {
    const question = { what: 'list what came in', operation: 'read' } as const;
    const { body, headers } = await read(this.#context, { method: 'GET', path, headers: PREFER }, question);
    const entries = listOf(body);
    const { graphEndpoint } = this.#context.settings.hosts;
    const links = (body ?? {}) as Record<string, unknown>;
    const next = pathOfLink(links['@odata.nextLink'], graphEndpoint);
    const later = pathOfLink(links['@odata.deltaLink'], graphEndpoint);
    if (!entries || (next === undefined && later === undefined)) {
      throw new GraphTransportError('EGRAPH', `Graph answered with no list of what came in for ${this.mailbox}`, { mailbox: this.mailbox });
    }
    return { entries, next, later, answeredAt: Date.parse(headers['date'] ?? '') };
  }

  /** The headers of a message; `undefined` if it is gone. */
  async headers(id: string): Promise<unknown> {
    const message = await this.#message(id, 'internetMessageHeaders');
    return message && (message['internetMessageHeaders'] ?? []);
  }

  /** The beginning of its source; `undefined` if it is gone, or Exchange does not make one of it. */
  async source(id: string): Promise<Buffer | undefined> {
    const what = 'read the report';
    const request = { method: 'GET', path: `${this.#at(id)}/$value`, headers: IMMUTABLE_IDS, raw: true } as const;
    const result = await requestGraph(this.#context, request, { what, expected: 200, operation: 'read' });
    if (result.state === 'done') {
      const { body, complete } = result.answer;
      const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
      // a large one need not be read to its end
      if (complete || bytes.length >= MAX_REPORT) return bytes;
    }
    const outcome = result.state === 'done' ? result.answer : result.outcome;
    const status = outcome.kind === 'answer' ? outcome.status : 0;
    const isRefused = status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
    if (isRefused) return undefined;
    throw result.state === 'failed' ? result.error : failure(this.#context, outcome, what, { operation: 'read' });
  }

  /** What a person reads of it, as Graph shows it; `undefined` if it is gone. */
  async body(id: string): Promise<string | undefined> {
    const message = await this.#message(id, 'body');
    const { content, contentType } = (message?.['body'] ?? {}) as { content?: unknown; contentType?: unknown };
    if (typeof content !== 'string') return undefined;
    return `Content-Type: text/${contentType === 'html' ? 'html' : 'plain'}; charset=utf-8\r\n\r\n${content}`;
  }

  /** Whether a message with this Message-ID is in Sent Items. */
  async hasSent(messageId: string): Promise<boolean> {
    const query = { $filter: `internetMessageId eq '${messageId.replaceAll("'", "''")}'`, $select: 'id', $top: '1' };
    const path = `${this.#path}/mailFolders/sentitems/messages`;
    const { body } = await read(this.#context, { method: 'GET', path, query }, { what: 'look for the message', operation: 'read' });
    return (listOf(body)?.length ?? 0) > 0;
  }

  async #message(id: string, property: string): Promise<Record<string, unknown> | undefined> {
    const request = { method: 'GET', path: this.#at(id), query: { $select: property }, headers: IMMUTABLE_IDS } as const;
    try {
      const { body } = await read(this.#context, request, { what: 'read a message', operation: 'read' });
      return (body ?? {}) as Record<string, unknown>;
    } catch (error) {
      if (error instanceof GraphTransportError && error.httpStatus === 404) return undefined;
      throw error;
    }
  }

  #at(id: string): string {
    return `${this.#path}/messages/${encodeURIComponent(id)}`;
  }
}
