/** What every event of a channel has. */
export interface TracedEvent {
  /**
   * Where a subscriber of `start` sets it, what follows runs in it, in an async context of the subscriber's for instance. It has to
   * call the task, once, and to return its promise.
   */
  run?: (<T>(task: () => Promise<T>) => Promise<T>) | undefined;
}

/**
 * A message, on the channel `nodemailer-graph-transport:message`; filled as it becomes known. Neither recipients nor contents, and no
 * secret; `mailbox` is the only address.
 */
export interface TracedMessage extends TracedEvent {
  /** `transport`: from `sendMail()` to its result. `outbox`: one turn of a worker with it, of which a message may have several. */
  readonly by: 'transport' | 'outbox';
  /** The sending mailbox. */
  mailbox: string | undefined;
  messageId: string | undefined;
  format: 'json' | 'mime' | undefined;
  route: 'sendMail' | 'draft' | undefined;
  /** How many. */
  recipients: number | undefined;
  /** Bytes that are handed to Graph, as JSON or base64, and the files that are uploaded apart. */
  size: number | undefined;
  /** Features that do not arrive as written, each once. */
  losses: readonly string[];
  /** Milliseconds until its turn came: in the queue of its mailbox, or since it was put into the outbox. */
  queueTime: number | undefined;
  /** Requests that were made for it, repeats, looks and chunks included. */
  attempts: number;
  /** Answers that told it to come later (429, 503). */
  throttled: number;
  /** Graph's id of the last answer. */
  requestId: string | undefined;
  /** Of a turn in the outbox also: `later` and `held` (it waits), `lost` (another worker has it). */
  outcome: 'sent' | 'failed' | 'ambiguous' | 'expired' | 'later' | 'held' | 'lost' | undefined;
  /** Why it was not sent: what `sendMail()` rejects with. Its text may name a recipient that is wrong. */
  error?: unknown;
}

/** A request to Graph or to an upload session, on the channel `nodemailer-graph-transport:request`. */
export interface TracedRequest extends TracedEvent {
  /** The message it is made for; `undefined` for those of `verify()`. */
  readonly message: TracedMessage | undefined;
  readonly method: string;
  /** Such as `https://graph.microsoft.com`. */
  readonly origin: string;
  /** With placeholders where ids and addresses stand, and without query: `/v1.0/users/{user}/sendMail`. Upload sessions: `/{session}`. */
  readonly path: string;
  /** Bytes of its body. */
  readonly size: number;
  /** How often it was made before. */
  readonly resend: number;
  /** The `client-request-id` that was sent; upload sessions take none. */
  readonly clientRequestId: string | undefined;
  /** HTTP status of the answer. */
  status?: number | undefined;
  /** Graph's `request-id`. */
  requestId?: string | undefined;
  /** What `Retry-After` said. */
  retryAfter?: string | undefined;
  /** Why there is no answer. */
  failure?: 'connect' | 'timeout' | 'abort' | 'broken' | undefined;
}

/** A token is fetched, on the channel `nodemailer-graph-transport:sign-in`. */
export interface TracedSignIn extends TracedEvent {
  /** Whether a message may wait for it: no token is kept that still serves. */
  readonly needed: boolean;
  /** If it failed: the code such as `AADSTS7000222`, or the name of the error. */
  failure?: string | undefined;
}
