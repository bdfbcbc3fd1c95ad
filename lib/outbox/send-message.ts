import { deliver } from '../delivery/deliver.js';
import { abortError } from '../errors/abort-error.js';
import { signInError } from '../errors/from-sign-in.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import { secretsOf } from '../sign-in/sign-in.js';
import { endMessage, endSent } from './end-message.js';
import { release } from './hand-back.js';
import type { Ending, MessageTurn } from './message-turn.js';
import { openBody } from './stored-message.js';

/** Exchange takes 150 MB of uploads in 5 minutes and mailbox (https://learn.microsoft.com/graph/throttling-limits). */
const UPLOAD_WINDOW = { most: 150 * 1024 * 1024, window: 5 * 60_000 };

/** Sends a message of which certainly nothing was sent yet. */
export async function sendMessage(turn: MessageTurn): Promise<Ending> {
  const { context, id, queue, claimed, head, message, delivery } = turn;
  const { records, blobs } = context.line;
  const stored = await records.body(id);
  if (!stored) {
    const error = new GraphTransportError('EMESSAGE', 'the stored message is gone; nothing was sent', { permanent: true });
    return endMessage(turn, 'failed', error);
  }
  Object.assign(message, { body: openBody(stored, blobs.seal, id, head) });
  const bytes = head.uploads.reduce((sum, { size }) => sum + size, 0);
  if (bytes > 0) {
    const wait = await records.bytes(queue, bytes, { ...UPLOAD_WINDOW, member: `${id}:${claimed.fence}` });
    if (wait > 0) return release(turn, wait, { dirty: claimed.dirty });
  }
  await signIn(turn);
  const { response, requestId, attempts } = await deliver(message, delivery, delivery.hooks);
  return endSent(turn, { response, requestId, attempts });
}

/** Before a message is marked, and not after: the refusal of an expired secret says nothing about the message. */
async function signIn({ context, signal, head }: MessageTurn): Promise<void> {
  const { graph, settings } = context;
  try {
    await graph.tokens.get(signal);
  } catch (error) {
    if (signal.aborted) throw abortError(signal.reason, { ambiguous: false });
    const { hosts, signIn } = settings.graph;
    const { mailbox } = head;
    throw signInError(error, { authorityHost: hosts.authorityHost, secrets: secretsOf(signIn), trace: graph.trace, mailbox });
  }
}
