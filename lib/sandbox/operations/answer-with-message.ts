import type { Json } from '../checks/check-value.js';
import { select } from '../checks/query.js';
import type { ItemCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { decodeField, splitSource } from '../mail/head.js';
import { contextOf, renderMessage } from '../mail/render-message.js';
import type { SandboxHeader } from '../types.js';

/** Answers with the message the call is about. */
export function answerWithMessage({ state, mailbox, item, immutableIds }: ItemCall, status: 200 | 201, names?: string[]): Answer {
  const path = `${names ? `(${names.join(',')})` : ''}/$entity`;
  const message: Json = {
    ...renderMessage(item, immutableIds),
    // shown only where it is asked for: https://learn.microsoft.com/graph/api/resources/message
    ...(names?.includes('internetMessageHeaders') ? { internetMessageHeaders: headersOf(item) } : {}),
  };
  const location = `${state.origins.graph}/v1.0/users/${mailbox.id}/messages/${encodeURIComponent(message.id as string)}`;
  return {
    status,
    headers: { ...preferenceApplied(immutableIds), ...(status === 201 ? { Location: location } : {}), ETag: `W/"${item.changeKey}"` },
    body: { '@odata.context': contextOf(state.origins.graph, { mailbox }, path), ...select(message, names) },
  };
}

/** Of what came in all of them, else those the client gave: a draft has no others. */
export function headersOf({ folder, content, delivered }: ItemCall['item']): SandboxHeader[] {
  if (folder !== 'inbox') return content.headers;
  if (delivered) return delivered.headers;
  const given = splitSource(content.mime ?? Buffer.alloc(0)).fields.map(decodeField);
  // Exchange's own: it takes them from nobody else (header firewall)
  return [...given.filter(({ name }) => !/^x-ms-exchange-organization-/i.test(name)), ...content.headers];
}

/** Tells that the ids are immutable ones. */
export const preferenceApplied = (immutableIds: boolean): Record<string, string> =>
  immutableIds ? { 'Preference-Applied': 'IdType="ImmutableId"' } : {};
