import type { FaultFields, Outline, SandboxOperation, SmtpReport } from '../wire-types.js';

export type { Outline, OutlinePart, SmtpReport } from '../wire-types.js';

/**
 * The inbox's HTTP API, `./api/v1/…` below the address the sandbox prints. Everything is JSON unless it says otherwise;
 * times are ISO 8601 in UTC, durations milliseconds, sizes bytes. GET changes nothing.
 *
 * | Request | Answer |
 * | --- | --- |
 * | `GET status` | {@link ApiStatus} |
 * | `GET settings` | {@link ApiSettings} |
 * | `GET messages?q&kinds&limit&offset&until` | {@link ApiPage} of {@link ApiRow}, newest first |
 * | `GET messages/{id or latest}?q` | {@link ApiMessage}; `q` only with `latest` |
 * | `GET messages/{id}/body?remote=1` | the html as a document of its own, for a sandboxed frame; cid images inlined; `remote=1` lets remote images load |
 * | `GET messages/{id}/html?limit`, `…/text?limit` | the html, the plain text as `text/plain` |
 * | `GET messages/{id}/source?limit`, `?download=1` | what a recipient gets (RFC 5322), as `text/plain`; as a download |
 * | `GET messages/{id}/posted?limit`, `?full=1` | what the app posted, as `text/plain`: JSON (base64 shortened unless `full`) or MIME |
 * | `GET messages/{id}/parts/{index}` | an attachment; png, jpeg, gif and webp with their type, all else as a download |
 * | `GET messages/{id}/smtp` | {@link ApiSmtp}: what SMTP would have sent, and what a recipient gets |
 * | `POST reports` {@link SmtpReport} | 204; what `reportToInbox()` tells before it sends |
 * | `GET messages/{id}/har` | its requests as HAR 1.2 |
 * | `POST messages/read` {@link ApiReadBody} | {@link ApiCounts} |
 * | `DELETE messages/{id}`, `DELETE messages?q&kinds` | {@link ApiRemoved}: messages, or refused rows |
 * | `GET refused/{any request id of it}`, `DELETE refused/{id}` | {@link ApiRefused}; {@link ApiRemoved} |
 * | `POST undo` {@link ApiUndoBody} | {@link ApiRestored} |
 * | `GET requests?q&limit&offset&until`, `GET requests/{id}` | {@link ApiPage} of {@link ApiRequestRow}; {@link ApiRequest} |
 * | `GET drafts`, `DELETE drafts/{id}` | {@link ApiList} of {@link ApiDraft}; {@link ApiRemoved} |
 * | `GET sent/{mailbox}?limit&offset&until` | {@link ApiPage} of {@link ApiMessageRow} |
 * | `GET bounces` | {@link ApiList} of {@link ApiBounce} |
 * | `GET faults`, `POST faults` {@link ApiFaultRule}, `DELETE faults/{id}`, `DELETE faults` | {@link ApiFaults}; {@link ApiFault}; 204; 204 |
 * | `GET traffic` | {@link ApiList} of {@link ApiTraffic}: the gauges |
 * | `GET callers` | {@link ApiList} of {@link ApiCaller}: the token panel |
 * | `POST sample` {@link ApiSampleBody} | 202 {@link ApiSampleSent} |
 * | `GET wait?q&timeout&after` | {@link ApiMessage} as soon as one fits; 404 `NotArrived` after `timeout` ms (default 5,000, at most 120,000); only messages with a `seq` above `after` |
 * | `GET events` | Server-Sent Events, {@link ApiEvent} |
 * | `GET openapi.json` | OpenAPI 3.1 |
 *
 * `limit` of a list: default 50, at most 200. `limit` of a text: bytes; the whole length is in {@link TOTAL_BYTES_HEADER}.
 * Errors are {@link ApiError} with a fitting status.
 */
export interface ApiError {
  error: {
    /** `NotFound`, `NotArrived`, `ContentNotKept`, `InvalidQuery`, `InvalidBody`, `InvalidRule`, `WriteHeaderMissing`, `CrossSite`, `TooLarge`, `TooManyStreams`, … */
    code: string;
    /** A sentence that says what to do. */
    message: string;
  };
}

/** Every POST and DELETE carries this header with any value, and POST `Content-Type: application/json`. */
export const WRITE_HEADER = 'x-sandbox-inbox';

