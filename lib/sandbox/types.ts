import type { FaultFields, SandboxOperation } from './wire-types.js';

export type { SandboxOperation };

/** A mail address as Graph and MIME show it. */
export interface SandboxAddress {
  address: string;
  name: string;
}

/** An attachment as the recipient gets it. */
export interface SandboxAttachment {
  name: string;
  contentType: string;
  /** Without angle brackets. */
  contentId?: string | undefined;
  /** Whether the body shows it, by `contentId`. */
  isInline: boolean;
  /** Bytes of `content`. */
  size: number;
  content: Buffer;
}

/** A header line as the recipients see it: decoded, unfolded. */
export interface SandboxHeader {
  name: string;
  value: string;
}

/** A message the sandbox accepted for delivery. */
export interface SandboxMessage {
  /** Immutable id of the item in the mailbox. */
  id: string;
  /** Mailbox (user principal name) that sent it. */
  mailbox: string;
  /** How the client handed it in. */
  format: 'json' | 'mime';
  route: 'sendMail' | 'draft';
  from: SandboxAddress | undefined;
  sender: SandboxAddress | undefined;
  to: SandboxAddress[];
  cc: SandboxAddress[];
  bcc: SandboxAddress[];
  replyTo: SandboxAddress[];
  /** Everybody who gets a copy, each address once, lower case. */
  recipients: string[];
  subject: string;
  /** With angle brackets. */
  messageId: string;
  text: string | undefined;
  html: string | undefined;
  importance: 'low' | 'normal' | 'high';
  isReadReceiptRequested: boolean;
  isDeliveryReceiptRequested: boolean;
  /** Headers that reach the recipients; extended properties that map to a header included, Bcc never. */
  headers: SandboxHeader[];
  attachments: SandboxAttachment[];
  /** Whether a copy is in `sentItems()`. */
  savedToSentItems: boolean;
  /** When the request was answered with 202. */
  acceptedAt: Date;
  /** What was posted: the parsed JSON message, or the decoded MIME bytes. */
  posted: Record<string, unknown> | Buffer;
  /** The message source a recipient receives (RFC 5322, CRLF). Carries no Bcc. */
  source: Buffer;
  /** `requestId`s of the requests that made it, oldest first; those refused before there was a message are not among them. */
  requestIds: readonly string[];
}

/** A message that was accepted with 202 and then not delivered: Exchange mails the sender a non-delivery report. */
export interface SandboxBounce {
  /** Mailbox that gets the report. */
  mailbox: string;
  subject: string;
  /** With angle brackets. */
  messageId: string;
  recipients: string[];
  /** SMTP status and text of the report. */
  reason: string;
  /** When the request was answered with 202. */
  acceptedAt: Date;
}

/**
 * What becomes of the mail to an address: `failed` is refused for good, so that the sender gets a delivery report; `delayed` is tried
 * again, and the sender gets a report of the delay; `quarantined` and `filteredAsSpam` never reach the reader, and nobody is told.
 */
export type SandboxOutcome = 'failed' | 'delayed' | 'quarantined' | 'filteredAsSpam';

/** Exchange's message trace. */
export interface SandboxMessageTraceOptions {
  /** Whether the cloud has it: `false` knows no such path, as the national clouds. @default true */
  available?: boolean | undefined;
  /** Whether the tenant has the service principal of Microsoft's tracing app, without which it is 401. @default true */
  provisioned?: boolean | undefined;
  /** Milliseconds until a message is to be seen at all. Exchange: minutes. @default 0 */
  delay?: number | undefined;
  /** Milliseconds, from the acceptance, for which every status is `pending`. @default 0 */
  pending?: number | undefined;
  /** Most `requests` of the tenant within `windowMs` milliseconds, then 429. @default 100 in 300,000 ms, as Exchange */
  rateLimit?: { requests: number; windowMs: number; retryAfter?: number | undefined } | undefined;
}

/** A request the sandbox answered. Secrets, assertions and tokens are replaced by `[redacted]`. */
export interface SandboxRequest {
  operation: SandboxOperation;
  method: string;
  /** Path with query, without the host. */
  path: string;
  /** Names in lower case; the token as `[redacted]`. */
  headers: Record<string, string>;
  /** Bytes of the request body. */
  bytes: number;
  /** Parsed JSON or form (redacted); undefined for MIME and binary bodies. */
  body: unknown;
  /** The mailbox's user principal name; what the path says if there is no such mailbox. */
  mailbox: string | undefined;
  /** 0 where the connection was cut without an answer. */
  status: number;
  /** Graph error code, where the answer was an error. */
  errorCode: string | undefined;
  /** As in the answer's `request-id`. */
  requestId: string;
  /** Number of the TCP connection, to tell reuse from a new one. */
  connection: number;
  startedAt: Date;
  /** From its first header to its answer; 0 while a fault's `match` looks at it. */
  durationMs: number;
  /** Immutable id of the draft or message it is about, once there is one. */
  itemId: string | undefined;
  /** Name of the attachment it is about. */
  attachment: string | undefined;
  /** Headers of the answer that are not in every answer, and the body of an error. */
  answer: { headers: Record<string, string>; body: unknown } | undefined;
  /** Why it was refused, in a sentence: which permission, which header, which address. */
  reason: string | undefined;
  /** Id of the scripted fault that struck it. */
  fault: string | undefined;
  /** Who called, as the access token says. */
  caller: SandboxCaller | undefined;
  /** What the client told of its plan in `x-graph-transport-plan` (base64url of JSON); undefined where it told none. */
  plan: Record<string, unknown> | undefined;
}

