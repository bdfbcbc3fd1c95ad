import { addressKey, type Address } from './address.js';
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
  const wanted = new Map<string, string>();
  for (const address of envelope) {
    const key = addressKey(address);
    if (!wanted.has(key)) wanted.set(key, address);
  }
  const to = split(headers.to, wanted);
  const cc = split(headers.cc, wanted);
  // whoever no header shows, with the name that Bcc has
  const hidden = new Map(headers.bcc.map((entry) => [addressKey(entry.address), entry]));
  const bcc: Address[] = [];
  const added: string[] = [];
  for (const [key, address] of wanted) {
    if (key === '' || to.keys.has(key) || cc.keys.has(key)) continue;
    const known = hidden.get(key);
    bcc.push(known ?? { address, name: '' });
    if (!known) added.push(address);
  }
  return {
    to: to.kept,
    cc: cc.kept,
    bcc,
    losses: [...lossOf('to', to.gone), ...lossOf('cc', cc.gone)],
    removed: [
      ...to.gone.map((address) => ({ address, field: 'to' as const })),
      ...cc.gone.map((address) => ({ address, field: 'cc' as const })),
    ],
    added,
  };
}

/** Those of a header who are wanted and those who are not, each mailbox once. */
function split(
  addresses: readonly Address[],
  wanted: ReadonlyMap<string, string>,
): { kept: Address[]; gone: string[]; keys: ReadonlySet<string> } {
  const kept: Address[] = [];
  const gone: string[] = [];
  const keys = new Set<string>();
  for (const entry of addresses) {
    const key = addressKey(entry.address);
    if (key === '' || keys.has(key)) continue;
    keys.add(key);
    if (wanted.has(key)) kept.push(entry);
    else gone.push(entry.address);
  }
  return { kept, gone, keys };
}

function lossOf(feature: 'to' | 'cc', list: readonly string[]): Loss[] {
  if (list.length === 0) return [];
  return [{ feature, detail: `not in the envelope, so removed from the ${feature === 'to' ? 'To' : 'Cc'} header: ${list.join(', ')}` }];
}
