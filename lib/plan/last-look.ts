import { checkAttachment, checkJson } from '../encode/strict/check-json.js';
import { readMime } from '../encode/strict/check-mime.js';
import { checkParts } from '../encode/strict/parts.js';
import type { HeaderProblem, StrictField } from '../encode/strict/header.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';

/**
 * The last look at a MIME message before anything is sent: what was written is read again by a strict reader of its own, and names
 * exactly the envelope.
 *
 * @param source before it goes into base64
 * @returns the fields of its header
 * @throws {GraphTransportError} `EMESSAGE` that names the field
 */
export function lastLookAtMime(source: Buffer, envelope: readonly string[]): readonly StrictField[] {
  const { fields, problem = checkParts(source) } = readMime(source, envelope);
  if (problem || !fields) throw refusal(problem ?? { field: '', what: 'cannot be read' });
  return fields;
}

/**
 * The last look at a message as JSON, without its attachments.
 *
 * @throws {GraphTransportError} `EMESSAGE` that names the field
 */
export function lastLookAtJson(json: string, envelope: readonly string[]): void {
  const problem = checkJson(json, envelope);
  if (problem) throw refusal(problem);
}

/**
 * The last look at what Graph is told of an attachment.
 *
 * @throws {GraphTransportError} `EMESSAGE` that names the property
 */
export function lastLookAtAttachment<T extends object>(description: T): T {
  const problem = checkAttachment(description);
  if (problem) throw refusal(problem);
  return description;
}

function refusal({ field, what }: HeaderProblem): GraphTransportError {
  return new GraphTransportError(
    'EMESSAGE',
    `the message was not written as it has to be: ${field || 'its header'} ${what}; nothing was sent`,
    {
      permanent: true,
      hint: 'Look at that field of the message, and at what plugins make of it.',
    },
  );
}
