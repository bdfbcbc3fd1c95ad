import type { RefreshTokenSignIn } from '../sign-in.js';
import type { AccessToken, TokenCredential } from '../token-credential.js';
import { endedSignIn, needsPerson } from './ended-sign-in.js';
import { configurationFor, createMemoryPlugin, refreshTokensIn, type SignInService } from './msal-client.js';
import { loadAzure } from '../load-azure.js';

export interface RefreshTokenOptions extends SignInService {
  authorityHost: string;
  graphEndpoint: string;
  /** Told if the app could not keep a new refresh token. */
  onNotKept: (error: unknown) => void;
}

/** Tokens by a refresh token that the app keeps. */
export function createRefreshTokenCredential(signIn: RefreshTokenSignIn, options: RefreshTokenOptions): TokenCredential {
  const { tenantId, clientId, clientSecret, current, onRefreshToken, scopes } = signIn;

  async function tellApp(): Promise<void> {
    try {
      await onRefreshToken?.(current.token);
      current.unkept = false;
    } catch (error) {
      // this process has it, and tells the app again with the next token; another process would begin with the old one
      current.unkept = true;
      options.onNotKept(error);
    }
  }

  return {
    async getToken(): Promise<AccessToken> {
      if (current.unkept) await tellApp();
      const { PublicClientApplication, ConfidentialClientApplication } = await loadAzure();
      const cache = { text: '' };
      const configuration = configurationFor(options, {
        clientId,
        authority: `${options.authorityHost}/${tenantId}`,
        cachePlugin: createMemoryPlugin(cache),
        ...(clientSecret !== undefined && { clientSecret }),
      });
      const client =
        clientSecret === undefined ? new PublicClientApplication(configuration) : new ConfidentialClientApplication(configuration);
      let result;
      try {
        result = await client.acquireTokenByRefreshToken({
          refreshToken: current.token,
          scopes: scopes.map((scope) => (scope.includes('://') ? scope : `${options.graphEndpoint}/${scope}`)),
          forceCache: true,
        });
      } catch (error) {
        if (!needsPerson(error)) throw error;
        throw endedSignIn('the refreshToken', error, 'the sign-in that gave it');
      }
      const [replaced] = refreshTokensIn(cache.text);
      if (replaced !== undefined && replaced !== current.token) {
        current.token = replaced;
        await tellApp();
      }
      if (!result) throw new Error('The sign-in service gave no token.');
      return { token: result.accessToken, expiresOnTimestamp: result.expiresOn?.getTime() ?? Date.now() };
    },
  };
}
