import type { Cancellation } from '../base/cancellation.js';
import { judgeProbe, probeMailbox } from '../diagnosis/probe.js';
import { graphError } from '../errors/from-graph.js';
import { GraphTransportError, isGraphTransportError } from '../errors/graph-transport-error.js';
import type { Mailbox } from './mailbox.js';

const WHY: Readonly<Record<'read' | 'write', string>> = {
  read: 'prove reads back what it has sent, and this app may not read the mailbox',
  write: 'prove makes drafts and deletes all it has sent, and this app may read the mailbox but not write to it',
};
const HINT =
  'Add the permission Mail.ReadWrite (Mail.Read alone would leave everything behind) and grant consent, or the role "Application Mail.ReadWrite" in Exchange (setup --prove does); it can be taken away again afterwards.';

export interface AccessCheck {
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
  { address, graphEndpoint, subject, onDraft }: AccessCheck,
  signal: Cancellation,
): Promise<void> {
  const refused = (what: 'read' | 'write') => (error: unknown) => {
    throw isGraphTransportError(error) && error.httpStatus === 403 ? refusal(what, address) : error;
  };
  await mailbox.list('all', subject, signal).catch(refused('read'));
  onDraft();
  const id = await mailbox.createDraft(subject, signal).catch(refused('write'));
  await mailbox.remove(id, signal).catch(refused('write'));
  const { graph, tokens } = mailbox.connection;
  const outcome = await probeMailbox(graph, tokens, address);
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
