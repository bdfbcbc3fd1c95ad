import { ENCRYPTED } from './encrypted-store.js';
import { GraphTransportError } from '../../errors/graph-transport-error.js';

/** A person who has signed in, as it is kept. */
export interface SignedInAccount {
  /** Such as `me@outlook.com`. */
  username: string;
  /** MSAL's name for the account. */
  homeAccountId: string;
  clientId: string;
  /** Sign-in service and tenant, such as `https://login.microsoftonline.com/consumers`. */
  authority: string;
  /** What the person allowed, without the resource: `Mail.Send`. */
  scopes: string[];
  /** ISO 8601. */
  signedInAt: string;
  /** When its refresh token was last used; ISO 8601. */
  renewedAt: string;
  /** Seconds the refresh token lives, where the service said so: those of single-page apps end after a day. */
  refreshTokenLifetime?: number | undefined;
}

/** Everything that is kept: MSAL's token cache, and who is in it. */
export interface StoredSignIns {
  version: 1;
  accounts: SignedInAccount[];
  /** MSAL's serialised cache; no access tokens are in it. */
  msal: string;
}

export const NOBODY: StoredSignIns = { version: 1, accounts: [], msal: '' };

/** @throws {GraphTransportError} `EAUTH` for what is no token cache of ours, and for a newer one */
export function parseSignIns(text: string | undefined, where: string): StoredSignIns {
  if (text === undefined || text.trim() === '') return NOBODY;
  let stored: Partial<Record<keyof StoredSignIns, unknown>> | undefined;
  try {
    stored = JSON.parse(text) as typeof stored;
  } catch {
    // told below
  }
  if (stored?.version === 1 && Array.isArray(stored.accounts) && stored.accounts.every(isAccount) && isCache(stored.msal))
    return stored as StoredSignIns;
  const newer = typeof stored?.version === 'number' && stored.version > 1;
  const hint = newer
    ? 'Update nodemailer-graph-transport.'
    : text.startsWith(ENCRYPTED)
      ? 'It is encrypted: set GRAPH_TOKEN_CACHE_KEY.'
      : 'Delete it and run login again.';
  throw new GraphTransportError('EAUTH', `${where} ${newer ? 'is of a newer version' : 'is no token cache'}. ${hint}`, {
    permanent: true,
    hint,
  });
}

function isAccount(value: unknown): value is SignedInAccount {
  const account = (value ?? {}) as Record<keyof SignedInAccount, unknown>;
  const texts = [account.username, account.homeAccountId, account.clientId, account.signedInAt, account.renewedAt];
  const { authority, scopes } = account;
  return (
    texts.every((text) => typeof text === 'string') &&
    typeof authority === 'string' &&
    URL.canParse(authority) &&
    Array.isArray(scopes) &&
    scopes.every((scope) => typeof scope === 'string')
  );
}

/** Checked here: an error of MSAL's own would show what it could not read. */
function isCache(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  if (value === '') return true;
  try {
    const sections = JSON.parse(value) as unknown;
    return isObject(sections) && Object.values(sections).every((section) => isObject(section) && Object.values(section).every(isObject));
  } catch {
    return false;
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

export function serialiseSignIns(stored: StoredSignIns): string {
  return `${JSON.stringify(stored, null, 1)}\n`;
}

/** The account that is meant: by its name, or the only one there is. */
export function findAccount({ accounts }: StoredSignIns, wanted: string | undefined): SignedInAccount | undefined {
  if (wanted === undefined) return accounts.length === 1 ? accounts[0] : undefined;
  return accounts.find(({ username }) => username.toLowerCase() === wanted.toLowerCase());
}

/** With one account new or renewed. */
export function withAccount(stored: StoredSignIns, account: SignedInAccount, msal: string): StoredSignIns {
  const others = stored.accounts.filter(
    ({ homeAccountId, username }) => homeAccountId !== account.homeAccountId && username !== account.username,
  );
  return { version: 1, accounts: [...others, account], msal };
}

/** MSAL's caches of several accounts are maps of entries with keys of their own; what was added counts. */
export function mergeCaches(before: string, added: string): string {
  const read = (text: string) => JSON.parse(text === '' ? '{}' : text) as Record<string, object>;
  const [old, fresh] = [read(before), read(added)];
  return JSON.stringify(
    Object.fromEntries([...new Set([...Object.keys(old), ...Object.keys(fresh)])].map((name) => [name, { ...old[name], ...fresh[name] }])),
  );
}

/** Refresh tokens that nobody used for this long end (https://learn.microsoft.com/entra/identity-platform/refresh-tokens). */
export const UNUSED_LIFETIME_DAYS = 90;
const WARN_BEFORE_DAYS = 30;

/** A word in time, before a sign-in ends by itself; `undefined` while there is nothing to say. */
export function sunsetOf({ username, renewedAt, refreshTokenLifetime }: SignedInAccount, now: Date): string | undefined {
  if (refreshTokenLifetime !== undefined && refreshTokenLifetime <= 24 * 60 * 60) {
    return `the sign-in of ${username} ends 24 hours after it began: the app is registered as a single-page app; register its redirect URI as "Mobile and desktop applications" instead`;
  }
  const days = Math.floor((now.getTime() - Date.parse(renewedAt)) / 86_400_000);
  if (!(days >= UNUSED_LIFETIME_DAYS - WARN_BEFORE_DAYS)) return undefined;
  return `the sign-in of ${username} was last used ${days} days ago; it ends after ${UNUSED_LIFETIME_DAYS} days without use`;
}

/** Who it is, since when, with what, and when it was renewed. */
export function describeAccount({ username, signedInAt, renewedAt, scopes, clientId }: SignedInAccount): string {
  const day = (text: string) => text.slice(0, 16).replace('T', ' ');
  return `${username}, signed in ${day(signedInAt)} UTC through app ${clientId} with ${scopes.join(', ')}, renewed ${day(renewedAt)} UTC`;
}
