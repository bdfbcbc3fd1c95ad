import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { asUser } from './as-user.js';
import { hasEnded, identityOf, processTable, readIdentity, writeIdentity, type ProcessTable } from './process-identity.js';
import { DamagedMailError, readMail, readNote, writeMail, type SpooledMail, type SpoolNote } from './spool-record.js';

/**
 * The states, each a folder; a message is a file that is renamed from one into the next. `claimed`: a process works on it and has not sent
 * it yet. `sending`: the request that sends is about to leave, or has. A process that ends there leaves it open whether it was sent.
 */
export const STATES = ['waiting', 'claimed', 'sending', 'unsure', 'failed'] as const;
export type SpoolState = (typeof STATES)[number];

/** A message in the spool. */
export interface SpoolEntry {
  id: string;
  state: SpoolState;
  /** Bytes. */
  size: number;
  note: SpoolNote | undefined;
}

/** A message this process works on. */
export interface Claim {
  readonly id: string;
  /** Where the file is now. */
  state: 'claimed' | 'sending';
  /** Its name there. */
  readonly file: string;
}

/** A spool that cannot be used as it is. */
export class SpoolError extends Error {
  override name = 'SpoolError';
}

/** Milliseconds after which a process of another machine or container has ended: longer than every time limit of a message together. */
const PATIENCE = 3_600_000;
const ID = /^\d{8}T\d{6}-[0-9a-f]{8}$/;

/**
 * The messages of one user: files for him alone, on the disk before anybody says so. Every change is one rename, so that a process killed at
 * any moment leaves a message in one state, and two processes never have the same.
 */
export class Spool {
  readonly #folder: string;
  readonly #owner: number;
  readonly #table: ProcessTable;

  private constructor(folder: string, owner: number, table: ProcessTable) {
    this.#folder = folder;
    this.#owner = owner;
    this.#table = table;
  }

