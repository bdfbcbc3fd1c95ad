import { checkValue, UnknownProperty, type Json } from '../checks/check-value.js';
import { bodyFormat, readJsonObject } from '../checks/read-json.js';
import type { GraphCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import type { MessageContent } from '../mail/content.js';
import { readJsonContent } from '../mail/json-content.js';
import { decodeMime, readMimeContent } from '../mail/mime-content.js';
import { badRequest } from '../refusal.js';
import { answerWithMessage } from './answer-with-message.js';
import { checkSize } from './check-submission.js';

/** `POST /users/{id}/messages`: https://learn.microsoft.com/graph/api/user-post-messages */
export async function createDraft(call: GraphCall): Promise<Answer> {
  const { state, exchange, mailbox } = call;
  const content =
    bodyFormat(exchange) === 'mime' ? await readMimeContent(decodeMime(exchange.body), mailbox, state.settings) : readDraftJson(call);
  checkSize(state.settings.maxMessageSize, content);
  const item = state.store.addDraft(mailbox, content, exchange.record);
  return answerWithMessage({ ...call, item }, 201);
}

function readDraftJson({ exchange, mailbox }: GraphCall): MessageContent {
  const posted = readJsonObject(exchange);
  try {
    return readJsonContent(checkValue(posted, 'graph.message', 'message') as Json, posted, mailbox);
  } catch (error) {
    // worded in another way than by sendMail: ms-365-mcp-server #569, davmail #506; the blank at the end is Graph's
    if (error instanceof UnknownProperty) throw badRequest('UnableToDeserializePostBody', 'were unable to deserialize ');
    throw error;
  }
}
