import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { withLockFile } from './lock-file.js';
import type { TokenStore } from './token-store.js';

/** Keeps sign-ins in a file for its owner alone, written as a whole and locked against other processes. */
export function createFileStore(path: string): Required<TokenStore> {
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
      // a link stays one: what it leads to is replaced
      const target = await realpath(path).catch(() => path);
      const temporary = `${target}.${randomUUID()}`;
      try {
        const file = await open(temporary, 'wx', 0o600);
        try {
          await file.writeFile(text);
          // what is renamed into place must be on the disk already
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, target);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await removeLeftOvers(target);
    },
    async withLock(work) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      return withLockFile(`${path}.lock`, work);
    },
  };
}

/** Nobody writes for as long, in milliseconds. */
const LEFT_OVER = 60_000;

/** What a process that was killed while it wrote left beside the file: there are refresh tokens in it. */
async function removeLeftOvers(target: string): Promise<void> {
  const start = `${basename(target)}.`;
  const isLeftOver = (name: string) => name.startsWith(start) && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(name.slice(start.length));
  const names = await readdir(dirname(target)).catch(() => []);
  for (const name of names.filter(isLeftOver)) {
    const path = join(dirname(target), name);
    const written = await stat(path).catch(() => undefined);
    if (written && Math.abs(Date.now() - written.mtimeMs) > LEFT_OVER) await rm(path, { force: true }).catch(() => undefined);
  }
}
