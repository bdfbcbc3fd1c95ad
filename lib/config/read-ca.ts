import { X509Certificate } from 'node:crypto';
import { configError, show } from '../errors/config-error.js';

type Authorities = string | Buffer | (string | Buffer)[] | undefined;

/** @throws {GraphTransportError} `ECONFIG` for anything but certificates */
export function readCa(tls: unknown): Authorities {
  if (tls === undefined) return undefined;
  if (typeof tls !== 'object' || tls === null) throw configError(`"tls" must be an object such as { ca }, not ${show(tls)}`);
  const unknown = Object.keys(tls).find((name) => name !== 'ca');
  if (unknown !== undefined) throw configError(`"tls.${unknown}" is not supported; only "tls.ca" is`);
  const { ca } = tls as { ca?: unknown };
  if (ca === undefined) return undefined;
  if (!Array.isArray(ca)) return readAuthority(ca);
  if (ca.length === 0) throw configError('"tls.ca" is empty, so that nothing would be trusted; leave it out or give certificates');
  return ca.map(readAuthority);
}

function readAuthority(value: unknown): string | Buffer {
  if (typeof value !== 'string' && !Buffer.isBuffer(value))
    throw configError('"tls.ca" must be a PEM string, a Buffer or an array of them');
  const text = value.toString();
  if (text.includes('-----BEGIN ')) {
    // as variables hold it
    const pem = text.includes('\\n') ? text.replaceAll('\\r', '').replaceAll('\\n', '\n') : text;
    if (isCertificate(pem)) return pem === text ? value : pem;
    throw configError('"tls.ca" has no certificate that can be read (-----BEGIN CERTIFICATE-----)');
  }
  if (typeof value !== 'string' && isCertificate(value)) return new X509Certificate(value).toString();
  const path = typeof value === 'string' && value !== '' && !/[\r\n]/.test(value) && /[/\\.]/.test(value);
  throw configError(
    path
      ? '"tls.ca" must be the certificates themselves; this looks like a path: give readFileSync(path)'
      : '"tls.ca" must be the text of certificates (-----BEGIN CERTIFICATE-----)',
  );
}

function isCertificate(bytes: string | Buffer): boolean {
  try {
    new X509Certificate(bytes);
    return true;
  } catch {
    return false;
  }
}
