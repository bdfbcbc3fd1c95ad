import type { Delivery } from './delivery.js';
import { IMMUTABLE_IDS, type Draft } from './draft.js';
import { quietly } from './look.js';
import { pauseBefore } from './read.js';
import { requestGraph } from './request.js';

/** Deletes a draft, also of a message that was aborted. Never to be called for one that may have been sent: its id stays the sent copy's. */
export async function discardDraft(delivery: Delivery, draft: Draft): Promise<boolean> {
  return (await quietly(delivery, (quiet) => remove(quiet, draft))) ?? false;
}

/** Can be repeated whatever the answer was. */
async function remove(delivery: Delivery, draft: Draft): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    const result = await requestGraph(
      delivery,
      { method: 'DELETE', path: draft.path, headers: IMMUTABLE_IDS },
      // a chunk that was cut off may still be on its way
      { what: 'delete the draft', expected: 204, settling: 'conflicts' },
    );
    if (result.state === 'done' || (result.outcome.kind === 'answer' && result.outcome.status === 404)) return true;
    if (result.state === 'failed' || attempt >= delivery.settings.retries) return false;
    await delivery.sleep(pauseBefore(attempt, delivery), delivery.signal);
  }
}
