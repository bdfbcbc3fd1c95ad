import { createReadStream } from 'node:fs';
import { mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { outboxConfigError } from './config-error.js';
import type { OutboxStore } from './blob-store.js';

/**
 * Keeps large attachments in a directory that all machines see, such as an NFS share or a volume.
 *
 * @throws {GraphTransportError} `ECONFIG` if `directory` is not a path
 */
export function fileStore(directory: string): OutboxStore {
  if (typeof directory !== 'string' || directory === '') throw outboxConfigError('fileStore() needs the path of a directory');
  const pathOf = (key: string) => {
    // keys are made by this package; a record from Redis must not point anywhere else
    if (!/^[\w-]{1,100}$/.test(key)) throw new Error('not a key of the outbox');
    return join(directory, `${key}.part`);
  };
  return {
    async put(key, stream) {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true });
      const unfinished = `${path}.${randomUUID()}.tmp`;
      const file = await open(unfinished, 'wx', 0o600);
      try {
        for await (const chunk of stream) await file.writeFile(chunk as Buffer);
        await file.sync();
        await file.close();
        await rename(unfinished, path);
        await syncDirectory(dirname(path));
      } catch (error) {
        await file.close().catch(() => undefined);
        await unlink(unfinished).catch(() => undefined);
        throw error;
      }
    },
    get(key, start, length) {
      return createReadStream(pathOf(key), { start, end: start + length - 1, highWaterMark: 512 * 1024 });
    },
    async delete(key) {
      await unlink(pathOf(key)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    },
  };
}

/** The name is durable only once its directory is. Windows cannot, and need not. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
