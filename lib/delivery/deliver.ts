import { distributeHeaders, MAX_INTERNET_HEADERS } from '../encode/json-headers.js';
import { jsonPayload, mimePayload, type Payload, type PayloadOptions } from '../plan/payload.js';
import { abortError } from '../errors/from-graph.js';
import { isGraphTransportError } from '../errors/graph-transport-error.js';
import { addressKey } from '../message/address.js';
import { attachmentTraits } from '../message/attachment-traits.js';
import type { Loss, OutgoingMessage, Trait } from '../message/outgoing-message.js';
import type { Format } from '../plan/carriage.js';
import { parseRaw } from '../message/parse-raw.js';
import { mailboxPath, type Delivery, type GraphSentMessageInfo, type MessageSettings } from './delivery.js';
import { sendDraft } from './draft.js';
import { describeLosses, lossError, planFormat, routeLosses, type FormatPlan } from '../plan/format-and-route.js';
import { failure, requestGraph } from './request.js';

/** Carries a message to Graph: plan, encode, send. */
export async function deliver(delivery: Delivery, message: OutgoingMessage, wanted: MessageSettings): Promise<GraphSentMessageInfo> {
  const { settings, logger, mailbox } = delivery;
  const traits = traitsOf(message, wanted);
  const intended = planFormat({ traits, losses: message.losses, format: wanted.format });
  const { payload, plan } = await encode(delivery, message, wanted, intended, traits);
  const { format } = plan;
  const { route, messageId } = payload;
  delivery.messageId = messageId;

  const losses = [...routeLosses(plan.losses, route, wanted.saveToSentItems), ...uploadLosses(format, payload, message)];
  if (losses.length > 0 && settings.onLoss === 'error') throw lossError(losses, { format, route });
  if (losses.length > 0 && settings.onLoss === 'warn') {
    logger.warn({ tnx: 'loss', messageId, losses }, 'Message %s does not arrive as written: %s', messageId, describeLosses(losses));
  }

  const requestId = route === 'sendMail' ? await sendMail(delivery, payload) : await sendDraft(delivery, payload);
  return {
    envelope: message.envelope,
    messageId,
    accepted: [...message.envelope.to],
    rejected: [],
    response: '202 Accepted',
    mailbox,
    format,
    route,
    requestId,
    attempts: delivery.attempts,
    losses,
  };
}

/** The message's traits and those that come from how it is to be sent. */
function traitsOf(message: OutgoingMessage, { mailbox, saveToSentItems, extras }: MessageSettings): Trait[] {
  const room = MAX_INTERNET_HEADERS - (extras?.internetMessageHeaders?.length ?? 0);
  const traits: Trait[] = [...message.traits, ...distributeHeaders(message.headers, room).losses];
  const from = message.from?.address;
  // an object id or 'me' may well be the same mailbox
  if (from !== undefined && mailbox.includes('@') && addressKey(from) !== addressKey(mailbox)) {
    traits.push({ feature: 'from', detail: `Exchange may replace the From address ${from} by the mailbox's own` });
  }
  if (!saveToSentItems) traits.push({ feature: 'saveToSentItems', detail: 'a copy is kept in Sent Items all the same' });
  if (extras) traits.push({ feature: 'graph.message', detail: `properties of the Graph message: ${Object.keys(extras).join(', ')}` });
  return traits;
}

/** A file that is added to a MIME draft is no longer part of the MIME message. */
function uploadLosses(format: Format, { uploads }: Payload, { attachments, tree }: OutgoingMessage): Loss[] {
  if (format === 'json') return [];
  return uploads.flatMap(({ attachment }) => attachmentTraits(attachment, attachments.indexOf(attachment), tree)) as Loss[];
}

interface Encoded {
  plan: FormatPlan;
  payload: Payload;
}

async function encode(
  { settings, signal }: Delivery,
  message: OutgoingMessage,
  wanted: MessageSettings,
  plan: FormatPlan,
  traits: readonly Trait[],
): Promise<Encoded> {
  const { raw } = message;
  const { format, route, saveToSentItems, extras } = wanted;
  const options: PayloadOptions = { route, saveToSentItems, extras, idleTimeout: settings.socketTimeout, signal };
  if (plan.format === 'json') return { plan, payload: await jsonPayload(raw ? await parseRaw(message, raw) : message, options) };
  try {
    return { plan, payload: await mimePayload(message, options) };
  } catch (error) {
    // a ready-made message cannot be split as MIME, but taken apart it can be sent at any size
    const tooLarge = raw && isGraphTransportError(error) && error.code === 'EMESSAGE';
    const fixed = format === 'mime' || route === 'sendMail' || traits.some(({ feature }) => feature === 'transformed');
    if (!tooLarge || fixed) throw error;
    const instead = planFormat({ traits, losses: message.losses, format: 'json' });
    return { plan: instead, payload: await jsonPayload(await parseRaw(message, raw), options) };
  }
}

async function sendMail(delivery: Delivery, { contentType, body }: Payload): Promise<string | undefined> {
  const { mailbox, messageId } = delivery;
  const what = 'send the message';
  const path = `${mailboxPath(mailbox)}/sendMail`;
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
