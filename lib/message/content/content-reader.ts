import { createReadStream } from 'node:fs';
import { types } from 'node:util';
import { GraphTransportError, isGraphTransportError } from '../../errors/graph-transport-error.js';
import { redact, redactedLabel } from '../../errors/redact.js';
import { safeCause } from '../../errors/safe-cause.js';
import { isError } from '../../errors/is-error.js';
import type { MimeTreeNode } from '../nodemailer.js';
import type { ContentSource } from './content-source.js';
import { fileSource } from './file-source.js';
import { MEMORY_LIMIT, refuseIf, refuseLarge } from './limits.js';
import { BufferContent, TextContent } from './memory-source.js';
import { Shelf } from './shelf.js';
import { TemporaryFolderError } from './spool.js';
import { bytesOf, isStream, pipeFrom, watch, type StreamOptions } from './stream.js';
import { download } from './url.js';

/** Reads the contents of one message; the same content object is read once. */
export class ContentReader {
  #memoryLeft = MEMORY_LIMIT;
  #loaded: Map<unknown, Promise<ContentSource>> | undefined;

  constructor(private readonly options: StreamOptions) {}

  /**
   * Makes a node's content ready: its size is known and it can be read repeatedly.
   *
   * @param what names the part in errors, such as `attachment "invoice.pdf"`
   * @throws {GraphTransportError} `EMESSAGE` if it cannot be read
   */
  read(node: MimeTreeNode, content: unknown, what: string): Promise<ContentSource> {
    if (typeof content === 'string') return Promise.resolve(new TextContent(content));
    if (typeof content !== 'object' || content === null) return this.#load(node, content, what);
    this.#loaded ??= new Map();
    const known = this.#loaded.get(content);
    if (known) return known;
    const loading = this.#load(node, content, what);
    this.#loaded.set(content, loading);
    return loading;
  }

  /** Whether there is anything to dispose of. */
  get used(): boolean {
    return this.#loaded !== undefined;
  }

  /** Removes temporary files. */
  async dispose(): Promise<void> {
    const sources = await Promise.allSettled(Array.from(this.#loaded?.values() ?? []));
    await Promise.all(sources.flatMap((source) => (source.status === 'fulfilled' ? [source.value.dispose()] : [])));
  }

  async #load(node: MimeTreeNode, content: unknown, what: string): Promise<ContentSource> {
    this.options.signal?.throwIfAborted();
    try {
      if (content === undefined || content === null || content === false) return new BufferContent(Buffer.alloc(0));
      if (ArrayBuffer.isView(content)) {
        refuseLarge(content.byteLength);
        return new BufferContent(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
      }
      if (isError(content)) throw content;
      const { path, href } = content as { path?: unknown; href?: unknown };
      if (isStream(content)) return await this.#collect(content);
      if (typeof path === 'string' && !href) {
        refuseIf(closed(node, 'disableFileAccess'), `file access is disabled (disableFileAccess), but it is to be read from ${path}`);
        const file = await fileSource(path);
        // what the system makes up while it is read, such as /proc/version, says it has 0 bytes
        return file.size > 0 ? file : await this.#collect(createReadStream(path));
      }
      if (typeof href === 'string') {
        refuseIf(closed(node, 'disableUrlAccess'), 'URL access is disabled (disableUrlAccess), but it is to be fetched from a URL');
        return await this.#collect(download(node, content, href));
      }
    } catch (error) {
      if (error === this.options.signal?.reason) throw error;
      throw contentError(what, error);
    }
    throw new GraphTransportError(
      'EMESSAGE',
      `${what}: content must be a string, Buffer, stream, { path } or { href }, not ${nameOf(content)}; nothing was sent`,
      { permanent: true },
    );
  }

  /** Takes a stream in: into memory, or beyond the limit into a file, or where that does not work into memory all the same. */
  async #collect(source: NodeJS.ReadableStream): Promise<ContentSource> {
    const { stream, release } = pipeFrom(source);
    const stopWatching = watch(stream, this.options);
    const shelf = new Shelf(this.#memoryLeft);
    try {
      for await (const piece of stream) {
        await shelf.put(bytesOf(piece));
        stopWatching.alive();
      }
      const content = await shelf.finish();
      if (content instanceof BufferContent) this.#memoryLeft = Math.max(0, this.#memoryLeft - content.size);
      return content;
    } catch (error) {
      await shelf.discard();
      throw error;
    } finally {
      stopWatching();
      release();
    }
  }
}

/** What it is, and what makes something of it that can be sent. */
function nameOf(content: unknown): string {
  if (typeof content !== 'object' || content === null) return `a ${typeof content}`;
  const name = (content as { constructor?: { name?: unknown } }).constructor?.name;
  const article =
    typeof name === 'string' && /^[A-Z]\w{0,60}$/.test(name) && name !== 'Object'
      ? `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`
      : 'such an object';
  if (typeof (content as { pipeTo?: unknown }).pipeTo === 'function') return `${article}: Readable.fromWeb() makes a stream of it`;
  if (typeof (content as { arrayBuffer?: unknown }).arrayBuffer === 'function')
    return `${article}: Buffer.from(await content.arrayBuffer()) makes a Buffer of it`;
  if (types.isAnyArrayBuffer(content)) return `${article}: Buffer.from() makes a Buffer of it`;
  if (Symbol.asyncIterator in content || Symbol.iterator in content) return `${article}: Readable.from() makes a stream of it`;
  return article;
}

/** Whether the node or one above it closes this kind of access. */
function closed(node: MimeTreeNode, flag: 'disableFileAccess' | 'disableUrlAccess'): boolean {
  for (let at: MimeTreeNode | undefined = node; at; at = at.parentNode) if (at[flag]) return true;
  return false;
}

function contentError(what: string, error: unknown): GraphTransportError {
  const { message, code } = error as { message?: string; code?: string };
  if (error instanceof TemporaryFolderError) {
    const hint = 'Make room there, or set TMPDIR to another folder; nothing was sent.';
    return new GraphTransportError('EMESSAGE', `${what} cannot be put aside: ${message}. ${hint}`, { cause: safeCause(error), hint });
  }
  const timedOut = code === 'ETIMEDOUT';
  // the original of a download holds its URL, with whatever signs it, and its headers
  const cause = isGraphTransportError(error) ? error : safeCause(error);
  return new GraphTransportError(
    timedOut ? 'ETIMEDOUT' : 'EMESSAGE',
    `${redact(what)} cannot be read: ${redactedLabel(cause.message, [], 300)}`,
    {
      permanent: !timedOut,
      cause,
      hint: 'Nothing was sent.',
    },
  );
}
