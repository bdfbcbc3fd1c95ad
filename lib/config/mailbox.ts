import { GraphTransportError } from '../errors/graph-transport-error.js';
import { configError, show } from '../errors/config-error.js';

/**
 * Checks a mailbox that goes into the URL.
 *
 * @throws {GraphTransportError} with the given code
 */
export function readMailbox(value: unknown, name: string, code: 'ECONFIG' | 'EENVELOPE'): string {
  const text = typeof value === 'string' ? value.trim() : '';
  const quoted = /["`<>{}]|^'|'$/.test(text);
  // an address, an object id, or the signed-in user; anything else (a path, "..") could address something else in Graph
  if ((!quoted && /^[^\s@/\\]+@[^\s@/\\]+$/.test(text)) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) || text === 'me')
    return text;
  const message = `"${name}" must be a user principal name such as noreply@contoso.com, an object id or 'me', not ${show(value)}`;
  throw code === 'ECONFIG' ? configError(message) : new GraphTransportError(code, message, { permanent: true });
}

/** Whether a person has signed in, or may have: only then there is a `'me'`. @param kind of `SignIn` */
export function isDelegated(kind: string): boolean {
  return kind === 'credential' || kind === 'person' || kind === 'refreshToken';
}
