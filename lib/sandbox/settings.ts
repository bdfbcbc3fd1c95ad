import { createHash } from 'node:crypto';
import type {
  SandboxApp,
  SandboxLoss,
  SandboxLossFeature,
  SandboxMailbox,
  SandboxMessage,
  SandboxMessageTraceOptions,
  SandboxOptions,
  SandboxOutcome,
  SandboxRequest,
} from './types.js';

/** A mailbox with every default filled in. */
export interface Mailbox {
  userPrincipalName: string;
  id: string;
  /** Undefined unless it was set: only then it replaces the name a client puts in `from`. */
  displayName: string | undefined;
  /** Lower case. */
  aliases: string[];
  /** Lower case. */
  sendAs: string[];
  enabled: boolean;
  personal: boolean;
  /** Lower case. */
  delegates: string[];
}

/** An app registration with every default filled in. */
export interface App extends SandboxApp {
  certificates: string[];
  redirectUris: string[];
  publicClient: boolean;
  accounts: 'work' | 'personal' | 'both';
  spa: boolean;
  roles: string[];
  exchangeRoles: string[];
}

/** Exchange's message trace with every default filled in. */
export interface MessageTraceSettings {
  available: boolean;
  provisioned: boolean;
  delay: number;
  pending: number;
  rateLimit: NonNullable<SandboxMessageTraceOptions['rateLimit']>;
}

/** `SandboxOptions`, read once. */
export interface Settings {
  host: string;
  hostname: string | undefined;
  port: number;
  authorityPort: number;
  uploadPort: number;
  protocol: 'https' | 'http';
  tenantId: string;
  apps: App[];
  mailboxes: Mailbox[];
  sendFromAliases: boolean | 'both';
  loses: ReadonlySet<SandboxLoss>;
  tooManyRecipients: 'bounce' | 'refuse';
  keepsDraftIds: boolean;
  deletedItems: boolean;
  permanentDelete: boolean;
  inboxDelay: number;
  tokenLifetime: number;
  refreshTokenLifetime: number;
  revokeUsedRefreshTokens: boolean;
  deviceCode: 'allowed' | 'blocked';
  maxMessageSize: number;
  minUploadSize: number;
  uploadSessionLifetime: number;
  maxConcurrency: number;
  rateLimit: { requests: number; windowMs: number; retryAfter?: number | undefined } | undefined;
  sentCopyDelay: number;
  resend: boolean;
  /** By address in lower case. */
  outcomes: ReadonlyMap<string, SandboxOutcome>;
  messageTrace: MessageTraceSettings;
  keepContent: boolean;
  maxMessages: number;
  maxBytes: number;
  /** Undefined: no inbox. */
  inboxPort: number | undefined;
  caFile: string | undefined;
  onMessage: (message: SandboxMessage) => void;
  onRequest: (request: SandboxRequest) => void;
}

const MEBIBYTE = 1024 * 1024;
const defaultTenant = '7b1d5a3e-0c52-4e9a-9f6e-2f3a1c9d8e70';
/** Known to everybody who read this: good on this machine only. */
export const PUBLIC_SECRET = 'sandbox-client-secret';
export const DEFAULT_APP: SandboxApp = { clientId: 'c0ffee00-5a4d-4b0c-8a11-0a1b2c3d4e5f', clientSecret: PUBLIC_SECRET };
/** What there is where nobody says otherwise. */
export const DEFAULT_MAILBOXES = ['noreply@contoso.com', 'alerts@contoso.com', 'invoices@contoso.com'];