  /**
   * The spool of a user below a folder that all share; made where it is missing.
   *
   * @throws {SpoolError} if the folder is somebody else's, or open to others
   */
  static open(folder: string, user: number, table = processTable()): Spool {
    const own = join(folder, String(user));
    const spool = new Spool(own, user, table);
    spool.#as(() => {
      try {
        mkdirSync(own, { recursive: true, mode: 0o700 });
      } catch (error) {
        throw new SpoolError(`the spool ${folder} cannot be used: ${(error as NodeJS.ErrnoException).code}`);
      }
      const { uid, mode } = lstatSync(own);
      // Windows knows no owners
      if (process.getuid && (uid !== user || (mode & 0o077) !== 0)) throw new SpoolError(`${own} must be the user's own, with mode 0700`);
      for (const state of ['tmp', 'notes', ...STATES]) mkdirSync(join(own, state), { recursive: true, mode: 0o700 });
    });
    return spool;
  }

  /** The users who have a spool below a folder. */
  static users(folder: string): number[] {
    let names: string[];
    try {
      names = readdirSync(folder);
    } catch {
      return [];
    }
    return names.filter((name) => /^\d{1,10}$/.test(name)).map(Number);
  }

  /** Keeps a message: when this returns, it is on the disk. */
  add(mail: SpooledMail, as: 'waiting'): string;
  add(mail: SpooledMail, as: 'claimed'): Claim;
  add(mail: SpooledMail, as: 'waiting' | 'claimed'): string | Claim {
    const stamp = mail.date.toISOString().replace(/[-:]|\.\d+Z/g, '');
    const id = `${stamp}-${randomBytes(4).toString('hex')}`;
    const file = as === 'claimed' ? this.#claimName(id) : id;
    this.#as(() => {
      const temporary = join(this.#folder, 'tmp', id);
      try {
        writeDurably(temporary, writeMail(mail));
        renameSync(temporary, join(this.#folder, as, file));
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
      this.#sync(as);
    });
    return as === 'claimed' ? { id, state: 'claimed', file } : id;
  }

  /** Takes a message that waits; `undefined` if another process was faster. */
  claim(id: string): Claim | undefined {
    const file = this.#claimName(id);
    return this.#move('waiting', id, 'claimed', file) ? { id, state: 'claimed', file } : undefined;
  }

  /**
   * What a claimed message holds.
   *
   * @throws {DamagedMailError}
   */
  read({ state, file }: Claim): SpooledMail {
    return readMail(this.#as(() => readOwn(join(this.#folder, state, file), this.#owner)));
  }

  /** From now on the message may be sent, whatever becomes of this process. */
  markSending(claim: Claim): void {
    if (claim.state === 'sending') return;
    if (!this.#move('claimed', claim.file, 'sending', claim.file)) throw new SpoolError(`${claim.id} is not in the spool any more`);
    claim.state = 'sending';
  }

  /** The message was sent. */
  done({ id, state, file }: Claim): void {
    this.#as(() => {
      rmSync(join(this.#folder, state, file), { force: true });
      rmSync(join(this.#folder, 'notes', id), { force: true });
      this.#sync(state);
    });
  }

  /** The message was not sent, or perhaps. */
  release(claim: Claim, to: 'waiting' | 'failed' | 'unsure', note: Omit<SpoolNote, 'tries'>): void {
    // first the reason: without one a message in its place would say nothing
    this.#writeNote(claim.id, note);
    this.#move(claim.state, claim.file, to, claim.id);
  }

  /**
   * Sees after processes that ended in the midst of their work: what they had not sent yet waits again, of the rest nobody knows.
   *
   * @returns what is `unsure` now
   */
  recover(now: Date): string[] {
    const unsure: string[] = [];
    for (const state of ['claimed', 'sending'] as const) {
      for (const file of this.#list(state)) {
        const { id, owner } = splitClaim(file);
        if (!ID.test(id)) continue;
        const taken = this.#as(() => lstatSync(join(this.#folder, state, file), { throwIfNoEntry: false }))?.ctimeMs;
        if (taken === undefined || !hasEnded(owner, this.#table, now.getTime() - taken, PATIENCE)) continue;
        const to = state === 'claimed' ? 'waiting' : 'unsure';
        if (to === 'unsure') {
          const reason = 'the process that sent it ended before it knew whether Graph took it: look into Sent Items';
          this.#writeNote(id, { at: now.getTime(), status: 69, reason });
        }
        if (this.#move(state, file, to, id) && to === 'unsure') unsure.push(id);
      }
    }
    return unsure;
  }

  /** The messages that wait, the oldest first. */
  waiting(): string[] {
    return this.#list('waiting').filter((name) => ID.test(name));
  }

  /** Lets a message wait again that was given up, or that may have been sent. */
  retry(id: string): boolean {
    return ID.test(id) && (this.#move('failed', id, 'waiting', id) || this.#move('unsure', id, 'waiting', id));
  }

  /** All messages, the oldest first. */
  entries(): SpoolEntry[] {
    const found = STATES.flatMap((state) =>
      this.#list(state).flatMap((file) => {
        const { id } = splitClaim(file);
        const size = this.#as(() => lstatSync(join(this.#folder, state, file), { throwIfNoEntry: false }))?.size;
        return size === undefined || !ID.test(id) ? [] : [{ id, state, size, note: this.#noteOf(id) }];
      }),
    );
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #as<T>(work: () => T): T {
    return asUser(this.#owner, work);
  }

  #claimName(id: string): string {
    return `${id}.${writeIdentity(identityOf(process.pid, this.#table))}`;
  }

  #list(state: SpoolState): string[] {
    return this.#as(() => readdirSync(join(this.#folder, state))).sort();
  }

  /** @returns false if it is not there (any more) */
  #move(from: SpoolState, file: string, to: SpoolState, as: string): boolean {
    return this.#as(() => {
      try {
        renameSync(join(this.#folder, from, file), join(this.#folder, to, as));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw error;
      }
      this.#sync(to);
      this.#sync(from);
      return true;
    });
  }

  #noteOf(id: string): SpoolNote | undefined {
    try {
      return readNote(this.#as(() => readOwn(join(this.#folder, 'notes', id), this.#owner)).toString());
    } catch {
      return undefined;
    }
  }

  #writeNote(id: string, note: Omit<SpoolNote, 'tries'>): void {
    const tries = (this.#noteOf(id)?.tries ?? 0) + 1;
    this.#as(() => {
      const temporary = join(this.#folder, 'tmp', `${id}.note`);
      try {
        writeFileSync(temporary, JSON.stringify({ tries, ...note }), { mode: 0o600 });
        renameSync(temporary, join(this.#folder, 'notes', id));
      } catch {
        // a full disk: the message itself is there, only nobody says why
      }
    });
  }

  #sync(state: SpoolState): void {
    // Windows opens no folders
    if (process.platform === 'win32') return;
    const folder = openSync(join(this.#folder, state), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
}

function splitClaim(file: string): { id: string; owner: { pid: number; started: string; machine: string } } {
  const at = file.indexOf('.');
  if (at < 0) return { id: file, owner: { pid: 0, started: '', machine: '' } };
  return { id: file.slice(0, at), owner: readIdentity(file.slice(at + 1)) ?? { pid: 0, started: '', machine: '' } };
}

function writeDurably(path: string, bytes: Buffer): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Reads a file that is the user's own: neither a link to what he could not read, nor a second name of it. */
function readOwn(path: string, owner: number): Buffer {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.nlink !== 1 || (process.getuid && stat.uid !== owner))
      throw new DamagedMailError('it is not a file of the user');
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
