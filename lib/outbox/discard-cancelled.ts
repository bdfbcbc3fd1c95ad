import { Canceller } from '../base/cancellation.js';
import { openDelivery } from '../delivery/delivery.js';
import { discardDraft } from '../delivery/discard-draft.js';
import { draftAt } from '../delivery/draft.js';
import { sleep } from '../delivery/sleep.js';
import { lookUp } from './look-up.js';
import { openHead } from './stored-message.js';
import type { WorkerContext } from './worker-context.js';

/** Deletes the drafts of a message that was cancelled after a worker had died with it. */
export async function discardCancelled({ line, graph, settings, logger }: WorkerContext, id: string, stored: Buffer): Promise<void> {
  const head = openHead(stored, line.blobs.seal, id);
  const turn = { pause: () => undefined, ready: () => undefined };
  const message = { ...head, body: Buffer.alloc(0), uploads: [] };
  const context = { ...graph, settings: settings.graph, logger, signal: new Canceller(), turn, onProgress: () => undefined, sleep };
  const delivery = openDelivery(message, context);
  const look = await lookUp(delivery);
  if (look.kind !== 'found') throw new Error(`the drafts of the cancelled message "${id}" cannot be looked for now`);
  for (const draft of look.drafts) {
    if (!(await discardDraft(delivery, draftAt(head.mailbox, draft)))) throw new Error(`a draft of the cancelled message "${id}" is left`);
  }
  await line.records.tidied(id);
}
