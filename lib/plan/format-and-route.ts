import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { Trait } from '../message/outgoing-message.js';
import { REQUEST_LIMIT } from '../prepared/limits.js';
import type { Loss } from '../prepared/loss.js';
import type { Format, Route } from '../prepared/prepared-message.js';
import { CARRIAGE, lossesIn, obstacleIn, weigh, type CarriageTable } from './carriage.js';

/** What decides about the format. */
export interface FormatInput {
  traits: readonly Trait[];
  /** Losses that no format avoids. */
  losses: readonly Loss[];
  format: 'auto' | Format;
  /** What the formats carry. @default what is claimed */
  table?: CarriageTable | undefined;
}

export interface FormatPlan {
  format: Format;
  losses: Loss[];
}

/** Why a format must not be used, by the trait that stands in its way. */
const WHY: Readonly<Record<string, string>> = {
  messageId: "cannot carry a Message-ID that is not <one@id> with exactly one '@'",
  sendAt: 'cannot carry graph.sendAt, which goes as JSON only',
};

/**
 * Chooses the format: of those that may carry the message the one that loses least, JSON on a tie.
 *
 * @throws {GraphTransportError} `EMESSAGE` if the wanted format must not carry the message
 */
export function planFormat(input: FormatInput): FormatPlan {
  const candidates: Format[] = input.format === 'auto' ? ['json', 'mime'] : [input.format];
  let best: (FormatPlan & { weight: number }) | undefined;
  for (const format of candidates) {
    const lost = lossesIn(format, input.traits, input.table ?? CARRIAGE);
    if (!lost) continue;
    const weight = weigh(lost);
    if (!best || weight < best.weight) best = { format, losses: [...input.losses, ...lost], weight };
  }
  if (!best) {
    const obstacle = obstacleIn(candidates[0] as Format, input.traits)?.feature;
    const why = WHY[obstacle ?? ''] ?? 'would send the clear text of a message that a plugin transformed, or that is signed or encrypted';
    const needsJson = input.traits.some(({ feature }) => feature === 'sendAt');
    const also = needsJson && obstacle !== 'sendAt' ? ', and graph.sendAt goes as JSON only' : '';
    throw new GraphTransportError('EMESSAGE', `format: '${input.format}' ${why}${also}; nothing was sent`, {
      permanent: true,
      hint: needsJson
        ? 'Leave graph.sendAt out and hand the message over when it is time, or let the outbox do so.'
        : "Use format: 'auto' or 'mime'.",
    });
  }
  return { format: best.format, losses: best.losses };
}

/**
 * The losses with what the route adds: a sent draft is always kept.
 */
export function routeLosses(losses: readonly Loss[], route: Route, saveToSentItems: boolean): Loss[] {
  if (route === 'sendMail' || saveToSentItems || losses.some(({ feature }) => feature === 'saveToSentItems')) return [...losses];
  return [...losses, { feature: 'saveToSentItems', detail: 'the draft route always keeps a copy in Sent Items' }];
}

/**
 * Chooses what is uploaded separately so that the rest fits into one request: the largest first, no more than needed.
 *
 * @param rest bytes of the request without any attachment
 * @param attachments bytes each attachment adds to the request
 * @returns indexes into `attachments`, or `undefined` if the rest alone is too large
 */
export function planUploads(rest: number, attachments: readonly number[], limit = REQUEST_LIMIT): number[] | undefined {
  let total = attachments.reduce((sum, size) => sum + size, rest);
  const uploads: number[] = [];
  const bySize = attachments.map((size, index) => ({ size, index })).sort((a, b) => b.size - a.size);
  for (const { size, index } of bySize) {
    if (total <= limit) break;
    uploads.push(index);
    total -= size;
  }
  return total <= limit ? uploads.sort((a, b) => a - b) : undefined;
}

/** The refusal that `onLoss: 'error'` asks for. */
export function lossError(losses: readonly Loss[], { format, route }: { format: Format; route: Route }): GraphTransportError {
  return new GraphTransportError(
    'EMESSAGE',
    `the message would not arrive as written (onLoss: 'error', format '${format}', route '${route}'): ${describeLosses(losses)}. Nothing was sent`,
    { permanent: true, hint: hintFor(losses) },
  );
}

function hintFor(losses: readonly Loss[]): string {
  const change = "Change the message, choose another format, or set onLoss: 'warn'.";
  if (!losses.some(({ feature }) => feature === 'saveToSentItems')) return change;
  return `saveToSentItems: false can only be kept as JSON in one request: use format: 'json' for a message that fits into it (about 3 MB), leave saveToSentItems out, or set onLoss: 'warn'.`;
}

export function describeLosses(losses: readonly Loss[]): string {
  return losses.map(({ feature, detail }) => `${feature} (${detail})`).join('; ');
}
