import { abortError } from '../errors/abort-error.js';
import { mailboxPath } from '../graph/mailbox-path.js';
import type { Delivery } from './delivery.js';
import { failure, requestGraph } from './request.js';

/**
 * Sends in one request.
 *
 * @returns the request-id
 * @throws {GraphTransportError} with `ambiguous: true` if it cannot be told whether Graph took the message
 */
export async function sendMail(delivery: Delivery): Promise<string | undefined> {
  const { mailbox, messageId, hooks } = delivery;
  const { contentType, body } = delivery.message;
  const what = 'send the message';
  const path = `${mailboxPath(mailbox)}/sendMail`;
  if (hooks.beforeSend) await hooks.beforeSend({ draftId: undefined });
  const result = await requestGraph(delivery, { method: 'POST', path, contentType, body }, { what, expected: 202 });
  switch (result.state) {
    case 'done':
      return result.answer.requestId;
    case 'failed':
      throw result.error;
    case 'unknown':
      if (result.aborted) throw abortError(delivery.signal.reason, { ambiguous: true, mailbox, messageId });
      throw failure(delivery, result.outcome, what, { ambiguous: true });
  }
}
