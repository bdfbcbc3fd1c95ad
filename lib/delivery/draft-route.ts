import { GraphTransportError, isGraphTransportError } from '../errors/graph-transport-error.js';
import { addAttachment, compareAttachments } from './attachments.js';
import { createDraft } from './create-draft.js';
import type { Delivery } from './delivery.js';
import { discardDraft } from './discard-draft.js';
import { claimDraft, draftAt, isClaimed, releaseDraft, withNote, type Draft } from './draft.js';
import { findMessages, quietly } from './look.js';
import { pauseBefore } from './read.js';
import { sendDraft } from './send-draft.js';

/**
 * Sends by way of a draft: makes it, adds the large attachments, sends it. A draft that is not sent is deleted.
 *
 * @returns the request-id of the last step
 */
export async function sendByDraft(delivery: Delivery): Promise<string | undefined> {
  for (let round = 0; ; round++) {
    const result = await tryDraft(delivery, round >= MAX_NEW_DRAFTS);
    if (result !== SPOILT) return result.requestId;
  }
}

/** Drafts made in place of one that has an attachment twice. */
const MAX_NEW_DRAFTS = 2;
const SPOILT = Symbol('spoilt');

/** @returns `SPOILT` for a draft that has an attachment twice, was deleted, and may be made anew */
async function tryDraft(delivery: Delivery, last: boolean): Promise<{ requestId: string | undefined } | typeof SPOILT> {
  const { message, hooks } = delivery;
  const draft = await createDraft(delivery);
  claimDraft(draft);
  let sendTried = false;
  try {
    await hooks.onDraft?.(draft.id);
    for (const upload of message.uploads) await addAttachment(delivery, draft, upload);
    const difference = draft.unclear ? await compareAttachments(delivery, draft) : 'same';
    if (difference === 'more' && !last && (await mayDiscard(delivery, draft)) && (await discardDraft(delivery, draft))) {
      await discardTwins(delivery, draft);
      return SPOILT;
    }
    if (difference !== 'same') throw spoiltError(delivery, difference);
    const requestId = await sendDraft(delivery, draft, () => (sendTried = true));
    await discardTwins(delivery, draft);
    return { requestId };
  } catch (error) {
    // what may have been sent is not deleted: with an immutable id that would delete the sent copy
    if (isGraphTransportError(error) && error.ambiguous) throw error;
    await discardTwins(delivery, draft);
    throw await discard(delivery, draft, sendTried, error);
  } finally {
    releaseDraft(draft);
  }
}

/**
 * Deletes drafts of the same message that Graph made all the same, a while after it had given no clear answer. Looks a few times. What
 * goes wrong here is not the message's, which may be sent.
 */
async function discardTwins(delivery: Delivery, draft: Draft): Promise<void> {
  if (draft.twins) await lookForTwins(delivery, draft).catch(() => undefined);
}

async function lookForTwins(delivery: Delivery, { id: own }: Draft): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (attempt > 0) await quietly(delivery, (quiet) => delivery.sleep(pauseBefore(attempt - 1, delivery), quiet.signal));
    const drafts = (await findMessages(delivery, '/mailFolders/drafts')) ?? [];
    const twins = drafts
      .filter(({ id, isDraft }) => isDraft === true && id !== own && !isClaimed(id))
      .map(({ id }) => draftAt(delivery.mailbox, id));
    for (const twin of twins) if (await mayDiscard(delivery, twin)) await discardDraft(delivery, twin);
    if (twins.length > 0) return;
  }
}

async function mayDiscard({ hooks }: Delivery, draft: Draft): Promise<boolean> {
  return !hooks.mayDiscard || (await hooks.mayDiscard({ draftId: draft.id, sendTried: false }));
}

function spoiltError({ mailbox }: Delivery, difference: 'more' | 'fewer' | undefined): GraphTransportError {
  const what =
    difference === 'more'
      ? 'has an attachment twice'
      : difference === 'fewer'
        ? 'lacks an attachment'
        : 'cannot be compared with the message';
  const hint = 'Send it again later.';
  return new GraphTransportError('EGRAPH', `after an unclear answer of Graph the draft ${what}; nothing was sent. ${hint}`, {
    mailbox,
    hint,
  });
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
