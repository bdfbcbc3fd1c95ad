import { isObject } from '../../checks/check-value.js';
import type { OutlinePart, SmtpReport } from '../../wire-types.js';

const MOST_ENTRIES = 1000;

/** A posted report; a string says what is wrong with it. */
export function readReport(posted: unknown): SmtpReport | string {
  if (!isObject(posted)) return 'A report is a JSON object with messageId, envelope and outline.';
  const { messageId, envelope, outline } = posted;
  if (!isText(messageId) || messageId === '') return "'messageId' of a report must be a string that is not empty.";
  if (!isObject(envelope) || !isText(envelope.from) || !isList(envelope.to, isText) || !isCount(envelope.count))
    return "'envelope' of a report must be { from, to, count }: a string, strings, a number.";
  if (!isObject(outline) || !isList(outline.fields, isField) || !isList(outline.parts, isPart) || !isCount(outline.bytes))
    return "'outline' of a report must be { fields, parts, bytes }, as reportToInbox() makes them.";
  // only what is known
  return {
    messageId,
    envelope: { from: envelope.from, to: [...envelope.to], count: envelope.count },
    outline: {
      fields: outline.fields.map(({ name, value }) => ({ name, value })),
      parts: outline.parts.map(({ depth, type, name, disposition, contentId, bytes, digest }) => ({
        depth,
        type,
        name,
        disposition,
        contentId,
        bytes,
        digest,
      })),
      bytes: outline.bytes,
    },
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
const isList = <T>(value: unknown, isEntry: (entry: unknown) => entry is T): value is T[] =>
  Array.isArray(value) && value.length <= MOST_ENTRIES && value.every(isEntry);
const isField = (value: unknown): value is { name: string; value: string } => isObject(value) && isText(value.name) && isText(value.value);
const isPart = (value: unknown): value is OutlinePart =>
  isObject(value) &&
  [value.type, value.name, value.disposition, value.contentId, value.digest].every(isText) &&
  [value.depth, value.bytes].every(isCount);
