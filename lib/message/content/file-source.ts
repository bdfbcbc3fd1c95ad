import type { Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { GraphTransportError } from '../../errors/graph-transport-error.js';
import type { ContentSource } from './content-source.js';
import { PIECE, refuseIf, refuseLarge } from './limits.js';

/** A file whose bytes are read when they are wanted; what has changed since then is not sent. */
export async function fileSource(path: string): Promise<ContentSource> {
  const found = await stat(path);
  refuseIf(!found.isFile(), `${path} is not a file`);
  refuseLarge(found.size);
  return sourceOf(found, path, { open: () => open(path), close: (file) => file.close(), dispose: () => Promise.resolve() });
}

/** A file that is open already and stays so until it is disposed of. */
export async function openFileSource(file: FileHandle, dispose: () => Promise<void>): Promise<ContentSource> {
  return sourceOf(await file.stat(), 'a temporary file', { open: () => Promise.resolve(file), close: () => Promise.resolve(), dispose });
}

interface Access {
  open(): Promise<FileHandle>;
  close(file: FileHandle): Promise<void>;
  dispose(): Promise<void>;
}

function sourceOf(found: Stats, path: string, access: Access): ContentSource {
  const { size } = found;

  async function use<T>(task: (file: FileHandle) => Promise<T>): Promise<T> {
    const file = await access.open();
    try {
      return await task(file);
    } finally {
      await access.close(file);
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
      const file = await access.open().catch(unreadable);
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
        await access.close(file);
      }
    },
    dispose: () => access.dispose(),
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

function fileChanged(path: string, cause?: unknown): GraphTransportError {
  const why = cause === undefined ? '' : ` (${(cause as Error).message})`;
  const message = `the file ${basename(path)} changed or disappeared while the message was being sent${why}; nothing was sent`;
  return new GraphTransportError('EMESSAGE', message, { cause, hint: 'Send again once the file is complete.' });
}
