import { badRequest, Refusal } from '../refusal.js';
import type { Json } from './check-value.js';
import { structures, type Structure } from './schema.js';

/**
 * Refuses query options the sandbox does not know: leaving one out would change the answer silently.
 * @throws Refusal
 */
export function allowOptions(query: URLSearchParams, allowed: readonly string[]): void {
  const unknown = [...query.keys()].find((name) => name.startsWith('$') && !allowed.includes(name));
  if (unknown !== undefined) throw new Refusal(501, 'NotImplemented', `The sandbox has no ${unknown} here.`);
}

/**
 * The properties `$select` asks for; undefined for all.
 * @throws Refusal where one is unknown
 */
export function readSelect(query: URLSearchParams, type: 'message' | 'fileAttachment'): string[] | undefined {
  const select = query.get('$select');
  if (select === null) return undefined;
  const structure: Structure = structures[type];
  const names = select.split(',').map((name) => name.trim());
  return names.map((name) => {
    const known = Object.keys(structure).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    if (known !== undefined) return known;
    throw badRequest(
      'BadRequest',
      `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.${type}'.`,
    );
  });
}

/** Leaves the selected properties, the id and the annotations. */
export function select(entity: Json, names: string[] | undefined): Json {
  if (!names) return entity;
  return Object.fromEntries(Object.entries(entity).filter(([name]) => name === 'id' || name.startsWith('@') || names.includes(name)));
}

/** A message as far as a filter looks at it. */
interface Filtered {
  messageId: string;
  subject: string;
}

/**
 * What `$filter` asks for: a Message-ID, or something in the subject.
 * @throws Refusal
 */
export function readFilter(query: URLSearchParams): (content: Filtered) => boolean {
  const filter = query.get('$filter');
  if (filter === null) return () => true;
  const unquote = (text: string): string => text.replaceAll("''", "'");
  const id = /^\s*internetMessageId\s+eq\s+'((?:[^']|'')*)'\s*$/i.exec(filter)?.[1];
  if (id !== undefined) return ({ messageId }) => messageId === unquote(id);
  const part = /^\s*contains\(\s*subject\s*,\s*'((?:[^']|'')*)'\s*\)\s*$/i.exec(filter)?.[1];
  if (part !== undefined) return ({ subject }) => subject.toLowerCase().includes(unquote(part).toLowerCase());
  if (/^\s*\w+\s+eq\s+'((?:[^']|'')*)'\s*$/.test(filter))
    throw new Refusal(501, 'NotImplemented', 'The sandbox filters by internetMessageId and by contains(subject, …) only.');
  throw badRequest('ErrorInvalidUrlQueryFilter', 'The query filter contains one or more invalid nodes.');
}

/**
 * How many entries `$top` asks for.
 * @throws Refusal
 */
export function readTop(query: URLSearchParams, byDefault: number, most: number): number {
  const top = query.get('$top');
  if (top === null) return byDefault;
  if (!/^\d+$/.test(top) || Number(top) < 1 || Number(top) > most) {
    throw badRequest('ErrorInvalidUrlQuery', `The value '${top}' of the query option '$top' is not valid.`);
  }
  return Number(top);
}
