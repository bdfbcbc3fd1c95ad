import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { configError } from '../errors/config-error.js';

/** Both in one PEM, as Entra's certificate sign-in takes them. */
const NEEDED = 'give certificate and RSA private key together, in one PEM or one .pfx';

/** Text as it comes out of a variable: with `\n` written out, in one line, with a byte order mark. */
export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

/**
 * Certificate and private key of a PEM text: the certificate that belongs to the key first, the key without a password.
 *
 * @param what the option or file, for errors
 * @throws {GraphTransportError} `ECONFIG` that says what it is and what it needs
 */
export function pairFromPem(text: string, password: string | undefined, what: string): string {
  const blocks = blocksOf(text);
  const certificates = blocks.flatMap(({ type, pem }) => (/^(X509 |TRUSTED )?CERTIFICATE$/.test(type) ? [readCertificate(pem, what)] : []));
  const keys = blocks.filter(({ type }) => type.endsWith('PRIVATE KEY'));
  const [first] = keys;
  if (!first && certificates.length === 0) {
    const found = blocks[0]?.type.toLowerCase();
    throw configError(`${what} has ${found ? `a ${found}` : 'the beginning of a PEM and no whole one'}; ${NEEDED}`);
  }
  if (!first) throw configError(`${what} has a certificate and no private key; ${NEEDED}`);
  const opened = keys.map((key) => readKey(key, password, what));
  if (certificates.length === 0) throw configError(`${what} has a private key and no certificate; ${NEEDED}`);
  for (const key of opened) {
    const own = certificates.find((certificate) => certificate.checkPrivateKey(key));
    if (!own) continue;
    checkRsa(key, what);
    const others = certificates.filter((certificate) => certificate !== own);
    return [...[own, ...others].map(String), key.export({ type: 'pkcs8', format: 'pem' }) as string].join('');
  }
  for (const key of opened) checkRsa(key, what);
  throw configError(`the private key of ${what} does not belong to its certificate: they are of two pairs; ${NEEDED}`);
}

function checkRsa({ asymmetricKeyType }: KeyObject, what: string): void {
  if (asymmetricKeyType === 'rsa') return;
  throw configError(`the private key of ${what} is an ${asymmetricKeyType?.toUpperCase()} key; Entra's sign-in takes RSA only`);
}

interface Block {
  type: string;
  pem: string;
}

function blocksOf(text: string): Block[] {
  const lines = text.replaceAll(/\\r|\r/g, '').replaceAll('\\n', '\n');
  return [...lines.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^]*?)-----END \1-----/g)].map(([, type = '', body = '']) => {
    // with a header (Proc-Type) the lines count
    const content = body.includes(':') ? body.trim() : (body.replaceAll(/\s/g, '').match(/.{1,64}/g) ?? []).join('\n');
    return { type, pem: `-----BEGIN ${type}-----\n${content}\n-----END ${type}-----\n` };
  });
}

function readCertificate(pem: string, what: string): X509Certificate {
  try {
    return new X509Certificate(pem.replaceAll(/(X509|TRUSTED) CERTIFICATE/g, 'CERTIFICATE'));
  } catch {
    throw configError(`the certificate of ${what} cannot be read; ${NEEDED}`);
  }
}

function readKey({ type, pem }: Block, password: string | undefined, what: string): KeyObject {
  const locked = type === 'ENCRYPTED PRIVATE KEY' || pem.includes('ENCRYPTED');
  if (locked && !password) throw configError(`the private key of ${what} is protected by a password; give "certificatePassword"`);
  try {
    return createPrivateKey({ key: pem, ...(locked && password !== undefined && { passphrase: password }) });
  } catch {
    // OpenSSL's own words are about decoders
    throw configError(
      locked ? `the password of ${what} ("certificatePassword") is wrong` : `the private key of ${what} cannot be read; ${NEEDED}`,
    );
  }
}

/** What DER bytes are, if they are one of the two alone. */
export function describeDer(bytes: Buffer): 'a certificate and no private key' | 'a private key and no certificate' | undefined {
  try {
    new X509Certificate(bytes);
    return 'a certificate and no private key';
  } catch {
    // no certificate
  }
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    try {
      createPrivateKey({ key: bytes, format: 'der', type });
      return 'a private key and no certificate';
    } catch {
      // nor this
    }
  }
  return undefined;
}

/** For errors about DER. */
export function neededInstead(what: string, found: string): Error {
  return configError(`${what} has ${found}; ${NEEDED}`);
}
