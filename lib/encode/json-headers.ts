import type { HeaderField } from '../message/outgoing-message.js';
import type { Loss } from '../prepared/loss.js';
import { extendedProperty, type ExtendedProperty } from './extended-properties.js';

/** Graph takes no more custom headers than this, and only those that begin with x-. */
export const MAX_INTERNET_HEADERS = 5;

export interface JsonHeaders {
  internetMessageHeaders: HeaderField[];
  singleValueExtendedProperties: ExtendedProperty[];
  /** Repeated headers that a property can hold only once, and those no property makes. */
  losses: Loss[];
}

/**
 * Distributes headers over what Graph's JSON offers: up to five x- headers, extended properties for the rest.
 *
 * @param headers in order of preference
 * @param room how many x- headers there is room for
 */
export function distributeHeaders(headers: readonly HeaderField[], room = MAX_INTERNET_HEADERS): JsonHeaders {
  if (headers.length === 0) return { internetMessageHeaders: [], singleValueExtendedProperties: [], losses: [] };
  const internetMessageHeaders: HeaderField[] = [];
  const properties = new Map<string, ExtendedProperty>();
  const losses: Loss[] = [];
  for (const header of headers) {
    if (header.value === '') continue;
    if (/^x-/i.test(header.name) && internetMessageHeaders.length < room) {
      internetMessageHeaders.push({ name: header.name, value: header.value });
      continue;
    }
    const property = extendedProperty(header);
    if (!property) {
      losses.push({ feature: 'headers', detail: `${header.name} cannot be set to "${header.value}" in JSON` });
      continue;
    }
    const id = property.id.toLowerCase();
    const first = properties.get(id);
    if (!first) properties.set(id, property);
    // List-* fields are comma-separated lists, so that repeated ones can be joined (RFC 2369)
    else if (/^list-(help|subscribe|unsubscribe|post|owner|archive)$/i.test(header.name)) {
      first.value += `, ${header.value}`;
      losses.push({ feature: 'headers', detail: `${header.name} is there more than once; its values arrive in one field` });
    } else losses.push({ feature: 'headers', detail: `${header.name} is there more than once; only the first is carried` });
  }
  return { internetMessageHeaders, singleValueExtendedProperties: [...properties.values()], losses };
}