/** A GUID that is the same for the same name, so that ids survive a restart. */
export function guidFor(name: string): string {
  const hex = createHash('sha256').update(name.toLowerCase()).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function readMailbox(given: string | SandboxMailbox): Mailbox {
  const mailbox = typeof given === 'string' ? { userPrincipalName: given } : given;
  if (!/^[^@\s]+@[^@\s]+$/.test(mailbox.userPrincipalName)) {
    throw new TypeError(`"mailboxes" must hold user principal names such as noreply@contoso.com, got '${mailbox.userPrincipalName}'`);
  }
  return {
    userPrincipalName: mailbox.userPrincipalName,
    id: mailbox.id ?? guidFor(mailbox.userPrincipalName),
    displayName: mailbox.displayName,
    aliases: (mailbox.aliases ?? []).map((address) => address.toLowerCase()),
    sendAs: (mailbox.sendAs ?? []).map((address) => address.toLowerCase()),
    enabled: mailbox.enabled ?? true,
    personal: mailbox.personal ?? false,
    delegates: (mailbox.delegates ?? []).map((address) => address.toLowerCase()),
  };
}

const defaultRoles = ['Mail.Send', 'Mail.ReadWrite'];

function readApp(app: SandboxApp): App {
  const roles = app.roles ?? defaultRoles;
  const byExchange = roles.length === 0 && app.allowedMailboxes !== undefined;
  return {
    ...app,
    certificates: app.certificates ?? [],
    roles,
    exchangeRoles: app.exchangeRoles ?? (byExchange ? defaultRoles : []),
    publicClient: app.publicClient ?? false,
    redirectUris: app.redirectUris ?? ['http://localhost'],
    accounts: app.accounts ?? 'both',
    spa: app.spa ?? false,
  };
}

/** Whether only this machine reaches what listens there. */
export const isLocal = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

function checkExposure(host: string, apps: App[]): void {
  if (isLocal(host) || apps.every(({ clientSecret }) => clientSecret !== PUBLIC_SECRET)) return;
  throw new TypeError(
    `"apps" must have a clientSecret of your own where "host" is '${host}': others reach the sandbox there, and everybody knows '${PUBLIC_SECRET}'`,
  );
}

const DEFAULT_INBOX = { port: 0, maxMessages: 500, maxBytes: 256 * MEBIBYTE };

function readInbox({
  inbox = false,
  maxMessages,
  maxBytes,
}: SandboxOptions): Pick<Settings, 'inboxPort' | 'caFile' | 'maxMessages' | 'maxBytes'> {
  if (typeof inbox !== 'boolean' && (typeof inbox !== 'object' || inbox === null)) {
    throw new TypeError(`"inbox" must be true, false or an object, got ${JSON.stringify(inbox)}`);
  }
  const own = typeof inbox === 'object' ? inbox : {};
  const fallback = inbox === false ? { maxMessages: Infinity, maxBytes: Infinity } : DEFAULT_INBOX;
  const limits = {
    maxMessages: readNumber('maxMessages', own.maxMessages ?? maxMessages, fallback.maxMessages),
    maxBytes: readNumber('maxBytes', own.maxBytes ?? maxBytes, fallback.maxBytes),
  };
  if (limits.maxMessages < 1) throw new TypeError('"maxMessages" must be at least 1');
  return { ...limits, caFile: own.caFile, inboxPort: inbox === false ? undefined : readNumber('inbox.port', own.port, DEFAULT_INBOX.port) };
}

const outcomes: readonly SandboxOutcome[] = ['failed', 'delayed', 'quarantined', 'filteredAsSpam'];

function readOutcomes(given: SandboxOptions['outcomes'] = {}): Settings['outcomes'] {
  for (const [address, outcome] of Object.entries(given)) {
    if (!outcomes.includes(outcome)) {
      throw new TypeError(
        `"outcomes" must be one of ${outcomes.join(', ')} for each address, got ${JSON.stringify(outcome)} for ${address}`,
      );
    }
  }
  return new Map(Object.entries(given).map(([address, outcome]) => [address.toLowerCase(), outcome]));
}

function readMessageTrace({ available = true, provisioned = true, delay, pending, rateLimit }: SandboxMessageTraceOptions = {}) {
  return {
    available,
    provisioned,
    delay: readNumber('messageTrace.delay', delay, 0),
    pending: readNumber('messageTrace.pending', pending, 0),
    rateLimit: rateLimit ?? { requests: 100, windowMs: 300_000 },
  };
}

function readNumber(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || Number.isNaN(value) || value < 0) throw new TypeError(`"${name}" must be a non-negative number`);
  return value;
}

