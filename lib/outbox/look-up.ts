import type { Delivery } from '../delivery/delivery.js';
import { IMMUTABLE_IDS } from '../delivery/draft.js';
import { requestGraph } from '../delivery/request.js';
import { mailboxPath } from '../graph/mailbox-path.js';
import { classify, type Look } from './decide.js';

/**
 * Asks the whole mailbox for messages with this Message-ID. Anything but a clear answer is `unavailable`, and never "nothing there".
 *
 * @throws {GraphTransportError} if nobody can sign in
 */
export async function lookUp(delivery: Delivery): Promise<Look> {
  const query = {
    $filter: `internetMessageId eq '${delivery.messageId.replaceAll("'", "''")}'`,
    $select: 'id,isDraft',
    $top: '100',
  };
  const path = `${mailboxPath(delivery.mailbox)}/messages`;
  const result = await requestGraph(
    delivery,
    { method: 'GET', path, query, headers: IMMUTABLE_IDS },
    { what: 'look for the message', expected: 200, needsBody: true },
  );
  if (result.state === 'failed' && result.error.httpStatus === 403) return { kind: 'forbidden' };
  // of the sign-in or the mailbox, which looking again does not change
  if (result.state === 'failed' && classify(result.error) === 'hold') throw result.error;
  const { value } = (result.state === 'done' ? (result.answer.body ?? {}) : {}) as { value?: unknown };
  if (!Array.isArray(value)) return { kind: 'unavailable' };
  const listed = (value as { id?: unknown; isDraft?: unknown }[]).filter(({ id }) => typeof id === 'string');
  // neither a draft nor sent: an answer of another kind
  if (listed.some(({ isDraft }) => typeof isDraft !== 'boolean')) return { kind: 'unavailable' };
  return {
    kind: 'found',
    sent: listed.some(({ isDraft }) => isDraft === false),
    drafts: listed.flatMap(({ id, isDraft }) => (isDraft === true ? [id as string] : [])),
  };
}
