import { checkValue, isObject, type Json } from '../checks/check-value.js';
import { bodyFormat, readJsonObject } from '../checks/read-json.js';
import type { ItemCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import type { MessageContent } from '../mail/content.js';
import { ownProperties, readJsonContent } from '../mail/json-content.js';
import { patchMime } from '../mail/patch-mime.js';
import { badRequest, unreadableBody, type Refusal } from '../refusal.js';
import type { Mailbox } from '../settings.js';
import { answerWithMessage } from './answer-with-message.js';

/** `PATCH /users/{id}/messages/{id}`: https://learn.microsoft.com/graph/api/message-update */
export function updateMessage(call: ItemCall): Answer {
  const { state, exchange, mailbox, item } = call;
  if (bodyFormat(exchange) !== 'json') throw unreadableBody('A message is updated by application/json.');
  const patch = checkValue(readJsonObject(exchange), 'graph.message', 'message') as Json;
  const fixed = Object.keys(patch).find((name) => !isUpdatable(name, item.folder === 'drafts'));
  if (fixed !== undefined) throw notSettable(fixed);
  item.content = item.content.format === 'mime' ? patchMime(item.content, patch, mailbox) : patchJson(item.content, patch, mailbox);
  state.store.touch(item);
  return answerWithMessage(call, 200);
}

const notSettable = (name: string): Refusal =>
  badRequest('ErrorInvalidPropertySet', `Set action is invalid for property. Property: '${name}'.`);

/** Attachments have requests of their own, headers belong to the creation, and a sent message is what it is. */
function isUpdatable(name: string, isDraft: boolean): boolean {
  if (name === 'attachments' || name === 'internetMessageHeaders') return false;
  return isDraft || ownProperties.includes(name);
}

function patchJson(content: MessageContent, patch: Json, mailbox: Mailbox): MessageContent {
  const { message, posted } = content;
  const merged: Json = { internetMessageId: content.messageId, ...message, ...patch };
  const key = 'singleValueExtendedProperties';
  if (key in patch) merged[key] = mergeById(message[key], patch[key]);
  return { ...readJsonContent(merged, { ...(posted as Json), ...patch }, mailbox), attachments: content.attachments };
}

function mergeById(before: unknown, after: unknown): Json[] {
  const all = [before, after].flatMap((list) => (Array.isArray(list) ? list.filter(isObject) : []));
  return [...new Map(all.map((property) => [property.id, property])).values()];
}
