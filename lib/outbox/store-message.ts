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
  /** Milliseconds the message is remembered after it has expired. */
  keep: number;
  /** Bounds a wait for Redis. */
  within: <T>(task: Promise<T>) => Promise<T>;
  /** Waits until Redis has written to its disk, where it can be asked. */
  barrier: () => Promise<void>;
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
  const { line, keep, within } = context;
  const { records, blobs } = line;
  const forgetAt = expires + keep;
  const uploads = await storeUploads(message, forgetAt, context);
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
  const record = { id, nonce, queue, head: sealedHead, body: sealedBody, sendAt, expires, forgetAt, priority, route };
  context.onBegin();
  const stored = await within(records.enqueue({ ...record, mailbox: line.sealMailbox(mailbox) }));
  if (!stored.created) {
    await dropUploads(uploads, context);
    const known = openHead(stored.head, blobs.seal, id);
    if (stored.state !== 'queued') return { id, duplicate: true, state: stored.state, head: known };
    // whoever stored it may have died before it counted
    const state = await commit(line.queueOf(known.mailbox), known);
    return { id, duplicate: true, state: state || stored.state, head: known };
  }
  const state = await commit(queue, head);
  return { id, duplicate: false, state: state || 'queued', head };

  async function commit(name: string, { messageId: known, mailbox: owner, uploads: files }: Head): Promise<OutboxState | ''> {
    const size = sealedBody.length + files.reduce((sum, file) => sum + file.size, 0);
    await within(addJob(line, name, { id, sendAt, priority, size, mailbox: owner, messageId: known }));
    context.onAdded();
    const reached = await within(records.commit(id));
    await within(context.barrier());
    return reached;
  }
}

export interface JobOptions {
  id: string;
  sendAt: number;
  priority: number;
  size: number;
  mailbox: string;
  messageId: string;
}

/** Puts a message's job into its queue; does nothing if it is there. */
export async function addJob(line: Line, queue: string, { id, sendAt, priority, size, mailbox, messageId }: JobOptions): Promise<void> {
  const data = line.blobs.seal.encrypts ? { id, size } : { id, size, mailbox, messageId };
  const delay = Math.max(sendAt - Date.now(), 0);
  await line.queue(queue).add('message', data, { jobId: jobId(id), delay, ...(priority > 0 && { priority }) });
}

async function storeUploads({ uploads }: PreparedMessage, forgetAt: number, context: StoreContext): Promise<StoredUpload[]> {
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
        for await (const piece of pieces) await context.within(redis.put(entry.ref, index++, piece, forgetAt));
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
