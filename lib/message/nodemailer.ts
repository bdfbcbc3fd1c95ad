import * as base64Module from 'nodemailer/lib/base64/index.js';
import * as fetchModule from 'nodemailer/lib/fetch/index.js';
import * as mimeFuncsModule from 'nodemailer/lib/mime-funcs/index.js';
import * as mimeNodeModule from 'nodemailer/lib/mime-node/index.js';
import * as qpModule from 'nodemailer/lib/qp/index.js';
import * as sharedModule from 'nodemailer/lib/shared/index.js';
import type { Readable } from 'node:stream';

// What this transport uses of Nodemailer, in the shape common to 7, 8, 9 and 10. Where a field starts with an underscore there
// is no public way to the same fact; each has been there, unchanged, for ten years, and the tests run against every version.

/** An address as Nodemailer's parser returns it. */
export interface ParsedAddress {
  address: string;
  /** Nodemailer 7 leaves it out where there is none. */
  name?: string | undefined;
  group?: ParsedAddress[] | undefined;
}

/** A node of the compiled MIME tree. */
export interface MimeTreeNode {
  content?: unknown;
  childNodes: MimeTreeNode[];
  parentNode?: MimeTreeNode | undefined;
  rootNode: MimeTreeNode;
  /** When the message was made. */
  date: Date;
  keepBcc?: unknown;
  contentType?: string | undefined;
  filename?: string | false | undefined;
  /** The subtype of a multipart. */
  multipart?: string | false | undefined;
  boundary?: string | false | undefined;
  /** Whether line ends are to be made others. */
  newline?: unknown;
  disableFileAccess?: boolean | undefined;
  disableUrlAccess?: boolean | undefined;
  normalizeHeaderKey?: unknown;
  getHeader(key: string): unknown;
  setHeader(key: string, value: unknown): unknown;
  setRaw(raw: unknown): unknown;
  getTransferEncoding(): string | false;
  buildHeaders(): string;
  createReadStream(): Readable;
  getEnvelope(): { from: string | false; to: string[] };
  getAddresses(): Record<string, ParsedAddress[] | undefined>;
  messageId(): string;
  remove(): unknown;
  _headers: { key: string; value: unknown }[];
  _raw: unknown;
  _transforms: unknown[];
  _processFuncs: unknown[];
  /** Where the app gave an envelope. */
  _envelope?: unknown;
  _parseAddresses(value: unknown): ParsedAddress[];
  _convertAddresses(addresses: ParsedAddress[], uniqueList: ParsedAddress[]): string;
  _getStream(content: unknown): Readable;
  _handleContentType(structured: { value: string; params: { boundary?: string } }): void;
}

/** What Nodemailer hands to `send()`. */
export interface NodemailerMail {
  data: Record<string, unknown>;
  message: MimeTreeNode;
  /** The transporter, with the second argument of `createTransport()`. */
  mailer?: { _defaults?: Record<string, unknown> | undefined } | undefined;
}

interface LoggerFactory {
  getLogger: (options: { logger?: unknown }, defaults: { component: string }) => unknown;
}
interface Fetch {
  (url: string, options: object): Readable;
  /** Only where there is a limit, that is from Nodemailer 10 on. */
  DEFAULT_MAX_TIME?: number;
}

/** The parts of a transform stream that do the work. */
export interface Encoder {
  push(chunk: string | Buffer | null): boolean;
  _transform(chunk: Buffer, encoding: 'buffer', done: () => void): void;
  _flush(done: () => void): void;
}
interface Encoding {
  Encoder: new (options: { binary?: boolean }) => Encoder;
}
interface MimeFuncs {
  foldLines(line: string, length: number): string;
  encodeWord(text: string, encoding: 'Q' | 'B', length: number): string;
}
type MimeNodeClass = new (contentType: string | false) => MimeTreeNode;

// Nodemailer 7 to 9 are CommonJS: there the ESM namespace has everything under `default`
function interop<T>(module: unknown): T {
  return ((module as { default?: T }).default ?? module) as T;
}

/** Nodemailer's own logger factory, so that log lines look like those of its other transports. */
export function createLogger<T extends object>(logger: unknown, component: string): T {
  const { getLogger } = interop<LoggerFactory>(sharedModule);
  const made = getLogger({ logger }, { component }) as Record<string, (...entry: unknown[]) => void>;
  // a logger that throws must not make a failure of a message that is sent
  const guard = (write: (...entry: unknown[]) => void) => {
    return (...entry: unknown[]) => {
      try {
        write(...entry);
      } catch {
        // there is nowhere to tell it
      }
    };
  };
  return Object.fromEntries(Object.entries(made).map(([level, write]) => [level, guard(write)])) as T;
}

/** A tree node of its own, for encoding and parsing header values the way Nodemailer does. */
export function createMimeNode(): MimeTreeNode {
  return new (interop<MimeNodeClass>(mimeNodeModule))(false);
}

/** Nodemailer's own encoders. That of quoted-printable asks from version 10 on whether the content is `binary`. */
export function createEncoder(encoding: 'base64' | 'quoted-printable', options: { binary?: boolean } = {}): Encoder {
  return new (interop<Encoding>(encoding === 'base64' ? base64Module : qpModule).Encoder)(options);
}

/** A header line with line breaks where Nodemailer breaks it. */
export function foldLines(line: string, length: number): string {
  return interop<MimeFuncs>(mimeFuncsModule).foldLines(line, length);
}

/** Text for a header as encoded words (RFC 2047) of at most so many characters. */
export function encodeWords(text: string, length: number): string {
  return interop<MimeFuncs>(mimeFuncsModule).encodeWord(text, 'Q', length);
}

/** Fetches content from a URL. Nodemailer 10 stops at 64 MB and two minutes unless it is told otherwise, older ones never. */
export function openUrl(
  node: MimeTreeNode,
  content: { href: string; httpHeaders?: unknown; tls?: unknown },
  limits: { maxBytes: number; maxTime: number },
): Readable {
  const fetch = interop<Fetch>(fetchModule);
  if (fetch.DEFAULT_MAX_TIME === undefined) return node._getStream(content);
  return fetch(content.href, { headers: content.httpHeaders, tls: content.tls, ...limits });
}
