import type { PersonSignIn } from '../sign-in.js';
import type { AccessToken, GetTokenOptions, TokenCredential } from '../token-credential.js';
import { createMemoryPlugin, createPublicClient, withoutAccessTokens, type SignInService } from './msal-client.js';
import { endedSignIn, needsPerson, notSignedIn } from './ended-sign-in.js';
import { findAccount, parseSignIns, serialiseSignIns, sunsetOf, withAccount, type SignedInAccount } from './stored-sign-ins.js';
import { takeTurns } from './token-store.js';

export interface PersonCredentialOptions extends SignInService {
  graphEndpoint: string;
  /** Told once before the sign-in ends by itself. */
  onSunset?: ((message: string) => void) | undefined;
}

/**
 * Tokens of a person who has run `login`. Each one is asked for under the store's lock, so that a refresh token that the service
 * replaces is never lost to another process.
 */
export function createPersonCredential({ account: wanted, store: given }: PersonSignIn, options: PersonCredentialOptions): TokenCredential {
  const store = takeTurns(given);
  const { graphEndpoint, onSunset } = options;

  async function renew(claims: string | undefined): Promise<AccessToken> {
    const stored = parseSignIns(await store.load(), store.where);
    const account = findAccount(stored, wanted);
    if (!account) {
      throw notSignedIn(
        wanted,
        stored.accounts.map(({ username }) => username),
        store.where,
      );
    }
    const sunset = sunsetOf(account, new Date());
    if (sunset !== undefined) onSunset?.(sunset);
    const cache = { text: stored.msal };
    const client = await createPublicClient(options, { ...account, cachePlugin: createMemoryPlugin(cache) });
    try {
      const known = (await client.getAllAccounts()).find(({ homeAccountId }) => homeAccountId === account.homeAccountId);
      if (!known) throw notSignedIn(account.username, [], store.where);
      const result = await client.acquireTokenSilent({
        account: known,
        scopes: account.scopes.map((scope) => `${graphEndpoint}/${scope}`),
        ...(claims !== undefined && { claims }),
      });
      await save(account, cache.text);
      return { token: result.accessToken, expiresOnTimestamp: result.expiresOn?.getTime() ?? Date.now() };
    } catch (error) {
      if (!needsPerson(error)) throw error;
      // another process may have put a newer refresh token there, where the store has no lock
      if ((await store.load()) !== serialiseSignIns(stored) && !given.withLock) return renew(claims);
      throw endedSignIn(account.username, error, loginCommand(account));
    }

    async function save(renewed: SignedInAccount, msal: string): Promise<void> {
      // of what is there now: somebody may have signed in meanwhile where the store has no lock
      const now = given.withLock ? stored : parseSignIns(await store.load(), store.where);
      await store.save(serialiseSignIns(withAccount(now, { ...renewed, renewedAt: new Date().toISOString() }, withoutAccessTokens(msal))));
    }
  }

  return {
    getToken: (_scopes: string | string[], { claims }: GetTokenOptions = {}) => store.withLock(() => renew(claims)),
  };
}

/** How this account signs in again. */
function loginCommand({ clientId, authority, scopes }: SignedInAccount): string {
  const tenant = new URL(authority).pathname.split('/')[1];
  const flags = [`--client-id ${clientId}`, `--tenant ${tenant}`];
  if (scopes.includes('Mail.ReadWrite')) flags.push('--large-attachments');
  if (scopes.includes('Mail.Send.Shared')) flags.push('--shared');
  return `npx nodemailer-graph-transport login ${flags.join(' ')}`;
}
