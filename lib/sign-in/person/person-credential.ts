import type { PersonSignIn } from '../sign-in.js';
import type { AccessToken, GetTokenOptions, TokenCredential } from '../token-credential.js';
import { GraphTransportError } from '../../errors/graph-transport-error.js';
import { createMemoryPlugin, createPublicClient, refreshTokensIn, withoutAccessTokens, type SignInService } from './msal-client.js';
import { isOwnOrigin, PUBLIC_DISCOVERY } from '../own-origin.js';
import { endedSignIn, needsPerson, notSignedIn } from './ended-sign-in.js';
import {
  findAccount,
  mergeCaches,
  parseSignIns,
  serialiseSignIns,
  sunsetOf,
  withAccount,
  type SignedInAccount,
  type StoredSignIns,
} from './stored-sign-ins.js';
import { openStore, type TokenStore } from './token-store.js';

export interface PersonCredentialOptions extends SignInService {
  authorityHost: string;
  graphEndpoint: string;
  /** Told once before the sign-in ends by itself. */
  onSunset?: ((message: string) => void) | undefined;
  /** Told if a renewed sign-in could not be kept; this process goes on with it. */
  onNotKept?: ((error: unknown) => void) | undefined;
}

/** Times that another process's newer refresh token is tried instead of one that was refused. */
const NEWER = 3;

/**
 * Tokens of a person who has run `login`. Each one is asked for under the store's lock, so that a refresh token that the service
 * replaces is never lost to another process.
 */
export function createPersonCredential(
  { account: wanted, store: given, state }: PersonSignIn,
  options: PersonCredentialOptions,
): TokenCredential {
  const store = openStore(given);
  const { graphEndpoint, authorityHost, onSunset, onNotKept } = options;

  async function renew(claims: string | undefined, left = NEWER): Promise<AccessToken> {
    const text = await store.load();
    const { unkept } = state;
    const stored = parseSignIns(unkept && unkept.over === text ? unkept.text : text, store.where);
    const account = find(stored);
    const sunset = sunsetOf(account, new Date());
    if (sunset !== undefined && !state.isSunsetTold) onSunset?.(sunset);
    state.isSunsetTold = sunset !== undefined;
    state.secrets = refreshTokensIn(stored.msal);
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
      state.secrets.push(...refreshTokensIn(cache.text));
      await keep(stored, account, withoutAccessTokens(cache.text), text);
      return { token: result.accessToken, expiresOnTimestamp: result.expiresOn?.getTime() ?? Date.now() };
    } catch (error) {
      if (!needsPerson(error)) throw error;
      // a newer refresh token may stand there: the store has no lock, or this process was frozen and lost it
      if (left > 0 && (await store.load()) !== text) return renew(claims, left - 1);
      throw endedSignIn(account.username, error, loginCommand(account, options));
    }
  }

  function find(stored: StoredSignIns): SignedInAccount {
    const account = findAccount(stored, wanted);
    const signedIn = stored.accounts.map(({ username }) => username);
    if (!account) throw notSignedIn(wanted, signedIn, store.where);
    if (!isOwnOrigin(new URL(account.authority), authorityHost)) throw otherCloud(account, authorityHost);
    return account;
  }

  async function keep(stored: StoredSignIns, account: SignedInAccount, msal: string, over: string | undefined): Promise<void> {
    const renewed = { ...account, renewedAt: new Date().toISOString() };
    try {
      // of what is there now: somebody may have signed in meanwhile where the store has no lock
      const now = given.withLock ? stored : parseSignIns(await store.load(), store.where);
      await store.save(serialiseSignIns(withAccount(now, renewed, mergeCaches(now.msal, msal))));
      state.unkept = undefined;
    } catch (error) {
      // the message need not fail for it: this process has the new token, and tries again with the next one
      state.unkept = { text: serialiseSignIns(withAccount(stored, renewed, msal)), over };
      onNotKept?.(error);
    }
  }

  return {
    getToken: (_scopes: string | string[], { claims }: GetTokenOptions = {}) => store.withLock(() => renew(claims)),
  };
}

/** Who has signed in, as it is kept; `undefined` where it cannot be told. */
export async function readSignedIn(given: TokenStore, wanted: string | undefined): Promise<SignedInAccount | undefined> {
  const store = openStore(given);
  return findAccount(parseSignIns(await store.load(), store.where), wanted);
}

function otherCloud({ username, authority }: SignedInAccount, authorityHost: string): GraphTransportError {
  const hint = 'Set "cloud" (or "authorityHost") to the one that login was run with.';
  const where = `at ${new URL(authority).origin}, and this transport is set to ${authorityHost}`;
  return new GraphTransportError('EAUTH', `${username} has signed in ${where}. ${hint}`, { permanent: true, hint });
}

/** How this account signs in again. */
function loginCommand(
  { clientId, authority, scopes }: SignedInAccount,
  { authorityHost, graphEndpoint }: Pick<PersonCredentialOptions, 'authorityHost' | 'graphEndpoint'>,
): string {
  const tenant = new URL(authority).pathname.split('/')[1];
  const flags = [`--client-id ${clientId}`, `--tenant ${tenant}`];
  if (scopes.includes('Mail.ReadWrite')) flags.push('--large-attachments');
  if (scopes.includes('Mail.Send.Shared')) flags.push('--shared');
  if (authorityHost !== PUBLIC_DISCOVERY) flags.push(`--authority-host ${authorityHost}`, `--graph-endpoint ${graphEndpoint}`);
  return `npx nodemailer-graph-transport login ${flags.join(' ')}`;
}
