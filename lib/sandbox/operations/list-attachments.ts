import { allowOptions, readSelect, select } from '../checks/query.js';
import type { ItemCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { renderAttachment } from '../mail/render-attachment.js';
import { contextOf } from '../mail/render-message.js';

/** `GET /users/{id}/messages/{id}/attachments`: https://learn.microsoft.com/graph/api/message-list-attachments */
export function listAttachments({ state, exchange, mailbox, item }: ItemCall): Answer {
  allowOptions(exchange.query, ['$select']);
  const names = readSelect(exchange.query, 'fileAttachment');
  const path = `('${encodeURIComponent(item.id)}')/attachments${names ? `(${names.join(',')})` : ''}`;
  return {
    status: 200,
    body: {
      '@odata.context': contextOf(state.origins.graph, { mailbox }, path),
      value: item.content.attachments.map((attachment) => select(renderAttachment(attachment, item.modifiedAt), names)),
    },
  };
}
