import type { GraphTransportError } from '../errors/graph-transport-error.js';
import type { Ending, MessageTurn } from './message-turn.js';

/** Stays `sending`, or careful: the next turn looks first. */
export async function lookLater({ context, id, claimed }: MessageTurn, delay: number, error?: GraphTransportError): Promise<Ending> {
  await context.line.records.looked(id, claimed.fence);
  return { kind: 'later', delay, error };
}

/** `queued` again, and nobody's; → which server has it so, `undefined` if it was not ours. */
export async function handBack({ context, id, claimed }: MessageTurn, dirty: boolean): Promise<string | undefined> {
  const forgetAt = claimed.expires + context.settings.keep;
  return context.line.records.release(id, claimed.fence, { dirty, forgetAt });
}

/** Hands it back, to be tried again in so many ms. */
export async function release(
  turn: MessageTurn,
  delay: number,
  { dirty, error }: { dirty: boolean; error?: GraphTransportError },
): Promise<Ending> {
  return (await handBack(turn, dirty)) === undefined ? { kind: 'lost' } : { kind: 'later', delay, error };
}

/** Holds the whole mailbox: what is wrong is not the message's fault. */
export async function holdMailbox({ context, queue }: MessageTurn, error: GraphTransportError): Promise<Ending> {
  const { holdDelay } = context.settings;
  const asked = (error.retryAfter ?? 0) * 1000;
  const first = Math.max(holdDelay, asked);
  const { ms, times, changed } = await context.line.records.hold(queue, { ms: 0, first, most: Math.max(15 * 60_000, first) });
  return { kind: 'held', ms, times: changed ? times : 0, error };
}
