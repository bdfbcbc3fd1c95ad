import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/** What access tokens are signed with. */
export interface SigningKey {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

let made: Promise<SigningKey> | undefined;

/** The key of this process, made once: an RSA key takes a tenth of a second. Entra's tenants have theirs in common, too. */
export function signingKey(): Promise<SigningKey> {
  made ??= promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return made;
}
