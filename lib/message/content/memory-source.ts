import type { ContentSource } from './content-source.js';
import { PIECE } from './limits.js';

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
