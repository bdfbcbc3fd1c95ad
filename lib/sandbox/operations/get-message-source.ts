import { allowOptions } from '../checks/query.js';
import type { ItemCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { sourceOfStored } from '../mail/deliver.js';

/** `GET /users/{id}/messages/{id}/$value`, the MIME source: https://learn.microsoft.com/graph/outlook-get-mime-message */
export function getMessageSource({ exchange, item }: ItemCall): Answer {
  allowOptions(exchange.query, []);
  return { status: 200, headers: { 'Content-Type': 'text/plain' }, body: sourceOfStored(item) };
}