/** The claims of an access token that decide. */
export interface SandboxCaller {
  appId: string;
  displayName: string;
  /** Application permissions. */
  roles: string[];
  /** Delegated permissions; undefined in an app-only token. */
  scopes: string[] | undefined;
  /** User of a delegated token: user principal name or object id. */
  user: string | undefined;
  audience: string;
  issuedAt: Date;
  expiresAt: Date;
}

/** A scripted fault: the next `times` matching requests get it. */
export interface FaultRule extends FaultFields {
  /** Only requests this says yes to. @default any */
  match?: ((request: SandboxRequest) => boolean) | undefined;
}

/** A mailbox of the sandbox's tenant. */
export interface SandboxMailbox {
  /** Its primary address, as in `/users/{userPrincipalName}`. */
  userPrincipalName: string;
  /** Directory object id. @default derived from the name */
  id?: string | undefined;
  /** Replaces the name in From, as at Microsoft. @default From's name stays as posted */
  displayName?: string | undefined;
  /** Further addresses; not valid in a URL, as at Microsoft. */
  aliases?: string[] | undefined;
  /** Other addresses this mailbox may put in `from`. */
  sendAs?: string[] | undefined;
  /** `false`: 404 MailboxNotEnabledForRESTAPI, as an unlicensed or on-premises mailbox. @default true */
  enabled?: boolean | undefined;
  /** A personal account, as of outlook.com; signs in at /consumers. @default false */
  personal?: boolean | undefined;
  /** User principal names of those who may send as this mailbox with Mail.Send.Shared. */
  delegates?: string[] | undefined;
}

/** An app registration of the sandbox's tenant. */
export interface SandboxApp {
  /** Application (client) ID. */
  clientId: string;
  /** The secret's Value. @default signs in by certificate only */
  clientSecret?: string | undefined;
  /** A past date makes the token endpoint answer AADSTS7000222. */
  secretExpires?: Date | undefined;
  /** PEM certificates whose assertions are accepted. */
  certificates?: string[] | undefined;
  /** Whether persons sign in with it without a secret. @default false */
  publicClient?: boolean | undefined;
  /** Where a browser comes back to; a loopback address goes with any port. @default ['http://localhost'] */
  redirectUris?: string[] | undefined;
  /** Whose accounts sign in. @default 'both' */
  accounts?: 'work' | 'personal' | 'both' | undefined;
  /** `false`: persons may not consent and no administrator has, AADSTS65001. @default true */
  consent?: boolean | undefined;
  /** Registered as a single-page app: refresh tokens end after 24 hours. @default false */
  spa?: boolean | undefined;
  /** Application permissions in the token. @default ['Mail.Send', 'Mail.ReadWrite'] */
  roles?: string[] | undefined;
  /** Mailboxes the app may use, as by an access policy or RBAC for Applications. @default all */
  allowedMailboxes?: string[] | undefined;
  /**
   * Permissions that Exchange grants for `allowedMailboxes` by RBAC for Applications; a token does not show them.
   * @default ['Mail.Send', 'Mail.ReadWrite'] where `roles` is empty and `allowedMailboxes` is given, else none
   */
  exchangeRoles?: string[] | undefined;
}

/** Something of a message that Exchange may lose on the way. */
export type SandboxLossFeature =
  /** The author's text part beside an html: Exchange writes its own (JSON: none at all). */
  | 'text'
  /** The calendar alternative. */
  | 'calendar'
  /** Its `method`. */
  | 'calendarMethod'
  /** The name in From. */
  | 'fromName'
  /** `x-` headers; in JSON those of `internetMessageHeaders`. */
  | 'xHeaders'
  /** `x-` headers beyond the fifth; in JSON those of extended properties. */
  | 'moreXHeaders'
  /** Headers that begin neither with `x-` nor with `List-` and are no standard ones. */
  | 'customHeaders'
  | 'listHeaders'
  /** In-Reply-To and References. */
  | 'threading'
  | 'messageId';

