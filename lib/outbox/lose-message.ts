import { Canceller } from '../base/cancellation.js';
import { openDelivery } from '../delivery/delivery.js';
import { discardDraft } from '../delivery/discard-draft.js';
import { draftAt } from '../delivery/draft.js';
import type { Ending, MessageTurn } from './message-turn.js';
import { isCertain } from './renew-lease.js';

/** Not ours any more: nothing is written, and what may have been sent is not touched. */
export async function loseMessage(turn: MessageTurn): Promise<Ending> {
  const { lease, head, message, delivery, progress } = turn;
  const { draftId, draftIsOurs, sends } = progress;
  lease.lose('the turn is over');
  if (draftId !== undefined && draftIsOurs && sends === 0 && (await isNobodys(turn, draftId))) {
    const bare = openDelivery(message, { ...delivery, signal: new Canceller() });
    await discardDraft(bare, draftAt(head.mailbox, draftId));
  }
  return { kind: 'lost' };
}

/** Whether nobody will send a draft of ours: Redis allows no other worker to send one that is not marked. */
async function isNobodys(turn: MessageTurn, draftId: string): Promise<boolean> {
  const { context, id, claimed, progress } = turn;
  // a mark that got no answer may have been taken: then it is the successor's to send
  if (progress.mark !== 'has') return progress.mark === 'none';
  // one that was lost with a server is known to nobody
  const { draftId: marked, run } = await context.line.records.renew(id, claimed.fence);
  return marked !== draftId && (await isCertain(turn, run));
}
