import type { Trait } from '../message/outgoing-message.js';
import type { Loss, LossFeature } from '../prepared/loss.js';
import type { Format } from '../prepared/prepared-message.js';
import { PROVABLE, WAYS, type TenantFacts, type Way } from '../prepared/tenant-facts.js';

/** `yes`: carried. `loss`: left out and told. `never`: the format must not be used at all. */
export type Carriage = 'yes' | 'loss' | 'never';

interface Row {
  readonly json: Carriage;
  readonly mime: Carriage;
  /** A MIME draft that attachments are added to afterwards. @default as `mime` */
  readonly mimeDraft?: Carriage | undefined;
  /** What `format: 'auto'` pays for losing it; the format with the smaller sum wins. */
  readonly weight: number;
}

export type CarriageTable = Readonly<Record<Trait['feature'], Row>>;

/**
 * Which format carries what: the table of docs/fidelity.md. What is not listed, both carry. Of what `prove` measures this is what is
 * claimed until then.
 */
export const CARRIAGE: CarriageTable = {
  text: { json: 'loss', mime: 'yes', weight: 2 },
  icalEvent: { json: 'loss', mime: 'yes', weight: 8 },
  alternatives: { json: 'loss', mime: 'yes', weight: 8 },
  amp: { json: 'loss', mime: 'yes', weight: 8 },
  watchHtml: { json: 'loss', mime: 'yes', weight: 8 },
  raw: { json: 'loss', mime: 'yes', weight: 8 },
  from: { json: 'yes', mime: 'loss', weight: 4 },
  'graph.message': { json: 'yes', mime: 'loss', weight: 4 },
  saveToSentItems: { json: 'yes', mime: 'loss', weight: 3 },
  rfc822: { json: 'loss', mime: 'yes', weight: 1 },
  date: { json: 'loss', mime: 'yes', weight: 1 },
  headers: { json: 'loss', mime: 'yes', weight: 1 },
  attachmentHeaders: { json: 'loss', mime: 'yes', weight: 1 },
  attachmentName: { json: 'loss', mime: 'yes', weight: 1 },
  group: { json: 'loss', mime: 'yes', weight: 1 },
  sender: { json: 'loss', mime: 'loss', weight: 0 },
  receipts: { json: 'loss', mime: 'loss', weight: 0 },
  autoSubmitted: { json: 'loss', mime: 'loss', weight: 0 },
  returnPath: { json: 'loss', mime: 'loss', weight: 0 },
  requireTLS: { json: 'loss', mime: 'loss', weight: 0 },
  dsn: { json: 'loss', mime: 'loss', weight: 0 },
  dkim: { json: 'loss', mime: 'loss', weight: 0 },
  to: { json: 'loss', mime: 'loss', weight: 0 },
  cc: { json: 'loss', mime: 'loss', weight: 0 },
  // sending the clear text of an encrypted message would be the worst of all losses
  transformed: { json: 'never', mime: 'yes', weight: 0 },
  // sent at once, it would be out before anybody could stop it
  sendAt: { json: 'yes', mime: 'never', weight: 0 },
  // Graph refuses it, and a message whose Message-ID is another than the app knows cannot be found again
  messageId: { json: 'never', mime: 'yes', weight: 0 },
  // carried by all that is known; a loss only where a measurement of the tenant says so
  threading: { json: 'yes', mime: 'yes', weight: 2 },
  fromName: { json: 'yes', mime: 'yes', weight: 1 },
  xHeaders: { json: 'yes', mime: 'yes', weight: 1 },
  moreXHeaders: { json: 'yes', mime: 'yes', weight: 1 },
  customHeaders: { json: 'yes', mime: 'yes', weight: 1 },
  listHeaders: { json: 'yes', mime: 'yes', weight: 1 },
  ownMessageId: { json: 'yes', mime: 'yes', weight: 1 },
};

/** What a way carries of a feature. */
export const carriageBy = (way: Way, { [way]: carried, mime }: Row): Carriage => carried ?? mime;

const TABLES = new WeakMap<TenantFacts, CarriageTable>();

/** The table as it is on a tenant: what was measured in place of what is claimed. Made once for the same facts. */
export function carriageOn(facts: TenantFacts | undefined): CarriageTable {
  if (!facts) return CARRIAGE;
  const known = TABLES.get(facts);
  if (known) return known;
  const measured = PROVABLE.map((feature) => {
    const row = CARRIAGE[feature];
    // a draft is MIME first: what is lost there is lost here
    const measuredBy = (way: Way): Carriage => facts[feature]?.[way] ?? (way === 'mimeDraft' ? measuredBy('mime') : carriageBy(way, row));
    return [feature, { ...row, ...Object.fromEntries(WAYS.map((way) => [way, measuredBy(way)])) }];
  });
  const table = { ...CARRIAGE, ...(Object.fromEntries(measured) as Partial<CarriageTable>) };
  TABLES.set(facts, table);
  return table;
}

/** Why a format must not be used at all; `undefined` if it may. */
export function obstacleIn(format: Format, traits: readonly Trait[]): Trait | undefined {
  // no measurement changes that
  return traits.find(({ feature }) => CARRIAGE[feature][format] === 'never');
}

/** What a message with these traits loses in a format; `undefined` if the format must not be used. */
export function lossesIn(format: Format, traits: readonly Trait[], table = CARRIAGE): Loss[] | undefined {
  if (obstacleIn(format, traits)) return undefined;
  return traits.filter(({ feature }) => table[feature][format] === 'loss') as Loss[];
}

/** What a MIME message loses on top where attachments are added to its draft. */
export function lossesOfMimeDraft(traits: readonly Trait[], table: CarriageTable): Loss[] {
  return traits.filter(({ feature }) => table[feature].mime !== 'loss' && carriageBy('mimeDraft', table[feature]) === 'loss') as Loss[];
}

/** What the losses weigh together; each feature counts once. */
export function weigh(losses: readonly Loss[]): number {
  let sum = 0;
  for (const feature of featuresOf(losses)) sum += CARRIAGE[feature].weight;
  return sum;
}

/** What is lost, each once. */
export function featuresOf(losses: readonly Loss[]): LossFeature[] {
  const features = losses.map(({ feature }) => feature);
  return features.length > 1 ? [...new Set(features)] : features;
}
