import { randomUUID } from 'node:crypto';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { PreparedMessage } from '../prepared/prepared-message.js';
import { VERSION } from '../base/version.js';
import { streamOf } from './blob-store.js';
import { jobId } from './keys.js';
import type { Line } from './line.js';
import type { MessageOutbox } from './message-options.js';
import type { OutboxState } from './record.js';
import {
  openHead,
  pieceCount,
  sealBody,
  sealedPieces,
  sealedSize,
  sealHead,
  sha256,
  type Head,
  type StoredUpload,
} from './stored-message.js';

/** Bytes of uploads of one message that Redis takes: it holds them in memory. */
export const REDIS_UPLOADS = 10 * 1024 * 1024;

export interface StoreContext {
  line: Line;
  /** Milliseconds after `sendAt` in which a message must have been sent where it does not say so itself. */
  valid: number;
  /** Milliseconds the message is remembered after it has expired. */
  keep: number;
  /** Bounds a wait for Redis. */
  within: <T>(task: Promise<T>) => Promise<T>;
  /** Waits until the server that was written to has it as certain as was asked for. */
  barrier: (run: string) => Promise<void>;
  /** Told before the first command after which the message may be in the queue. */
  onBegin: () => void;
  /** Told when it is. */
  onAdded: () => void;
}

/** A message that is in the queue. */
export interface Queued {
  id: string;
  /** It was there already, and what was handed in now is dropped. */
  duplicate: boolean;
  state: OutboxState;
  /** The message as it is stored, which is the first one of this id. */
  head: Head;
}

/**
 * Makes a message durable: files first, then body and record, then the job, which is the commit.
 *
 * @throws {GraphTransportError} `EMESSAGE` if its files are too large for Redis and there is no store
 */
export async function storeMessage(
  message: PreparedMessage,
  { id, sendAt, expires, priority }: Omit<MessageOutbox, 'id'> & { id: string },
  context: StoreContext,
): Promise<Queued> {
  const { line, valid, keep, within } = context;
  const { records, blobs } = line;
  const delay = () => Math.max((sendAt ?? 0) - Date.now(), 0);
  const validFor = expires === undefined ? delay() + valid : Math.max(expires - Date.now(), 0);
  const uploads = await storeUploads(message, validFor + keep, context);
  const { mailbox, envelope, messageId, format, route, contentType, inDraft, losses, saveToSentItems, body } = message;
  const head: Head = {
    ...{ mailbox, envelope, messageId, format, route, contentType, saveToSentItems, uploads },
    inDraft: [...inDraft],
    losses: [...losses],
    bodySha256: sha256(body),
    producer: VERSION,
  };
  const queue = line.queueOf(mailbox);
  const sealedHead = sealHead(head, blobs.seal, id);
  const sealedBody = sealBody(body, blobs.seal, id);
  const nonce = randomUUID();
  const record = { id, nonce, queue, head: sealedHead, body: sealedBody, sendAt, expires, valid, keep, priority, route };
  const pieces = uploads.flatMap(({ ref, size, where }) =>
    where === 'redis' ? Array.from({ length: pieceCount(size) }, (_, index) => line.keys.piece(ref, index)) : [],
  );
  context.onBegin();
  let dropped = false;
  for (let round = 1; ; round++) {
    const stored = await within(records.enqueue({ ...record, mailbox: line.sealMailbox(mailbox), pieces }));
    if (stored.kind === 'filesGone') throw changedError('while the files of the message were written to it', id);
    const { created, state: before, run } = stored;
    // of one that was sent when its record was lost, there is no more than that
    const known = created || stored.head.length === 0 ? head : openHead(stored.head, blobs.seal, id);
    if (!created && !dropped) {
      await dropUploads(uploads, context);
      dropped = true;
    }
    if (!created && before !== 'queued') return { id, duplicate: true, state: before, head: known };
    // whoever stored it may have died before it counted
    const size = sealedBody.length + known.uploads.reduce((sum, file) => sum + file.size, 0);
    // only now: its files may have taken their time
    const job = { id, delay: delay(), priority, size, mailbox: known.mailbox, messageId: known.messageId };
    await within(addJob(line, line.queueOf(known.mailbox), job));
    context.onAdded();
    const { state, run: last } = await within(records.commit(id));
    // a server that took over, or was started anew, may lack what was written before
    if (state === '' || last !== run) {
      if (round >= MOST_ROUNDS) throw changedError('again and again', id);
      continue;
    }
    await within(context.barrier(last));
    return { id, duplicate: !created, state, head: known };
  }
}

/** How often a message is written while servers change. */
const MOST_ROUNDS = 3;

function changedError(when: string, id: string): GraphTransportError {
  return new GraphTransportError('ECONNECTION', `Redis was started anew, or another server took over, ${when}; "${id}" may not be queued`);
}

export interface JobOptions {
  id: string;
  /** Milliseconds from now. */
  delay: number;
  priority: number;
  size: number;
  mailbox: string;
  messageId: string;
}

/** Puts a message's job into its queue; does nothing if it is there. */
export async function addJob(line: Line, queue: string, { id, delay, priority, size, mailbox, messageId }: JobOptions): Promise<void> {
  const data = line.blobs.seal.encrypts ? { id, size } : { id, size, mailbox, messageId };
  await line.queue(queue).add('message', data, { jobId: jobId(id), delay, ...(priority > 0 && { priority }) });
}

async function storeUploads({ uploads }: PreparedMessage, keepFor: number, context: StoreContext): Promise<StoredUpload[]> {
  const { seal, redis, store } = context.line.blobs;
  const total = uploads.reduce((sum, { size }) => sum + size, 0);
  if (total > REDIS_UPLOADS && !store) {
    const hint = `Give outboxTransport() and startOutboxWorker() a "store", such as fileStore('/mnt/outbox').`;
    throw new GraphTransportError(
      'EMESSAGE',
      `the message has ${total} bytes of large attachments, and Redis takes ${REDIS_UPLOADS}; nothing was queued. ${hint}`,
      { permanent: true, hint },
    );
  }
  const stored: StoredUpload[] = [];
  try {
    for (const upload of uploads) {
      const { description, size } = upload;
      const entry: StoredUpload = { description, size, sha256: '', ref: randomUUID(), where: total > REDIS_UPLOADS ? 'store' : 'redis' };
      stored.push(entry);
      const pieces = sealedPieces(upload, seal, entry.ref, (digest) => (entry.sha256 = digest));
      if (entry.where === 'store') {
        await store?.put(entry.ref, streamOf(pieces), sealedSize(size, seal));
      } else {
        let index = 0;
        for await (const piece of pieces) await context.within(redis.put(entry.ref, index++, piece, keepFor));
      }
      if (entry.sha256 === '')
        throw new GraphTransportError('EMESSAGE', `the store did not read "${description.name}" to its end; nothing was queued`);
    }
    return stored;
  } catch (error) {
    await dropUploads(stored, context);
    throw error;
  }
}

/** What is not used; what is left of it in Redis ends by itself. */
export async function dropUploads(uploads: readonly StoredUpload[], { line: { blobs } }: Pick<StoreContext, 'line'>): Promise<void> {
  for (const { ref, size, where } of uploads) {
    const dropped = where === 'redis' ? blobs.redis.delete(ref, pieceCount(size)) : blobs.store?.delete(ref);
    await dropped?.catch(() => undefined);
  }
}