function readLosses(losses: readonly SandboxLoss[]): ReadonlySet<SandboxLoss> {
  const unknown = losses.find((loss) => !/^(json|mime|mimeDraft):\w+$/.test(loss) || !LOSS_FEATURES.has(loss.slice(loss.indexOf(':') + 1)));
  if (unknown === undefined) return new Set(losses);
  throw new TypeError(`"loses" must hold entries such as 'mime:text', got ${JSON.stringify(unknown)}`);
}

const LOSS_FEATURES: ReadonlySet<string> = new Set<SandboxLossFeature>([
  'text',
  'calendar',
  'calendarMethod',
  'fromName',
  'xHeaders',
  'moreXHeaders',
  'customHeaders',
  'listHeaders',
  'threading',
  'messageId',
]);

/**
 * Fills in the defaults.
 * @throws TypeError where an option makes no sense
 */
export function readSettings(options: SandboxOptions): Settings {
  const apps = (options.apps ?? [DEFAULT_APP]).map(readApp);
  const mailboxes = (options.mailboxes ?? DEFAULT_MAILBOXES).map(readMailbox);
  if (apps.length === 0) throw new TypeError('"apps" must not be empty');
  if (mailboxes.length === 0) throw new TypeError('"mailboxes" must not be empty');
  const names = mailboxes.map(({ userPrincipalName }) => userPrincipalName.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`"mailboxes" must hold each mailbox once, got ${twice} twice`);
  const protocol = options.protocol ?? 'https';
  if (protocol !== 'https' && protocol !== 'http') throw new TypeError(`"protocol" must be 'https' or 'http'`);
  const host = options.host ?? '127.0.0.1';
  checkExposure(host, apps);
  const { hostname } = options;
  if (hostname !== undefined && !/^[a-z0-9._-]+$/i.test(hostname)) {
    throw new TypeError(`"hostname" must be a host name such as graph-sandbox, got ${JSON.stringify(hostname)}`);
  }
  return {
    host,
    hostname,
    port: readNumber('port', options.port, 0),
    authorityPort: readNumber('authorityPort', options.authorityPort, 0),
    uploadPort: readNumber('uploadPort', options.uploadPort, 0),
    protocol,
    tenantId: options.tenantId ?? defaultTenant,
    apps,
    mailboxes,
    sendFromAliases: options.sendFromAliases ?? false,
    loses: readLosses(options.loses ?? []),
    tooManyRecipients: options.tooManyRecipients ?? 'bounce',
    keepsDraftIds: options.keepsDraftIds ?? true,
    deletedItems: options.deletedItems ?? false,
    permanentDelete: options.permanentDelete ?? true,
    inboxDelay: readNumber('inboxDelay', options.inboxDelay, 0),
    tokenLifetime: readNumber('tokenLifetime', options.tokenLifetime, 3599),
    refreshTokenLifetime: readNumber('refreshTokenLifetime', options.refreshTokenLifetime, 90 * 24 * 60 * 60),
    revokeUsedRefreshTokens: options.revokeUsedRefreshTokens ?? false,
    deviceCode: options.deviceCode ?? 'allowed',
    maxMessageSize: readNumber('maxMessageSize', options.maxMessageSize, 35 * MEBIBYTE),
    minUploadSize: readNumber('minUploadSize', options.minUploadSize, 3 * MEBIBYTE),
    uploadSessionLifetime: readNumber('uploadSessionLifetime', options.uploadSessionLifetime, 2 * 60 * 60 * 1000),
    maxConcurrency: readNumber('maxConcurrency', options.maxConcurrency, Infinity),
    rateLimit: options.rateLimit,
    sentCopyDelay: readNumber('sentCopyDelay', options.sentCopyDelay, 0),
    resend: options.resend ?? false,
    outcomes: readOutcomes(options.outcomes),
    messageTrace: readMessageTrace(options.messageTrace),
    keepContent: options.keepContent ?? true,
    ...readInbox(options),
    onMessage: options.onMessage ?? (() => undefined),
    onRequest: options.onRequest ?? (() => undefined),
  };
}
