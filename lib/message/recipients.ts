import { addressKey, uniqueAddresses, type Address } from './address.js';
import type { Loss } from '../prepared/loss.js';

/** Recipients as the message's headers name them. */
export interface HeaderRecipients {
  to: readonly Address[];
  cc: readonly Address[];
  bcc: readonly Address[];
}

/** Recipients as Graph gets them: together exactly the envelope. */
export interface Recipients {
  to: Address[];
  cc: Address[];
  bcc: Address[];
  /** Header recipients that are not in the envelope and had to be taken out of sight. */
  losses: Loss[];
  /** The same, address by address. */
  removed: { address: string; field: 'to' | 'cc' }[];
  /** Envelope recipients that no header names. */
  added: string[];
}

/**
 * Brings envelope and headers together. Graph delivers to whom the headers name, SMTP to the envelope; the envelope decides:
 * who is only there becomes a Bcc, who is only in a header is taken out of it.
 */
export function reconcileRecipients(headers: HeaderRecipients, envelope: readonly string[]): Recipients {
  const wanted = new Set(envelope.map(addressKey));
  const isWanted = ({ address }: Address) => wanted.has(addressKey(address));
  const to = uniqueAddresses(headers.to.filter(isWanted));
  const cc = uniqueAddresses(headers.cc.filter(isWanted));

  const visible = new Set<string>();
  for (const list of [to, cc]) for (const { address } of list) visible.add(addressKey(address));
  const hidden = envelope.filter((address) => !visible.has(addressKey(address)));

  const bcc = new Set(headers.bcc.map(({ address }) => addressKey(address)));
  const unwanted = { to: unwantedIn(headers.to, isWanted), cc: unwantedIn(headers.cc, isWanted) };

  return {
    to,
    cc,
    bcc: named(hidden, headers.bcc),
    losses: [...removed('to', unwanted.to), ...removed('cc', unwanted.cc)],
    removed: (['to', 'cc'] as const).flatMap((field) => unwanted[field].map((address) => ({ address, field }))),
    added: hidden.filter((address) => !bcc.has(addressKey(address))),
  };
}

/** The addresses with the names that Bcc has for them. */
function named(addresses: readonly string[], bcc: readonly Address[]): Address[] {
  if (addresses.length === 0) return [];
  const names = new Map(bcc.map((address) => [addressKey(address.address), address]));
  return uniqueAddresses(addresses.map((address) => names.get(addressKey(address)) ?? { address, name: '' }));
}

function unwantedIn(addresses: readonly Address[], isWanted: (address: Address) => boolean): string[] {
  const gone = addresses.filter((address) => !isWanted(address));
  return gone.length === 0 ? [] : uniqueAddresses(gone).map(({ address }) => address);
}

function removed(feature: 'to' | 'cc', list: readonly string[]): Loss[] {
  if (list.length === 0) return [];
  return [{ feature, detail: `not in the envelope, so removed from the ${feature === 'to' ? 'To' : 'Cc'} header: ${list.join(', ')}` }];
}