/** Whole length in bytes of a text that `limit` cut. */
export const TOTAL_BYTES_HEADER = 'x-total-bytes';

export interface ApiAddress {
  address: string;
  name: string;
}

/** What the rail shows. */
export interface ApiCounts {
  messages: number;
  unread: number;
  refused: number;
  drafts: number;
  sent: number;
  bounces: number;
  requests: number;
  /** Faults that can still strike. */
  faults: number;
}

export interface ApiStatus {
  /** Of the package. */
  version: string;
  /** Differs after every start: what the page knows of another instance is void. */
  instance: string;
  /** Sequence number of the newest event. */
  seq: number;
  startedAt: string;
  counts: ApiCounts;
  /** Null: no limit. */
  limits: { maxMessages: number | null; maxBytes: number | null; bytes: number };
  /** How many messages the limits have dropped. */
  evicted: number;
  /** `false`: sizes only are kept; body, source, posted and parts answer 404 `ContentNotKept`. */
  keepContent: boolean;
  mailboxes: ApiMailbox[];
  /** Where the pages on errors and fidelity are; a `docs` below is relative to it. */
  docs: string;
}

export interface ApiMailbox {
  userPrincipalName: string;
  displayName: string | null;
  aliases: string[];
  enabled: boolean;
  messages: number;
  sent: number;
  drafts: number;
}

/** The Connect panel and the empty state: everything to paste. */
export interface ApiSettings {
  graphEndpoint: string;
  authorityHost: string;
  tenantId: string;
  clientId: string;
  /** `[redacted]` unless it is the sandbox's own, publicly known one. */
  clientSecret: string;
  mailbox: string;
  /** PEM. */
  ca: string;
  /** Where the command wrote it, `--ca-file`. */
  caFile: string | null;
  /** For `mailTransport(url)`; the secret as above. */
  mailUrl: string;
  /** `GRAPH_TENANT_ID` … in the order to show them. */
  environment: { name: string; value: string }[];
  /** JavaScript to paste. */
  code: string;
}

/** A page of a list, newest first. */
export interface ApiPage<Row> {
  items: Row[];
  /** How many there are that fit, at `until`. */
  total: number;
  /** Index of the first of `items`, 0 is the newest. */
  offset: number;
  /** Give it back as `until=` with `offset=` to go on in the same list: what came later does not shift it. */
  until: number;
  /** `false`: `items` ends the list. */
  more: boolean;
}

export interface ApiList<Row> {
  items: Row[];
}

/** A row of the list; `kinds=message,refused` asks for both, `message` is the default. */
export type ApiRow = ApiMessageRow | ApiRefusedRow;

export interface ApiMessageRow {
  kind: 'message';
  id: string;
  /** Grows with every row; `until` and `after` speak of it. */
  seq: number;
  /** When it was accepted. */
  at: string;
  mailbox: string;
  from: ApiAddress | null;
  /** The first three of those who get it. */
  recipients: ApiAddress[];
  recipientCount: number;
  /** At most 200 characters. */
  subject: string;
  /** At most 120 characters of the text. */
  preview: string;
  format: 'json' | 'mime';
  route: 'sendMail' | 'draft';
  /** Of the delivered source, roughly. */
  size: number;
  attachments: number;
  importance: 'low' | 'normal' | 'high';
  /** Features, as in `info.losses`; empty where no plan was told. */
  losses: string[];
  /** Statuses of its submitting requests in their order, such as [429, 202]; 0 is a cut connection. */
  statuses: number[];
  /** Requests that repeat one before. */
  repeats: number;
  /** From its first request to the answer that accepted it. */
  totalMs: number;
  /** Whether a fault struck one of its requests. */
  faulted: boolean;
  read: boolean;
  /** Whether Sent Items has it. */
  sent: boolean;
  /** Accepted a second time with the same Message-ID: the recipients get it twice. */
  duplicate: boolean;
}

/**
 * What did not arrive: a send (or a sign-in) whose last request was refused. Repeats of one send are one row, which
 * goes away (`refused-resolved`) once a repeat is accepted.
 */
