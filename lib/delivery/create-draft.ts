import { abortError } from '../errors/abort-error.js';
import type { GraphTransportError } from '../errors/graph-transport-error.js';
import type { GraphAnswer } from '../graph/client.js';
import { mailboxPath } from '../graph/mailbox-path.js';
import type { Delivery } from './delivery.js';
import { draftAt, IMMUTABLE_IDS, isClaimed, withNote, type Draft } from './draft.js';
import { findMessages } from './look.js';
import { failure, requestGraph } from './request.js';

/**
 * Makes the draft. If its making got no clear answer, it is looked for by its Message-ID.
 *
 * @throws {GraphTransportError} if there is none; nothing was sent
 */
export async function createDraft(delivery: Delivery): Promise<Draft> {
  const { contentType, body, uploads } = delivery.message;
  const what = `create a draft${uploads.length > 0 ? ' (the message is too large for one request)' : ''}`;
  const path = `${mailboxPath(delivery.mailbox)}/messages`;
  // one that is not found now may still come
  let twins = false;
  for (let attempt = 0; ; attempt++) {
    const result = await requestGraph(
      delivery,
      { method: 'POST', path, headers: IMMUTABLE_IDS, contentType, body },
      { what, expected: 201, needsBody: true },
    );
    if (result.state === 'failed') {
      const error = lacksReadWrite(result.error)
        ? failure(delivery, result.outcome, what, { hint: readWriteHint(delivery) })
        : result.error;
      throw twins ? mayBeLeft(delivery, error) : error;
    }
    const id = result.state === 'done' ? idOf(result.answer) : undefined;
    if (id !== undefined) return { ...draftAt(delivery.mailbox, id), twins };
    // nothing is sent yet, so another draft would do; but this one may exist and must not be left behind
    const drafts = await findMessages(delivery, '/mailFolders/drafts');
    const found = drafts?.find(({ id: candidate, isDraft }) => isDraft === true && !isClaimed(candidate));
    if (found) return { ...draftAt(delivery.mailbox, found.id), twins };
    twins = true;
    if (result.state === 'unknown' && result.aborted)
      throw abortError(delivery.signal.reason, { ambiguous: false, mailbox: delivery.mailbox });
    if (!drafts || attempt >= delivery.settings.retries || result.state === 'done')
      throw mayBeLeft(delivery, failure(delivery, result.state === 'done' ? result.answer : result.outcome, what, { hint: NOT_SENT }));
  }
}

const NOT_SENT = 'Nothing was sent: send it again later.';

function mayBeLeft({ mailbox, messageId }: Delivery, error: GraphTransportError): GraphTransportError {
  return withNote(error, `A draft may be left in Drafts of ${mailbox} (Message-ID ${messageId}).`);
}

function idOf({ body }: GraphAnswer): string | undefined {
  const { id } = (body ?? {}) as { id?: unknown };
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** 403 on this route nearly always means one thing, unless Graph names another. */
function lacksReadWrite({ httpStatus, graphCode, message }: GraphTransportError): boolean {
  return (
    httpStatus === 403 && (graphCode === undefined || /AccessDenied$|RequestDenied$/.test(graphCode)) && !/OData is disabled/.test(message)
  );
}

function readWriteHint({ messageId, message: { uploads } }: Delivery): string {
  const names = uploads.slice(0, 3).map(({ description }) => `"${description.name}"`);
  const why = names.length === 0 ? '' : ` because ${names.join(', ')}${uploads.length > 3 ? ' …' : ''} would not fit into one request`;
  return `The message ${messageId} goes by way of a draft${why}, and that needs the application permission Mail.ReadWrite besides Mail.Send: add it and grant admin consent, which acts within minutes, on a running app, too (a role in Exchange takes 30 minutes to 2 hours).`;
}
