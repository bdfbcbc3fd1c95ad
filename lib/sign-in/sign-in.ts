import type { TokenCredential } from './token-credential.js';
import type { TokenStore } from './person/token-store.js';

/** How the app signs in; exactly one of them. */
export type SignIn =
  | { kind: 'secret'; tenantId: string; clientId: string; clientSecret: string }
  | { kind: 'certificate'; tenantId: string; clientId: string; certificate: ClientCertificate }
  | { kind: 'credential'; credential: TokenCredential; /** @default `{graphEndpoint}/.default` */ scopes?: readonly string[] | undefined }
  | ({ kind: 'person' } & PersonSignIn)
  | ({ kind: 'refreshToken' } & RefreshTokenSignIn);

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
  if (signIn.kind === 'person') return signIn.state.secrets;
  if (signIn.kind === 'refreshToken') return [signIn.current.token, ...(signIn.clientSecret === undefined ? [] : [signIn.clientSecret])];
  const { certificatePassword } = signIn.certificate;
  const secrets = certificatePassword === undefined ? [] : [certificatePassword];
  if ('certificate' in signIn.certificate && typeof signIn.certificate.certificate === 'string')
    secrets.push(signIn.certificate.certificate);
  return secrets;
}

/** A person who has run `login`. */
export interface PersonSignIn {
  /** Which account; the only one there is without. */
  account: string | undefined;
  store: TokenStore;
  /** What this process knows beside the store. */
  state: PersonState;
}

/** Lives as long as the transport, credentials come and go. */
export interface PersonState {
  /** Refresh tokens that were seen; they must not appear anywhere. */
  secrets: string[];
  isSunsetTold?: boolean;
  /** A renewed sign-in that the store did not take, and what stood there instead. */
  unkept?: { text: string; over: string | undefined } | undefined;
}

/** A person whose refresh token the app keeps. */
export interface RefreshTokenSignIn {
  tenantId: string;
  clientId: string;
  clientSecret: string | undefined;
  /** The newest one: the service may replace it with every token. */
  current: { token: string; /** Whether the app could not keep it. */ unkept?: boolean };
  onRefreshToken: ((refreshToken: string) => void | Promise<void>) | undefined;
  /** Without the resource. */
  scopes: readonly string[];
}
