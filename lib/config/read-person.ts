import { configError, show } from '../errors/config-error.js';
import type { SignIn } from '../sign-in/sign-in.js';
import { readClientId, readClientSecret } from './read-app.js';
import { createDefaultStore } from '../sign-in/person/default-store.js';
import type { TokenStore } from '../sign-in/person/token-store.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `login`: an account of the default token cache, or a store of the app's own.
 *
 * @throws {GraphTransportError} `ECONFIG`
 */
export function readLogin(value: unknown, options: Readonly<Record<string, unknown>>, env: Environment): SignIn {
  for (const name of ['tenantId', 'clientId', 'scope']) {
    if (options[name] !== undefined) throw configError(`"${name}" does not go with "login": it was chosen when the person signed in`);
  }
  const expected = `"login" must be an account such as 'me@outlook.com', true for the only one, or { account, load, save }`;
  if (value === true) return { kind: 'person', account: undefined, store: createDefaultStore(env), state: { secrets: [] } };
  if (typeof value === 'string') {
    if (!/^[^\s@]+@[^\s@]+$/.test(value)) throw configError(`${expected}, not ${show(value)}`);
    return { kind: 'person', account: value, store: createDefaultStore(env), state: { secrets: [] } };
  }
  if (typeof value !== 'object' || value === null) throw configError(`${expected}, not ${show(value)}`);
  const { account, load, save, withLock } = value as Record<string, unknown>;
  // a store may be of a class, with fields of its own
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
  const unknown = !isPlain
    ? undefined
    : Object.keys(value).find((name) => !['account', 'load', 'save', 'withLock', 'where'].includes(name));
  if (unknown !== undefined) throw configError(`unknown option "login.${unknown}"; ${expected}`);
  if (account !== undefined && (typeof account !== 'string' || account === ''))
    throw configError(`"login.account" must be a user name, not ${show(account)}`);
  if (typeof load !== 'function' || typeof save !== 'function') throw configError('"login.load" and "login.save" must be functions');
  if (withLock !== undefined && typeof withLock !== 'function') throw configError('"login.withLock" must be a function');
  return { kind: 'person', account, store: value as TokenStore, state: { secrets: [] } };
}

/**
 * Reads `refreshToken` with `clientId`, `clientSecret`, `tenantId`, `scope` and `onRefreshToken`.
 *
 * @throws {GraphTransportError} `ECONFIG`; never shows the token
 */
export function readRefreshToken(options: Readonly<Record<string, unknown>>): SignIn {
  const { refreshToken, clientId, clientSecret, tenantId, onRefreshToken } = options;
  if (typeof refreshToken !== 'string' || refreshToken.trim() === '') throw configError('"refreshToken" must be a non-empty string');
  if (!/^[\x21-\x7e]+$/.test(refreshToken.trim())) throw configError('"refreshToken" has characters in it that no refresh token has');
  if (tenantId !== undefined && (typeof tenantId !== 'string' || !/^[\w.-]+$/.test(tenantId))) {
    throw configError(`"tenantId" must be a tenant id, a domain, 'consumers' or 'common', not ${show(tenantId)}`);
  }
  if (onRefreshToken !== undefined && typeof onRefreshToken !== 'function') throw configError('"onRefreshToken" must be a function');
  return {
    kind: 'refreshToken',
    tenantId: tenantId ?? 'common',
    // of the app that got the refreshToken
    clientId: readClientId(clientId, tenantId ?? ''),
    clientSecret: clientSecret === undefined ? undefined : readClientSecret(clientSecret),
    current: { token: refreshToken.trim() },
    onRefreshToken: onRefreshToken as ((token: string) => void | Promise<void>) | undefined,
    scopes: readScope(options['scope']) ?? ['Mail.Send'],
  };
}

/**
 * Reads `scope`: one or several permissions.
 *
 * @throws {GraphTransportError} `ECONFIG`
 */
export function readScope(value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  const list: unknown[] = typeof value === 'string' ? value.split(/\s+/).filter(Boolean) : Array.isArray(value) ? value : [];
  if (list.length > 0 && list.every((scope): scope is string => typeof scope === 'string' && /^[\w.:/-]+$/.test(scope))) return list;
  throw configError(`"scope" must be permissions such as 'Mail.Send Mail.ReadWrite' or an array of them, not ${show(value)}`);
}
