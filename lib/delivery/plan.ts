import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { Loss, Trait } from '../message/outgoing-message.js';
import { lossesIn, weigh, type Format } from './carriage.js';

/** The way a message takes through Graph. */
export type Route = 'sendMail' | 'draft';

/** What decides about a message. Sizes are bytes of the request as it would really be sent. */
export interface PlanInput {
  traits: readonly Trait[];
  /** Losses that no format avoids. */
  losses: readonly Loss[];
  format: 'auto' | Format;
  route: 'auto' | Route;
  onLoss: 'warn' | 'error' | 'ignore';
  saveToSentItems: boolean;
}

/** How one message will be delivered. */
export interface DeliveryPlan {
  format: Format;
  losses: Loss[];
}

/**
 * Chooses the format.
 *
 * @throws {GraphTransportError} `EMESSAGE` if the wanted format must not carry the message, or with `onLoss: 'error'` if any loses
 */
export function planFormat(input: PlanInput): DeliveryPlan {
  const candidates: Format[] = input.format === 'auto' ? ['json', 'mime'] : [input.format];
  const plans = candidates.flatMap((format) => {
    const lost = lossesIn(format, input.traits);
    return lost ? [{ format, losses: lost, weight: weigh(lost) }] : [];
  });
  const best = plans.reduce<(typeof plans)[number] | undefined>((a, b) => (a && a.weight <= b.weight ? a : b), undefined);
  if (!best) {
    throw new GraphTransportError(
      'EMESSAGE',
      `format: '${input.format}' would send the clear text of a message that a plugin transformed`,
      {
        permanent: true,
        hint: "Use format: 'auto' or 'mime' for signed and encrypted mail.",
      },
    );
  }
  const losses = [...input.losses, ...best.losses];
  if (input.onLoss === 'error' && losses.length > 0) throw lossError(losses, best.format);
  return { format: best.format, losses };
}

/** The refusal that `onLoss: 'error'` asks for. */
export function lossError(losses: readonly Loss[], format: Format): GraphTransportError {
  const list = losses.map(({ feature, detail }) => `${feature} (${detail})`).join('; ');
  return new GraphTransportError(
    'EMESSAGE',
    `the message would not arrive as written (onLoss: 'error', format: '${format}'): ${list}. Nothing was sent`,
    {
      permanent: true,
      hint: "Change the message, choose another format, or set onLoss: 'warn'.",
    },
  );
}
