import { abortError } from '../errors/from-graph.js';
import { GraphTransportError, isGraphTransportError } from '../errors/graph-transport-error.js';
import type { GraphAnswer, GraphOutcome } from '../graph/client.js';
import { addAttachment } from './attachments.js';
import { mailboxPath, type Delivery } from './delivery.js';
import type { Payload } from '../plan/payload.js';
import { failure, requestGraph } from './request.js';

/** Ids that stay the same when the message moves to Sent Items; has to be on every request. */
export const IMMUTABLE_IDS = { Prefer: 'IdType="ImmutableId"' };

/** Milliseconds for looking at a draft or deleting it, also when the message itself was aborted. */
const TIDY_TIMEOUT = 30_000;

/** A draft in the mailbox. */
export interface Draft {
  id: string;
  /** Its path below `{graphEndpoint}/v1.0`. */
  path: string;
}

/**
 * Sends by way of a draft: makes it, adds the large attachments, sends it. A draft that is not sent is deleted.
 *
 * @returns the request-id of the last step
 */
export async function sendDraft(delivery: Delivery, payload: Payload): Promise<string | undefined> {
  const draft = await createDraft(delivery, payload);
  claimed.add(draft.id);
  try {
    for (const upload of payload.uploads) await addAttachment(delivery, draft, payload, upload);
    return await send(delivery, draft);
  } catch (error) {
    // what may have been sent is not deleted: with an immutable id that would delete the sent copy
    if (isGraphTransportError(error) && error.ambiguous) throw error;
    throw await discard(delivery, draft, error);
  } finally {
    claimed.delete(draft.id);
  }
}

/** Drafts of messages on their way: another message with the same Message-ID must not take them for its own. */
const claimed = new Set<string>();

async function createDraft(delivery: Delivery, payload: Payload): Promise<Draft> {
  const { contentType, body, uploads } = payload;
  const what = `create a draft${uploads.length > 0 ? ' (the message is too large for one request)' : ''}`;
  const path = `${mailboxPath(delivery.mailbox)}/messages`;
  for (let attempt = 0; ; attempt++) {
    const result = await requestGraph(
      delivery,
      { method: 'POST', path, headers: IMMUTABLE_IDS, contentType, body },
      { what, expected: 201, needsBody: true },
    );
    if (result.state === 'failed') {
      throw lacksReadWrite(result.error)
        ? failure(delivery, result.outcome, what, { hint: readWriteHint(delivery, payload) })
        : result.error;
    }
    const id = result.state === 'done' ? idOf(result.answer) : undefined;
    if (id !== undefined) return draftAt(delivery, id);
    // nothing is sent yet, so another draft would do; but this one may exist and must not be left behind
    const drafts = await find(delivery, '/mailFolders/drafts');
    const found = drafts?.find(({ id: candidate, isDraft }) => isDraft === true && !claimed.has(candidate));
    if (found) return draftAt(delivery, found.id);
    if (result.state === 'unknown' && result.aborted)
      throw abortError(delivery.signal.reason, { ambiguous: false, mailbox: delivery.mailbox });
    if (!drafts || attempt >= delivery.settings.retries || result.state === 'done') {
      const error = failure(delivery, result.state === 'done' ? result.answer : result.outcome, what);
      throw drafts ? error : withNote(error, `A draft may be left in Drafts of ${delivery.mailbox} (Message-ID ${delivery.messageId}).`);
    }
  }
}

async function send(delivery: Delivery, draft: Draft): Promise<string | undefined> {
  const what = 'send the draft';
  for (let attempt = 0; ; attempt++) {
    const result = await requestGraph(
      delivery,
      { method: 'POST', path: `${draft.path}/send`, headers: IMMUTABLE_IDS },
      { what, expected: 202 },
    );
    if (result.state === 'done') return result.answer.requestId;
    if (result.state === 'failed' && !maySettle(result.outcome)) throw result.error;
    const aborted = result.state === 'unknown' && result.aborted;
    const state = await lookAt(delivery, draft);
    if (state === 'sent') return result.outcome.kind === 'answer' ? result.outcome.requestId : undefined;
    if (state === 'draft' && aborted) throw abortError(delivery.signal.reason, { ambiguous: false, mailbox: delivery.mailbox });
    if (state === 'unknown' || attempt >= delivery.settings.retries) {
      const ambiguous = state === 'unknown' && (result.state === 'unknown' || attempt > 0);
      if (aborted)
        throw abortError(delivery.signal.reason, { ambiguous, draft: true, mailbox: delivery.mailbox, messageId: delivery.messageId });
      throw failure(delivery, result.outcome, what, { ambiguous, draft: true });
    }
    await delivery.sleep(pauseBefore(attempt, delivery), delivery.signal).catch(() => {
      throw abortError(delivery.signal.reason, { ambiguous: false, mailbox: delivery.mailbox });
    });
  }
}

/** 0.5 s, then doubling: Exchange takes a moment to move a message. */
function pauseBefore(attempt: number, { settings }: Delivery): number {
  return Math.min(500 * 2 ** attempt, settings.maxRetryDelay);
}

/** 404: a draft that was just made, or one that has been sent. 409 and 412: it is still being written. */
function maySettle(outcome: GraphOutcome): boolean {
  return outcome.kind === 'answer' && [404, 409, 412].includes(outcome.status);
}

