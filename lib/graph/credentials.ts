import type { ClientSecretCredentialOptions, TokenCredential } from '@azure/identity';

/** How the app signs in; exactly one of the three. */
export type SignIn =
  | { kind: 'secret'; tenantId: string; clientId: string; clientSecret: string }
  | { kind: 'certificate'; tenantId: string; clientId: string; certificate: ClientCertificate }
  | { kind: 'credential'; credential: TokenCredential };

/** What `ClientCertificateCredential` of @azure/identity takes: a path to a PEM file, or the PEM text itself. */
export type ClientCertificate =
  { certificatePath: string; certificatePassword?: string | undefined } | { certificate: string; certificatePassword?: string | undefined };

export interface CredentialOptions {
  authorityHost: string;
  /** Whether the authority is one of Microsoft's own; others are not asked about at login.microsoftonline.com. */
  wellKnownAuthority: boolean;
  ca?: string | Buffer | (string | Buffer)[] | undefined;
  /** Filled with what happened on the wire. */
  trace: SignInTrace;
}

/** The last thing that happened at the sign-in service; @azure/identity's own errors do not tell. */
export interface SignInTrace {
  statusCode?: number | undefined;
  /** Why no answer came. */
  error?: Error | undefined;
}

/** Makes the credential; @azure/identity is loaded here and not before, since that takes a while. */
export async function createCredential(
  signIn: SignIn,
  { authorityHost, wellKnownAuthority, ca, trace }: CredentialOptions,
): Promise<TokenCredential> {
  if (signIn.kind === 'credential') return signIn.credential;
  const { ClientCertificateCredential, ClientSecretCredential } = await import('@azure/identity');
  const options = {
    authorityHost,
    disableInstanceDiscovery: !wellKnownAuthority,
    // one quick repeat here; a message that waits for its token is repeated as a whole
    retryOptions: { maxRetries: 1, retryDelayInMs: 200, maxRetryDelayInMs: 1000 },
    additionalPolicies: [{ policy: tracePolicy(trace), position: 'perRetry' as const }],
    ...(ca !== undefined && { tlsOptions: { ca: caBundle(ca) } }),
  };
  const { tenantId, clientId } = signIn;
  return signIn.kind === 'secret'
    ? new ClientSecretCredential(tenantId, clientId, signIn.clientSecret, options)
    : new ClientCertificateCredential(tenantId, clientId, signIn.certificate as { certificatePath: string }, options);
}

type PipelinePolicy = NonNullable<ClientSecretCredentialOptions['additionalPolicies']>[number]['policy'];

function tracePolicy(trace: SignInTrace): PipelinePolicy {
  return {
    name: 'signInTrace',
    async sendRequest(request, next) {
      try {
        const answer = await next(request);
        trace.statusCode = answer.status;
        trace.error = undefined;
        return answer;
      } catch (error) {
        trace.statusCode = undefined;
        trace.error = error as Error;
        throw error;
      }
    },
  };
}

function caBundle(ca: string | Buffer | (string | Buffer)[]): string {
  return (Array.isArray(ca) ? ca : [ca]).map(String).join('\n');
}
