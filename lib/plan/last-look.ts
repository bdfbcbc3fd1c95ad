import { checkJson } from '../encode/strict/check-json.js';
import { checkMime } from '../encode/strict/check-mime.js';
import type { HeaderProblem } from '../encode/strict/header.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';

/** What is about to leave: the finished MIME message before base64, or the finished JSON of the message. */
export type Finished = { readonly mime: Buffer } | { readonly json: string };

/**
 * The last look before anything is sent: what was written is read again by a strict reader of its own, and names exactly the
 * envelope.
 *
 * @throws {GraphTransportError} `EMESSAGE` that names the field
 */
export function lastLook(finished: Finished, envelope: readonly string[]): void {
  const problem = 'mime' in finished ? checkMime(finished.mime, envelope) : checkJson(finished.json, envelope);
  if (problem) throw refusal(problem);
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
