import type { GraphTransportError } from '../errors/graph-transport-error.js';
import type { Ending, MessageTurn } from './message-turn.js';
import { describeError, sealOutcome, type OutboxOutcome, type Outcome } from './outcome.js';
import { pieceCount } from './stored-message.js';

/** How often, a second apart, Redis is told of a message that was sent if it refuses to hear it, as when its memory is full. */
const TELL_TIMES = 30;

/** The message was sent: written down, and its files deleted. */
export async function endSent(turn: MessageTurn, outcome: Outcome): Promise<Ending> {
  const { context, id, queue, delivery } = turn;
  const { line, settings } = context;
  const all = { attempts: delivery.attempts, ...outcome };
  const info = sealOutcome(all, line.blobs.seal, id);
  // a fact, whoever owns the message by now
  const before = await insistently(() => line.records.sent(id, { info, keep: settings.keep, queue }));
  if (before === undefined) return { kind: 'lost' };
  await forgetFiles(turn);
  return { kind: 'ended', outcome: outcomeOf(turn, 'sent', all) };
}

/** The message was not sent, or nobody knows: written down, and its files kept for a while. */
export async function endMessage(
  turn: MessageTurn,
  state: 'failed' | 'ambiguous' | 'expired',
  error: GraphTransportError,
): Promise<Ending> {
  const { context, id, claimed, delivery, head } = turn;
  const { line, settings } = context;
  const outcome: Outcome = { attempts: delivery.attempts, error: describeError(error) };
  const ended = await line.records.end(id, claimed.fence, state, sealOutcome(outcome, line.blobs.seal, id), settings.keep);
  if (!ended) return { kind: 'lost' };
  const forgetAt = claimed.now + settings.keep;
  for (const { ref, size, where } of head.uploads) {
    if (where === 'redis') await line.blobs.redis.keep(ref, pieceCount(size), forgetAt);
  }
  return { kind: 'ended', outcome: outcomeOf(turn, state, outcome), error };
}

function outcomeOf({ id, head }: MessageTurn, state: OutboxOutcome['state'], outcome: Outcome): OutboxOutcome {
  const { mailbox, messageId, envelope } = head;
  return { id, state, mailbox, messageId, envelope, ...outcome };
}

async function forgetFiles({ context, head }: MessageTurn): Promise<void> {
  const { redis, store } = context.line.blobs;
  for (const { ref, size, where } of head.uploads) {
    if (where === 'redis') await redis.delete(ref, pieceCount(size));
    // what is left there is only garbage: the message is sent
    else await store?.delete(ref).catch(() => undefined);
  }
}

async function insistently<T>(task: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await task();
    } catch (error) {
      if (attempt >= TELL_TIMES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}
