import type { Loss } from './loss.js';

/** How a message is written for Graph. */
export type Format = 'json' | 'mime';

/** The way a message takes through Graph. */
export type Route = 'sendMail' | 'draft';

/** Who a message is for. */
export interface Envelope {
  from: string | false;
  to: string[];
}

/**
 * A message ready to be sent: what planning ends with and delivery begins with. It knows neither Nodemailer nor the network, and but
 * for the bytes of the uploads it is plain data, so that it can be handed over in one process or be stored and sent by another.
 */
export interface PreparedMessage {
  /** Whose mailbox sends. */
  readonly mailbox: string;
  readonly envelope: Envelope;
  /** As it leaves, with angle brackets. */
  readonly messageId: string;
  readonly format: Format;
  readonly route: Route;
  readonly contentType: 'application/json' | 'text/plain';
  /** Body of the sendMail request, or of the request that makes the draft. */
  readonly body: Buffer;
  /** What is added to the draft afterwards, in order; empty on the sendMail route. */
  readonly uploads: readonly PreparedUpload[];
  /** Names of the attachments that are in the body. */
  readonly inDraft: readonly string[];
  /** What does not arrive as written. */
  readonly losses: readonly Loss[];
  /** Whether a copy is kept in Sent Items, where it can be found again. */
  readonly saveToSentItems: boolean;
  /** Whether it waits in the mailbox once it was taken, looking like a draft. @default false */
  readonly deferred?: boolean | undefined;
  /** Not kept where the message is stored. */
  readonly decision?: PlanDecision | undefined;
}

/** Bytes that are handed to Graph: the body as it goes over the wire, and the files that are uploaded apart. */
export function sizeOf({ body, uploads }: PreparedMessage): number {
  return uploads.reduce((sum, { size }) => sum + size, body.length);
}

/** How it was decided what leaves, for whoever wants to show it. */
export interface PlanDecision {
  /** What each format would have lost, and what that weighs; null where it must not be used. */
  readonly weights: Readonly<Record<Format, { weight: number; losses: string[] } | null>>;
  /** Addresses that stood in a header and not in the envelope, so that they were taken out. */
  readonly removed: readonly { address: string; field: 'to' | 'cc' }[];
  /** Addresses of the envelope that no header named, so that they became Bcc. */
  readonly added: readonly string[];
}

/** A file that is added to a draft. */
export interface PreparedUpload {
  readonly description: FileDescription;
  /** Bytes. */
  readonly size: number;
  /**
   * At most `length` bytes from `start` on, fewer only at the end, in pieces. Can be asked for as often as needed; a piece may be
   * overwritten as soon as the next one is asked for.
   */
  pieces(start: number, length: number): AsyncIterable<Buffer>;
}

/** A file as Graph's `fileAttachment`, without `contentBytes`. */
export interface FileDescription {
  readonly '@odata.type': '#microsoft.graph.fileAttachment';
  readonly name: string;
  readonly contentType: string;
  readonly isInline: boolean;
  readonly contentId?: string;
}
