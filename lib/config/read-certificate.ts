import { configError } from '../errors/config-error.js';
import { decodeCertificate } from '../sign-in/certificate.js';
import { pairFromPem } from '../sign-in/pem.js';
import type { ClientCertificate } from '../sign-in/sign-in.js';

const EXPECTED =
  '"clientCertificate" must be a path, { certificatePath, certificatePassword } or { certificate, certificatePassword }, where "certificate" is the content of a PEM or .pfx file';

/**
 * Reads the option. A PEM that is given as text is checked at once; a file, and a .pfx, when the transport first signs in.
 *
 * @throws {GraphTransportError} `ECONFIG`
 */
export function readCertificate(value: unknown): ClientCertificate {
  if ('Deno' in globalThis) {
    throw configError(
      '"clientCertificate" cannot be used on Deno, whose node:crypto does not sign with it; give "clientSecret" or a "credential"',
    );
  }
  const given = (typeof value === 'object' && value !== null && !isBytes(value) ? value : {}) as Record<string, unknown>;
  const { certificatePath, certificate, certificatePassword } = given;
  if (certificatePath !== undefined && certificate !== undefined) throw configError(EXPECTED);
  if (certificatePassword !== undefined && typeof certificatePassword !== 'string') {
    throw configError('"clientCertificate.certificatePassword" must be a string');
  }
  const password = certificatePassword === undefined ? {} : { certificatePassword };
  const source = isBytes(value) || typeof value === 'string' ? value : (certificatePath ?? certificate);
  if ((typeof source !== 'string' && !isBytes(source)) || (typeof source === 'string' && source.trim() === '')) throw configError(EXPECTED);
  const content = decodeCertificate(source);
  if (content !== undefined) {
    if (typeof content === 'string') pairFromPem(content, certificatePassword, '"clientCertificate"');
    return { certificate: content, ...password };
  }
  // no path has line breaks, or is as long as a key
  if (
    certificate !== undefined ||
    typeof source !== 'string' ||
    /[\r\n]/.test(source.trim()) ||
    source.length > 1024 ||
    looksLikeKey(source)
  ) {
    throw configError(`${EXPECTED}; this is neither a PEM nor a .pfx`);
  }
  return { certificatePath: source, ...password };
}

/** A damaged key on one line, which must not come to stand in an error as the name of a file. */
function looksLikeKey(text: string): boolean {
  return /BEGIN|PRIVATE KEY|CERTIFICATE-/.test(text) || (/^[A-Za-z0-9+/=_\s-]{64,}$/.test(text.trim()) && !/^[/~]/.test(text.trim()));
}

function isBytes(value: unknown): value is Uint8Array {
  // not instanceof: a Buffer may come from another realm
  return ArrayBuffer.isView(value);
}
