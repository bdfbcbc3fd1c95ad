import { PassThrough, type Readable } from 'node:stream';
import type { Cancellation } from '../../base/cancellation.js';
import { GraphTransportError } from '../../errors/graph-transport-error.js';

/** How long a stream is waited for. */
export interface StreamOptions {
  /** Milliseconds without a byte after which a stream is given up. */
  idleTimeout: number;
  signal: Cancellation | undefined;
}

/** Destroys a stream that falls silent, or when the send is aborted. */
export function watch(stream: Readable, { idleTimeout, signal }: StreamOptions): (() => void) & { alive: () => void } {
  let silent = false;
  const giveUp = () => {
    if (silent) stream.destroy(new GraphTransportError('ETIMEDOUT', `gave no data for ${idleTimeout} ms (socketTimeout)`));
  };
  const timer = setTimeout(() => {
    silent = true;
    // after a freeze every timer is late: what has arrived meanwhile is read first
    setImmediate(giveUp);
  }, idleTimeout);
  const onAbort = () => stream.destroy(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const stop = () => {
    silent = false;
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
  const alive = () => {
    silent = false;
    timer.refresh();
  };
  return Object.assign(stop, { alive });
}

/** Pieces on their way from a stream; they may be large. */
const PIECES = 1;

/** In object mode, so that what is no bytes is told by {@link bytesOf} and does not throw inside of pipe(), where nobody could catch it. */
class Intake extends PassThrough {
  override write(piece: unknown, ...rest: never[]): boolean {
    if (piece !== null && piece !== undefined) return super.write(piece, ...rest);
    // what no stream may carry
    this.destroy(new Error(`its stream gives ${piece} where bytes or text belong`));
    return false;
  }
}

/** A stream of any make as one of Node's, and how to let go of the original. */
export interface Piped {
  readonly stream: Readable;
  release: () => void;
}

/**
 * Takes a stream as SMTP does, by `pipe()`: some start with that (combined-stream), some have no async iterator (older packages), some
 * are no `Readable` of this Node (readable-stream, streamx). One that closes before its end is an error.
 */
export function pipeFrom(source: NodeJS.ReadableStream): Piped {
  const { errored, destroyed, readableEnded } = source as Partial<Readable>;
  if (errored) throw errored;
  if (destroyed || readableEnded) throw new Error('its stream was already read or destroyed');
  const stream = new Intake({ objectMode: true, highWaterMark: PIECES });
  let ended = false;
  source.on('end', () => {
    ended = true;
    // an old one may have a pipe() of its own that forgets
    stream.end();
  });
  source.on('error', (error: Error) => stream.destroy(error));
  source.on('close', () => {
    // 'end' may follow
    setImmediate(() => {
      if (!ended) stream.destroy(new Error('its stream was closed before its end'));
    });
  });
  source.pipe(stream);
  return {
    stream,
    release() {
      source.unpipe?.(stream);
      stream.destroy();
      (source as Partial<Readable>).destroy?.();
    },
  };
}

/** @throws {Error} for what is no bytes */
export function bytesOf(piece: unknown): Buffer {
  if (typeof piece === 'string') return Buffer.from(piece);
  if (ArrayBuffer.isView(piece)) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  throw new Error(`its stream gives ${typeof piece}s where bytes or text belong`);
}

export function isStream(value: object): value is NodeJS.ReadableStream {
  return typeof (value as { pipe?: unknown }).pipe === 'function';
}
