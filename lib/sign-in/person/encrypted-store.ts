import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { configError } from '../../errors/config-error.js';
import { GraphTransportError } from '../../errors/graph-transport-error.js';
import type { TokenStore } from './token-store.js';

/** What an encrypted cache begins with. */
export const ENCRYPTED = 'nmgt1:';

/**
 * Reads a key of 32 bytes in base64 or hex.
 *
 * @throws {GraphTransportError} `ECONFIG`; never shows the key
 */
export function readKey(text: string, name: string): Buffer {
  const value = text.trim();
  const key = /^[\da-f]{64}$/i.test(value) ? Buffer.from(value, 'hex') : Buffer.from(value, 'base64');
  if (key.length === 32 && (/^[\da-f]{64}$/i.test(value) || /^[\w+/-]{43}=?$/.test(value))) return key;
  throw configError(`"${name}" must be 32 bytes in base64 or hex, such as from: openssl rand -base64 32`);
}

/** Encrypts what another store keeps, with AES-256-GCM. */
export function createEncryptedStore(store: TokenStore, key: Buffer): TokenStore {
  return {
    ...store,
    async load() {
      const text = (await store.load())?.trim();
      if (text === undefined || text === '') return undefined;
      const bytes = text.startsWith(ENCRYPTED) ? Buffer.from(text.slice(ENCRYPTED.length), 'base64') : undefined;
      try {
        if (!bytes) throw new Error('not encrypted');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
        decipher.setAuthTag(bytes.subarray(12, 28));
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
      } catch {
        const hint = 'Use the key it was written with (GRAPH_TOKEN_CACHE_KEY), or delete it and run login again.';
        const what = bytes ? 'cannot be decrypted with this key' : 'is not encrypted, though a key is set';
        throw new GraphTransportError('EAUTH', `${store.where ?? 'the token store'} ${what}. ${hint}`, { permanent: true, hint });
      }
    },
    async save(text) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      await store.save(`${ENCRYPTED}${Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64')}\n`);
    },
  };
}
