import type { ItemCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { badRequest } from '../refusal.js';

/** `DELETE /users/{id}/messages/{id}`: https://learn.microsoft.com/graph/api/message-delete */
export function deleteMessage({ state, item }: ItemCall): Answer {
  if (state.settings.deletedItems && item.folder !== 'deleteditems') state.store.moveTo(item, 'deleteditems');
  else state.store.remove(item);
  return { status: 204 };
}

/** `POST /users/{id}/messages/{id}/permanentDelete`: https://learn.microsoft.com/graph/api/message-permanentdelete */
export function permanentlyDeleteMessage({ state, item }: ItemCall): Answer {
  // the global cloud alone has it
  if (!state.settings.permanentDelete) throw badRequest('BadRequest', "Resource not found for the segment 'permanentDelete'.");
  state.store.remove(item);
  return { status: 204 };
}
