import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withLockFile } from './lock-file.js';
import type { TokenStore } from './token-store.js';

/** Keeps sign-ins in a file for its owner alone, written as a whole and locked against other processes. */
export function createFileStore(path: string): TokenStore {
  return {
    where: path,
    async load() {
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async save(text) {
      const temporary = `${path}.${randomUUID()}`;
      try {
        const file = await open(temporary, 'wx', 0o600);
        try {
          await file.writeFile(text);
          // what is renamed into place must be on the disk already
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
    async withLock(work) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      return withLockFile(`${path}.lock`, work);
    },
  };
}
