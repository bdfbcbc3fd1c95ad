import type { ItemCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';

/** `DELETE /users/{id}/messages/{id}`: https://learn.microsoft.com/graph/api/message-delete */
export function deleteMessage({ state, item }: ItemCall): Answer {
  if (state.settings.deletedItems && item.folder !== 'deleteditems') state.store.moveTo(item, 'deleteditems');
  else state.store.remove(item);
  return { status: 204 };
}