/** What became of a draft whose sending got no clear answer. Looks a few times: Exchange takes a moment. */
async function lookAt(delivery: Delivery, draft: Draft): Promise<'sent' | 'draft' | 'unknown'> {
  let state: 'sent' | 'draft' | 'unknown' = 'unknown';
  for (let attempt = 0; attempt < 3; attempt++) {
    if (attempt > 0) await quietly(delivery, (quiet) => delivery.sleep(pauseBefore(attempt, delivery), quiet.signal));
    const answer = await quietly(delivery, (quiet) => get(quiet, draft.path, { $select: 'id,isDraft' }));
    if (answer?.status === 200) state = stateOf(answer.body);
    else if (answer?.status === 404) state = (await isListedAsSent(delivery, draft)) ? 'sent' : 'unknown';
    if (state === 'sent') return state;
  }
  return state;
}

/** Other messages may have the same Message-ID, but not the same immutable id. */
async function isListedAsSent(delivery: Delivery, draft: Draft): Promise<boolean> {
  const listed = await find(delivery, '');
  return listed?.some(({ id, isDraft }) => id === draft.id && isDraft === false) ?? false;
}

/** The messages of a folder, or of the mailbox, with this Message-ID; `undefined` if Graph cannot be asked. */
async function find(delivery: Delivery, folder: string): Promise<{ id: string; isDraft: unknown }[] | undefined> {
  const query = {
    $filter: `internetMessageId eq '${delivery.messageId.replaceAll("'", "''")}'`,
    $select: 'id,isDraft',
    $top: '100',
  };
  const answer = await quietly(delivery, (quiet) => get(quiet, `${mailboxPath(delivery.mailbox)}${folder}/messages`, query));
  const value = answer?.status === 200 ? (answer.body as { value?: unknown } | undefined)?.value : undefined;
  return Array.isArray(value) ? (value as { id: string; isDraft: unknown }[]).filter(({ id }) => typeof id === 'string') : undefined;
}

/** Looking changes nothing, so it is repeated whatever the answer was. */
async function get(delivery: Delivery, path: string, query: Record<string, string>): Promise<GraphAnswer | undefined> {
  for (let attempt = 0; ; attempt++) {
    const result = await requestGraph(
      delivery,
      { method: 'GET', path, query, headers: IMMUTABLE_IDS },
      { what: 'look at the draft', expected: 200, needsBody: true },
    );
    if (result.state === 'done') return result.answer;
    if (result.state === 'failed' || attempt >= delivery.settings.retries) {
      return result.outcome.kind === 'answer' ? result.outcome : undefined;
    }
    await delivery.sleep(pauseBefore(attempt, delivery), delivery.signal);
  }
}

/** Deletes a draft that will not be sent. Returns the error to throw, which names the draft if it could not be deleted. */
async function discard(delivery: Delivery, draft: Draft, error: unknown): Promise<unknown> {
  const deleted = await quietly(delivery, (quiet) => remove(quiet, draft));
  if (deleted || !isGraphTransportError(error)) return error;
  return withNote(
    error,
    `A draft of the message is left in Drafts of ${delivery.mailbox} (Message-ID ${delivery.messageId}, id ${draft.id}) and could not be deleted.`,
  );
}

function withNote(error: GraphTransportError, note: string): GraphTransportError {
  return new GraphTransportError(error.code, `${error.message.replace(/[.]?$/, '.')} ${note}`, { ...error, cause: error });
}

/** Can be repeated whatever the answer was. */
async function remove(delivery: Delivery, draft: Draft): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    const result = await requestGraph(
      delivery,
      { method: 'DELETE', path: draft.path, headers: IMMUTABLE_IDS },
      // a chunk that was cut off may still be on its way
      { what: 'delete the draft', expected: 204, settling: 'conflicts' },
    );
    if (result.state === 'done' || (result.outcome.kind === 'answer' && result.outcome.status === 404)) return true;
    if (result.state === 'failed' || attempt >= delivery.settings.retries) return false;
    await delivery.sleep(pauseBefore(attempt, delivery), delivery.signal);
  }
}

/** Tidying up goes on when the message is aborted, for a while, and its own failures are not the message's. */
async function quietly<T>(delivery: Delivery, task: (quiet: Delivery) => Promise<T>): Promise<T | undefined> {
  const signal = AbortSignal.timeout(Math.min(TIDY_TIMEOUT, delivery.settings.requestTimeout));
  const quiet: Delivery = { ...delivery, signal };
  try {
    return await task(quiet);
  } catch {
    return undefined;
  } finally {
    delivery.attempts = quiet.attempts;
  }
}

function stateOf(body: unknown): 'sent' | 'draft' | 'unknown' {
  const { isDraft } = (body ?? {}) as { isDraft?: unknown };
  return isDraft === false ? 'sent' : isDraft === true ? 'draft' : 'unknown';
}

function idOf({ body }: GraphAnswer): string | undefined {
  const { id } = (body ?? {}) as { id?: unknown };
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function draftAt({ mailbox }: Delivery, id: string): Draft {
  return { id, path: `${mailboxPath(mailbox)}/messages/${encodeURIComponent(id)}` };
}

/** 403 on this route nearly always means one thing, unless Graph names another. */
function lacksReadWrite({ httpStatus, graphCode, message }: GraphTransportError): boolean {
  return (
    httpStatus === 403 && (graphCode === undefined || /AccessDenied$|RequestDenied$/.test(graphCode)) && !/OData is disabled/.test(message)
  );
}

function readWriteHint({ messageId }: Delivery, { uploads }: Payload): string {
  const names = uploads.slice(0, 3).map(({ description }) => `"${description.name}"`);
  const why = names.length === 0 ? '' : ` because ${names.join(', ')}${uploads.length > 3 ? ' …' : ''} would not fit into one request`;
  return `The message ${messageId} goes by way of a draft${why}, and that needs the application permission Mail.ReadWrite besides Mail.Send: add it, grant admin consent, and wait 30 minutes to 2 hours.`;
}
