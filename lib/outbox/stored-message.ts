import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { Loss } from '../prepared/loss.js';
import type { FileDescription, Format, PreparedMessage, PreparedUpload, Route } from '../prepared/prepared-message.js';
import { PIECE, readPiece, type OutboxStore, type RedisPieces } from './blob-store.js';
import { isHead } from './head-shape.js';
import type { Seal } from './seal.js';

/** An attachment that is kept beside the message. */
export interface StoredUpload {
  description: FileDescription;
  size: number;
  sha256: string;
  /** Its name in Redis or in the store. */
  ref: string;
  where: 'redis' | 'store';
}

/** Everything of a message but its body and its files: what is shown, and what is needed to send it. */
export interface Head {
  mailbox: string;
  envelope: { from: string | false; to: string[] };
  messageId: string;
  format: Format;
  route: Route;
  contentType: PreparedMessage['contentType'];
  inDraft: string[];
  losses: Loss[];
  saveToSentItems: boolean;
  uploads: StoredUpload[];
  /** SHA-256 of the body as it goes over the wire. */
  bodySha256: string;
  /** Which version of this package made it. */
  producer: string;
}

export function sealHead(head: Head, seal: Seal, id: string): Buffer {
  return seal.close(Buffer.from(JSON.stringify(head)), `${id}/head`);
}

/** @throws {GraphTransportError} `EMESSAGE` if it was altered, `ECONFIG` if its key is not here */
export function openHead(bytes: Buffer, seal: Seal, id: string): Head {
  const text = seal.open(bytes, `${id}/head`).toString('utf8');
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch {
    throw altered('its head');
  }
  if (!isHead(head)) throw altered('its head');
  return head as Head;
}

/** A request to Graph takes 4 MiB. */
const LARGEST_BODY = 8 * 1024 * 1024;
/** Smaller bodies gain nothing. */
const WORTH_PACKING = 1024;

/** Body: packed where that helps, then sealed. */
export function sealBody(body: Buffer, seal: Seal, id: string): Buffer {
  const packed = body.length > WORTH_PACKING ? gzipSync(body, { level: 1 }) : body;
  const helps = packed.length < body.length * 0.9;
  return seal.close(Buffer.concat([Buffer.of(helps ? 1 : 0), helps ? packed : body]), `${id}/body`);
}

/** @throws {GraphTransportError} `EMESSAGE` if it was altered, `ECONFIG` if its key is not here */
export function openBody(bytes: Buffer, seal: Seal, id: string, { bodySha256 }: Head): Buffer {
  const opened = seal.open(bytes, `${id}/body`);
  const body = opened[0] === 1 ? unpack(opened.subarray(1)) : opened.subarray(1);
  if (sha256(body) !== bodySha256) throw altered('its body');
  return body;
}

function unpack(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST_BODY });
  } catch {
    throw altered('its body');
  }
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function altered(what: string): GraphTransportError {
  return new GraphTransportError('EMESSAGE', `the stored message was altered in Redis or in the store: ${what}; nothing was sent`, {
    permanent: true,
  });
}

/** An upload cut into pieces of {@link PIECE} bytes, each sealed. `onEnd` is told the digest of all bytes. */
export async function* sealedPieces(
  upload: PreparedUpload,
  seal: Seal,
  ref: string,
  onEnd: (sha256: string) => void,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let pending: Buffer[] = [];
  let length = 0;
  let index = 0;
  const take = (bytes: number): Buffer => {
    const all = pending.length === 1 ? (pending[0] as Buffer) : Buffer.concat(pending, length);
    const rest = all.subarray(bytes);
    pending = rest.length > 0 ? [rest] : [];
    length = rest.length;
    return seal.close(all.subarray(0, bytes), `${ref}/${index++}`);
  };
  for await (const piece of upload.pieces(0, upload.size)) {
    hash.update(piece);
    // a piece may be overwritten as soon as the next one is asked for
    pending.push(Buffer.from(piece));
    length += piece.length;
    while (length >= PIECE) yield take(PIECE);
  }
  if (length > 0) yield take(length);
  onEnd(hash.digest('base64'));
}

export function pieceCount(size: number): number {
  return Math.ceil(size / PIECE);
}

/** Bytes of an upload once its pieces are sealed. */
export function sealedSize(size: number, seal: Seal): number {
  return size + pieceCount(size) * seal.overhead;
}

export interface BlobSources {
  seal: Seal;
  redis: RedisPieces;
  store: OutboxStore | undefined;
}

/** An upload as delivery reads it. Read from its beginning to its end, it throws before the last bytes if they are not what was stored. */
export function openUpload(
  { description, size, sha256: expected, ref, where }: StoredUpload,
  { seal, redis, store }: BlobSources,
): PreparedUpload {
  let hash = createHash('sha256');
  let hashed = 0;
  const load = async (index: number): Promise<Buffer> => {
    const bytes = where === 'redis' ? await redis.get(ref, index) : await fromStore(index);
    if (!bytes) throw altered(`the file "${description.name}" is gone`);
    const opened = seal.open(bytes, `${ref}/${index}`);
    if (opened.length !== Math.min(PIECE, size - index * PIECE)) throw altered(`the file "${description.name}"`);
    return opened;
  };
  const fromStore = (index: number) => {
    if (!store) throw needsStore(description.name);
    const sealed = PIECE + seal.overhead;
    return readPiece(store, ref, index * sealed, Math.min(sealed, sealedSize(size, seal) - index * sealed));
  };
  return {
    description,
    size,
    async *pieces(start, length) {
      const end = Math.min(start + length, size);
      for (let at = start; at < end;) {
        const index = Math.floor(at / PIECE);
        const piece = await load(index);
        const from = at - index * PIECE;
        const bytes = piece.subarray(from, Math.min(piece.length, from + end - at));
        if (at === 0) [hash, hashed] = [createHash('sha256'), 0];
        if (at <= hashed && at + bytes.length > hashed) {
          hash.update(bytes.subarray(hashed - at));
          hashed = at + bytes.length;
          if (hashed === size && hash.copy().digest('base64') !== expected) throw altered(`the file "${description.name}"`);
        }
        yield bytes;
        at += bytes.length;
      }
    },
  };
}

export function needsStore(name: string): GraphTransportError {
  return new GraphTransportError('ECONFIG', `the file "${name}" is in a store, and this process has no "store"; nothing was sent`, {
    permanent: true,
    hint: 'Give startOutboxWorker() the same store as outboxTransport().',
  });
}
