import { addressKey, uniqueAddresses, type Address } from './address.js';
import type { Loss } from './outgoing-message.js';

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

  const visible = new Set([...to, ...cc].map(({ address }) => addressKey(address)));
  const named = new Map(headers.bcc.map((address) => [addressKey(address.address), address]));
  const hidden = envelope.filter((address) => !visible.has(addressKey(address)));
  const bcc = uniqueAddresses(hidden.map((address) => named.get(addressKey(address)) ?? { address, name: '' }));

  return { to, cc, bcc, losses: [...removed('to', headers.to, isWanted), ...removed('cc', headers.cc, isWanted)] };
}

function removed(feature: 'to' | 'cc', addresses: readonly Address[], isWanted: (address: Address) => boolean): Loss[] {
  const gone = uniqueAddresses(addresses.filter((address) => !isWanted(address)));
  if (gone.length === 0) return [];
  const list = gone.map(({ address }) => address).join(', ');
  return [{ feature, detail: `not in the envelope, so removed from the ${feature === 'to' ? 'To' : 'Cc'} header: ${list}` }];
}
