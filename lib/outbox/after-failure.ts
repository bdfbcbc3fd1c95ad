import { discardDraft } from '../delivery/discard-draft.js';
import { draftAt } from '../delivery/draft.js';
import type { GraphTransportError } from '../errors/graph-transport-error.js';
import { classify, provesUnsent, retryDelay } from './decide.js';
import { endMessage } from './end-message.js';
import { handBack, holdMailbox, lookLater, release } from './hand-back.js';
import { LostError } from './lease.js';
import { loseMessage } from './lose-message.js';
import { LaterError } from './mark-sending.js';
import type { Ending, MessageTurn } from './message-turn.js';
import { toGraphError } from './outcome.js';
import { isCertain } from './renew-lease.js';

/** What follows from a failure. The record says the truth: where it is not known whether it was sent, it stays `sending`. */
export async function afterFailure(turn: MessageTurn, thrown: unknown): Promise<Ending> {
  const { context, id, claimed, lease, head, progress } = turn;
  if (thrown instanceof LostError || !lease.valid) return loseMessage(turn);
  const { route } = head;
  if (thrown instanceof LaterError) {
    // the request is over; how long its effect may take is Exchange's secret
    const relax = Math.min(30_000, context.settings.graph.requestTimeout);
    await context.line.records.looked(id, claimed.fence, relax);
    return { kind: 'later', delay: relax };
  }
  const error = toGraphError(thrown);
  const { sends } = progress;
  const inDoubt = sends === 0 ? claimed.state === 'sending' : !provesUnsent(error, { route, sends });
  if (inDoubt) {
    if (classify(error) === 'hold') return holdMailbox(turn, error);
    return lookLater(turn, 1000, error);
  }
  // before its draft goes: whoever takes it from now on must not find a mark that names a draft which is gone
  if (progress.mark !== 'none') {
    const run = await handBack(turn, true);
    if (run === undefined) return loseMessage(turn);
    if (!(await isCertain(turn, run))) return { kind: 'later', delay: retryDelay(claimed.tries, Math.random()), error };
  }
  const dirty = !(await discardOwnDraft(turn, error));
  switch (classify(error)) {
    case 'fail':
      if (dirty) return release(turn, retryDelay(1, Math.random()), { dirty, error });
      return endMessage(turn, 'failed', error);
    case 'hold':
      await handBack(turn, dirty);
      return holdMailbox(turn, error);
    case 'later': {
      const asked = error.retryAfter === undefined ? 0 : error.retryAfter * 1000;
      if (asked > 0) context.pause.pause(asked);
      const delay = error.code === 'EABORT' ? 0 : Math.max(asked, retryDelay(claimed.tries, Math.random()));
      return release(turn, delay, { dirty, error });
    }
  }
}

/** Deletes the draft of a message that was not sent; → whether none is left. */
async function discardOwnDraft({ head, delivery, progress }: MessageTurn, error: GraphTransportError): Promise<boolean> {
  if (head.route !== 'draft') return true;
  if (progress.draftId !== undefined) return discardDraft(delivery, draftAt(head.mailbox, progress.draftId));
  // none was made, or nobody knows
  return !progress.draftTried || (error.httpStatus !== undefined && error.httpStatus < 504 && !error.message.includes('draft may be left'));
}
