import { compareAttachments } from '../delivery/attachments.js';
import { discardDraft } from '../delivery/discard-draft.js';
import { claimDraft, draftAt, releaseDraft, type Draft } from '../delivery/draft.js';
import { lookAtDraft } from '../delivery/look.js';
import { sendDraft } from '../delivery/send-draft.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import { afterCompare, afterLook, afterSettle, retryDelay, type Found } from './decide.js';
import { endMessage, endSent } from './end-message.js';
import { holdMailbox, lookLater, release } from './hand-back.js';
import { lookUp } from './look-up.js';
import { loseMessage } from './lose-message.js';
import type { Ending, MessageTurn } from './message-turn.js';
import { ambiguousError, expiredError } from './outcome.js';
import { renewLease } from './renew-lease.js';
import { sendMessage } from './send-message.js';

/** Asks the mailbox for the Message-ID before anything else. */
export async function lookForMessage(turn: MessageTurn, found: Found): Promise<Ending> {
  const { context, id, claimed, head, delivery } = turn;
  const { mailbox } = head;
  const next = afterLook(found, await lookUp(delivery));
  switch (next.do) {
    case 'sent':
      return endSent(turn, { response: 'found in the mailbox' });
    case 'ambiguous':
      return endMessage(turn, 'ambiguous', ambiguousError(next.why, { id, ...head }));
    case 'hold':
      return holdMailbox(
        turn,
        new GraphTransportError('EAUTH', `the app may not read the mailbox ${mailbox}, which the draft route needs`, {
          mailbox,
          hint: 'Grant Mail.ReadWrite.',
        }),
      );
    case 'later':
      return lookLater(turn, next.delay);
    case 'expire':
    case 'send':
      // where a server has lost that it is ours, somebody else may have made these meanwhile: the lease does not know, the record does
      if (next.discard.length > 0) {
        if (!(await renewLease(turn))) return loseMessage(turn);
        await context.barrier(claimed.run);
      }
      for (const draft of next.discard) {
        if (!(await discardDraft(delivery, draftAt(mailbox, draft)))) return lookLater(turn, retryDelay(1, Math.random()));
      }
      return next.do === 'send' ? sendMessage(turn) : endMessage(turn, 'expired', expiredError(mailbox));
  }
}

/** Finds out what became of a draft that was, or may have been, sent; only a draft that certainly was not is sent again. */
export async function settleDraft(turn: MessageTurn, found: Found): Promise<Ending> {
  const { id, head, delivery } = turn;
  const draft = draftAt(head.mailbox, found.draftId);
  const state = await lookAtDraft(delivery, draft);
  const next = afterSettle(found, state);
  switch (next.do) {
    case 'sent':
      return endSent(turn, { response: 'found in Sent Items' });
    case 'ambiguous':
      return endMessage(turn, 'ambiguous', ambiguousError(next.why, { id, ...head }));
    case 'later':
      return state === 'draft' ? { kind: 'later', delay: next.delay } : lookLater(turn, next.delay);
    case 'sendDraft':
      return sendFoundDraft(turn, draft);
  }
}

/** Sends a draft that somebody else has made, if it is as the message is. */
async function sendFoundDraft(turn: MessageTurn, draft: Draft): Promise<Ending> {
  const { head, delivery } = turn;
  // what came with the draft itself came whole
  const difference = head.uploads.length > 0 ? await compareAttachments(delivery, draft) : 'same';
  switch (afterCompare(difference).do) {
    case 'later':
      return { kind: 'later', delay: retryDelay(1, Math.random()) };
    case 'startAnew':
      // the next turn looks by Message-ID first, and deletes it
      return release(turn, 0, { dirty: true });
    case 'sendDraft':
      claimDraft(draft);
      try {
        const requestId = await sendDraft(delivery, draft);
        return await endSent(turn, { response: '202 Accepted', requestId });
      } finally {
        releaseDraft(draft);
      }
  }
}
