import type { Cancellation } from '../base/cancellation.js';
import { IMMUTABLE_IDS } from '../delivery/draft.js';
import { judgeProbe, probeMailbox } from '../diagnosis/probe.js';
import { graphError } from '../errors/from-graph.js';
import { GraphTransportError, isGraphTransportError } from '../errors/graph-transport-error.js';
import type { GraphConnection } from '../graph/connection.js';
import { messagePath, type Mailbox } from './mailbox.js';

const WHY: Readonly<Record<'read' | 'write', string>> = {
  read: 'prove reads back what it has sent, and this app may not read the mailbox',
  write: 'prove makes drafts and deletes all it has sent, and this app may read the mailbox but not write to it',
};
const HINT =
  'Add the permission Mail.ReadWrite (Mail.Read alone would leave everything behind) and grant consent, or the role "Application Mail.ReadWrite" in Exchange; it can be taken away again afterwards.';

export interface AccessCheck {
  connection: GraphConnection;
  /** The mailbox's own. */
  address: string;
  graphEndpoint: string;
  /** Of the draft that is made and deleted. */
  subject: string;
  /** Told before it is made. */
  onDraft: () => void;
}

/**
 * Makes sure that everything can be read back and deleted, and that the mailbox may send, before anything is sent.
 *
 * @throws {GraphTransportError} `EAUTH` that names the permission, or what Graph said
 */
export async function checkAccess(
  mailbox: Mailbox,
  { connection, address, graphEndpoint, subject, onDraft }: AccessCheck,
  signal: Cancellation,
): Promise<void> {
  try {
    await mailbox.list('inbox', subject, signal);
  } catch (error) {
    throw isGraphTransportError(error) && error.httpStatus === 403 ? refusal('read', address) : error;
  }
  onDraft();
  const made = await mailbox.request(
    { method: 'POST', path: '/messages', headers: IMMUTABLE_IDS, contentType: 'application/json', body: JSON.stringify({ subject }) },
    signal,
  );
  if (made.kind === 'answer' && made.status === 403) throw refusal('write', address);
  const id = made.kind === 'answer' && made.status === 201 ? (made.body as { id?: unknown } | undefined)?.id : undefined;
  if (typeof id !== 'string') throw graphError(made, { what: 'make a draft', mailbox: address, messageId: '', graphEndpoint });
  await mailbox.request({ method: 'DELETE', path: messagePath(id), headers: IMMUTABLE_IDS }, signal);
  const outcome = await probeMailbox(connection.graph, connection.tokens, address);
  signal.throwIfAborted();
  if (judgeProbe(outcome).access === 'denied') {
    throw graphError(outcome, { what: 'allow sending', mailbox: address, messageId: '', graphEndpoint });
  }
}

function refusal(what: 'read' | 'write', mailbox: string): GraphTransportError {
  return new GraphTransportError('EAUTH', `${WHY[what]}; nothing was sent. ${HINT}`, {
    mailbox,
    hint: HINT,
    permanent: true,
    httpStatus: 403,
  });
}
