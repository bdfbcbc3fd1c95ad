/** A token as credentials return it. */
export interface AccessToken {
  token: string;
  /** When it ends, in milliseconds since the epoch. */
  expiresOnTimestamp: number;
  /** From when on it should be renewed, in milliseconds since the epoch. */
  refreshAfterTimestamp?: number | undefined;
}

/** What a credential is told. */
export interface GetTokenOptions {
  /** Aborts when the token is not needed any more. */
  abortSignal?: AbortSignal;
  /** What Graph demands of the next token, from its challenge. */
  claims?: string;
}

/**
 * What can sign in: every credential of `@azure/identity` is one, and an object with a `getToken()` of your own.
 * Declared here so that an app needs none of Azure's packages.
 */
export interface TokenCredential {
  /** A token for these scopes; `null` or a rejection if there is none to be had. */
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken | null>;
}
