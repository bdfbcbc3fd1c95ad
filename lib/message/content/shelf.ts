import type { ContentSource } from './content-source.js';
import { MEMORY_INSTEAD_OF_FILE, refuseLarge } from './limits.js';
import { BufferContent } from './memory-source.js';
import { createSpool, TemporaryFolderError, type Spool } from './spool.js';

/** Where the pieces of a stream are put until it ends: memory, then a temporary file, then memory again if that is of no use. */
export class Shelf {
  #pieces: Buffer[] = [];
  #size = 0;
  #spool: Spool | undefined;
  #folderError: TemporaryFolderError | undefined;

  /** @param memory bytes before a file is made */
  constructor(private readonly memory: number) {}

  /** @throws {TemporaryFolderError} if it fits neither into a file nor into memory */
  async put(piece: Buffer): Promise<void> {
    this.#size += piece.length;
    refuseLarge(this.#size);
    if (this.#spool) return this.#write(this.#spool, piece);
    this.#pieces.push(piece);
    if (this.#folderError) {
      if (this.#size > MEMORY_INSTEAD_OF_FILE) throw this.#folderError;
      return;
    }
    if (this.#size <= this.memory) return;
    try {
      this.#spool = await createSpool();
    } catch (error) {
      return this.#stayInMemory(error);
    }
    const pieces = this.#pieces;
    this.#pieces = [];
    await this.#write(this.#spool, Buffer.concat(pieces));
  }

  async finish(): Promise<ContentSource> {
    return this.#spool ? this.#spool.finish() : new BufferContent(Buffer.concat(this.#pieces, this.#size));
  }

  async discard(): Promise<void> {
    await this.#spool?.discard();
  }

  async #write(spool: Spool, piece: Buffer): Promise<void> {
    const before = spool.size;
    try {
      await spool.write(piece);
    } catch (error) {
      if (!(error instanceof TemporaryFolderError) || this.#size > MEMORY_INSTEAD_OF_FILE) throw error;
      const written = await spool.takeBack();
      this.#spool = undefined;
      await spool.discard();
      this.#pieces = [written, piece.subarray(written.length - before)];
      this.#stayInMemory(error);
    }
  }

  #stayInMemory(error: unknown): void {
    if (!(error instanceof TemporaryFolderError)) throw error;
    this.#folderError = error;
    if (this.#size > MEMORY_INSTEAD_OF_FILE) throw error;
  }
}
