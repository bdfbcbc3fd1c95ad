import { randomUUID } from 'node:crypto';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A lock whose owner has not touched it for this long is nobody's any more, in milliseconds. */
const STALE = 30_000;
const TOUCH = 5_000;
const POLL = 50;

/**
 * Runs the work while this process holds a lock file; the lock of a process that was killed is taken over.
 *
 * @param patience milliseconds to wait for another owner @default 120000
 * @throws Error with code `ELOCKED` if another owner holds it for longer
 */
export async function withLockFile<T>(path: string, work: () => Promise<T>, patience = 120_000): Promise<T> {
  const owner = randomUUID();
  const end = Date.now() + patience;
  while (!(await tryToTake(path, owner))) {
    if (Date.now() >= end)
      throw Object.assign(new Error(`${path} has been locked by another process for ${Math.round(patience / 1000)} s`), {
        code: 'ELOCKED',
      });
    await sleep(POLL);
  }
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH);
  touching.unref();
  try {
    return await work();
  } finally {
    clearInterval(touching);
    // a process that was frozen for long may have lost it
    if ((await readFile(path, 'utf8').catch(() => '')) === owner) await rm(path, { force: true });
  }
}

async function tryToTake(path: string, owner: string): Promise<boolean> {
  if (await create(path, owner)) return true;
  if (!(await isStale(path))) return false;
  // only one may clear a stale lock away, and only if it is still stale then
  const clearing = `${path}.clearing`;
  if (!(await create(clearing, owner))) {
    if (await isStale(clearing)) await rm(clearing, { force: true });
    return false;
  }
  try {
    if (await isStale(path)) await rm(path, { force: true });
  } finally {
    await rm(clearing, { force: true });
  }
  return create(path, owner);
}

async function create(path: string, owner: string): Promise<boolean> {
  let file;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    await file.writeFile(owner);
    return true;
  } catch (error) {
    // a full disk: nobody has to wait for a lock that nobody holds
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    // in the future, too: the clock may have been set back since
    return Math.abs(Date.now() - (await stat(path)).mtimeMs) > STALE;
  } catch {
    return false;
  }
}
