import type { Cancellation } from '../base/cancellation.js';
import type { RequestContext } from '../delivery/delivery.js';
import { IMMUTABLE_IDS } from '../delivery/draft.js';
import { oneAtATime } from '../delivery/mailbox-queue.js';
import { ask, read, type Question } from '../delivery/read.js';
import { failure, requestGraph, type RequestResult } from '../delivery/request.js';
import { sleep } from '../delivery/sleep.js';
import { isGraphTransportError } from '../errors/graph-transport-error.js';
import type { GraphAnswer, GraphOutcome, GraphRequest } from '../graph/client.js';
import type { GraphConnection } from '../graph/connection.js';
import { mailboxPath } from '../graph/mailbox-path.js';
import { listOf, pathOfLink } from '../graph/paging.js';
import type { Settings } from '../options.js';
import { readListed, type Listed } from './listed.js';

export interface MailboxOptions {
  connection: GraphConnection;
  settings: Settings;
  mailbox: string;
}

/** A request with its path below the mailbox. */
type MailboxRequest = Omit<GraphRequest, 'path'> & { path: string };

/** What is only looked at or deleted can be asked again: what is left behind would be worse. */
const LEAST_RETRIES = 4;
const PAGE = 100;
const MOST_PAGES = 50;
const SELECTED = 'id,subject,from,internetMessageId,isDraft,internetMessageHeaders';

/** What is read from a mailbox, and deleted there. */
export class Mailbox {
  readonly #path: string;
  readonly #settings: Settings;
  readonly #queue = oneAtATime('prove has ended');
  /** Whether this cloud deletes for good. */
  #purges = true;

  constructor(private readonly options: MailboxOptions) {
    this.#path = mailboxPath(options.mailbox);
    this.#settings = { ...options.settings, retries: Math.max(options.settings.retries, LEAST_RETRIES) };
  }

  get connection(): GraphConnection {
    return this.options.connection;
  }

