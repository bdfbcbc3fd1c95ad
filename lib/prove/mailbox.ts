import { parseRetryAfter } from '../base/retry-after.js';
import type { Cancellation } from '../base/cancellation.js';
import { IMMUTABLE_IDS } from '../delivery/draft.js';
import { sleep } from '../delivery/sleep.js';
import { graphError } from '../errors/from-graph.js';
import type { GraphAnswer, GraphOutcome, GraphRequest } from '../graph/client.js';
import type { GraphConnection } from '../graph/connection.js';
import { mailboxPath } from '../graph/mailbox-path.js';

/** A message as it is listed. */
export interface Listed {
  id: string;
  subject: string;
}

const MOST_TRIES = 5;
const LONGEST_PAUSE = 60_000;

export interface MailboxOptions {
  connection: Pick<GraphConnection, 'graph' | 'tokens' | 'http'>;
  mailbox: string;
  graphEndpoint: string;
}

/** What is read from a mailbox, and deleted there. What only looks or deletes is repeated until it is answered. */
export class Mailbox {
  readonly #path: string;

  constructor(private readonly options: MailboxOptions) {
    this.#path = mailboxPath(options.mailbox);
  }

  /** One request as it is, without a repeat. */
  request(request: Omit<GraphRequest, 'path'> & { path: string }, signal: Cancellation): Promise<GraphOutcome> {
    return this.options.connection.graph.request({ ...request, path: `${this.#path}${request.path}` }, { signal });
  }

  /** Messages with something in their subject, at most 100. @throws {GraphTransportError} */
  async list(folder: 'inbox' | 'all', marker: string, signal: Cancellation): Promise<Listed[]> {
    const path = folder === 'inbox' ? '/mailFolders/inbox/messages' : '/messages';
    const query = { $filter: `contains(subject,'${marker.replaceAll("'", "''")}')`, $select: 'id,subject', $top: '100' };
    const { body } = await this.#ask({ method: 'GET', path, query, headers: IMMUTABLE_IDS }, [200], 'read the mailbox', signal);
    const { value } = (body ?? {}) as { value?: unknown };
    return (Array.isArray(value) ? (value as Listed[]) : []).filter(
      ({ id, subject }) => typeof id === 'string' && typeof subject === 'string',
    );
  }

  /** The MIME source of a message; `undefined` if it is gone. @throws {GraphTransportError} */
  async source(id: string, signal: Cancellation): Promise<Buffer | undefined> {
    const request = { method: 'GET', path: `${messagePath(id)}/$value`, headers: IMMUTABLE_IDS, raw: true } as const;
    const { status, body } = await this.#ask(request, [200, 404], 'read a message', signal);
    return status === 200 && Buffer.isBuffer(body) ? body : undefined;
  }

  /** Whether an immutable id finds a message that is no draft. @throws {GraphTransportError} */
  async isSent(id: string, signal: Cancellation): Promise<boolean> {
    const request = { method: 'GET', path: messagePath(id), query: { $select: 'isDraft' }, headers: IMMUTABLE_IDS } as const;
    const { status, body } = await this.#ask(request, [200, 404], 'look at a message', signal);
    return status === 200 && (body as { isDraft?: unknown } | undefined)?.isDraft === false;
  }

  /** Deletes a message, into Deleted Items or from there. @throws {GraphTransportError} */
  async remove(id: string, signal: Cancellation): Promise<void> {
    await this.#ask({ method: 'DELETE', path: messagePath(id), headers: IMMUTABLE_IDS }, [204, 404], 'delete a message', signal);
  }

  async #ask(
    request: Omit<GraphRequest, 'path'> & { path: string },
    expected: number[],
    what: string,
    signal: Cancellation,
  ): Promise<GraphAnswer> {
    const { connection, mailbox, graphEndpoint } = this.options;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.request(request, signal);
      signal.throwIfAborted();
      if (outcome.kind === 'answer' && outcome.complete && expected.includes(outcome.status)) return outcome;
      if (outcome.kind === 'answer' && outcome.status === 401)
        connection.tokens.discard(outcome.token, outcome.headers['www-authenticate']);
      const pause = pauseAfter(outcome, attempt);
      if (pause === undefined) throw graphError(outcome, { what, mailbox, messageId: '', graphEndpoint });
      await sleep(pause, signal);
    }
  }
}

export const messagePath = (id: string): string => `/messages/${encodeURIComponent(id)}`;

/** Milliseconds until the next try; `undefined` for none. */
function pauseAfter(outcome: GraphOutcome, attempt: number): number | undefined {
  if (attempt >= MOST_TRIES) return undefined;
  const backoff = 500 * 2 ** (attempt - 1);
  if (outcome.kind === 'failure' || !outcome.complete) return backoff;
  if (outcome.status === 401) return attempt === 1 ? 0 : undefined;
  if (outcome.status !== 429 && outcome.status !== 409 && outcome.status !== 412 && outcome.status < 500) return undefined;
  return Math.min(parseRetryAfter(outcome.headers['retry-after'], Date.now()) ?? backoff, LONGEST_PAUSE);
}
