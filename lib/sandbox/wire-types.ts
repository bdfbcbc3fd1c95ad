/**
 * Types that the inbox's API and page have in common with the sandbox. Nothing of Node.js is in them: the page is compiled without.
 */

/** What a request asks for. */
export type SandboxOperation =
  | 'discovery'
  | 'token'
  | 'authorize'
  | 'deviceCode'
  | 'sendMail'
  | 'createDraft'
  | 'getMessage'
  | 'getMessageSource'
  | 'listMessages'
  | 'updateMessage'
  | 'deleteMessage'
  | 'addAttachment'
  | 'listAttachments'
  | 'createUploadSession'
  | 'uploadChunk'
  | 'getUploadSession'
  | 'cancelUpload'
  | 'send'
  | 'listMessageTraces'
  | 'listMessageTraceDetails'
  | 'listMessageChanges'
  | 'unknown';

/** What a scripted fault says, but for code. */
export interface FaultFields {
  /** Which requests. @default any Graph operation (not `discovery`, not `token`) */
  operation?: SandboxOperation | SandboxOperation[] | undefined;
  /** Only requests for this mailbox. @default any */
  mailbox?: string | undefined;
  /** How often; `Infinity` for always. @default 1 */
  times?: number | undefined;
  /** Let that many matching requests through first. @default 0 */
  skip?: number | undefined;
  /** Milliseconds before the answer (or the cut). @default 0 */
  delay?: number | undefined;
  /** Whether the request takes effect (mail delivered, draft made) before the fault. @default false */
  accepted?: boolean | undefined;
  /** Answer with this HTTP status. Without `status` and `cut` the rule only delays. */
  status?: number | undefined;
  /** Graph error code (or OAuth error for `token`). @default what Graph sends with that status */
  code?: string | undefined;
  /** Text of the error. @default what Graph sends with that status */
  message?: string | undefined;
  /** Added to the answer's, such as `Retry-After`. */
  headers?: Record<string, string> | undefined;
  /** Body to send instead of the error envelope: a string goes as it is, anything else as JSON. */
  body?: unknown;
  /** `reset`: cut the connection without an answer. `truncate`: cut in the middle of the body. `trickle`: a byte a second, never ending. */
  cut?: 'reset' | 'truncate' | 'trickle' | undefined;
}

/** What a message source consists of, without its contents: small enough to be told, and to be compared. */
export interface Outline {
  /** Header fields, decoded and unfolded. Long ones are cut, and so is a long header. */
  fields: { name: string; value: string }[];
  /** In their order, multiparts before what is in them; at most a hundred. */
  parts: OutlinePart[];
  /** Of the whole source. */
  bytes: number;
}

export interface OutlinePart {
  /** 0 is the message itself. */
  depth: number;
  /** Such as `text/html`, lower case. */
  type: string;
  /** File name. */
  name: string;
  /** `inline`, `attachment` or nothing. */
  disposition: string;
  /** Without angle brackets. */
  contentId: string;
  /** Bytes of what is in it, decoded; 0 for a multipart. */
  bytes: number;
  /** Of what is in it, line ends of a text aside; empty for a multipart. */
  digest: string;
}

/** What an app would have sent over SMTP. */
export interface SmtpReport {
  /** With angle brackets. */
  messageId: string;
  envelope: {
    from: string;
    /** Those that fit into 20 kB. */
    to: string[];
    /** How many there are. */
    count: number;
  };
  outline: Outline;
}
