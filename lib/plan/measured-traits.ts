import { MAX_INTERNET_HEADERS } from '../encode/json-headers.js';
import type { OutgoingMessage, Trait } from '../message/outgoing-message.js';
import type { ProvableFeature } from '../prepared/tenant-facts.js';
import type { CarriageTable } from './carriage.js';

/** What a message has of something that is carried by all that is known, unless a measurement says otherwise. */
const DETAILS: Partial<Record<ProvableFeature, (message: OutgoingMessage) => string | undefined>> = {
  fromName: ({ from }) => (from?.name ? `recipients see the mailbox's own name in place of "${from.name}"` : undefined),
  xHeaders: (message) => namesOf(message, isXHeader),
  moreXHeaders: (message) => {
    const names = message.headers.filter(({ name }) => isXHeader(name)).slice(MAX_INTERNET_HEADERS);
    return list(names.map(({ name }) => name));
  },
  customHeaders: (message) => namesOf(message, (name) => !isXHeader(name) && !isList(name) && !isThreading(name) && !HANDLED.test(name)),
  listHeaders: (message) => namesOf(message, isList),
  threading: (message) => namesOf(message, isThreading),
  ownMessageId: ({ messageId }) => `Exchange puts another Message-ID in place of ${messageId}`,
};

const isXHeader = (name: string): boolean => /^x-/i.test(name);
const isList = (name: string): boolean => /^list-/i.test(name);
const isThreading = (name: string): boolean => /^(in-reply-to|references)$/i.test(name);
/** Standard fields, of which other losses tell. */
const HANDLED = /^(auto-submitted|sensitivity|content-class)$/i;

function namesOf({ headers }: OutgoingMessage, isMeant: (name: string) => boolean): string | undefined {
  return list([...new Set(headers.map(({ name }) => name).filter(isMeant))]);
}

function list(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

/** The traits of a message that matter only on a tenant where the measurement found a loss. */
export function measuredTraits(message: OutgoingMessage, table: CarriageTable): Trait[] {
  return Object.entries(DETAILS).flatMap(([name, detailOf]) => {
    const feature = name as ProvableFeature;
    const row = table[feature];
    if (row.json !== 'loss' && row.mime !== 'loss' && row.mimeDraft !== 'loss') return [];
    const detail = detailOf(message);
    return detail === undefined ? [] : [{ feature, detail: `${detail} (measured on this tenant)` }];
  });
}
