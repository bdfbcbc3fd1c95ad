import { createPrivateKey, X509Certificate } from 'node:crypto';
import { configError } from '../errors/config-error.js';

/** A certificate and its key as MSAL takes them. */
export interface CertificateProof {
  /** SHA-256 of the certificate, hex. */
  thumbprintSha256: string;
  /** PKCS #8, PEM, not encrypted. */
  privateKey: string;
}

/**
 * Reads the certificate and its private key from PEM, in whatever order they stand.
 *
 * @throws {GraphTransportError} `ECONFIG` if either is missing or the password is wrong
 */
export function readCertificatePem(pem: string, password?: string): CertificateProof {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? [];
  const keyPem = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[^]+?-----END \1PRIVATE KEY-----/.exec(pem)?.[0];
  if (certificates.length === 0) throw configError('"clientCertificate" has no PEM certificate (-----BEGIN CERTIFICATE-----)');
  if (keyPem === undefined) throw configError('"clientCertificate" has no PEM private key (-----BEGIN PRIVATE KEY-----)');
  const key = readKey(keyPem, password);
  const parsed = certificates.map(readCertificate);
  const own = parsed.find((certificate) => certificate.checkPrivateKey(key)) ?? parsed[0];
  return {
    thumbprintSha256: own?.fingerprint256.replaceAll(':', '') ?? '',
    privateKey: key.export({ format: 'pem', type: 'pkcs8' }) as string,
  };
}

function readKey(pem: string, passphrase: string | undefined) {
  try {
    return createPrivateKey({ key: pem, passphrase });
  } catch {
    // OpenSSL's own words are about routines
    throw configError('the private key of "clientCertificate" cannot be read: is it damaged, or "certificatePassword" missing or wrong?');
  }
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw configError('the certificate of "clientCertificate" cannot be read');
  }
}
