import { domainToASCII } from 'node:url';

/** A mail address with its display name (`''` if it has none). */
export interface Address {
  readonly address: string;
  readonly name: string;
}

/** What two spellings of the same mailbox have in common: Exchange compares without case, and domains in ASCII. */
export function addressKey(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  // only where there is something to convert: this runs several times for every recipient
  if (at < 0 || !/[\u0080-\uFFFF]/.test(domain)) return address.toLowerCase();
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`.toLowerCase();
}

/** The addresses, each mailbox once: the first spelling stays. */
export function uniqueAddresses<T extends Address>(addresses: readonly T[]): T[] {
  const seen = new Set<string>();
  return addresses.filter(({ address }) => {
    const key = addressKey(address);
    return address !== '' && !seen.has(key) && seen.add(key);
  });
}
