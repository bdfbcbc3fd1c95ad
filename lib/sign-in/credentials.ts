import type { TokenCredential } from '@azure/identity';
import type { SignInTrace } from '../errors/from-sign-in.js';
import type { Requester } from '../base/http.js';
import { createAzureHttpClient } from './azure-http.js';
import { isPfx, loadPem } from './pfx.js';
import type { ClientCertificate, SignIn } from './sign-in.js';

export interface CredentialOptions {
  authorityHost: string;
  /** Whether the authority is one of Microsoft's own; others are not asked about at login.microsoftonline.com. */
  wellKnownAuthority: boolean;
  http: Requester;
  /** Filled with what happened on the wire. */
  trace: SignInTrace;
  /** Repeats of a sign-in that got no answer or 429, 500, 502, 503, 504. */
  retries: number;
  /** Longest Retry-After that is waited for, in milliseconds. @default 120000 */
  maxRetryDelay?: number | undefined;
}

/** Makes the credential; @azure/identity is loaded here and not before, since that takes a while. */
export async function createCredential(
  signIn: SignIn,
  { authorityHost, wellKnownAuthority, http, trace, retries, maxRetryDelay = 120_000 }: CredentialOptions,
): Promise<TokenCredential> {
  if (signIn.kind === 'credential') return signIn.credential;
  const [{ ClientCertificateCredential, ClientSecretCredential }, httpClient] = await Promise.all([
    import('@azure/identity'),
    createAzureHttpClient(http, trace, maxRetryDelay),
  ]);
  const options = {
    authorityHost,
    disableInstanceDiscovery: !wellKnownAuthority,
    httpClient,
    retryOptions: { maxRetries: retries, retryDelayInMs: 200, maxRetryDelayInMs: 2000 },
  };
  const { tenantId, clientId } = signIn;
  return signIn.kind === 'secret'
    ? new ClientSecretCredential(tenantId, clientId, signIn.clientSecret, options)
    : new ClientCertificateCredential(tenantId, clientId, (await toPem(signIn.certificate)) as { certificatePath: string }, options);
}

async function toPem(certificate: ClientCertificate): Promise<ClientCertificate> {
  if (!('certificatePath' in certificate) || !isPfx(certificate.certificatePath)) return certificate;
  return { certificate: await loadPem(certificate) };
}
