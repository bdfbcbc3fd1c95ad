import type { Outline, OutlinePart } from '../../api-types.js';
import { compareFields, type FieldChange } from './compare-fields.js';

export interface PartChange {
  kind: 'same' | 'changed' | 'missing' | 'added';
  smtp: OutlinePart | undefined;
  graph: OutlinePart | undefined;
  /** What differs, in words. */
  differs: string[];
}

export interface OutlineComparison {
  fields: FieldChange[];
  parts: PartChange[];
  /** Such as `multipart/mixed (text/plain, application/pdf)`. */
  structure: { smtp: string; graph: string };
}

/** How the parts hang together is compared by the parts; where a relay stamps is the way's. */
const ofTheWay = /^(?:content-|mime-version$|received$|return-path$|authentication-results$|dkim-signature$)/i;

/** What SMTP would have sent, and what came through Graph: field by field, part by part. */
export function compareOutlines(smtp: Outline, graph: Outline): OutlineComparison {
  const told = ({ fields }: Outline) => fields.filter(({ name }) => !ofTheWay.test(name));
  return {
    fields: compareFields(told(smtp), told(graph)),
    parts: compareParts(smtp.parts, graph.parts),
    structure: { smtp: structureOf(smtp.parts), graph: structureOf(graph.parts) },
  };
}

const isLeaf = ({ digest }: OutlinePart): boolean => digest !== '';

/** The same content first, then the same name and type, then the same type. */
function compareParts(smtp: readonly OutlinePart[], graph: readonly OutlinePart[]): PartChange[] {
  const left = graph.filter(isLeaf);
  const partners = new Map<OutlinePart, OutlinePart>();
  const leaves = smtp.filter(isLeaf);
  const isSimilar: ((one: OutlinePart, two: OutlinePart) => boolean)[] = [
    (one, two) => one.digest === two.digest && one.type === two.type,
    (one, two) => one.digest === two.digest && one.bytes > 0,
    (one, two) => one.type === two.type && one.name === two.name,
    (one, two) => one.type === two.type && one.disposition === two.disposition,
  ];
  for (const fits of isSimilar) {
    for (const part of leaves) {
      if (partners.has(part)) continue;
      const at = left.findIndex((other) => fits(part, other));
      if (at >= 0) partners.set(part, left.splice(at, 1)[0] as OutlinePart);
    }
  }
  const changes = leaves.map((part): PartChange => {
    const other = partners.get(part);
    if (!other) return { kind: 'missing', smtp: part, graph: undefined, differs: [] };
    const differs = differencesOf(part, other);
    return { kind: differs.length > 0 ? 'changed' : 'same', smtp: part, graph: other, differs };
  });
  return [...changes, ...left.map((part): PartChange => ({ kind: 'added', smtp: undefined, graph: part, differs: [] }))];
}

function differencesOf(smtp: OutlinePart, graph: OutlinePart): string[] {
  return [
    ...(smtp.digest === graph.digest ? [] : ['content']),
    ...(smtp.type === graph.type ? [] : ['type']),
    ...(smtp.name === graph.name ? [] : ['name']),
    ...(dispositionOf(smtp) === dispositionOf(graph) ? [] : ['disposition']),
    ...(smtp.contentId === graph.contentId ? [] : ['Content-ID']),
  ];
}

/** A body has none, or is inline: clients show both alike. */
const dispositionOf = ({ disposition, name, contentId }: OutlinePart): string =>
  disposition === 'inline' && name === '' && contentId === '' ? '' : disposition;

function structureOf(parts: readonly OutlinePart[]): string {
  let text = '';
  let depth = 0;
  parts.forEach((part, index) => {
    while (depth > part.depth) {
      text += ')';
      depth--;
    }
    if (part.depth > depth) {
      text += ' (';
      depth = part.depth;
    } else if (index > 0) text += ', ';
    text += part.type;
  });
  return text + ')'.repeat(depth);
}