/** A feature and how the message was posted; `mimeDraft`: as a MIME draft that got attachments afterwards, on top of `mime`. */
export type SandboxLoss = `${'json' | 'mime' | 'mimeDraft'}:${SandboxLossFeature}`;

/** What `startSandbox` takes. */
export interface SandboxOptions {
  /** Address to listen on. One that others reach (`'0.0.0.0'`) takes `apps` with a secret of your own. @default '127.0.0.1' */
  host?: string | undefined;
  /** Name in the URLs the sandbox gives out, and in its certificate: a container's, for instance. @default `host` */
  hostname?: string | undefined;
  /** Port of Graph; 0 picks a free one. @default 0 */
  port?: number | undefined;
  /** Port of the sign-in service. @default 0 */
  authorityPort?: number | undefined;
  /** Port of the upload sessions, an origin of its own as at Microsoft. @default 0 */
  uploadPort?: number | undefined;
  /** Whether Graph is served over TLS with the sandbox's own certificate. @default 'https' */
  protocol?: 'https' | 'http' | undefined;
  /** Directory (tenant) ID; the domains of the mailboxes name the tenant as well. @default a fixed one */
  tenantId?: string | undefined;
  /** App registrations. @default one app with a client secret, Mail.Send and Mail.ReadWrite */
  apps?: SandboxApp[] | undefined;
  /** Mailboxes of the tenant. @default noreply@contoso.com, alerts@contoso.com and invoices@contoso.com */
  mailboxes?: (string | SandboxMailbox)[] | undefined;
  /**
   * Whether an alias in `from` stays; else Exchange puts the primary address there (`Set-OrganizationConfig -SendFromAliasEnabled`).
   * `true`: in JSON, since From in MIME is said to be ignored; `'both'`: in MIME, too. @default false
   */
  sendFromAliases?: boolean | 'both' | undefined;
  /** What Exchange does not carry to the recipients: the points nobody has shown on a real tenant, each to be switched. @default [] */
  loses?: SandboxLoss[] | undefined;
  /** What becomes of a message to more than 500: it is accepted and bounces, or refused at once. @default 'bounce' */
  tooManyRecipients?: 'bounce' | 'refuse' | undefined;
  /** `false`: the immutable id of a draft ends when it is sent. @default true */
  keepsDraftIds?: boolean | undefined;
  /** Whether what is deleted goes to Deleted Items first, and only from there for good. @default false */
  deletedItems?: boolean | undefined;
  /** Whether Graph deletes for good (`permanentDelete`), as it does in the global cloud alone. @default true */
  permanentDelete?: boolean | undefined;
  /** Access token lifetime in seconds. @default 3599 */
  tokenLifetime?: number | undefined;
  /** Seconds a refresh token lives without use. @default 7,776,000 (90 days) */
  refreshTokenLifetime?: number | undefined;
  /** Whether a refresh token that was used stops working at once; Microsoft's keep working for a while. @default false */
  revokeUsedRefreshTokens?: boolean | undefined;
  /** `'blocked'`: a policy refuses sign-ins by device code, AADSTS53003. @default 'allowed' */
  deviceCode?: 'allowed' | 'blocked' | undefined;
  /** The tenant's message size limit in bytes. @default 35 MiB */
  maxMessageSize?: number | undefined;
  /** Smallest file an upload session is made for, in bytes. @default 3 MiB */
  minUploadSize?: number | undefined;
  /** Milliseconds until an upload session expires. @default 7,200,000 (2 hours) */
  uploadSessionLifetime?: number | undefined;
  /** Most requests of one app and mailbox at a time, then 429. Exchange: 4. @default off */
  maxConcurrency?: number | undefined;
  /** Most `requests` of one app and mailbox within `windowMs` milliseconds, then 429 with Retry-After: `retryAfter` seconds. Exchange: 10,000 in 600,000 ms. @default off */
  rateLimit?: { requests: number; windowMs: number; retryAfter?: number | undefined } | undefined;
  /** Milliseconds until a message is in the Inbox of a recipient whose mailbox is the sandbox's. @default 0 */
  inboxDelay?: number | undefined;
  /** Milliseconds until a message that was sent can be found in Sent Items, by its immutable id, too. Exchange: up to minutes. @default 0 */
  sentCopyDelay?: number | undefined;
  /** Whether `/send` of a message that has been sent delivers it again; nobody knows for certain what Exchange does. @default false: 404 */
  resend?: boolean | undefined;
  /** What becomes of the mail to certain addresses. @default all of it arrives */
  outcomes?: Record<string, SandboxOutcome> | undefined;
  /** Exchange's message trace; needs an app with the role `ExchangeMessageTrace.Read.All`. @default available and without delay */
  messageTrace?: SandboxMessageTraceOptions | undefined;
  /** Keep the content of messages and attachments. `false` keeps sizes only, for load tests. @default true */
  keepContent?: boolean | undefined;
  /** Most messages kept, and as many drafts and bounces; the oldest go with their requests. @default Infinity, 500 with `inbox` */
  maxMessages?: number | undefined;
  /** Most bytes of content kept in messages, drafts and requests. @default Infinity, 256 MiB with `inbox` */
  maxBytes?: number | undefined;
  /** A page that shows everything, at `inboxUrl`. @default false */
  inbox?: boolean | SandboxInboxOptions | undefined;
  /** Called with every message accepted for delivery. */
  onMessage?: ((message: SandboxMessage) => void) | undefined;
  /** Called with every request, right before it is answered. */
  onRequest?: ((request: SandboxRequest) => void) | undefined;
}