export interface ApiRefusedRow {
  kind: 'refused';
  /** Id of its first request. */
  id: string;
  seq: number;
  /** Of its last request. */
  at: string;
  operation: ApiOperation;
  mailbox: string | null;
  /** 0: the connection was cut without an answer. */
  status: number;
  /** `ErrorAccessDenied`, `AADSTS7000222`, … */
  code: string;
  /** What went wrong here, in a sentence: which permission, which header, which address. */
  reason: string;
  /** What to do about it. */
  remedy: string;
  /** Page and anchor below `ApiStatus.docs`, such as `errors.html#erroraccessdenied`; null where there is none. */
  docs: string | null;
  /** Of the message, where the request told one. */
  subject: string | null;
  from: ApiAddress | null;
  recipients: ApiAddress[];
  recipientCount: number;
  messageId: string | null;
  /** Requests in it. */
  attempts: number;
  /** Whether a scripted fault did it, and not the app. */
  faulted: boolean;
  /** Whether the same message would be refused again. */
  permanent: boolean;
}

/** A refused send with everything there is to it. */
export interface ApiRefused extends ApiRefusedRow {
  /** The service's own words. */
  message: string;
  requestIds: string[];
  timeline: ApiTimelineEntry[];
  plan: ApiPlan | null;
  envelope: ApiEnvelopeRow[];
  caller: ApiCallerBrief | null;
  /** Shows what would have to be changed. */
  missingPermissions: string[];
}

/** A message with everything there is to it; bodies, source and parts have requests of their own. */
export interface ApiMessage extends ApiMessageRow {
  /** With angle brackets. */
  messageId: string;
  /** Whole. */
  subject: string;
  sender: ApiAddress | null;
  to: ApiAddress[];
  cc: ApiAddress[];
  bcc: ApiAddress[];
  replyTo: ApiAddress[];
  /** Everybody who gets a copy, lower case: `message.recipients`. */
  recipientAddresses: string[];
  isReadReceiptRequested: boolean;
  isDeliveryReceiptRequested: boolean;
  headers: { name: string; value: string }[];
  /** Null where there is none, or where content is not kept. */
  text: { bytes: number } | null;
  html: { bytes: number; remoteImages: number } | null;
  attachmentList: ApiAttachment[];
  /** `kept`, or why body, source and parts are not there. */
  content: 'kept' | 'not-kept';
  sourceBytes: number;
  posted: { format: 'json' | 'mime'; bytes: number };
  envelope: ApiEnvelopeRow[];
  /** Null: this client told no plan. */
  plan: ApiPlan | null;
  timeline: ApiTimelineEntry[];
  /** The faults that struck, for "Copy as test". */
  faultRules: ApiFaultRule[];
  caller: ApiCallerBrief | null;
  /** Other messages with the same Message-ID. */
  duplicates: string[];
}

export interface ApiAttachment {
  /** Of `parts/{index}`. */
  index: number;
  name: string;
  contentType: string;
  contentId: string | null;
  isInline: boolean;
  size: number;
  /** `parts/{index}` can be shown as an `<img>`. */
  isImage: boolean;
  sha256: string;
}

/** Address × where it stands × whether it gets a copy. Recipients first, in the order To, Cc, Bcc. */
export interface ApiEnvelopeRow {
  address: string;
  name: string;
  to: boolean;
  cc: boolean;
  bcc: boolean;
  gets: boolean;
  /**
   * `to`, `cc`: a header names it; `bcc`: the app set Bcc; `envelope-only`: only the envelope has it, so it travels as Bcc;
   * `removed`: a header names it and the envelope has not, so it was taken out and gets nothing; `bounced`: accepted and not delivered;
   * `refused`: nothing was delivered; `header-kept`: a header still shows it, it gets nothing.
   */
  why: 'to' | 'cc' | 'bcc' | 'envelope-only' | 'removed' | 'bounced' | 'refused' | 'header-kept';
  /** `why` as a sentence. */
  detail: string;
}

/** What the transport planned, from its `x-graph-transport-plan` header. */
export interface ApiPlan {
  messageId: string | null;
  format: 'json' | 'mime' | null;
  route: 'sendMail' | 'draft' | null;
  losses: ApiLoss[];
  /** What each format would lose; null where it may not be used, undefined where nothing was told. */
  formats: { json?: ApiFormatWeight | null; mime?: ApiFormatWeight | null };
  envelope: { from: string | null; to: string[] } | null;
  /** Addresses that stand in a header and are not in the envelope. */
  removed: { address: string; field: 'to' | 'cc' | 'bcc' }[];
  /** Addresses of the envelope that no header names. */
  added: string[];
  /** The header had to be cut to 8 KiB. */
  truncated: boolean;
}

