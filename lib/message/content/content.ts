import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import type { Cancellation } from '../../base/cancellation.js';
import { GraphTransportError } from '../../errors/graph-transport-error.js';
import { isError } from '../../errors/is-error.js';
import { openUrl, type MimeTreeNode } from '../nodemailer.js';

/** The bytes of a body or an attachment. Can be read as often as needed, so that a failed attempt can be repeated. */
export interface ContentSource {
  /** Bytes. */
  readonly size: number;
  bytes(): Promise<Buffer>;
  /** The bytes read as UTF-8. */
  text(): Promise<string>;
  /**
   * At most `length` bytes from `start` on, fewer only at the end, in pieces. A piece may be overwritten as soon as the next one is
   * asked for. What has changed since its size was taken throws before the last piece.
   */
  pieces(start: number, length: number): AsyncIterable<Buffer>;
  /** Removes what was put aside for it. */
  dispose(): Promise<void>;
}

export interface ContentOptions {
  /** Milliseconds without a byte after which a stream is given up. */
  idleTimeout: number;
  signal: Cancellation | undefined;
}

/**
 * Streams up to this size stay in memory, all of one message together; the rest goes to a temporary file. In base64 nothing above
 * it fits into one request to Graph anyway.
 */
export const MEMORY_LIMIT = 3 * 1024 * 1024;

/** Bytes read and handed on at once: what a large file costs in memory is a few times this. */
const PIECE = 512 * 1024;

/** Graph takes no larger file (150 MB, https://learn.microsoft.com/graph/outlook-large-attachments). */
export const MAX_CONTENT = 150 * 1024 * 1024;

/** Milliseconds for a download: a server that trickles bytes must not hold the mailbox forever. 150 MB at 1.4 Mbit/s. */
const MAX_DOWNLOAD_TIME = 15 * 60_000;

/** Reads the contents of one message; the same content object is read once. */
export class ContentReader {
  #memoryLeft = MEMORY_LIMIT;
  #loaded: Map<unknown, Promise<ContentSource>> | undefined;

  constructor(private readonly options: ContentOptions) {}

  /**
   * Makes a node's content ready: its size is known and it can be read repeatedly.
   *
   * @param what names the part in errors, such as `attachment "invoice.pdf"`
   * @throws {GraphTransportError} `EMESSAGE` if it cannot be read
   */
  read(node: MimeTreeNode, content: unknown, what: string): Promise<ContentSource> {
    if (typeof content === 'string') return Promise.resolve(new TextContent(content));
    if (typeof content !== 'object' || content === null) return this.#load(node, content, what);
    this.#loaded ??= new Map();
    const known = this.#loaded.get(content);
    if (known) return known;
    const loading = this.#load(node, content, what);
    this.#loaded.set(content, loading);
    return loading;
  }

  /** Whether there is anything to dispose of. */
  get used(): boolean {
    return this.#loaded !== undefined;
  }

  /** Removes temporary files. */
  async dispose(): Promise<void> {
    const sources = await Promise.allSettled(Array.from(this.#loaded?.values() ?? []));
    await Promise.all(sources.flatMap((source) => (source.status === 'fulfilled' ? [source.value.dispose()] : [])));
  }

  async #load(node: MimeTreeNode, content: unknown, what: string): Promise<ContentSource> {
    this.options.signal?.throwIfAborted();
    try {
      if (content === undefined || content === null || content === false) return new BufferContent(Buffer.alloc(0));
      if (ArrayBuffer.isView(content)) {
        refuseLarge(content.byteLength);
        return new BufferContent(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
      }
      if (isError(content)) throw content;
      const { path, href } = content as { path?: unknown; href?: unknown };
      if (isStream(content)) return await this.#collect(readable(content));
      if (typeof path === 'string' && !href) {
        refuseIf(closed(node, 'disableFileAccess'), `file access is disabled (disableFileAccess), but it is to be read from ${path}`);
        const file = await fileSource(path);
        // what the system makes up while it is read, such as /proc/version, says it has 0 bytes
        return file.size > 0 ? file : await this.#collect(createReadStream(path));
      }
      if (typeof href === 'string') {
        refuseIf(closed(node, 'disableUrlAccess'), 'URL access is disabled (disableUrlAccess), but it is to be fetched from a URL');
        return await this.#collect(openUrl(node, { ...content, href }, { maxBytes: MAX_CONTENT + 1, maxTime: MAX_DOWNLOAD_TIME }));
      }
    } catch (error) {
      if (error === this.options.signal?.reason) throw error;
      throw contentError(what, error);
    }
    throw new GraphTransportError('EMESSAGE', `${what}: content must be a string, Buffer, stream, { path } or { href }`, {
      permanent: true,
    });
  }

  /** Takes a stream in: into memory, or beyond the limit into a file. */
  async #collect(stream: Readable): Promise<ContentSource> {
    const chunks: Buffer[] = [];
    let size = 0;
    let spool: Spool | undefined;
    const stopWatching = watch(stream, this.options);
    try {
      for await (const piece of stream) {
        const chunk = typeof piece === 'string' ? Buffer.from(piece) : (piece as Buffer);
        size += chunk.length;
        refuseLarge(size);
        if (spool) {
          await spool.write(chunk);
        } else if (size <= this.#memoryLeft) {
          chunks.push(chunk);
        } else {
          spool = createSpool();
          for (const kept of [...chunks.splice(0), chunk]) await spool.write(kept);
        }
        stopWatching.alive();
      }
      if (spool) return await spool.finish();
      this.#memoryLeft -= size;
      return new BufferContent(Buffer.concat(chunks, size));
    } catch (error) {
      await spool?.discard();
      throw error;
    } finally {
      stopWatching();
      stream.destroy();
    }
  }
}

/** Bytes that are at hand. */
export class BufferContent implements ContentSource {
  readonly size: number;