/** The page that shows what the sandbox got. */
export interface SandboxInboxOptions {
  /** Its port, plain http; 0 picks a free one. @default 0 */
  port?: number | undefined;
  /** Where the certificate was written, to be shown among the settings. @default not shown */
  caFile?: string | undefined;
  /** As `SandboxOptions.maxMessages`. @default 500 */
  maxMessages?: number | undefined;
  /** As `SandboxOptions.maxBytes`. @default 256 MiB */
  maxBytes?: number | undefined;
}

/** A scripted fault that was added by `fail()` or in the inbox. */
export interface SandboxFault {
  readonly id: string;
  readonly rule: Readonly<FaultRule>;
  /** How often it struck. */
  readonly hits: number;
  /** How often it can still strike. */
  readonly remaining: number;
  readonly createdAt: Date;
  /** Ends it. */
  remove(): void;
}

/** Options that point a transport at the sandbox. */
export interface SandboxTransportOptions {
  tenantId: string;
  clientId: string;
  clientSecret: string;
  mailbox: string;
  graphEndpoint: string;
  authorityHost: string;
  tls: { ca: string };
}

/** A running sandbox. */
export interface Sandbox extends AsyncDisposable {
  /** Root of Graph without the version, such as `https://127.0.0.1:4010`. */
  readonly graphEndpoint: string;
  /** Root of the sign-in service, always https. */
  readonly authorityHost: string;
  /** PEM of the certificate both are served with; made at start. */
  readonly ca: string;
  /** Where the inbox is; undefined without the option `inbox`. */
  readonly inboxUrl: string | undefined;
  /** Directory (tenant) ID. */
  readonly tenantId: string;
  /** Ready to spread into `graphTransport()`. */
  readonly options: SandboxTransportOptions;
  /** Messages accepted for delivery, oldest first. */
  readonly messages: readonly SandboxMessage[];
  /** Messages that were accepted and then bounced: more than 500 recipients, or recipients whose outcome is `failed`. */
  readonly bounces: readonly SandboxBounce[];
  /** Requests answered, oldest first. */
  readonly requests: readonly SandboxRequest[];
  /** Drafts that were neither sent nor deleted, with their immutable ids. */
  readonly drafts: readonly { id: string; mailbox: string; subject: string; messageId: string }[];
  /** Messages kept in a mailbox's Sent Items. */
  sentItems(mailbox: string): readonly SandboxMessage[];
  /** Puts mail from outside into the Inbox of a mailbox, such as a delivery report: its MIME source. */
  receive(mailbox: string, source: string | Buffer): Promise<void>;
  /** Resolves with the first message (past or future) the predicate accepts; rejects after `timeout` ms (default 5,000). */
  waitForMessage(predicate?: (message: SandboxMessage) => boolean, options?: { timeout?: number | undefined }): Promise<SandboxMessage>;
  /** Scripts a fault; returns a handle that tells how often it struck and can be removed. */
  fail(rule: FaultRule): SandboxFault;
  /** The faults that were scripted and not removed, oldest first; also those that have struck as often as they may. */
  readonly faults: readonly SandboxFault[];
  /** Forgets one message, also in Sent Items. @returns whether there was one with this `id` */
  deleteMessage(id: string): boolean;
  /** Issues an access token as the token endpoint would, with any claim replaced (tests of expired or foreign tokens). */
  issueToken(claims?: Record<string, unknown>): string;
  /** Signs a person in without a browser; returns the refresh token. */
  signIn(user: string, options?: { clientId?: string | undefined; scopes?: string[] | undefined }): string;
  /** Says yes (a user principal name) or no (`'declined'`) where a device waits with this code. */
  answerDevice(userCode: string, answer: string): boolean;
  /** Ends the sign-ins of one person, or of everybody: refresh tokens are refused from now on. */
  revokeSignIns(user?: string): void;
  /** Forgets messages, drafts, requests and faults. */
  clear(): void;
  /** Stops the servers and cuts open connections. */
  close(): Promise<void>;
}
