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
  /** What happened to his copy, the earliest first; only with `details`. Empty as long as Exchange tells nothing. */
  events?: TraceEvent[] | undefined;
}

/** A step of a copy on its way. https://learn.microsoft.com/graph/api/resources/exchangemessagetracedetail */
export interface TraceEvent {
  /** When it happened. */
  at: Date | undefined;
  /** What: `Receive`, `Submit`, `Deliver`, `Send external`, `Fail`, `Defer`, `Spam`, `Transport rule` …; Microsoft lists no words. */
  event: string;
  /** What was done with the message then, such as by a rule; `undefined` for nothing. */
  action: string | undefined;
  /** In Exchange's words. */
  description: string | undefined;
  /** What the server said that failed or put it off, such as `550 5.1.10 RESOLVER.ADR.RecipientNotFound`, taken from `description`. */
  reason: string | undefined;
  /** More of it, as XML; with names and addresses of servers. */
  data: string | undefined;
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
  /** Whether to ask for the `events` of each recipient, too: a request each, of which a tenant has 100 in 5 minutes; beyond that it waits. @default false */
  details?: boolean | undefined;
  /** Cancels it. @default none */
  signal?: AbortSignal | undefined;
}
