import type { Delivery } from './delivery.js';
import { IMMUTABLE_IDS, type Draft } from './draft.js';
import { quietly } from './look.js';
import { ask } from './read.js';

/** Deletes a draft, also of a message that was aborted. Never to be called for one that may have been sent: its id stays the sent copy's. */
export async function discardDraft(delivery: Delivery, draft: Draft): Promise<boolean> {
  return (await quietly(delivery, (quiet) => remove(quiet, draft))) ?? false;
}

async function remove(delivery: Delivery, draft: Draft): Promise<boolean> {
  const request = { method: 'DELETE', path: draft.path, headers: IMMUTABLE_IDS } as const;
  // a chunk that was cut off may still be on its way
  const result = await ask(delivery, request, { what: 'delete the draft', expected: 204, settling: 'conflicts' });
  return result.state === 'done' || (result.outcome.kind === 'answer' && result.outcome.status === 404);
}
