import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContentSource } from './content-source.js';
import { fileSource } from './file-source.js';

/** A temporary file that is written once and then is a source. */
export interface Spool {
  write(chunk: Buffer): Promise<void>;
  finish(): Promise<ContentSource>;
  discard(): Promise<void>;
}

export function createSpool(): Spool {
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
