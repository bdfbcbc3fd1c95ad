import { distributeHeaders } from '../encode/json-headers.js';
import { describeAttachment, encodeJson } from '../encode/json.js';
import { encodeMime } from '../encode/mime.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import { addressKey } from '../message/address.js';
import type { OutgoingMessage, Trait } from '../message/outgoing-message.js';
import { parseRaw } from '../message/parse-raw.js';
import type { Format } from './carriage.js';
import { mailboxPath, type Delivery, type GraphSentMessageInfo, type MessageSettings } from './delivery.js';
import { planFormat } from './plan.js';
import { failure, requestGraph } from './request.js';
import { abortError } from '../errors/from-graph.js';

/** Most bytes Graph takes in one request. */
export const REQUEST_LIMIT = 4 * 1024 * 1024;

/** Carries a message to Graph: plan, encode, send. */
export async function deliver(delivery: Delivery, message: OutgoingMessage, wanted: MessageSettings): Promise<GraphSentMessageInfo> {
  const { settings, logger, messageId, mailbox } = delivery;
  const plan = planFormat({
    traits: traitsOf(message, wanted),
    losses: message.losses,
    format: wanted.format,
    route: wanted.route,
    onLoss: settings.onLoss,
    saveToSentItems: wanted.saveToSentItems,
  });
  if (plan.losses.length > 0 && settings.onLoss === 'warn') {
    const list = plan.losses.map(({ feature, detail }) => `${feature} (${detail})`).join('; ');
    logger.warn({ tnx: 'loss', messageId, losses: plan.losses }, 'Message %s does not arrive as written: %s', messageId, list);
  }
  const body = await encode(plan.format, message, wanted, delivery);
  if (body.length > REQUEST_LIMIT) throw tooLarge(body.length);
  const requestId = await sendMail(delivery, plan.format, body);
  return {
    envelope: message.envelope,
    messageId,
    accepted: [...message.envelope.to],
    rejected: [],
    response: '202 Accepted',
    mailbox,
    format: plan.format,
    route: 'sendMail',
    requestId,
    attempts: delivery.attempts,
    losses: plan.losses,
  };
}

/** The message's traits and those that come from how it is to be sent. */
function traitsOf(message: OutgoingMessage, { mailbox, saveToSentItems, extras }: MessageSettings): Trait[] {
  const traits: Trait[] = [...message.traits, ...distributeHeaders(message.headers).losses];
  const from = message.from?.address;
  if (from !== undefined && mailbox.includes('@') && addressKey(from) !== addressKey(mailbox)) {
    traits.push({ feature: 'from', detail: `Exchange may replace the From address ${from} by the mailbox's own` });
  }
  if (!saveToSentItems) traits.push({ feature: 'saveToSentItems', detail: 'a copy is kept in Sent Items all the same' });
  if (extras) traits.push({ feature: 'graph.message', detail: `properties of the Graph message: ${Object.keys(extras).join(', ')}` });
  return traits;
}

async function encode(format: Format, message: OutgoingMessage, wanted: MessageSettings, { settings, signal }: Delivery): Promise<Buffer> {
  if (format === 'mime') {
    const source = await encodeMime(message, { idleTimeout: settings.socketTimeout, signal });
    return Buffer.from(source.toString('base64'), 'latin1');
  }
  const parsed = await parseRaw(message);
  const graphMessage = await encodeJson(parsed, wanted.extras);
  const attachments = [];
  for (const [index, attachment] of parsed.attachments.entries()) {
    const contentBytes = (await attachment.source.bytes()).toString('base64');
    attachments.push({ ...describeAttachment(attachment, index), contentBytes });
  }
  if (attachments.length > 0) graphMessage['attachments'] = attachments;
  return Buffer.from(JSON.stringify({ message: graphMessage, ...(!wanted.saveToSentItems && { saveToSentItems: false }) }));
}

async function sendMail(delivery: Delivery, format: Format, body: Buffer): Promise<string | undefined> {
  const what = 'send the message';
  const result = await requestGraph(
    delivery,
    {
      method: 'POST',
      path: `${mailboxPath(delivery.mailbox)}/sendMail`,
      contentType: format === 'json' ? 'application/json' : 'text/plain',
      body,
    },
    { what, expected: 202 },
  );
  switch (result.state) {
    case 'done':
      return result.answer.requestId;
    case 'failed':
      throw result.error;
    case 'unknown':
      if (result.aborted) throw abortError(delivery.signal.reason, { ambiguous: true, mailbox: delivery.mailbox });
      throw failure(delivery, result.outcome, what, { ambiguous: true });
  }
}

function tooLarge(bytes: number): GraphTransportError {
  return new GraphTransportError(
    'EMESSAGE',
    `the message makes a request of ${bytes} bytes, more than the ${REQUEST_LIMIT} Graph takes; nothing was sent`,
    {
      permanent: true,
      hint: 'Send a link instead of the attachment.',
    },
  );
}
