import type { Json } from '../checks/check-value.js';
import { allowOptions, readSelect, select } from '../checks/query.js';
import type { GraphCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { contextOf, renderMessage } from '../mail/render-message.js';
import { badRequest, itemNotFound, Refusal } from '../refusal.js';
import { preferenceApplied } from './answer-with-message.js';
import { folders } from './list-messages.js';

const DEFAULT_PAGE = 10;

/** Where somebody is in a folder, and what he asked for first. */
interface Place {
  epoch: number;
  arrival: number;
  since: number;
  names: string[] | undefined;
}

/** `GET …/mailFolders/{name}/messages/delta`, what arrived in a folder: https://learn.microsoft.com/graph/api/message-delta */
export function listMessageChanges({ state, exchange, mailbox, params, immutableIds }: GraphCall): Answer {
  const { query } = exchange;
  allowOptions(query, ['$select', '$filter', '$deltatoken', '$skiptoken']);
  const folder = params.folder?.toLowerCase() ?? '';
  if (!folders.includes(folder)) throw itemNotFound();
  const { store, origins } = state;
  const place = readPlace(query, store.epoch);
  const arrived = store
    .items()
    .filter((item) => item.mailbox === mailbox && item.folder === folder && item.arrival > place.arrival)
    .sort((one, other) => one.arrival - other.arrival);
  // nobody gets past what is to be seen later
  const hidden = arrived.findIndex(({ visibleFrom }) => visibleFrom > Date.now());
  const visible = hidden < 0 ? arrived : arrived.slice(0, hidden);
  const size = Number(/odata\.maxpagesize\s*=\s*(\d+)/i.exec(String(exchange.request.headers.prefer ?? ''))?.[1] ?? DEFAULT_PAGE);
  const page = visible.slice(0, Math.max(size, 1));
  const next: Place = { ...place, arrival: page.at(-1)?.arrival ?? place.arrival };
  const token = Buffer.from(JSON.stringify(next)).toString('base64url');
  const link = (name: string): string => `${origins.graph}${exchange.path}?${name}=${token}`;
  return {
    status: 200,
    headers: preferenceApplied(immutableIds),
    body: {
      '@odata.context': contextOf(origins.graph, { mailbox }, ''),
      ...(page.length < visible.length ? { '@odata.nextLink': link('$skiptoken') } : { '@odata.deltaLink': link('$deltatoken') }),
      value: page
        .filter(({ modifiedAt }) => modifiedAt.getTime() >= place.since)
        .map((item): Json => select(renderMessage(item, immutableIds), place.names)),
    },
  };
}

function readPlace(query: URLSearchParams, epoch: number): Place {
  const token = query.get('$deltatoken') ?? query.get('$skiptoken');
  if (token === null) return { epoch, arrival: 0, since: readSince(query.get('$filter')), names: readSelect(query, 'message') };
  const place = parse(token);
  if (place?.epoch === epoch) return place;
  throw new Refusal(410, 'SyncStateNotFound', 'The sync state generation is not found; continuing with a full sync is required.');
}

function parse(token: string): Place | undefined {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as Place;
  } catch {
    return undefined;
  }
}

/** The only filter there is. @throws Refusal */
function readSince(filter: string | null): number {
  if (filter === null) return 0;
  const time = /^\s*receivedDateTime\s+g[et]\s+(\S+)\s*$/i.exec(filter)?.[1] ?? '';
  if (Number.isNaN(Date.parse(time)))
    throw badRequest('ErrorInvalidUrlQueryFilter', 'The query filter contains one or more invalid nodes.');
  return Date.parse(time);
}
