import type { Cancellation } from '../base/cancellation.js';
import { unreadable } from '../errors/unreadable.js';
import type { Logger } from '../base/logger.js';
import type { ContentReader } from '../message/content/content-reader.js';
import type { NodemailerMail } from '../message/nodemailer.js';
import type { OutgoingMessage, Trait } from '../message/outgoing-message.js';
import { parseRaw } from '../message/parse-raw.js';
import { readMessage } from '../message/read-message.js';
import type { Format, PlanDecision, PreparedMessage } from '../prepared/prepared-message.js';
import { carriageOn, featuresOf, lossesIn, lossesOfMimeDraft, obstacleIn, weigh, type CarriageTable } from './carriage.js';
import { isDeferred } from './deferred.js';
import { describeLosses, lossError, planFormat, routeLosses, type FormatPlan } from './format-and-route.js';
import { measuredTraits } from './measured-traits.js';
import { isTooLarge, jsonPayload, mimePayload, type Payload, type PayloadOptions } from './payload.js';
import type { MessageSettings, PlanSettings } from './plan-settings.js';
import { traitsOf, uploadLosses } from './traits.js';

export interface PrepareContext {
  readonly settings: Pick<PlanSettings, 'onLoss' | 'maxRecipients' | 'socketTimeout' | 'tenantFacts'>;
  /** Reads the contents. The uploads of the prepared message are usable until it is disposed of. */
  readonly reader: ContentReader;
  readonly signal: Cancellation;
  /** Told what is lost, with `onLoss: 'warn'`. */
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Makes Nodemailer's message ready to be sent: reads it, decides format and route, encodes it. Nothing but contents is read, and
 * nothing is sent.
 *
 * @param wanted what `readMessageSettings()` says
 * @throws {GraphTransportError} `EENVELOPE` or `EMESSAGE` for what must not or cannot be sent, `ETIMEDOUT` for a stream that falls silent
 */
export async function prepare(mail: NodemailerMail, wanted: MessageSettings, context: PrepareContext): Promise<PreparedMessage> {
  try {
    const { maxRecipients } = context.settings;
    return await plan(await readMessage(mail, context.reader, { maxRecipients, mailbox: wanted.mailbox }), wanted, context);
  } catch (error) {
    if (error === context.signal.reason) throw error;
    throw unreadable(error);
  }
}

async function plan(message: OutgoingMessage, wanted: MessageSettings, context: PrepareContext): Promise<PreparedMessage> {
  const { tenantFacts } = context.settings;
  const table = carriageOn(tenantFacts);
  const traits = traitsOf(message, wanted);
  if (tenantFacts) traits.push(...measuredTraits(message, table));
  const intended = planFormat({ traits, losses: message.losses, format: wanted.format, table });
  const { payload, losses: formatLosses, format } = await encode(message, wanted, intended, { traits, table }, context);
  const { route, contentType, body, uploads, inDraft, messageId } = payload;
  const losses = routeLosses(formatLosses, route, wanted.saveToSentItems);
  if (format === 'mime')
    losses.push(
      ...uploadLosses(
        uploads.map(({ attachment }) => attachment),
        message,
      ),
    );
  if (losses.length > 0) tell(losses, { format, route, messageId }, context);
  if (format === 'json' && message.from?.name && !tenantFacts?.fromName?.json) noteFromName(message.from.name, messageId, context);
  const prepared: PreparedMessage = {
    mailbox: wanted.mailbox,
    envelope: message.envelope,
    messageId,
    format,
    route,
    contentType,
    body,
    uploads: uploads.map(({ attachment: { source }, description }) => ({
      description,
      size: source.size,
      pieces: (start, length) => source.pieces(start, length),
    })),
    inDraft,
    losses,
    saveToSentItems: wanted.saveToSentItems,
    decision: {
      weights: { json: weightOf('json', traits, table), mime: weightOf('mime', traits, table) },
      removed: message.removed,
      added: message.added,
    },
  };
  return format === 'json' && isDeferred(wanted) ? { ...prepared, deferred: true } : prepared;
}

function weightOf(format: Format, traits: readonly Trait[], table: CarriageTable): PlanDecision['weights'][Format] {
  const lost = lossesIn(format, traits, table);
  return lost ? { weight: weigh(lost), losses: featuresOf(lost) } : null;
}

function tell(
  losses: PreparedMessage['losses'],
  { messageId, ...way }: Pick<PreparedMessage, 'format' | 'route' | 'messageId'>,
  { settings, logger }: PrepareContext,
): void {
  if (settings.onLoss === 'ignore') return;
  if (settings.onLoss === 'error') throw lossError(losses, way);
  logger.warn({ tnx: 'loss', messageId, losses }, 'Message %s does not arrive as written: %s', messageId, describeLosses(losses));
}

/** Settings whose owner knows. */
const noted = new WeakSet<object>();

/**
 * Says once what nearly every message would have to say: by all reports JSON does not carry the name in From, and whether the mailbox
 * has the same one nobody here can tell. No loss that refuses a message, since no format is known to help.
 */
function noteFromName(name: string, messageId: string, { settings, logger }: PrepareContext): void {
  if (settings.onLoss === 'ignore' || noted.has(settings)) return;
  noted.add(settings);
  const detail = `recipients see the mailbox's own name, whether or not it is "${name}"`;
  const losses = [{ feature: 'fromName', detail }];
  logger.warn({ tnx: 'loss', messageId, losses }, "fromName (%s): change the mailbox's display name, or leave the name out", detail);
}

interface Encoded extends FormatPlan {
  payload: Payload;
}

/** What decides about the format. */
interface Basis {
  traits: readonly Trait[];
  table: CarriageTable;
}

async function encode(
  message: OutgoingMessage,
  { format, route, saveToSentItems, extras, sendAt }: MessageSettings,
  intended: FormatPlan,
  { traits, table }: Basis,
  { settings, signal }: PrepareContext,
): Promise<Encoded> {
  const { raw } = message;
  const options: PayloadOptions = { route, saveToSentItems, extras, sendAt, idleTimeout: settings.socketTimeout, signal };
  if (intended.format === 'json') {
    const { losses } = intended;
    return { format: 'json', losses, payload: await jsonPayload(raw ? await parseRaw(message, raw) : message, options) };
  }
  try {
    const payload = await mimePayload(message, options);
    const more = payload.uploads.length > 0 ? lossesOfMimeDraft(traits, table) : [];
    const losses = [...intended.losses, ...more];
    const json = more.length > 0 && format === 'auto' && !raw ? lossesIn('json', traits, table) : undefined;
    if (json && weigh(json) < weigh(losses)) {
      return { format: 'json', losses: [...message.losses, ...json], payload: await jsonPayload(message, options) };
    }
    return { format: intended.format, losses, payload };
  } catch (error) {
    // a ready-made message cannot be split as MIME, but taken apart it can be sent at any size
    const fixed = format === 'mime' || route === 'sendMail' || obstacleIn('json', traits) !== undefined;
    if (!raw || !isTooLarge(error) || fixed) throw error;
    const instead = planFormat({ traits, losses: message.losses, format: 'json', table });
    return { ...instead, payload: await jsonPayload(await parseRaw(message, raw), options) };
  }
}
