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

  return {
    to,
    cc,
    bcc: named(hidden, headers.bcc),
    losses: [...removed('to', headers.to, isWanted), ...removed('cc', headers.cc, isWanted)],
  };
}

/** The addresses with the names that Bcc has for them. */
function named(addresses: readonly string[], bcc: readonly Address[]): Address[] {
  if (addresses.length === 0) return [];
  const names = new Map(bcc.map((address) => [addressKey(address.address), address]));
  return uniqueAddresses(addresses.map((address) => names.get(addressKey(address)) ?? { address, name: '' }));
}

function removed(feature: 'to' | 'cc', addresses: readonly Address[], isWanted: (address: Address) => boolean): Loss[] {
  const gone = addresses.filter((address) => !isWanted(address));
  if (gone.length === 0) return [];
  const list = uniqueAddresses(gone).map(({ address }) => address);
  return [{ feature, detail: `not in the envelope, so removed from the ${feature === 'to' ? 'To' : 'Cc'} header: ${list.join(', ')}` }];
}
