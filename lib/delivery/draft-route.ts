import { isGraphTransportError } from '../errors/graph-transport-error.js';
import { addAttachment } from './attachments.js';
import { createDraft } from './create-draft.js';
import type { Delivery } from './delivery.js';
import { discardDraft } from './discard-draft.js';
import { claimDraft, releaseDraft, withNote, type Draft } from './draft.js';
import { sendDraft } from './send-draft.js';

/**
 * Sends by way of a draft: makes it, adds the large attachments, sends it. A draft that is not sent is deleted.
 *
 * @returns the request-id of the last step
 */
export async function sendByDraft(delivery: Delivery): Promise<string | undefined> {
  const { message, hooks } = delivery;
  const draft = await createDraft(delivery);
  claimDraft(draft);
  let sendTried = false;
  try {
    await hooks.onDraft?.(draft.id);
    for (const upload of message.uploads) await addAttachment(delivery, draft, upload);
    return await sendDraft(delivery, draft, () => (sendTried = true));
  } catch (error) {
    // what may have been sent is not deleted: with an immutable id that would delete the sent copy
    if (isGraphTransportError(error) && error.ambiguous) throw error;
    throw await discard(delivery, draft, sendTried, error);
  } finally {
    releaseDraft(draft);
  }
}

/** Deletes a draft that will not be sent. Returns the error to throw, which names the draft if it is left. */
async function discard(delivery: Delivery, draft: Draft, sendTried: boolean, error: unknown): Promise<unknown> {
  const { hooks, mailbox, messageId } = delivery;
  if (hooks.mayDiscard && !(await hooks.mayDiscard({ draftId: draft.id, sendTried }))) return error;
  const deleted = await discardDraft(delivery, draft);
  if (deleted || !isGraphTransportError(error)) return error;
  return withNote(
    error,
    `A draft of the message is left in Drafts of ${mailbox} (Message-ID ${messageId}, id ${draft.id}) and could not be deleted.`,
  );
}