  constructor(private readonly buffer: Buffer) {
    this.size = buffer.length;
  }

  bytes(): Promise<Buffer> {
    return Promise.resolve(this.buffer);
  }

  text(): Promise<string> {
    return Promise.resolve(this.buffer.toString('utf8'));
  }

  async *pieces(start: number, length: number): AsyncIterable<Buffer> {
    const end = Math.min(start + length, this.size);
    for (let at = start; at < end; at += PIECE) yield await Promise.resolve(this.buffer.subarray(at, Math.min(at + PIECE, end)));
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

/** Text, which is encoded only where bytes are wanted. */
export class TextContent implements ContentSource {
  #encoded: BufferContent | undefined;

  constructor(private readonly content: string) {}

  get size(): number {
    return this.#encode().size;
  }

  bytes(): Promise<Buffer> {
    return this.#encode().bytes();
  }

  text(): Promise<string> {
    // a lone half of a surrogate pair has no encoding
    return /[\uD800-\uDFFF]/.test(this.content) ? this.#encode().text() : Promise.resolve(this.content);
  }

  pieces(start: number, length: number): AsyncIterable<Buffer> {
    return this.#encode().pieces(start, length);
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  #encode(): BufferContent {
    return (this.#encoded ??= new BufferContent(Buffer.from(this.content)));
  }
}

async function fileSource(path: string, { temporary = false } = {}): Promise<ContentSource> {
  const found = await stat(path);
  const { size } = found;
  refuseIf(!found.isFile(), `${path} is not a file`);
  refuseLarge(size);

  async function use<T>(task: (file: FileHandle) => Promise<T>): Promise<T> {
    const file = await open(path);
    try {
      return await task(file);
    } finally {
      await file.close();
    }
  }
  /** The buffers of the chunk before: new ones for each would be garbage by the megabyte. */
  let spare: readonly [Buffer, Buffer] | undefined;

  return {
    size,
    text: () => read().then((bytes) => bytes.toString('utf8')),
    bytes: read,
    async *pieces(start, length) {
      const end = Math.min(start + length, size);
      // one is read while the other is sent
      const space = spare ?? [Buffer.allocUnsafeSlow(Math.min(PIECE, size)), Buffer.allocUnsafeSlow(Math.min(PIECE, size))];
      spare = undefined;
      const file = await open(path).catch(unreadable);
      let next = readPiece(file, space[0], start, end);
      try {
        for (let at = start, turn = 1; at < end; at += PIECE, turn = 1 - turn) {
          const piece = await next;
          if (at + PIECE < end) next = readPiece(file, space[turn] as Buffer, at + PIECE, end);
          else await checkUnchanged(file).catch(unreadable);
          yield piece;
        }
        // not where it broke off: that attempt may still be reading into them
        spare = space;
      } finally {
        await next.catch(() => undefined);
        await file.close();
      }
    },
    async dispose() {
      if (temporary) await unlink(path).catch(() => undefined);
    },
  };

  function read(): Promise<Buffer> {
    return use(async (file) => {
      const bytes = Buffer.allocUnsafe(size);
      await fill(file, bytes, 0);
      await checkUnchanged(file);
      return bytes;
    }).catch(unreadable);
  }

  function readPiece(file: FileHandle, space: Buffer, start: number, end: number): Promise<Buffer> {
    const reading = fill(file, space.subarray(0, Math.min(PIECE, end - start)), start).catch(unreadable);
    // whoever stops asking never looks at it
    reading.catch(() => undefined);
    return reading;
  }

  async function checkUnchanged(file: FileHandle): Promise<void> {
    const now = await file.stat();
    // a file put in its place has another inode
    if (now.size !== size || now.mtimeMs !== found.mtimeMs || now.ino !== found.ino) throw fileChanged(path);
  }

  async function fill(file: FileHandle, buffer: Buffer, start: number): Promise<Buffer> {
    for (let done = 0; done < buffer.length;) {
      const { bytesRead } = await file.read(buffer, done, buffer.length - done, start + done);
      if (bytesRead === 0) throw fileChanged(path);
      done += bytesRead;
    }
    return buffer;
  }

  function unreadable(error: unknown): never {
    if (error instanceof GraphTransportError) throw error;
    throw fileChanged(path, error);
  }
}

interface Spool {
  write(chunk: Buffer): Promise<void>;
  finish(): Promise<ContentSource>;
  discard(): Promise<void>;
}

function createSpool(): Spool {
  const path = join(tmpdir(), `nodemailer-graph-transport-${randomUUID()}`);
  // only for this user, and never over a file that is there
  const file = createWriteStream(path, { mode: 0o600, flags: 'wx' });
  let failure: Error | undefined;
  file.on('error', (error) => (failure = error));
  const settle = (act: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      if (failure) return reject(failure);
      act((error) => (error ? reject(error) : resolve()));
    });
  return {
    write: (chunk) => settle((done) => file.write(chunk, done)),
    async finish() {
      await settle((done) => file.end(done));
      return fileSource(path, { temporary: true });
    },
    async discard() {
      file.destroy();
      await unlink(path).catch(() => undefined);
    },
  };
}

/** Destroys a stream that falls silent, or when the send is aborted. */
function watch(stream: Readable, { idleTimeout, signal }: ContentOptions): (() => void) & { alive: () => void } {
  const timer = setTimeout(
    () => stream.destroy(new GraphTransportError('ETIMEDOUT', `gave no data for ${idleTimeout} ms (socketTimeout)`)),
    idleTimeout,
  );
  const onAbort = () => stream.destroy(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const stop = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
  return Object.assign(stop, { alive: () => timer.refresh() });
}

function readable(stream: NodeJS.ReadableStream): Readable {
  const { errored, destroyed, readableEnded } = stream as Readable;
  if (errored) throw errored;
  if (destroyed || readableEnded) throw new Error('its stream was already read or destroyed');
  // old-style streams (request, some S3 clients) have no async iterator
  return stream instanceof Readable ? stream : new Readable().wrap(stream);
}

function isStream(value: object): value is NodeJS.ReadableStream {
  return typeof (value as { pipe?: unknown }).pipe === 'function';
}

function closed(node: MimeTreeNode, flag: 'disableFileAccess' | 'disableUrlAccess'): boolean {
  for (let at: MimeTreeNode | undefined = node; at; at = at.parentNode) if (at[flag]) return true;
  return false;
}

function refuseIf(condition: boolean, message: string): void {
  if (condition) throw new Error(message);
}

function refuseLarge(bytes: number): void {
  refuseIf(bytes > MAX_CONTENT, 'it is larger than the 150 MB Graph takes');
}

function fileChanged(path: string, cause?: unknown): GraphTransportError {
  const why = cause === undefined ? '' : ` (${(cause as Error).message})`;
  const message = `the file ${basename(path)} changed or disappeared while the message was being sent${why}; nothing was sent`;
  return new GraphTransportError('EMESSAGE', message, { cause, hint: 'Send again once the file is complete.' });
}

function contentError(what: string, error: unknown): GraphTransportError {
  const { message, code } = error as { message?: string; code?: string };
  const timedOut = code === 'ETIMEDOUT';
  return new GraphTransportError(timedOut ? 'ETIMEDOUT' : 'EMESSAGE', `${what} cannot be read: ${message ?? String(error)}`, {
    permanent: !timedOut,
    cause: error,
    hint: 'Nothing was sent.',
  });
}
