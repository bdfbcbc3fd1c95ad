import type { Requester } from '../base/http.js';
import { ownOriginOnly } from './own-origin.js';
import type { SignInTrace } from '../errors/from-sign-in.js';
import { loadPart } from '../errors/load-package.js';
import { safeCause } from '../errors/safe-cause.js';
import { createAzureHttpClient } from './azure-http.js';
import { loadPem } from './certificate.js';
import { loadAzure } from './load-azure.js';
import { secretsOf, type SignIn } from './sign-in.js';
import type { TokenCredential } from './token-credential.js';

export interface CredentialOptions {
  authorityHost: string;
  /** Whether the authority is one of Microsoft's own; others are not asked about at login.microsoftonline.com. */
  wellKnownAuthority: boolean;
  http: Requester;
  /** Filled with what happened on the wire. */
  trace: SignInTrace;
  /** Repeats of a sign-in that got no answer or 408, 429, 500, 502, 503, 504. */
  retries: number;
  /** Longest Retry-After that is waited for, in milliseconds. @default 120000 */
  maxRetryDelay?: number | undefined;
  graphEndpoint: string;
  /** Told what the operator has to know and no message can tell. */
  onNotice?: ((code: string, message: string) => void) | undefined;
}

/** Azure's pipeline would read HTTPS_PROXY and its kin by rules of its own, and fail on what they do not allow. {@link createAzureHttpClient} does not look at it. */
const NO_ENVIRONMENT = { host: 'http://localhost', port: 80 };

/** Makes the credential; @azure/identity is loaded here and not before, since that takes a while. */
export async function createCredential(signIn: SignIn, given: CredentialOptions): Promise<TokenCredential> {
  const options = { ...given, http: ownOriginOnly(given.http, given.authorityHost) };
  const { authorityHost, wellKnownAuthority, http, trace, retries, maxRetryDelay = 120_000, onNotice } = options;
  if (signIn.kind === 'credential') return signIn.credential;
  if (signIn.kind === 'person') {
    const { createPersonCredential } = await loadPart(() => import('./person/person-credential.js'));
    return createPersonCredential(signIn, {
      ...options,
      onSunset: (message) => onNotice?.('GRAPH_SIGN_IN_ENDS', message),
      onNotKept: (error) =>
        onNotice?.(
          'GRAPH_SIGN_IN_NOT_KEPT',
          `the sign-in was renewed and could not be kept; only this process has it: ${safeCause(error, secretsOf(signIn)).message}`,
        ),
    });
  }
  if (signIn.kind === 'refreshToken') {
    const { createRefreshTokenCredential } = await loadPart(() => import('./person/refresh-token-credential.js'));
    const onNotKept = (error: unknown) =>
      onNotice?.(
        'GRAPH_REFRESH_TOKEN_NOT_KEPT',
        `onRefreshToken failed, and the new refresh token was not kept: ${(error as Error)?.name ?? 'error'}`,
      );
    return createRefreshTokenCredential(signIn, { ...options, onNotKept });
  }
  const [{ ClientCertificateCredential, ClientSecretCredential }, httpClient] = await Promise.all([
    loadAzure(),
    createAzureHttpClient(http, trace, maxRetryDelay),
  ]);
  const azureOptions = {
    authorityHost,
    disableInstanceDiscovery: !wellKnownAuthority,
    httpClient,
    proxyOptions: NO_ENVIRONMENT,
    retryOptions: { maxRetries: retries, retryDelayInMs: 200, maxRetryDelayInMs: 2000 },
  };
  const { tenantId, clientId } = signIn;
  return signIn.kind === 'secret'
    ? new ClientSecretCredential(tenantId, clientId, signIn.clientSecret, azureOptions)
    : new ClientCertificateCredential(tenantId, clientId, { certificate: await loadPem(signIn.certificate) }, azureOptions);
}

/** Loads what the sign-in needs before it is needed. Whether that works, the sign-in tells. */
export function loadSignIn({ kind }: SignIn): void {
  if (kind !== 'credential') loadAzure().catch(() => undefined);
}
