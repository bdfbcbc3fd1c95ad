import { badRequest } from '../refusal.js';
import type { SandboxHeader } from '../types.js';
import { isStrictBase64, type Json } from './check-value.js';

const INTERNET_HEADERS = '00020386-0000-0000-c000-000000000046';

const idFormat = /^(\w+) (?:0x([0-9a-f]{1,8})|\{([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\} (?:Name (\S.*)|Id 0x([0-9a-f]{1,8})))$/i;

const integer = (limit: number) => (value: string) => /^-?\d+$/.test(value) && Math.abs(Number(value)) <= limit;
const float = (value: string): boolean => value.trim() !== '' && Number.isFinite(Number(value));

/** https://learn.microsoft.com/graph/api/resources/extended-properties-overview and how a value of each type is written. */
const valueChecks: Record<string, (value: string) => boolean> = {
  applicationtime: float,
  binary: isStrictBase64,
  boolean: (value) => /^(true|false)$/i.test(value),
  clsid: (value) => /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i.test(value),
  currency: float,
  double: float,
  float,
  integer: integer(2 ** 31),
  long: integer(Number.MAX_SAFE_INTEGER),
  short: integer(2 ** 15),
  string: () => true,
  systemtime: (value) => /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value)),
};

// MS-OXCMAIL: these properties become header lines (msgraph-sdk-dotnet #2320, redaxo #6590, MS-OXPROPS)
const headerOfTag: Record<number, { type: string; name: string }> = {
  0x1039: { type: 'string', name: 'References' },
  0x1042: { type: 'string', name: 'In-Reply-To' },
  0x1043: { type: 'string', name: 'List-Help' },
  0x1044: { type: 'string', name: 'List-Subscribe' },
  0x1045: { type: 'string', name: 'List-Unsubscribe' },
  0x0036: { type: 'integer', name: 'Sensitivity' },
};
const sensitivities: Record<string, string> = { '1': 'Personal', '2': 'Private', '3': 'Company-Confidential' };

// MS-OXCMAIL 2.1.3.2.4: a named property is not written where another property has the header;
// Auto-Submitted does not get through in any way (msgraph-sdk-dotnet #2209)
const reservedHeaders = new Set(
  `auto-submitted bcc cc content-class content-id content-transfer-encoding content-type date disposition-notification-to from
  importance in-reply-to list-help list-subscribe list-unsubscribe message-id mime-version priority received references reply-to
  return-path return-receipt-to sender sensitivity subject to x-priority`.split(/\s+/),
);

/** Whether Exchange writes a header of that name that a client put into PS_INTERNET_HEADERS. */
export const isFreeHeader = (name: string): boolean =>
  !reservedHeaders.has(name.toLowerCase()) && !/^x-microsoft-exchange-(organization|forest)-/i.test(name);

/**
 * Checks `singleValueExtendedProperties` and returns the header lines they turn into.
 * @throws Refusal
 */
export function headersOfProperties(properties: Json[]): SandboxHeader[] {
  return properties.flatMap(({ id, value }) => headerOf(id, value) ?? []);
}

function headerOf(id: unknown, value: unknown): SandboxHeader | undefined {
  const [, givenType = '', tag, set, named] = (typeof id === 'string' ? idFormat.exec(id) : null) ?? [];
  const type = givenType.toLowerCase();
  const check = valueChecks[type];
  if (typeof id !== 'string' || !check) {
    throw badRequest('ErrorInvalidExtendedProperty', 'The extended property attribute combination is invalid.');
  }
  if (typeof value !== 'string' || !check(value)) {
    throw badRequest('ErrorInvalidExtendedPropertyValue', `The value of the extended property '${id}' is not valid for its type.`);
  }
  if (tag !== undefined) {
    const header = headerOfTag[Number.parseInt(tag, 16)];
    if (header?.type !== type) return undefined;
    const text = header.name === 'Sensitivity' ? sensitivities[value] : value;
    return text === undefined ? undefined : { name: header.name, value: text };
  }
  const isHeader = set?.toLowerCase() === INTERNET_HEADERS && type === 'string' && named !== undefined;
  return isHeader && isFreeHeader(named) ? { name: named, value } : undefined;
}
