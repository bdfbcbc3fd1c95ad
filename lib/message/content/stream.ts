import { Readable } from 'node:stream';
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
  const timer = setTimeout(
    () => stream.destroy(new GraphTransportError('ETIMEDOUT', `gave no data for ${idleTimeout} ms (socketTimeout)`)),
    idleTimeout,
  );
  const onAbort = () => stream.destroy(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const stop = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
  return Object.assign(stop, { alive: () => timer.refresh() });
}

/** Any kind of stream as one that can be iterated over. */
export function readable(stream: NodeJS.ReadableStream): Readable {
  const { errored, destroyed, readableEnded } = stream as Readable;
  if (errored) throw errored;
  if (destroyed || readableEnded) throw new Error('its stream was already read or destroyed');
  // old-style streams (request, some S3 clients) have no async iterator
  return stream instanceof Readable ? stream : new Readable().wrap(stream);
}

export function isStream(value: object): value is NodeJS.ReadableStream {
  return typeof (value as { pipe?: unknown }).pipe === 'function';
}
