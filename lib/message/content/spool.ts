import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContentSource } from './content-source.js';
import { openFileSource } from './file-source.js';

/** A temporary file that is written once and then is a source. */
export interface Spool {
  /** Bytes written so far. */
  readonly size: number;
  /** @throws {TemporaryFolderError} with nothing or a part of the chunk written */
  write(chunk: Buffer): Promise<void>;
  finish(): Promise<ContentSource>;
  /** What was written so far. */
  takeBack(): Promise<Buffer>;
  discard(): Promise<void>;
}

/** The folder for temporary files is of no use. */
export class TemporaryFolderError extends Error {
  constructor(folder: string, cause: unknown) {
    const { code } = cause as NodeJS.ErrnoException;
    super(`the folder for temporary files ${folder} ${WHY[code ?? ''] ?? `cannot be used (${code})`}`);
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is no folder',
  EACCES: 'may not be written to',
  EPERM: 'may not be written to',
  EROFS: 'is read-only',
  ENOSPC: 'is full',
  EDQUOT: 'is full (quota)',
  EMFILE: 'cannot be used: too many files are open',
  ENFILE: 'cannot be used: too many files are open',
};

/** @throws {TemporaryFolderError} */
export async function createSpool(): Promise<Spool> {
  const folder = tmpdir();
  const path = join(folder, `nodemailer-graph-transport-${randomUUID()}`);
  const unusable = (error: unknown): never => {
    throw new TemporaryFolderError(folder, error);
  };
  // only for this user, and never over a file that is there
  const file: FileHandle = await open(path, 'wx+', 0o600).catch(unusable);
  // it lives on while it is open, and a process that is killed leaves none; Windows deletes no open file
  const unlinked = await unlink(path).then(
    () => true,
    () => false,
  );
  let size = 0;
  async function discard() {
    await file.close().catch(() => undefined);
    if (!unlinked) await unlink(path).catch(() => undefined);
  }
  return {
    get size() {
      return size;
    },
    async write(chunk) {
      for (let done = 0; done < chunk.length;) {
        const { bytesWritten } = await file.write(chunk, done, chunk.length - done, size).catch(unusable);
        done += bytesWritten;
        size += bytesWritten;
      }
    },
    finish: () => openFileSource(file, discard),
    async takeBack() {
      const bytes = Buffer.allocUnsafe(size);
      for (let done = 0; done < size;) {
        const { bytesRead } = await file.read(bytes, done, size - done, done).catch(unusable);
        if (bytesRead === 0) unusable(new Error('it became shorter'));
        done += bytesRead;
      }
      return bytes;
    },
    discard,
  };
}
