import { badRequest, Refusal, unreadableBody } from '../refusal.js';
import { derivedTypes, enums, structures, type Structure } from './schema.js';

/** Plain JSON object. */
export type Json = Record<string, unknown>;

/** An unknown property; `POST /messages` words it in its own way. */
export class UnknownProperty extends Refusal {
  constructor(name: string, type: string) {
    super(
      400,
      'RequestBodyRead',
      `The property '${name}' does not exist on type 'microsoft.graph.${type}'. Make sure to only use property names that are defined by the type or mark the type as open type.`,
    );
  }
}

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Checks a JSON value against a type of the metadata, as Graph's OData reader does.
 * `message` is an open type there, and still Graph refuses what it does not know (msgraph-sdk-python #440).
 * @returns a copy with enum members in their own spelling, quoted booleans unquoted and annotations left out
 * @throws Refusal
 */
export function checkValue(value: unknown, type: string, name: string): unknown {
  const item = /^Collection\((.+)\)$/.exec(type)?.[1];
  if (item !== undefined) return checkCollection(value, item, name);
  if (value === null) return null;
  if (type.startsWith('Edm.')) return checkPrimitive(value, type, name);
  const typeName = type.slice('graph.'.length);
  const members = enums[typeName];
  if (members) return checkEnum(value, members, name);
  if (!isObject(value)) throw unexpectedNode(value, name, 'StartObject');
  return checkObject(value, resolveType(value, typeName));
}

function checkCollection(value: unknown, item: string, name: string): unknown[] {
  if (value === null) {
    throw unreadableBody(
      `A null value was found for the property named '${name}', which has the expected type 'Collection(${item})[Nullable=False]'. The expected type 'Collection(${item})[Nullable=False]' does not allow null values.`,
    );
  }
  if (!Array.isArray(value)) throw unexpectedNode(value, name, 'StartArray');
  return value.map((element: unknown) => {
    if (element === null) throw unreadableBody(`A null value was found in the collection '${name}', which does not allow null values.`);
    return checkValue(element, item, name);
  });
}

function checkPrimitive(value: unknown, type: string, name: string): unknown {
  if (typeof value === 'object') throw unexpectedNode(value, name, 'PrimitiveValue');
  switch (type) {
    case 'Edm.String':
      if (typeof value === 'string') return value;
      break;
    case 'Edm.Boolean':
      // OData lets a boolean be quoted: microsoft-graph-docs #12816
      if (typeof value === 'boolean') return value;
      if (value === 'true' || value === 'false') return value === 'true';
      break;
    case 'Edm.Int32':
    case 'Edm.Int64':
      if (typeof value === 'number' && Number.isSafeInteger(value) && (type === 'Edm.Int64' || Math.abs(value) < 2 ** 31)) return value;
      break;
    case 'Edm.Binary':
      if (typeof value === 'string' && isStrictBase64(value)) return value;
      break;
    case 'Edm.DateTimeOffset':
      if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(value)) return value;
      break;
  }
  const literal = literalOf(value);
  throw unreadableBody(
    `Cannot convert the literal '${literal.length > 100 ? `${literal.slice(0, 100)}...` : literal}' to the expected type '${type}'.`,
  );
}

/** Standard alphabet, padded, nothing in between: what every example of Graph shows. */
export function isStrictBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function checkEnum(value: unknown, members: readonly string[], name: string): string {
  // the documentation itself writes "HTML" and "Normal"
  const member = typeof value === 'string' ? members.find((candidate) => candidate.toLowerCase() === value.toLowerCase()) : undefined;
  if (member !== undefined) return member;
  if (typeof value === 'object') throw unexpectedNode(value, name, 'PrimitiveValue');
  throw unreadableBody(`Requested value '${literalOf(value)}' was not found.`);
}

function resolveType(value: Json, typeName: string): string {
  const annotation = value['@odata.type'];
  const derived = derivedTypes[typeName];
  if (annotation === undefined) {
    if (!derived) return typeName;
    throw new Refusal(
      422,
      'UnprocessableType',
      `Cannot process input of abstract type 'Microsoft.OutlookServices.${capitalise(typeName)}'`,
    );
  }
  const named = typeof annotation === 'string' ? /^#?microsoft\.graph\.(\w+)$/.exec(annotation)?.[1] : undefined;
  if (named === undefined || !(derived ?? [typeName]).includes(named)) {
    throw badRequest(
      'BadRequest',
      `Invalid OData type specified: "${typeof annotation === 'string' ? annotation.replace(/^#/, '') : typeof annotation}"`,
    );
  }
  return named;
}

const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function checkObject(value: Json, typeName: string): Json {
  const structure: Structure | undefined = (structures as Record<string, Structure>)[typeName];
  if (!structure) throw new Refusal(501, 'NotImplemented', `The sandbox does not know the type microsoft.graph.${typeName}.`);
  const checked: Json = typeName.endsWith('Attachment') ? { '@odata.type': `#microsoft.graph.${typeName}` } : {};
  for (const [name, property] of Object.entries(value)) {
    if (name.includes('@')) continue;
    const type = Object.hasOwn(structure, name) ? structure[name] : undefined;
    if (type === undefined) throw new UnknownProperty(name, typeName);
    checked[name] = checkValue(property, type, name);
  }
  return checked;
}

const literalOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function unexpectedNode(value: unknown, name: string, expected: string): Refusal {
  const found = Array.isArray(value) ? 'StartArray' : isObject(value) ? 'StartObject' : 'PrimitiveValue';
  return unreadableBody(
    `An unexpected '${found}' node was found for property named '${name}' when reading from the JSON reader. A '${expected}' node was expected.`,
  );
}
