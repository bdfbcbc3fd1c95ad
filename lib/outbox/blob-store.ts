import { Readable } from 'node:stream';
import type { Keys } from './keys.js';
import type { Connection } from './redis.js';

/** Where attachments too large for Redis are kept: a directory, S3, Azure Blob, … All machines reach the same one. */
export interface OutboxStore {
  /** Keeps the bytes; resolves once they are durable. `size` is the length of `stream`. */
  put(key: string, stream: Readable, size: number): Promise<void>;
  /** `length` bytes from `start` on. */
  get(key: string, start: number, length: number): AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
  /** Forgets them; does nothing if there are none. */
  delete(key: string): Promise<void>;
}

/** Bytes of an attachment that are sealed and stored together; what is read of a file at once, too. */
export const PIECE = 512 * 1024;

/** Keeps pieces in Redis. */
export function redisPieces({ client }: Connection, keys: Keys) {
  return {
    /** @param keep ms, by Redis' clock */
    async put(ref: string, index: number, bytes: Buffer, keep: number): Promise<void> {
      await client.call('SET', keys.piece(ref, index), bytes, 'PX', keep);
    },
    async get(ref: string, index: number): Promise<Buffer | undefined> {
      return ((await client.callBuffer('GET', keys.piece(ref, index))) as Buffer | null) ?? undefined;
    },
    async delete(ref: string, count: number): Promise<void> {
      for (let index = 0; index < count; index++) await client.call('DEL', keys.piece(ref, index));
    },
    /** What may have been sent is not forgotten before its end is known. */
    async keep(ref: string, count: number, forgetAt: number | undefined): Promise<void> {
      for (let index = 0; index < count; index++) {
        const key = keys.piece(ref, index);
        await (forgetAt === undefined ? client.call('PERSIST', key) : client.call('PEXPIREAT', key, forgetAt));
      }
    },
  };
}

export type RedisPieces = ReturnType<typeof redisPieces>;

/** A piece of an object in a store; there the pieces stand one after another. */
export async function readPiece(store: OutboxStore, ref: string, start: number, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.get(ref, start, length)) chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  return Buffer.concat(chunks);
}

export function streamOf(pieces: AsyncIterable<Buffer>): Readable {
  return Readable.from(pieces, { objectMode: false, highWaterMark: PIECE });
}
