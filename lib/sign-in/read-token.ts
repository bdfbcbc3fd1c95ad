import type { AccessToken } from './token-credential.js';
import { configError, show } from '../errors/config-error.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';

/**
 * Checks what a credential has returned: apps write their own, and what is wrong there would only show as a refusal of Graph.
 *
 * @throws {GraphTransportError} `ECONFIG` or `EAUTH` that names the credential, never the token
 */
export function readToken(value: unknown, credential: unknown): AccessToken {
  const name = nameOf(credential);
  if (value === null || value === undefined) {
    const hint = 'Check the credential: whether it is signed in, and may get a token for Microsoft Graph.';
    throw new GraphTransportError('EAUTH', `sign-in failed: the credential ${name} returned no token. ${hint}`, { hint });
  }
  const refuse = (what: string): never => {
    throw configError(`getToken() of the credential ${name} must return { token, expiresOnTimestamp }, ${what}`);
  };
  if (typeof value !== 'object') return refuse(`not ${typeof value === 'string' ? 'a string' : show(value)}`);
  const { token, expiresOnTimestamp, refreshAfterTimestamp } = value as Partial<Record<keyof AccessToken, unknown>>;
  if (typeof token !== 'string') return refuse(`but "token" is ${token === undefined ? 'missing' : show(token)}`);
  const trimmed = token.trim();
  if (trimmed === '') {
    const hint = 'Check the credential: its token is empty.';
    throw new GraphTransportError('EAUTH', `sign-in failed: the credential ${name} returned no token. ${hint}`, { hint });
  }
  if (/^bearer\s/i.test(trimmed)) refuse('but "token" begins with "Bearer", which does not belong to it');
  if (!/^[\x21-\x7e]+$/.test(trimmed)) refuse('but "token" has characters that no token has');
  if (typeof expiresOnTimestamp !== 'number' || Number.isNaN(expiresOnTimestamp)) {
    return refuse(
      `but "expiresOnTimestamp" is ${expiresOnTimestamp === undefined ? 'missing' : show(expiresOnTimestamp)}; it counts milliseconds since 1970`,
    );
  }
  // in seconds it would be a day of January 1970
  if (expiresOnTimestamp < SECONDS) refuse('but "expiresOnTimestamp" looks like seconds; it counts milliseconds since 1970');
  return {
    token: trimmed,
    expiresOnTimestamp,
    ...(typeof refreshAfterTimestamp === 'number' && { refreshAfterTimestamp }),
  };
}

/** 1973 in milliseconds, the year 5138 in seconds. */
const SECONDS = 100_000_000_000;

function nameOf(credential: unknown): string {
  const { name = '' } = (credential as { constructor?: { name?: string } } | null)?.constructor ?? {};
  return name === '' || name === 'Object' ? '(option "credential")' : name;
}
