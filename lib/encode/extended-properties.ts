import type { HeaderField } from '../message/outgoing-message.js';

/** An entry of `singleValueExtendedProperties`. */
export interface ExtendedProperty {
  id: string;
  value: string;
}

/** MAPI properties that Exchange writes as headers (MS-OXPROPS, MS-OXCMAIL 2.1.3). */
const PROPERTY_IDS: ReadonlyMap<string, string> = new Map([
  ['in-reply-to', 'String 0x1042'],
  ['references', 'String 0x1039'],
  ['list-help', 'String 0x1043'],
  ['list-subscribe', 'String 0x1044'],
  ['list-unsubscribe', 'String 0x1045'],
]);

/** MS-OXCMSG 2.2.1.13 */
const SENSITIVITIES: ReadonlyMap<string, string> = new Map([
  ['normal', '0'],
  ['personal', '1'],
  ['private', '2'],
  ['company-confidential', '3'],
]);

/** The namespace of internet headers (PS_INTERNET_HEADERS). */
const INTERNET_HEADERS = '{00020386-0000-0000-C000-000000000046}';

/** Headers that Exchange writes from properties of their own only (MS-OXCMAIL 2.1.3.2.4). */
const RESERVED = new Set(['content-class', 'sensitivity']);

/** PidTagDeferredSendTime (MS-OXOMSG 2.2.3.4): when Exchange sends a message it has taken. */
export const DEFERRED_SEND_TIME = 'SystemTime 0x3FEF';

/** When to send, as a property; to the second, and never too early. */
export function deferredSendTime(at: Date): ExtendedProperty {
  return { id: DEFERRED_SEND_TIME, value: new Date(Math.ceil(at.getTime() / 1000) * 1000).toISOString().replace('.000Z', 'Z') };
}

/** A header as the property that Exchange turns back into it; `undefined` where there is none. */
export function extendedProperty({ name, value }: HeaderField): ExtendedProperty | undefined {
  const key = name.toLowerCase();
  const sensitivity = key === 'sensitivity' ? SENSITIVITIES.get(value.trim().toLowerCase()) : undefined;
  if (sensitivity !== undefined) return { id: 'Integer 0x0036', value: sensitivity };
  if (RESERVED.has(key) || /^resent-(?:to|cc|bcc|from|sender|reply-to)$/.test(key)) return undefined;
  return { id: PROPERTY_IDS.get(key) ?? `String ${INTERNET_HEADERS} Name ${name}`, value };
}
