import type { Json } from '../checks/check-value.js';
import { allowOptions, readFilter, readSelect, readTop, select } from '../checks/query.js';
import type { GraphCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { contextOf, renderMessage } from '../mail/render-message.js';
import { badRequest, itemNotFound } from '../refusal.js';
import { headersOf, preferenceApplied } from './answer-with-message.js';

/** By their well-known names. */
export const folders = ['drafts', 'sentitems', 'inbox', 'outbox', 'deleteditems'];
const DEFAULT_PAGE = 10;

/** `GET /users/{id}/messages` and `…/mailFolders/{name}/messages`: https://learn.microsoft.com/graph/api/user-list-messages */
export function listMessages({ state, exchange, mailbox, params, immutableIds }: GraphCall): Answer {
  const { query } = exchange;
  allowOptions(query, ['$select', '$filter', '$top', '$skip']);
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
  const top = readTop(query, DEFAULT_PAGE, 1000);
  const skip = readSkip(query);
  const next = new URL(`${state.origins.graph}${exchange.path}`);
  for (const [name, value] of query) next.searchParams.set(name, value);
  next.searchParams.set('$skip', String(skip + top));
  const render = (item: (typeof found)[number]): Json => ({
    ...renderMessage(item, immutableIds),
    ...(names?.includes('internetMessageHeaders') && { internetMessageHeaders: headersOf(item) }),
  });
  return {
    status: 200,
    headers: preferenceApplied(immutableIds),
    body: {
      '@odata.context': contextOf(state.origins.graph, { mailbox }, path),
      ...(found.length > skip + top && { '@odata.nextLink': next.href }),
      value: found.slice(skip, skip + top).map((item) => select(render(item), names)),
    },
  };
}

/** Messages of earlier pages. @throws Refusal */
function readSkip(query: URLSearchParams): number {
  const skip = query.get('$skip') ?? '0';
  if (!/^\d{1,9}$/.test(skip)) throw badRequest('ErrorInvalidUrlQuery', `The value '${skip}' of the query option '$skip' is not valid.`);
  return Number(skip);
}
