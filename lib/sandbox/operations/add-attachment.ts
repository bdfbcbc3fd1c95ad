import { checkValue, type Json } from '../checks/check-value.js';
import { bodyFormat, readJsonObject } from '../checks/read-json.js';
import type { ItemCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { sourceOfItem } from '../mail/json-content.js';
import { readAttachment } from '../mail/read-attachment.js';
import { renderAttachment } from '../mail/render-attachment.js';
import { contextOf } from '../mail/render-message.js';
import { unreadableBody } from '../refusal.js';
import { attach } from './attach.js';

/**
 * `POST /users/{id}/messages/{id}/attachments`, for files below 3 MB:
 * in base64, a bigger one does not fit into a request.
 * https://learn.microsoft.com/graph/api/message-post-attachments
 */
export function addAttachment({ state, exchange, mailbox, item }: ItemCall): Answer {
  if (bodyFormat(exchange) !== 'json') throw unreadableBody('An attachment is posted as application/json.');
  const posted = checkValue(readJsonObject(exchange), 'graph.attachment', 'attachment') as Json;
  const attachment = readAttachment(posted, (message) => sourceOfItem(message, mailbox));
  exchange.record.attachment = attachment.name;
  attach(state, item, attachment);
  return {
    status: 201,
    body: {
      '@odata.context': contextOf(state.origins.graph, { mailbox }, `('${encodeURIComponent(item.id)}')/attachments/$entity`),
      ...renderAttachment(attachment, item.modifiedAt),
    },
  };
}
