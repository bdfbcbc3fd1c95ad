import { allowOptions, readFilter, readSelect, readTop, select } from '../checks/query.js';
import type { GraphCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { contextOf, renderMessage } from '../mail/render-message.js';
import { itemNotFound } from '../refusal.js';
import { preferenceApplied } from './answer-with-message.js';

/** By their well-known names. */
export const folders = ['drafts', 'sentitems', 'inbox', 'outbox', 'deleteditems'];
const DEFAULT_PAGE = 10;

/** `GET /users/{id}/messages` and `…/mailFolders/{name}/messages`: https://learn.microsoft.com/graph/api/user-list-messages */
export function listMessages({ state, exchange, mailbox, params, immutableIds }: GraphCall): Answer {
  const { query } = exchange;
  allowOptions(query, ['$select', '$filter', '$top']);
  const folder = params.folder?.toLowerCase();
  if (folder !== undefined && !folders.includes(folder)) throw itemNotFound();
  const isWanted = readFilter(query);
  const names = readSelect(query, 'message');
  const found = state.store
    .visibleItems()
    .filter((item) => item.mailbox === mailbox && (folder === undefined || item.folder === folder))
    .filter(({ content }) => isWanted(content))
    .reverse();
  const path = names ? `(${names.join(',')})` : '';
  return {
    status: 200,
    headers: preferenceApplied(immutableIds),
    body: {
      '@odata.context': contextOf(state.origins.graph, { mailbox }, path),
      value: found.slice(0, readTop(query, DEFAULT_PAGE, 1000)).map((item) => select(renderMessage(item, immutableIds), names)),
    },
  };
}
