import { generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import forge from 'node-forge';

/** The sandbox's identity: it serves TLS and signs the access tokens. */
export interface Identity {
  /** PEM. */
  certificate: string;
  /** PEM. */
  privateKey: string;
  publicKey: KeyObject;
}

const DAY = 24 * 60 * 60 * 1000;

/** Makes a self-signed certificate for the loopback addresses, `host` and `hostname`; it serves as its own CA. */
export async function createIdentity(host: string, hostname?: string): Promise<Identity> {
  // OpenSSL makes the key, forge only the certificate: a key made in JavaScript takes seconds
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const { pki, md } = forge;
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.publicKeyFromPem(publicKey.export({ type: 'spki', format: 'pem' }) as string);
  // a serial that starts with a high bit would read as negative
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(Date.now() - DAY);
  certificate.validity.notAfter = new Date(Date.now() + 365 * DAY);
  const name = [{ name: 'commonName', value: 'nodemailer-graph-transport sandbox' }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, keyCertSign: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: alternativeNames(host, hostname ?? host) },
  ]);
  certificate.sign(pki.privateKeyFromPem(privatePem), md.sha256.create());
  return { certificate: pki.certificateToPem(certificate), privateKey: privatePem, publicKey };
}

function alternativeNames(host: string, hostname: string): object[] {
  const names = new Set(['localhost', '127.0.0.1', '::1', host, hostname]);
  return [...names].map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name }));
}