export interface ApiLoss {
  feature: string;
  detail: string;
  /** How to avoid it, and where docs/fidelity.md tells more. */
  avoid: string | null;
  docs: string | null;
}

export interface ApiFormatWeight {
  weight: number;
  losses: string[];
}

export type ApiOperation = SandboxOperation;

export interface ApiRequestRow {
  kind: 'request';
  id: string;
  seq: number;
  at: string;
  operation: ApiOperation;
  method: string;
  path: string;
  mailbox: string | null;
  /** 0: cut without an answer. */
  status: number;
  code: string | null;
  durationMs: number;
  bytes: number;
  /** Number of the TCP connection. */
  connection: number;
  /** The message it belongs to, where that was delivered and is still there. */
  messageId: string | null;
  /** Subject of the message it is about, where it is known. */
  subject: string | null;
  fault: ApiFaultBrief | null;
  chunk: ApiChunk | null;
}

export interface ApiChunk {
  /** First byte. */
  from: number;
  /** Last byte. */
  to: number;
  total: number;
  name: string;
}

export interface ApiFaultBrief {
  id: string;
  label: string;
}

/** A request with headers and bodies; secrets and tokens as `[redacted]`. */
export interface ApiRequest extends ApiRequestRow {
  headers: { name: string; value: string }[];
  /** Pretty JSON or a form; null for MIME and binary, or where content is not kept. At most 200 kB. */
  body: string | null;
  /** Why it was refused, in a sentence. */
  reason: string | null;
  remedy: string | null;
  docs: string | null;
  answer: { headers: { name: string; value: string }[]; body: string | null };
  caller: ApiCallerBrief | null;
  plan: ApiPlan | null;
  /** A command that does it again, the token as `$TOKEN`. */
  curl: string;
}

/** One request in the life of a message. */
export interface ApiTimelineEntry {
  requestId: string;
  operation: ApiOperation;
  at: string;
  /** From the first request's start to this one's. */
  offsetMs: number;
  durationMs: number;
  /** Pause before it, from the end of the one before; 0 where they overlap. */
  gapMs: number;
  status: number;
  code: string | null;
  reason: string | null;
  connection: number;
  /** First request on its connection. */
  newConnection: boolean;
  bytes: number;
  /** It does again what one before did not achieve. */
  repeat: boolean;
  /** What the answer asked for. */
  retryAfterMs: number | null;
  fault: ApiFaultBrief | null;
  chunk: ApiChunk | null;
  /** Name of the attachment it is about. */
  attachment: string | null;
}

export interface ApiDraft {
  id: string;
  mailbox: string;
  subject: string;
  messageId: string;
  from: ApiAddress | null;
  recipients: ApiAddress[];
  recipientCount: number;
  createdAt: string;
  modifiedAt: string;
  size: number;
  attachments: { name: string; size: number; contentType: string }[];
  /** Upload sessions under way. */
  uploads: ApiUpload[];
}

export interface ApiUpload {
  draftId: string;
  name: string;
  size: number;
  received: number;
  expiresAt: string;
}

export interface ApiBounce {
  id: string;
  at: string;
  mailbox: string;
  subject: string;
  messageId: string;
  recipientCount: number;
  /** The first hundred. */
  recipients: string[];
  reason: string;
  remedy: string;
}

/** A fault to arm: every field of `FaultRule` but `match`. `times: null` is for always. */
export type ApiFaultRule = Omit<FaultFields, 'times'> & { times?: number | null };

export interface ApiFault {
  id: string;
  /** A sentence: "the next sendMail → 429 after 2 s". */
  label: string;
  rule: ApiFaultRule;
  /** It picks its requests by code, which JSON cannot show. */
  hasMatch: boolean;
  hits: number;
  /** How often it can still strike; null for always. */
  remaining: number | null;
  source: 'code' | 'inbox';
  createdAt: string;
  /** Ids of the requests it struck, newest first, at most 20. */
  struck: string[];
}

export interface ApiFaults {
  items: ApiFault[];
  /** What the buttons arm. */
  presets: { id: string; label: string; detail: string; rule: ApiFaultRule }[];
}

export interface ApiCallerBrief {
  appId: string;
  displayName: string;
  kind: 'app' | 'delegated';
  roles: string[];
  scopes: string[];
  user: string | null;
  expiresAt: string;
}

