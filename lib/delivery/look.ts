import type { GraphAnswer } from '../graph/client.js';
import { mailboxPath } from '../graph/mailbox-path.js';
import type { Delivery } from './delivery.js';
import { IMMUTABLE_IDS, type Draft } from './draft.js';
import { ask, pauseBefore } from './read.js';

/** Milliseconds for looking at a draft or deleting it, also when the message itself was aborted. */
const TIDY_TIMEOUT = 30_000;

/** `missing`: neither the draft nor a sent copy is to be seen; `unknown`: it cannot be looked at. */
export type DraftState = 'sent' | 'draft' | 'missing' | 'unknown';

/** A message as a look-up lists it. */
export interface ListedMessage {
  readonly id: string;
  readonly isDraft: unknown;
}

/** What became of a draft whose sending got no clear answer. Looks a few times: Exchange takes a moment. */
export async function lookAtDraft(delivery: Delivery, draft: Draft): Promise<DraftState> {
  let state: DraftState = 'unknown';
  for (let attempt = 0; attempt < 3; attempt++) {
    if (attempt > 0) await quietly(delivery, (quiet) => delivery.sleep(pauseBefore(attempt, delivery), quiet.signal));
    const answer = await quietly(delivery, (quiet) => get(quiet, draft.path, { $select: 'id,isDraft' }));
    if (answer?.status === 200) state = stateOf(answer.body);
    else if (answer?.status === 404) state = await stateByMessageId(delivery, draft);
    if (state === 'sent') return state;
  }
  return state;
}

/** Other messages may have the same Message-ID, but not the same immutable id. */
async function stateByMessageId(delivery: Delivery, draft: Draft): Promise<DraftState> {
  const listed = await findMessages(delivery);
  if (!listed) return 'unknown';
  return listed.some(({ id, isDraft }) => id === draft.id && isDraft === false) ? 'sent' : 'missing';
}

/** The messages of a folder, or of the mailbox, with this Message-ID; `undefined` if Graph cannot be asked. */
export async function findMessages(delivery: Delivery, folder: '' | '/mailFolders/drafts' = ''): Promise<ListedMessage[] | undefined> {
  const query = {
    $filter: `internetMessageId eq '${delivery.messageId.replaceAll("'", "''")}'`,
    $select: 'id,isDraft',
    $top: '100',
  };
  const answer = await quietly(delivery, (quiet) => get(quiet, `${mailboxPath(delivery.mailbox)}${folder}/messages`, query));
  const value = answer?.status === 200 ? (answer.body as { value?: unknown } | undefined)?.value : undefined;
  return Array.isArray(value)
    ? (value as (ListedMessage | null)[]).filter((one): one is ListedMessage => typeof one?.id === 'string')
    : undefined;
}

async function get(delivery: Delivery, path: string, query: Record<string, string>): Promise<GraphAnswer | undefined> {
  const result = await ask(delivery, { method: 'GET', path, query, headers: IMMUTABLE_IDS }, { what: 'look at the draft' });
  if (result.state === 'done') return result.answer;
  return result.outcome.kind === 'answer' ? result.outcome : undefined;
}

/** Tidying up goes on when the message is aborted, for a while, and its own failures are not the message's. */
export async function quietly<T>(delivery: Delivery, task: (quiet: Delivery) => Promise<T>): Promise<T | undefined> {
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

function stateOf(body: unknown): DraftState {
  const { isDraft } = (body ?? {}) as { isDraft?: unknown };
  return isDraft === false ? 'sent' : isDraft === true ? 'draft' : 'unknown';
}
