import type { PreparedMessage } from '../prepared/prepared-message.js';
import { openDelivery, type DeliveryContext, type DeliveryHooks } from './delivery.js';
import { sendByDraft } from './draft-route.js';
import { sendMail } from './send-mail.js';
import { sentMessageInfo, type GraphSentMessageInfo } from './sent-message-info.js';

/**
 * Hands a prepared message to Graph.
 *
 * @throws {GraphTransportError} with `ambiguous: true` if Graph may have taken it all the same; else nothing was sent, and no draft is left
 *   unless the error says so
 */
export async function deliver(message: PreparedMessage, context: DeliveryContext, hooks?: DeliveryHooks): Promise<GraphSentMessageInfo> {
  const delivery = openDelivery(message, context, hooks);
  const began = performance.now();
  const requestId = await (message.route === 'sendMail' ? sendMail(delivery) : sendByDraft(delivery));
  return sentMessageInfo(delivery, requestId, Math.round(performance.now() - began));
}
