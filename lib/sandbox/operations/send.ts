import type { ItemCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { submit } from '../mail/deliver.js';
import { badRequest, itemNotFound, Refusal } from '../refusal.js';
import { checkSubmission } from './check-submission.js';

/** `POST /users/{id}/messages/{id}/send`: https://learn.microsoft.com/graph/api/message-send */
export function send({ state, exchange, mailbox, item }: ItemCall): Answer {
  const { headers } = exchange.request;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
    throw new Refusal(411, 'LengthRequired', 'Length Required');
  }
  // an immutable id still finds it in Sent Items; what Exchange says then is not known for certain
  if (item.folder !== 'drafts' && !state.settings.resend) throw itemNotFound();
  // what Exchange says of one that waits already is not known
  if (state.store.isDeferred(item)) throw badRequest('ErrorInvalidOperation', 'The message is already submitted.');
  checkSubmission(state, mailbox, item.content);
  submit(state, item, { route: 'draft', saveToSentItems: true });
  return { status: 202 };
}
