import type { GraphTransportError } from '../errors/graph-transport-error.js';
import type { Ending } from './message-turn.js';
import type { OutboxOutcome } from './outcome.js';
import type { ResultsQueue } from './results-queue.js';
import type { WorkerContext } from './worker-context.js';

/** There was nothing to do: the message had ended, or is gone. */
export interface Over {
  kind: 'over';
  why: string;
}

/** What a job does next; a number: it waits so many ms. */
export type NextOfJob = 'ended' | 'failed' | 'held' | number;

/** Tells what a turn has come to; → what its job does next, and why. */
export async function tellEnding(
  context: WorkerContext,
  results: ResultsQueue,
  { mailbox, id, ending }: { mailbox: string; id: string; ending: Ending | Over },
): Promise<[NextOfJob, string]> {
  const { logger, events } = context;
  switch (ending.kind) {
    case 'over':
      return ['ended', ending.why];
    case 'lost':
      return [1000, 'lost'];
    case 'later': {
      const { error } = ending;
      if (error) logger.info({ tnx: 'outbox', id, err: error }, 'Message %s waits %s ms: %s', id, ending.delay, error.message);
      return [ending.delay, 'later'];
    }
    case 'held': {
      const { error, ms, times } = ending;
      if (error && times > 0) {
        logger.error({ tnx: 'outbox', mailbox, err: error }, 'Mailbox %s is held for %s ms: %s', mailbox, ms, error.message);
        events.emit('held', { mailbox, error, until: new Date(Date.now() + ms), times });
      }
      return ['held', 'held'];
    }
    case 'ended': {
      const { outcome, error } = ending;
      await results.publish(outcome);
      tellOutcome(context, outcome);
      return outcome.state === 'failed' || outcome.state === 'expired'
        ? ['failed', failureText(outcome.state, error)]
        : ['ended', outcome.state];
    }
  }
}

function tellOutcome({ logger, events }: WorkerContext, outcome: OutboxOutcome): void {
  const { id, state, mailbox, messageId, error } = outcome;
  const entry = { tnx: 'outbox', id, messageId, mailbox, state };
  if (state === 'sent') logger.info(entry, 'Message %s is sent from %s', id, mailbox);
  else logger.error(entry, 'Message %s is %s: %s', id, state, error?.message ?? '');
  const event = state === 'sent' || state === 'ambiguous' ? state : 'failed';
  try {
    events.emit(event, outcome);
  } catch (thrown) {
    // the message has ended: a listener's mistake must not send it again
    process.nextTick(() => {
      throw thrown;
    });
  }
}

/** For BullMQ's own list, where no address may stand. */
function failureText(state: string, error: GraphTransportError | undefined): string {
  return [state, error?.code, error?.graphCode, error?.httpStatus].filter((part) => part !== undefined).join(' ');
}
