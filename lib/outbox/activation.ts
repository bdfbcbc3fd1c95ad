import { Canceller } from '../base/cancellation.js';
import { messages, traced } from '../base/channels.js';
import type { TracedMessage } from '../base/traced.js';
import { openDelivery } from '../delivery/delivery.js';
import { sleep } from '../delivery/sleep.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import { afterFailure } from './after-failure.js';
import { firstStep, type Found } from './decide.js';
import { endMessage } from './end-message.js';
import { handBack } from './hand-back.js';
import { Lease, type Moment } from './lease.js';
import type { Line } from './line.js';
import { sendHooks } from './mark-sending.js';
import type { ActivationContext, Ending, MessageTurn, Progress } from './message-turn.js';
import type { OutboxWorkerSettings } from './options.js';
import { expiredError } from './outcome.js';
import type { Claimed } from './record.js';
import { keepRenewing } from './renew-lease.js';
import { lookForMessage, settleDraft } from './resume-message.js';
import { sendMessage } from './send-message.js';
import { needsStore, openHead, openUpload, type Head } from './stored-message.js';

/** One turn of one worker with one message. */
export class Activation {
  readonly #turn: MessageTurn;

  /**
   * @param since before the message was asked for
   * @throws {GraphTransportError} `EMESSAGE` if what is stored was altered
   */
  constructor(context: ActivationContext, id: string, claimed: Claimed, since: Moment, queue: string) {
    this.#turn = openTurn(context, id, claimed, since, queue);
  }

  /** Hands back what only waits; what is on its way goes on. */
  drain(): void {
    if (this.#turn.progress.waiting) this.abort();
  }

  abort(): void {
    this.#turn.signal.abort(new GraphTransportError('EABORT', 'the worker was closed'));
  }

  run(): Promise<Ending> {
    const { event } = this.#turn.context;
    return event ? traced(messages, event, () => runTraced(this.#turn, event)) : runToEnd(this.#turn);
  }
}

function openTurn(context: ActivationContext, id: string, claimed: Claimed, since: Moment, queue: string): MessageTurn {
  const { line, settings, pause, graph, logger, onProgress, event } = context;
  const signal = new Canceller();
  const lease = new Lease(settings.lockDuration, since);
  const head = openHead(claimed.head, line.blobs.seal, id);
  checkHead(head, queue, line, settings);
  const { mailbox, envelope, messageId, format, route, contentType, inDraft, losses, saveToSentItems, uploads } = head;
  const message = {
    ...{ mailbox, envelope, messageId, format, route, contentType, inDraft, losses, saveToSentItems },
    body: Buffer.alloc(0),
    uploads: uploads.map((upload) => openUpload(upload, line.blobs)),
  };
  const progress: Progress = {
    ...{ sends: 0, mark: 'none', draftId: undefined },
    ...{ draftIsOurs: false, draftTried: false, waiting: false },
  };
  pause.hear(claimed.pause);
  const turn = pause.turn((waiting) => (progress.waiting = waiting));
  // the last of the repeats of /send is another turn's
  const delivering = { ...settings.graph, retries: Math.max(settings.graph.retries, 1) };
  const own = { context, id, queue, claimed, lease, signal, head, message, progress };
  const delivery = openDelivery(
    message,
    { ...graph, settings: delivering, logger, signal, turn, onProgress, sleep, event },
    sendHooks(own),
  );
  return { ...own, delivery };
}

/** Whoever can write to Redis must not send from any mailbox. And what is not to be had here is found out before anything begins. */
function checkHead({ mailbox, uploads }: Head, queue: string, line: Line, { mailboxes }: OutboxWorkerSettings): void {
  if (line.queueOf(mailbox) !== queue || (mailboxes && !mailboxes.has(mailbox.toLowerCase()))) {
    throw new GraphTransportError('EMESSAGE', "the stored message names a mailbox that is not its queue's; nothing was sent", {
      permanent: true,
    });
  }
  const kept = uploads.find(({ where }) => where === 'store');
  if (kept && !line.blobs.store) throw needsStore(kept.description.name);
}

async function runTraced(turn: MessageTurn, event: TracedMessage): Promise<Ending> {
  const ending = await runToEnd(turn);
  event.outcome = ending.kind === 'ended' ? (ending.outcome.state as TracedMessage['outcome']) : ending.kind;
  if ('error' in ending && ending.error) event.error = ending.error;
  return ending;
}

async function runToEnd(turn: MessageTurn): Promise<Ending> {
  const stopRenewing = keepRenewing(turn);
  try {
    return await run(turn).catch((error: unknown) => afterFailure(turn, error));
  } finally {
    stopRenewing();
  }
}

async function run(turn: MessageTurn): Promise<Ending> {
  const { state, pause, dirty } = turn.claimed;
  if (pause > 0) {
    if (state === 'queued') await handBack(turn, dirty);
    return { kind: 'held', ms: pause, times: 0 };
  }
  const found = foundOf(turn);
  const step = firstStep(found);
  switch (step.do) {
    case 'send':
      return sendMessage(turn);
    case 'expire':
      return endMessage(turn, 'expired', expiredError(turn.head.mailbox));
    case 'look':
      return lookForMessage(turn, found);
    case 'settle':
      return settleDraft(turn, found);
  }
}

function foundOf({ context, claimed, head }: MessageTurn): Found {
  const { sentCopyDelay, settleTime, graph } = context.settings;
  const { route, saveToSentItems } = head;
  return { ...claimed, ...{ route, saveToSentItems, settleTime, lossDelay: graph.requestTimeout + sentCopyDelay } };
}
