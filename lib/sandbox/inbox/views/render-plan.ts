import type { ApiFormatWeight, ApiLoss, ApiPlan } from '../api-types.js';

type Json = Record<string, unknown>;

/** How a loss is avoided; docs/fidelity.md tells the rest. */
const avoid: Record<string, string> = {
  text: "Set format: 'mime', which carries text beside html; as JSON Exchange makes a text part of its own.",
  icalEvent: "Set format: 'mime'.",
  alternatives: "Set format: 'mime'.",
  amp: "Set format: 'mime'.",
  watchHtml: "Set format: 'mime'.",
  raw: "Set format: 'mime' where it fits into one request.",
  headers: "Set format: 'mime', or give at most five x- headers.",
  date: "Set format: 'mime', or leave the date to Exchange.",
  from: "Set format: 'json', or send with the mailbox that owns the address.",
  sender: 'Leave out sender: Exchange sets it.',
  saveToSentItems: "Set format: 'json' and route: 'sendMail'.",
  'graph.message': "Set format: 'json'.",
  rfc822: "Set format: 'mime'.",
  attachmentHeaders: "Set format: 'mime', and keep the message small enough for one request.",
  attachmentName: 'Give the attachment a plain file name.',
  group: 'Write the addresses of the group one by one.',
  receipts: 'Exchange sends receipts to the mailbox; leave the header out, or send with the mailbox that is to get them.',
  returnPath: 'Leave out envelope.from: bounces go to the sending mailbox.',
  dkim: 'Leave out dkim: Exchange signs with the domain’s own key.',
  dsn: 'Leave out dsn: Graph knows no delivery notifications on demand.',
  to: 'Address the message to those who get it, or accept that the others are taken out of To.',
  cc: 'Address the message to those who get it, or accept that the others are taken out of Cc.',
};

/** What a client told of its plan, read with care: anybody may send the header. */
export function renderPlan(plan: Json | undefined): ApiPlan | null {
  if (!plan) return null;
  return {
    messageId: text(plan.messageId),
    format: oneOf(plan.format, ['json', 'mime'] as const),
    route: oneOf(plan.route, ['sendMail', 'draft'] as const),
    losses: objects(plan.losses).map(renderLoss),
    formats: renderFormats(plan.weights),
    envelope: isObject(plan.envelope) ? { from: text(plan.envelope.from), to: strings(plan.envelope.to) } : null,
    removed: objects(plan.removed).flatMap(({ address, field }) => {
      const known = oneOf(field, ['to', 'cc', 'bcc'] as const);
      return typeof address === 'string' && known ? [{ address, field: known }] : [];
    }),
    added: strings(plan.added),
    truncated: plan.truncated === true,
  };
}

/** Names of the losses, for a row. */
export const lossesOf = (plan: Json | undefined): string[] => objects(plan?.losses).map(({ feature }) => text(feature) ?? '?');

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string | null => (typeof value === 'string' ? value.slice(0, 1000) : null);
const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string').slice(0, 1000) : [];
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject).slice(0, 100) : []);

function oneOf<Known extends string>(value: unknown, known: readonly Known[]): Known | null {
  return known.find((entry) => entry === value) ?? null;
}

function renderLoss({ feature, detail }: Json): ApiLoss {
  const name = text(feature) ?? '?';
  const known = Object.hasOwn(avoid, name);
  return { feature: name, detail: text(detail) ?? '', avoid: known ? (avoid[name] ?? null) : null, docs: known ? 'fidelity.html' : null };
}

function renderFormats(weights: unknown): ApiPlan['formats'] {
  if (!isObject(weights)) return {};
  const read = (value: unknown): ApiFormatWeight | null =>
    isObject(value) && typeof value.weight === 'number' ? { weight: value.weight, losses: strings(value.losses) } : null;
  return {
    ...('json' in weights ? { json: read(weights.json) } : {}),
    ...('mime' in weights ? { mime: read(weights.mime) } : {}),
  };
}
