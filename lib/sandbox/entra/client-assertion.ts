import { X509Certificate } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { App } from '../settings.js';
import { invalidClient } from './token-refusal.js';

/**
 * Checks the JWT a client signs with its certificate instead of sending a secret.
 * https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 * @throws TokenRefusal
 */
export function checkClientAssertion(assertion: string, app: App, audiences: string[]): void {
  const decoded = jwt.decode(assertion, { complete: true });
  if (!decoded || typeof decoded.payload === 'string') {
    throw invalidClient(50027, 'JWT token is invalid or malformed.');
  }
  const { header, payload } = decoded;
  const certificate = app.certificates.map((pem) => new X509Certificate(pem)).find((candidate) => isNamedBy(candidate, header));
  if (!certificate) {
    throw invalidClient(
      700027,
      `The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found. Thumbprint of key used by client: '${thumbprintOf(header)}'].`,
    );
  }
  if (new Date(certificate.validTo) < new Date()) {
    throw invalidClient(700027, 'Client assertion contains an invalid signature. [Reason - The key used is expired.]');
  }
  try {
    // the claims are checked below: their order decides which number the client gets
    jwt.verify(assertion, certificate.publicKey, { algorithms: ['RS256', 'PS256'], ignoreExpiration: true, ignoreNotBefore: true });
  } catch {
    throw invalidClient(
      700027,
      'Client assertion contains an invalid signature. [Reason - The provided signature value did not match the expected signature value.]',
    );
  }
  const audience = [payload.aud ?? []].flat();
  if (!audience.some((name) => audiences.includes(name))) {
    throw invalidClient(
      700023,
      `Client assertion audience claim does not match Realm issuer. Expected one of '${audiences.join("', '")}'.`,
    );
  }
  const now = Date.now() / 1000;
  if (typeof payload.exp !== 'number' || payload.exp <= now || (payload.nbf ?? 0) > now + 300) {
    throw invalidClient(700024, 'Client assertion is not within its valid time range.');
  }
  if (payload.iss?.toLowerCase() !== app.clientId.toLowerCase() || payload.sub?.toLowerCase() !== app.clientId.toLowerCase()) {
    throw invalidClient(700021, `Client assertion application identifier doesn't match 'client_id' parameter.`);
  }
}

type AssertionHeader = jwt.JwtHeader & { 'x5t#S256'?: string | undefined };

function isNamedBy(certificate: X509Certificate, header: AssertionHeader): boolean {
  const base64url = (fingerprint: string): string => Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url');
  if (header['x5t#S256'] !== undefined) return header['x5t#S256'] === base64url(certificate.fingerprint256);
  return header.x5t === base64url(certificate.fingerprint);
}

const thumbprintOf = (header: AssertionHeader): string =>
  Buffer.from(header.x5t ?? header['x5t#S256'] ?? '', 'base64url')
    .toString('hex')
    .toUpperCase();
