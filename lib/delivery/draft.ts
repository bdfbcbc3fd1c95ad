import { GraphTransportError } from '../errors/graph-transport-error.js';
import { mailboxPath } from '../graph/mailbox-path.js';

export { IMMUTABLE_IDS } from '../graph/immutable-ids.js';

/** A draft in the mailbox. */
export interface Draft {
  id: string;
  /** Its path below `{graphEndpoint}/v1.0`. */
  path: string;
  /** Whether adding an attachment got no clear answer: what was not there may still come. */
  unclear?: boolean;
  /** Whether making it got no clear answer at first: one that was not there may still come. */
  twins?: boolean;
}

/** A draft that is known by its immutable id. */
export function draftAt(mailbox: string, id: string): Draft {
  return { id, path: `${mailboxPath(mailbox)}/messages/${encodeURIComponent(id)}` };
}

/** Drafts of messages on their way: another message with the same Message-ID must not take them for its own. */
const claimed = new Set<string>();

export function claimDraft({ id }: Draft): void {
  claimed.add(id);
}

export function releaseDraft({ id }: Draft): void {
  claimed.delete(id);
}

export function isClaimed(id: string): boolean {
  return claimed.has(id);
}

/** The error with something more to know. */
export function withNote(error: GraphTransportError, note: string): GraphTransportError {
  return new GraphTransportError(error.code, `${error.message.replace(/[.]?$/, '.')} ${note}`, { ...error, cause: error });
}
