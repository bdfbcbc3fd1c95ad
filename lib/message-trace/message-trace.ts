/**
 * What became of the copy of one recipient, as Exchange says it: `gettingStatus`: received, and nothing known yet; `pending`: on its
 * way, or tried again; `expanded`: a distribution group, whose members have entries of their own; `unknown`: a word that is new.
 */
export type TraceStatus = 'delivered' | 'failed' | 'pending' | 'quarantined' | 'filteredAsSpam' | 'expanded' | 'gettingStatus' | 'unknown';

/** One recipient of a traced message. */
export interface TracedRecipient {
  /** Address, as Exchange has it. */
  recipient: string;
  /** What became of his copy. */
  status: TraceStatus;
  /** When Exchange took the message. */
  receivedAt: Date | undefined;
  /** Who sent it. */
  sender: string | undefined;
  /** Its subject. */
  subject: string | undefined;
  /** Exchange's id of the message's way; two of them mean that the message was sent twice. */
  traceId: string;
}

/** What Exchange's message trace knows of a message. */
export interface MessageTrace {
  /** With angle brackets. */
  messageId: string;
  /** From when on it was looked for. */
  since: Date;
  /** An entry for each recipient, the latest first; empty as long as nothing is known, which takes minutes after a message was sent. */
  recipients: TracedRecipient[];
}

/** What `trace()` takes besides the Message-ID. */
export interface TraceOptions {
  /** When the message was sent, or before; at most 90 days ago. Each 10 days take a request. @default 10 days ago */
  since?: Date | string | undefined;
  /** Cancels it. @default none */
  signal?: AbortSignal | undefined;
}
