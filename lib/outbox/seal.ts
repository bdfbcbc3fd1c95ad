import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import { outboxConfigError } from './config-error.js';

/** 32 bytes, as a Buffer, in base64 or in hex; several by their ids: the last one encrypts, all of them decrypt. */
export type EncryptionKey = string | Buffer | Record<string, string | Buffer>;

/** Makes bytes unreadable and unalterable, or leaves them as they are where there is no key. */
export interface Seal {
  readonly encrypts: boolean;
  /** Bytes a piece gets longer by. */
  readonly overhead: number;
  /** @param context what the bytes are, such as `invoice-17/body`: they cannot be passed off as anything else */
  close(bytes: Buffer, context: string): Buffer;
  /** @throws {GraphTransportError} `EMESSAGE` if they were altered or not sealed at all, `ECONFIG` if they need a key that is not here */
  open(bytes: Buffer, context: string): Buffer;
}

/** First byte of what is sealed, and of what is not. */
const SEALED = 0xe1;
const PLAIN = 0xe0;
/** What is sealed names its key by a digest: another key under the same name, or the same under another one, is told from it. */
const KEY_ID = 8;
const IV = 12;
const TAG = 16;

/** @throws {GraphTransportError} `ECONFIG` if a key is none; never shows it */
export function createSeal(encryptionKey: EncryptionKey | undefined): Seal {
  if (encryptionKey === undefined) return NO_SEAL;
  const given = readKeys(encryptionKey);
  const keys = new Map([...namedBefore(encryptionKey), ...given]);
  const last = given.at(-1) as [string, Buffer];
  return {
    encrypts: true,
    overhead: 1 + KEY_ID + IV + TAG,
    close(bytes, context) {
      const iv = randomBytes(IV);
      const cipher = createCipheriv('aes-256-gcm', last[1], iv).setAAD(Buffer.from(context));
      const content = Buffer.concat([cipher.update(bytes), cipher.final()]);
      return Buffer.concat([Buffer.of(SEALED), Buffer.from(last[0], 'hex'), iv, cipher.getAuthTag(), content]);
    },
    open(bytes, context) {
      if (bytes[0] !== SEALED) throw refusal('is not encrypted, but this process has an "encryptionKey"');
      const key = keys.get(bytes.subarray(1, 1 + KEY_ID).toString('hex'));
      if (!key) throw refusal('is encrypted with a key that this process does not have', 'ECONFIG');
      const [iv, tag] = [bytes.subarray(1 + KEY_ID, 1 + KEY_ID + IV), bytes.subarray(1 + KEY_ID + IV, 1 + KEY_ID + IV + TAG)];
      if (tag.length !== TAG) throw refusal('was altered in Redis or in the store');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG }).setAAD(Buffer.from(context)).setAuthTag(tag);
        return Buffer.concat([decipher.update(bytes.subarray(1 + KEY_ID + IV + TAG)), decipher.final()]);
      } catch {
        throw refusal('was altered in Redis or in the store, or belongs to another message');
      }
    },
  };
}

const NO_SEAL: Seal = {
  encrypts: false,
  overhead: 1,
  close: (bytes) => Buffer.concat([Buffer.of(PLAIN), bytes]),
  open(bytes) {
    if (bytes[0] === SEALED) throw refusal('is encrypted, and this process has no "encryptionKey"', 'ECONFIG');
    if (bytes[0] !== PLAIN) throw refusal('was altered in Redis or in the store');
    return bytes.subarray(1);
  },
};

/** Each with its digest. */
function readKeys(given: EncryptionKey): [string, Buffer][] {
  const named = typeof given === 'string' || Buffer.isBuffer(given) ? undefined : given;
  if (named !== undefined && (typeof named !== 'object' || named === null || Object.keys(named).length === 0))
    throw outboxConfigError('"encryptionKey" must be 32 bytes (Buffer, base64 or hex), or an object of them by id');
  return (named ? Object.values(named) : [given]).map((value) => {
    const key = bytesOf(value);
    return [digestOf(key), key];
  });
}

/** Up to 0.1.0 a digest of the key's name stood there. */
function namedBefore(given: EncryptionKey): [string, Buffer][] {
  if (typeof given === 'string' || Buffer.isBuffer(given)) return [];
  return Object.entries(given).map(([name, value]) => [digestOf(name), bytesOf(value)]);
}

function digestOf(what: string | Buffer): string {
  const digest = createHash('sha256').update('graph-outbox-key\0').update(what);
  return digest.digest('hex').slice(0, 2 * KEY_ID);
}

function bytesOf(value: unknown): Buffer {
  const bytes =
    typeof value === 'string'
      ? Buffer.from(value, /^[0-9a-f]{64}$/i.test(value) ? 'hex' : 'base64')
      : Buffer.isBuffer(value)
        ? value
        : undefined;
  if (bytes?.length === 32) return bytes;
  throw outboxConfigError(
    `"encryptionKey" must be 32 bytes (Buffer, base64 or hex), not ${bytes ? `${bytes.length} bytes` : `a value of type ${typeof value}`}`,
  );
}

/** `ECONFIG`: another process may have what this one lacks. */
function refusal(what: string, code: 'EMESSAGE' | 'ECONFIG' = 'EMESSAGE'): GraphTransportError {
  return new GraphTransportError(code, `the stored message ${what}; nothing was sent`, { permanent: true });
}
