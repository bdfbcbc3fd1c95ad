import { Lease } from './lease.js';
import type { MessageTurn } from './message-turn.js';

/** Confirms that the message is ours; → whether it is. */
export async function renewLease({ context, id, claimed, lease }: MessageTurn): Promise<boolean> {
  const since = Lease.now();
  const [{ mine, pause }] = await Promise.all([context.line.records.renew(id, claimed.fence), context.extendLock().catch(() => undefined)]);
  if (mine) lease.extend(since);
  else lease.lose('another worker has taken it');
  context.pause.hear(pause);
  return mine && lease.valid;
}

/** Confirms it again and again; → what stops it. */
export function keepRenewing(turn: MessageTurn): () => void {
  let over = false;
  let renewal: NodeJS.Timeout;
  const renewLater = (): void => {
    renewal = setTimeout(() => {
      // without an answer the lease runs out
      void renewLease(turn)
        .catch(() => undefined)
        .finally(() => {
          if (!over) renewLater();
        });
    }, turn.context.settings.lockDuration / 3);
  };
  renewLater();
  return () => {
    over = true;
    clearTimeout(renewal);
  };
}

/** Whether what a server says holds: one that has been replaced does not know it yet. */
export function isCertain({ context }: MessageTurn, run: string): Promise<boolean> {
  return context.barrier(run).then(
    () => true,
    () => false,
  );
}