/** An app that called: what it may do, and what it did. */
export interface ApiCaller extends ApiCallerBrief {
  audience: string;
  issuedAt: string;
  /** Access tokens it was given. */
  tokens: number;
  /** Graph requests it made. */
  requests: number;
  lastUsedAt: string;
  /** Every permission it has, used or lacked. `exchange`: granted by RBAC for Applications, not in the token. */
  permissions: {
    name: string;
    source: 'entra' | 'exchange' | 'delegated' | 'missing';
    /** Requests that needed it, or one like it. */
    used: number;
    operations: ApiOperation[];
  }[];
  /** Granted and not needed by anything it did. */
  unused: string[];
  /** Needed and not granted. */
  missing: string[];
  /** Null: every mailbox of the tenant. */
  allowedMailboxes: string[] | null;
  /** Sentences on least privilege. */
  advice: string[];
}

/** What an app asks of a mailbox, beside the limits that are set (`maxConcurrency`, `rateLimit`). */
export interface ApiTraffic {
  appId: string;
  mailbox: string;
  /** Requests at this moment. */
  running: number;
  /** Most at a time so far. */
  peak: number;
  /** Null: no limit here; Exchange has 4. */
  mostAtATime: number | null;
  /** Requests that began in the window. */
  recent: number;
  /** Null: no limit here; Exchange has 10,000 in 10 minutes. */
  mostRecent: number | null;
  windowMs: number;
  /** Requests that were refused for it. */
  refused: number;
}

/** As over SMTP beside as through Graph. */
export interface ApiSmtp {
  /** Null: the app told nothing, see `reportToInbox()`. */
  report: SmtpReport | null;
  delivered: Outline;
}

export interface ApiReadBody {
  /** `all` for every message. */
  ids: string[] | 'all';
  read: boolean;
}

export interface ApiRemoved {
  removed: number;
  /** For `POST undo`; null where nothing was removed. */
  undo: string | null;
  /** Until then at the latest; the next removal ends it earlier. */
  undoUntil: string | null;
}

export interface ApiUndoBody {
  undo: string;
}

export interface ApiRestored {
  restored: number;
}

export interface ApiSampleBody {
  /** @default the first mailbox */
  mailbox?: string;
}

export interface ApiSampleSent {
  messageId: string;
  requestId: string;
}

/**
 * Server-Sent Events of `GET events`. Every `data:` is an array of {@link ApiEvent}, its `id:` is
 * `{instance}:{seq of the last}`; the browser gives it back as `Last-Event-ID` (or give `?last={id}`). The first array begins with `hello`.
 */
export type ApiEvent = { seq: number } & (
  | {
      kind: 'hello';
      instance: string;
      counts: ApiCounts;
      /** `false`: there is a gap (another instance, or more than the last 1,000 events): load everything anew. */
      resumed: boolean;
    }
  /** New, or changed (read, sent, a late request); tell by its `id`. */
  | { kind: 'message'; row: ApiMessageRow; isNew: boolean }
  | { kind: 'refused'; row: ApiRefusedRow; isNew: boolean }
  /** A repeat of a refused request was accepted; `messageId` is the id of the message, once there is one. */
  | { kind: 'refused-resolved'; id: string; messageId: string | null }
  | {
      kind: 'removed';
      of: 'messages' | 'refused' | 'drafts';
      ids: string[];
      /** `evicted`: beyond `maxMessages` or `maxBytes`. */
      by: 'delete' | 'evicted' | 'app';
    }
  /** `POST undo`: load the lists anew. */
  | { kind: 'restored'; count: number }
  | { kind: 'read'; ids: string[] | 'all'; read: boolean }
  | { kind: 'request'; row: ApiRequestRow }
  /** Created or changed; a draft that was sent or deleted is `removed`. */
  | { kind: 'draft'; draft: ApiDraft }
  | { kind: 'upload'; upload: ApiUpload }
  | { kind: 'bounce'; bounce: ApiBounce }
  | { kind: 'fault'; fault: ApiFault; change: 'armed' | 'hit' | 'removed' }
  | { kind: 'traffic'; traffic: ApiTraffic }
  /** A test's `clear()`: everything is gone. */
  | { kind: 'cleared' }
  /** At the end of every array in which something was counted. */
  | { kind: 'counts'; counts: ApiCounts }
  /** The sandbox is closed. */
  | { kind: 'end' }
);
