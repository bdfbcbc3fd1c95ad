import type { TokenCredential } from './token-credential.js';

/** How the app signs in; exactly one of the three. */
export type SignIn =
  | { kind: 'secret'; tenantId: string; clientId: string; clientSecret: string }
  | { kind: 'certificate'; tenantId: string; clientId: string; certificate: ClientCertificate }
  | { kind: 'credential'; credential: TokenCredential };

/**
 * `certificatePath`: a PEM or .pfx file with certificate and private key; `certificate`: its content, PEM or .pfx, as text, base64 or bytes;
 * `certificatePassword` if it is encrypted.
 */
export type ClientCertificate =
  | { certificatePath: string; certificatePassword?: string | undefined }
  | { certificate: string | Uint8Array; certificatePassword?: string | undefined };

/** What must never appear in an error or a log line. */
export function secretsOf(signIn: SignIn): string[] {
  if (signIn.kind === 'secret') return [signIn.clientSecret];
  if (signIn.kind === 'credential') return [];
  const { certificatePassword } = signIn.certificate;
  return certificatePassword === undefined ? [] : [certificatePassword];
}
