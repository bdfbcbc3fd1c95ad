import { X509Certificate } from 'node:crypto';
// node:fs/promises would be loaded with the transport
import { promises } from 'node:fs';
import { configError } from '../errors/config-error.js';
import { describeDer, isPem, neededInstead, pairFromPem } from './pem.js';
import { pemFromPfx } from './pfx.js';
import type { ClientCertificate } from './sign-in.js';

/**
 * Certificate and private key of any form an option may have, as PEM without a password. What a file is its bytes say, not its ending.
 *
 * @throws {GraphTransportError} `ECONFIG` that says what it is and what it needs
 */
export async function loadPem(certificate: ClientCertificate): Promise<string> {
  const pem = await readPem(certificate);
  const ends = expiryOf(pem);
  if (ends.getTime() > Date.now()) return pem;
  // Entra says of one that has expired only that it cannot be used
  throw configError(
    `the certificate of ${nameOf(certificate)} expired on ${ends.toISOString().slice(0, 10)}; make a new one, upload it to the app under "Certificates & secrets" and give it here`,
  );
}

/** When a certificate ends, whether that is past or not. */
export async function certificateExpiry(certificate: ClientCertificate): Promise<Date> {
  return expiryOf(await readPem(certificate));
}

async function readPem(certificate: ClientCertificate): Promise<string> {
  const what = nameOf(certificate);
  const content =
    'certificatePath' in certificate
      ? await promises.readFile(certificate.certificatePath).catch((error: unknown) => unreadable(what, error))
      : certificate.certificate;
  return pemOf(content, certificate.certificatePassword, what);
}

const nameOf = (certificate: ClientCertificate): string =>
  'certificatePath' in certificate ? `the file ${certificate.certificatePath}` : '"clientCertificate"';

// the first is the app's own
const expiryOf = (pem: string): Date => new Date(new X509Certificate(pem).validTo);

async function pemOf(content: string | Uint8Array, password: string | undefined, what: string): Promise<string> {
  const found = decodeCertificate(content);
  if (typeof found === 'string') return pairFromPem(found, password, what);
  if (found) {
    const alone = describeDer(found);
    if (alone) throw neededInstead(what, alone);
    return pemFromPfx(found, password, what);
  }
  throw configError(
    content.length === 0
      ? `${what} is empty; it must hold certificate and private key`
      : `${what} is neither a PEM nor a .pfx; convert it: openssl pkcs12 -in app.pfx -nodes -out app.pem`,
  );
}

/** The PEM text, or the bytes of DER, of what may be either or one of them in base64; `undefined` if it is neither. */
export function decodeCertificate(content: string | Uint8Array): string | Buffer | undefined {
  if (typeof content !== 'string') {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    if (isDer(bytes)) return bytes;
    return decodeCertificate(bytes.toString(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8'));
  }
  if (isPem(content)) return content;
  const compact = content.replaceAll(/\\[rn]|\s/g, '');
  // shorter than any certificate: a path may be base64 by chance
  if (compact.length < 128 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return undefined;
  const bytes = Buffer.from(compact, 'base64');
  if (isDer(bytes)) return bytes;
  const text = bytes.toString('utf8');
  return isPem(text) ? text : undefined;
}

/** A SEQUENCE of more than 127 bytes, which everything here is. */
function isDer(bytes: Buffer): boolean {
  return bytes[0] === 0x30 && ((bytes[1] ?? 0) & 0x80) !== 0;
}

function unreadable(what: string, error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  const why: Record<string, string> = {
    ENOENT: 'is not there',
    ENOTDIR: 'is not there',
    EISDIR: 'is a directory',
    EACCES: 'may not be read by this process',
    EPERM: 'may not be read by this process',
  };
  throw configError(`${what} ${why[code ?? ''] ?? `cannot be read (${code})`}; "clientCertificate" must name a PEM or .pfx file`);
}