  /** One request as it is, without a repeat. */
  request(request: MailboxRequest, signal: Cancellation): Promise<GraphOutcome> {
    return this.options.connection.graph.request({ ...request, path: this.#path + request.path }, { signal });
  }

  /** The same, repeated until it is answered: of what can be done twice. */
  ask(request: MailboxRequest, question: Question, signal: Cancellation): Promise<RequestResult> {
    return this.#run(signal, (context) => ask(context, { ...request, path: this.#path + request.path }, question));
  }

  /** Messages with something in their subject. @throws {GraphTransportError} */
  async list(folder: 'all' | 'sentitems', marker: string, signal: Cancellation): Promise<Listed[]> {
    const path = folder === 'all' ? '/messages' : `/mailFolders/${folder}/messages`;
    const query = { $filter: `contains(subject,'${marker.replaceAll("'", "''")}')`, $select: SELECTED, $top: String(PAGE) };
    const found: Listed[] = [];
    let request: GraphRequest = { method: 'GET', path: this.#path + path, query, headers: IMMUTABLE_IDS };
    for (let page = 0; page < MOST_PAGES; page++) {
      const { body } = await this.#read(request, { what: 'read the mailbox', operation: 'read' }, signal);
      found.push(...(listOf(body) ?? []).flatMap((entry) => readListed(entry) ?? []));
      const next = pathOfLink((body as Record<string, unknown> | undefined)?.['@odata.nextLink'], this.#settings.hosts.graphEndpoint);
      if (next === undefined) break;
      request = { method: 'GET', path: next, headers: IMMUTABLE_IDS };
    }
    return found;
  }

  /** The MIME source of a message; `undefined` if it is gone. @throws {GraphTransportError} */
  async source(id: string, signal: Cancellation): Promise<Buffer | undefined> {
    const answer = await this.#find({ path: `${messagePath(id)}/$value`, raw: true }, 'read a message', signal);
    return Buffer.isBuffer(answer?.body) ? answer.body : undefined;
  }

  /** Whether an immutable id finds a message that is no draft. @throws {GraphTransportError} */
  async isSent(id: string, signal: Cancellation): Promise<boolean> {
    const answer = await this.#find({ path: messagePath(id), query: { $select: 'isDraft' } }, 'look at a message', signal);
    return (answer?.body as { isDraft?: unknown } | undefined)?.isDraft === false;
  }

  /** Makes an empty draft. @returns its id @throws {GraphTransportError} */
  async createDraft(subject: string, signal: Cancellation): Promise<string> {
    const what = 'make a draft';
    const body = JSON.stringify({ subject });
    const request = {
      method: 'POST',
      path: `${this.#path}/messages`,
      headers: IMMUTABLE_IDS,
      contentType: 'application/json',
      body,
    } as const;
    return this.#run(signal, async (context) => {
      const result = await requestGraph(context, request, { what, expected: 201, needsBody: true });
      const id = result.state === 'done' ? (result.answer.body as { id?: unknown } | undefined)?.id : undefined;
      if (typeof id === 'string') return id;
      throw result.state === 'failed' ? result.error : failure(context, result.state === 'done' ? result.answer : result.outcome, what);
    });
  }

  /**
   * Deletes a message for good; in clouds without that into Deleted Items, or from there.
   * https://learn.microsoft.com/graph/api/message-permanentdelete
   *
   * @throws {GraphTransportError}
   */
  async remove(id: string, signal: Cancellation): Promise<void> {
    const question: Question = { what: 'delete a message', expected: 204, settling: 'conflicts' };
    if (this.#purges) {
      const path = `${messagePath(id)}/permanentDelete`;
      const result = await this.ask({ method: 'POST', path, headers: IMMUTABLE_IDS }, question, signal);
      if (result.state === 'done') return;
      const status = result.outcome.kind === 'answer' ? result.outcome.status : 0;
      if ([400, 405, 501].includes(status)) this.#purges = false;
      // 404: gone, or nothing this cloud knows; deleting it tells
      else if (status !== 404) throw result.state === 'failed' ? result.error : this.#failure(result.outcome, question.what);
    }
    const result = await this.ask({ method: 'DELETE', path: messagePath(id), headers: IMMUTABLE_IDS }, question, signal);
    if (result.state === 'done' || (result.outcome.kind === 'answer' && result.outcome.status === 404)) return;
    throw result.state === 'failed' ? result.error : this.#failure(result.outcome, question.what);
  }

  close(): void {
    this.#queue.close();
  }

  async #find(request: Pick<GraphRequest, 'path' | 'query' | 'raw'>, what: string, signal: Cancellation): Promise<GraphAnswer | undefined> {
    try {
      const given = { ...request, method: 'GET', path: this.#path + request.path, headers: IMMUTABLE_IDS } as const;
      return await this.#read(given, { what, operation: 'read' }, signal);
    } catch (error) {
      if (isGraphTransportError(error) && error.httpStatus === 404) return undefined;
      throw error;
    }
  }

  #read(request: GraphRequest, question: Question, signal: Cancellation): Promise<GraphAnswer> {
    return this.#run(signal, (context) => read(context, request, question));
  }

  #run<T>(signal: Cancellation, task: (context: RequestContext) => Promise<T>): Promise<T> {
    const { connection, mailbox } = this.options;
    return this.#queue.run(mailbox, signal, (turn) =>
      task({
        ...connection,
        settings: this.#settings,
        logger: { debug: () => undefined },
        signal,
        turn,
        sleep,
        mailbox,
        messageId: '',
        hooks: {},
        attempts: 0,
      }),
    );
  }

  #failure(outcome: GraphOutcome, what: string) {
    return failure({ mailbox: this.options.mailbox, messageId: '', settings: this.#settings }, outcome, what);
  }
}

export const messagePath = (id: string): string => `/messages/${encodeURIComponent(id)}`;
