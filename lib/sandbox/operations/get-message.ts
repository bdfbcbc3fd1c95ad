import { allowOptions, readSelect } from '../checks/query.js';
import type { ItemCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { answerWithMessage } from './answer-with-message.js';

/** `GET /users/{id}/messages/{id}`: https://learn.microsoft.com/graph/api/message-get */
export function getMessage(call: ItemCall): Answer {
  allowOptions(call.exchange.query, ['$select']);
  return answerWithMessage(call, 200, readSelect(call.exchange.query, 'message'));
}
