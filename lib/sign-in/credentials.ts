import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Requester } from '../base/http.js';
import type { SignInTrace } from '../errors/from-sign-in.js';
import { loadPackage } from '../errors/load-package.js';
import { loadPem } from './certificate.js';
import { MsalNetwork } from './msal-network.js';
import type { SignIn } from './sign-in.js';
import type { AccessToken, TokenCredential } from './token-credential.js';

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
}

/** Makes the credential; MSAL is loaded here and not before, since that takes a while. */
export async function createCredential(
  signIn: SignIn,
  { authorityHost, wellKnownAuthority, http, trace, retries, maxRetryDelay = 120_000 }: CredentialOptions,
): Promise<TokenCredential> {
  if (signIn.kind === 'credential') return signIn.credential;
  const [{ ConfidentialClientApplication }, proof] = await Promise.all([
    loadPackage('@azure/msal-node', () => import('@azure/msal-node'), 'ConfidentialClientApplication'),
    readProof(signIn),
  ]);
  const network = new MsalNetwork({ http, trace, retries, maxRetryDelay });
  const client = new ConfidentialClientApplication({
    auth: {
      clientId: signIn.clientId,
      authority: `${authorityHost}/${signIn.tenantId}`,
      knownAuthorities: wellKnownAuthority ? [] : [authorityHost],
      ...proof,
    },
    system: { networkClient: network },
  });
  return {
    async getToken(scopes, { abortSignal, claims } = {}): Promise<AccessToken> {
      network.signal = abortSignal;
      const result = await client
        .acquireTokenByClientCredential({ scopes: [scopes].flat(), ...(claims !== undefined && { claims, skipCache: true }) })
        .catch((error: unknown) => {
          throw network.failure ?? error;
        });
      if (!result?.accessToken || !result.expiresOn) throw new Error('The sign-in service returned no token.');
      return {
        token: result.accessToken,
        expiresOnTimestamp: result.expiresOn.getTime(),
        refreshAfterTimestamp: result.refreshOn?.getTime(),
      };
    },
  };
}

async function readProof(signIn: Exclude<SignIn, { kind: 'credential' }>) {
  if (signIn.kind === 'secret') return { clientSecret: signIn.clientSecret };
  const pem = await loadPem(signIn.certificate);
  return {
    clientCertificate: {
      thumbprintSha256: new X509Certificate(pem).fingerprint256.replaceAll(':', ''),
      privateKey: createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }) as string,
    },
  };
}
