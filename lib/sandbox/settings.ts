import { createHash } from 'node:crypto';
import type { SandboxApp, SandboxMailbox, SandboxMessage, SandboxOptions } from './types.js';

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
}

/** An app registration with every default filled in. */
export interface App extends SandboxApp {
  certificates: string[];
  roles: string[];
}

/** `SandboxOptions`, read once. */
export interface Settings {
  host: string;
  port: number;
  authorityPort: number;
  uploadPort: number;
  protocol: 'https' | 'http';
  tenantId: string;
  apps: App[];
  mailboxes: Mailbox[];
  tokenLifetime: number;
  maxMessageSize: number;
  minUploadSize: number;
  uploadSessionLifetime: number;
  maxConcurrency: number;
  rateLimit: { requests: number; windowMs: number; retryAfter?: number | undefined } | undefined;
  sentCopyDelay: number;
  resend: boolean;
  keepContent: boolean;
  onMessage: (message: SandboxMessage) => void;
}

const MEBIBYTE = 1024 * 1024;
const defaultTenant = '7b1d5a3e-0c52-4e9a-9f6e-2f3a1c9d8e70';
const defaultApp: SandboxApp = { clientId: 'c0ffee00-5a4d-4b0c-8a11-0a1b2c3d4e5f', clientSecret: 'sandbox-client-secret' };
const defaultMailboxes = ['noreply@contoso.com', 'alerts@contoso.com', 'invoices@contoso.com'];

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
  };
}

function readApp(app: SandboxApp): App {
  return { ...app, certificates: app.certificates ?? [], roles: app.roles ?? ['Mail.Send', 'Mail.ReadWrite'] };
}

function readNumber(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || Number.isNaN(value) || value < 0) throw new TypeError(`"${name}" must be a non-negative number`);
  return value;
}

/**
 * Fills in the defaults.
 * @throws TypeError where an option makes no sense
 */
export function readSettings(options: SandboxOptions): Settings {
  const apps = (options.apps ?? [defaultApp]).map(readApp);
  const mailboxes = (options.mailboxes ?? defaultMailboxes).map(readMailbox);
  if (apps.length === 0) throw new TypeError('"apps" must not be empty');
  if (mailboxes.length === 0) throw new TypeError('"mailboxes" must not be empty');
  const protocol = options.protocol ?? 'https';
  if (protocol !== 'https' && protocol !== 'http') throw new TypeError(`"protocol" must be 'https' or 'http'`);
  return {
    host: options.host ?? '127.0.0.1',
    port: readNumber('port', options.port, 0),
    authorityPort: readNumber('authorityPort', options.authorityPort, 0),
    uploadPort: readNumber('uploadPort', options.uploadPort, 0),
    protocol,
    tenantId: options.tenantId ?? defaultTenant,
    apps,
    mailboxes,
    tokenLifetime: readNumber('tokenLifetime', options.tokenLifetime, 3599),
    maxMessageSize: readNumber('maxMessageSize', options.maxMessageSize, 35 * MEBIBYTE),
    minUploadSize: readNumber('minUploadSize', options.minUploadSize, 3 * MEBIBYTE),
    uploadSessionLifetime: readNumber('uploadSessionLifetime', options.uploadSessionLifetime, 2 * 60 * 60 * 1000),
    maxConcurrency: readNumber('maxConcurrency', options.maxConcurrency, Infinity),
    rateLimit: options.rateLimit,
    sentCopyDelay: readNumber('sentCopyDelay', options.sentCopyDelay, 0),
    resend: options.resend ?? false,
    keepContent: options.keepContent ?? true,
    onMessage: options.onMessage ?? (() => undefined),
  };
}
