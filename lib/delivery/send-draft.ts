import { abortError } from '../errors/abort-error.js';
import type { GraphOutcome } from '../graph/client.js';
import type { Delivery } from './delivery.js';
import { IMMUTABLE_IDS, type Draft } from './draft.js';
import { lookAtDraft } from './look.js';
import { pauseBefore } from './read.js';
import { failure, requestGraph } from './request.js';

/**
 * Sends a draft. If that got no clear answer, the draft is looked at: sent, it is done; still a draft, it is sent again.
 *
 * @param onTry told each time before the request, once `beforeSend` has let it go
 * @returns the request-id of the last request, where there is one
 * @throws {GraphTransportError} with `ambiguous: true` if it cannot be told whether it was sent
 */
export async function sendDraft(delivery: Delivery, draft: Draft, onTry?: () => void): Promise<string | undefined> {
  const what = 'send the draft';
  for (let attempt = 0; ; attempt++) {
    await delivery.hooks.beforeSend?.({ draftId: draft.id });
    onTry?.();
    const result = await requestGraph(
      delivery,
      { method: 'POST', path: `${draft.path}/send`, headers: IMMUTABLE_IDS },
      { what, expected: 202 },
    );
    if (result.state === 'done') return result.answer.requestId;
    if (result.state === 'failed' && !maySettle(result.outcome)) throw result.error;
    const aborted = result.state === 'unknown' && result.aborted;
    const seen = await lookAtDraft(delivery, draft);
    // what waits for its time looks like a draft, taken or not
    const state = seen === 'draft' && result.state === 'unknown' && delivery.message.deferred ? 'unknown' : seen;
    if (state === 'sent') return result.outcome.kind === 'answer' ? result.outcome.requestId : undefined;
    if (state === 'draft' && aborted) throw abortError(delivery.signal.reason, { ambiguous: false, mailbox: delivery.mailbox });
    if (state !== 'draft' || attempt >= delivery.settings.retries) {
      const ambiguous = state !== 'draft' && (result.state === 'unknown' || attempt > 0);
      if (aborted)
        throw abortError(delivery.signal.reason, { ambiguous, draft: true, mailbox: delivery.mailbox, messageId: delivery.messageId });
      throw failure(delivery, result.outcome, what, { ambiguous, draft: true });
    }
    await delivery.sleep(pauseBefore(attempt, delivery), delivery.signal).catch(() => {
      throw abortError(delivery.signal.reason, { ambiguous: false, mailbox: delivery.mailbox });
    });
  }
}

/** 404: a draft that was just made, or one that has been sent. 409 and 412: it is still being written. */
function maySettle(outcome: GraphOutcome): boolean {
  return outcome.kind === 'answer' && [404, 409, 412].includes(outcome.status);
}
