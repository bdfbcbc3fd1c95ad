import { sleep } from '../delivery/sleep.js';
import type { DeliveryHooks } from '../delivery/delivery.js';
import { abortError } from '../errors/abort-error.js';
import { Lease } from './lease.js';
import type { MessageTurn } from './message-turn.js';

/** Milliseconds after which the rate limit is asked again at the latest: others may have left room. */
const ASK_AGAIN = 2000;

/** The draft was looked at and is one still, but its request may not be over: another turn decides. */
export class LaterError extends Error {}

/** A turn before its delivery is open. */
type Own = Omit<MessageTurn, 'delivery'>;

/** Where a delivery asks whether the message is still ours, and tells how far it is. */
export function sendHooks(turn: Own): DeliveryHooks {
  const { lease, progress } = turn;
  return {
    beforeRequest: () => {
      lease.check();
      progress.draftTried = true;
    },
    onDraft: (draftId) => {
      progress.draftId = draftId;
      progress.draftIsOurs = true;
    },
    beforeSend: ({ draftId }) => markSending(turn, draftId),
    // decided in afterFailure(), with the record at hand
    mayDiscard: () => false,
  };
}

/** Writes down that it is being sent, and for how long its request can be under way. No answer, no sending. */
async function markSending(turn: Own, draftId: string | undefined): Promise<void> {
  const { context, id, claimed, lease, progress } = turn;
  if (progress.sends > 0) throw new LaterError('sent once already in this turn');
  const { records } = context.line;
  const { lockDuration, rateLimit, rateDelta, graph } = context.settings;
  const options = {
    fence: claimed.fence,
    draftId,
    safe: lockDuration + graph.requestTimeout + 5000,
    rateLimit,
    rateDelta,
    attempt: 1,
  };
  let run: string | undefined;
  while (run === undefined) {
    lease.check();
    const since = Lease.now();
    progress.mark = 'asked';
    const mark = await records.mark(id, options);
    progress.mark = mark.kind === 'ok' ? 'has' : 'none';
    if (mark.kind === 'ok') {
      lease.extend(since);
      run = mark.run;
    }
    if (mark.kind === 'lost') {
      lease.lose(`it is ${mark.state || 'gone'}`);
      lease.check();
    }
    if (mark.kind === 'wait') await waitForRate(turn, mark.ms);
  }
  progress.draftId = draftId;
  await context.barrier(run);
  lease.check();
  progress.sends++;
}

async function waitForRate({ signal, progress }: Own, ms: number): Promise<void> {
  progress.waiting = true;
  try {
    await sleep(Math.min(ms, ASK_AGAIN), signal);
  } catch {
    throw abortError(signal.reason, { ambiguous: false });
  } finally {
    progress.waiting = false;
  }
}
