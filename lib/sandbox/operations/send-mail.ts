import type { Json } from '../checks/check-value.js';
import { bodyFormat, readJsonObject, readParameters } from '../checks/read-json.js';
import type { GraphCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import type { MessageContent } from '../mail/content.js';
import { submit } from '../mail/deliver.js';
import { readJsonContent } from '../mail/json-content.js';
import { decodeMime, readMimeContent } from '../mail/mime-content.js';
import { checkSubmission } from './check-submission.js';
import { rawParameter } from './raw-parameter.js';

/** `POST /users/{id}/sendMail`: https://learn.microsoft.com/graph/api/user-sendmail */
export async function sendMail(call: GraphCall): Promise<Answer> {
  const { state, exchange, mailbox } = call;
  const { content, saveToSentItems } =
    bodyFormat(exchange) === 'mime'
      ? // there is no way to say otherwise: microsoft-graph-docs #18698
        { content: await readMimeContent(decodeMime(exchange.body), mailbox, state.settings), saveToSentItems: true }
      : readSendMailJson(call);
  checkSubmission(state, mailbox, content);
  const item = state.store.addItem(mailbox, content, exchange.record);
  submit(state, item, { route: 'sendMail', saveToSentItems });
  return { status: 202 };
}

function readSendMailJson({ exchange, mailbox }: GraphCall): { content: MessageContent; saveToSentItems: boolean } {
  const body = readJsonObject(exchange);
  const { message, saveToSentItems } = readParameters(body, 'sendMail', {
    message: { type: 'graph.message' },
    saveToSentItems: { type: 'Edm.Boolean', nullable: true },
  });
  return {
    content: readJsonContent(message as Json, rawParameter(body, 'message'), mailbox),
    saveToSentItems: saveToSentItems !== false,
  };
}
