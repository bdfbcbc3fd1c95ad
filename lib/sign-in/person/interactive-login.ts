import type { AuthenticationResult, PublicClientApplication } from '@azure/msal-node';
import { GraphTransportError, isGraphTransportError } from '../../errors/graph-transport-error.js';
import { connectionHint, describe } from '../../errors/connection-failure.js';
import { isError } from '../../errors/is-error.js';
import { safeCause } from '../../errors/safe-cause.js';
import { listenOnLoopback } from './loopback-listener.js';
import { createMemoryPlugin, createPublicClient, withoutAccessTokens, type SignInService } from './msal-client.js';
import { loadAzure } from '../load-azure.js';
import { isOwnOrigin, otherOrigin, ownOriginOnly } from '../own-origin.js';
import type { WireNotes } from './msal-network.js';
import { mergeCaches, parseSignIns, serialiseSignIns, withAccount, type SignedInAccount } from './stored-sign-ins.js';
import { openStore, type TokenStore } from './token-store.js';

export interface LoginRequest {
  clientId: string;
  /** A tenant id, a domain, `consumers`, `organizations` or `common`. */
  tenant: string;
  /** Without the resource: `Mail.Send`. */
  scopes: readonly string[];
  graphEndpoint: string;
  authorityHost: string;
  store: TokenStore;
  /** Milliseconds to wait for the person. @default 900000 */
  patience?: number | undefined;
}

/**
 * Signs a person in through a browser: authorization code with PKCE on a loopback address.
 *
 * @param show opens the local address, which leads to the sign-in page and has nothing in it, or shows the page's own
 * @throws {GraphTransportError} `EAUTH` with a hint
 */
export async function loginInBrowser(
  request: LoginRequest,
  service: SignInService,
  show: (url: string, local: string) => unknown,
): Promise<SignedInAccount> {
  await checkStore(request.store);
  const { CryptoProvider } = await loadAzure();
  const crypto = new CryptoProvider();
  const [state, nonce] = [crypto.createNewGuid(), crypto.createNewGuid()];
  const { verifier, challenge } = await crypto.generatePkceCodes();
  const listener = await listenOnLoopback(state);
  let isSignedIn = false;
  try {
    const { redirectUri } = listener;
    const scopes = fullScopes(request);
    const page = await askService(request, service, async (client) =>
      client.getAuthCodeUrl({
        scopes,
        redirectUri,
        codeChallenge: challenge,
        codeChallengeMethod: 'S256',
        state,
        nonce,
        prompt: 'select_account',
        responseMode: 'query',
      }),
    );
    if (!isOwnOrigin(new URL(page), request.authorityHost)) throw otherOrigin(new URL(page), request.authorityHost);
    await show(page, listener.leadTo(page));
    const { code, error, description } = await withPatience(listener.answer, request.patience ?? 900_000);
    if (code === undefined) throw loginFailed(description ?? error ?? '', request);
    const account = await keep(request, service, (client) =>
      client.acquireTokenByCode({ code, scopes, redirectUri, codeVerifier: verifier, state }, { code, state, nonce }),
    );
    isSignedIn = true;
    return account;
  } finally {
    listener.close(isSignedIn);
  }
}

/**
 * Signs a person in who types a code on another device.
 *
 * @param show tells the person where to go and what to type
 * @throws {GraphTransportError} `EAUTH` with a hint
 */
export async function loginByDeviceCode(
  request: LoginRequest,
  service: SignInService,
  show: (device: { address: string; code: string }) => unknown,
): Promise<SignedInAccount> {
  await checkStore(request.store);
  return keep(request, service, (client) =>
    client.acquireTokenByDeviceCode({
      scopes: fullScopes(request),
      deviceCodeCallback: ({ verificationUri, userCode }) => void show({ address: verificationUri, code: userCode }),
    }),
  );
}

/** Forgets a person's sign-in here; at Microsoft it ends by itself, or at https://myapps.microsoft.com and https://account.live.com/consent. */
export async function logout(given: TokenStore, username: string): Promise<boolean> {
  const store = openStore(given);
  return store.withLock(async () => {
    const stored = parseSignIns(await store.load(), store.where);
    const account = stored.accounts.find((candidate) => candidate.username.toLowerCase() === username.toLowerCase());
    if (!account) return false;
    const accounts = stored.accounts.filter((candidate) => candidate !== account);
    await store.save(serialiseSignIns({ ...stored, accounts, msal: withoutAccount(stored.msal, account.homeAccountId) }));
    return true;
  });
}

/** Everything MSAL keeps of an account is marked with it. */
function withoutAccount(msal: string, homeAccountId: string): string {
  if (msal === '') return msal;
  const sections = Object.entries(JSON.parse(msal) as Record<string, Record<string, { home_account_id?: string }>>);
  const kept = sections.map(([name, entries]) => [
    name,
    Object.fromEntries(Object.entries(entries).filter(([, entry]) => entry.home_account_id !== homeAccountId)),
  ]);
  return JSON.stringify(Object.fromEntries(kept));
}

/** Whether the sign-in can be kept, before a person takes the trouble. */
async function checkStore(given: TokenStore): Promise<void> {
  const store = openStore(given);
  await store.withLock(async () => parseSignIns(await store.load(), store.where));
}

/** Asks the configured sign-in service, and no other host, whatever discovery says. */
async function askService<T>(
  request: LoginRequest,
  service: SignInService,
  ask: (client: PublicClientApplication) => Promise<T>,
  cache = { text: '' },
): Promise<T> {
  const http = ownOriginOnly(service.http, request.authorityHost);
  const client = await createPublicClient({ ...service, http }, { ...appOf(request), cachePlugin: createMemoryPlugin(cache) });
  try {
    return await ask(client);
  } catch (error) {
    // MSAL tells the kind of error alone
    const { error: unanswered } = service.trace;
    if (isGraphTransportError(unanswered)) throw unanswered;
    if (unanswered) throw notReached(request, unanswered);
    throw loginFailed(service.notes?.described ?? (isError(error) ? error.message : ''), request);
  }
}

async function keep(
  request: LoginRequest,
  service: SignInService,
  signIn: (client: PublicClientApplication) => Promise<AuthenticationResult | null>,
): Promise<SignedInAccount> {
  const store = openStore(request.store);
  // nothing is locked while a person is at the browser
  const cache = { text: '' };
  const notes: WireNotes = {};
  const result = await askService(request, { ...service, notes }, signIn, cache);
  if (!result?.account) throw loginFailed('no account came back', request);
  const { homeAccountId, username } = result.account;
  const now = new Date().toISOString();
  const account: SignedInAccount = {
    username,
    homeAccountId,
    clientId: request.clientId,
    authority: appOf(request).authority,
    scopes: [...request.scopes],
    signedInAt: now,
    renewedAt: now,
    refreshTokenLifetime: notes.refreshTokenLifetime,
  };
  await store.withLock(async () => {
    const stored = parseSignIns(await store.load(), store.where);
    await store.save(serialiseSignIns(withAccount(stored, account, mergeCaches(stored.msal, withoutAccessTokens(cache.text)))));
  });
  return account;
}

const appOf = ({ clientId, authorityHost, tenant }: LoginRequest) => ({ clientId, authority: `${authorityHost}/${tenant}` });
const fullScopes = ({ graphEndpoint, scopes }: LoginRequest) => scopes.map((scope) => `${graphEndpoint}/${scope}`);

async function withPatience<T>(promise: Promise<T>, patience: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new GraphTransportError('EAUTH', `nobody signed in within ${Math.round(patience / 60_000)} minutes. Run login again.`, {
            permanent: true,
          }),
        ),
      patience,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function notReached({ authorityHost }: LoginRequest, error: Error): GraphTransportError {
  const hint = connectionHint(error);
  const what = `the sign-in service at ${authorityHost} was not reached: ${describe(error)}`;
  return new GraphTransportError('ECONNECTION', hint === undefined ? what : `${what}. ${hint}`, { hint, cause: safeCause(error) });
}

/** What to do about a sign-in that was refused, by AADSTS code. */
const REMEDIES: readonly [RegExp, string][] = [
  [
    /AADSTS(530\d{2,4}|50199)/,
    'A policy blocks this way of signing in. By device code: leave --device-code out; otherwise ask your administrator.',
  ],
  [/AADSTS9002331/, 'The app is for personal accounts only: use --tenant consumers.'],
  [/AADSTS50194/, "The app is for one tenant only: use --tenant with that tenant's id or domain."],
  [
    /AADSTS(50020|50034|90072)/,
    'This account does not belong to that tenant: use --tenant consumers for a personal account, or the tenant of the account.',
  ],
  [/AADSTS(65001|90094|90095|900941)/, 'An administrator has to consent to the app first (the default since November 2025).'],
  [/AADSTS(65004|70018)|access_denied|declined/, 'The person said no.'],
  [/AADSTS50011/, 'Register http://localhost under "Mobile and desktop applications" of the app.'],
  [/AADSTS7000218/, 'Allow public client flows: Authentication › Advanced settings of the app registration.'],
  [/AADSTS70001[68]?\b|AADSTS700016/, 'Check --client-id and --tenant.'],
  [/AADSTS70020|expired_token|device_code_expired|DeviceCode.*expired/i, 'The code has expired. Run login again.'],
];

function loginFailed(text: string, { tenant }: LoginRequest): GraphTransportError {
  const said = (/AADSTS\d+: [^\r\n]*?(?=\s*(Trace ID:|Correlation ID:|$))/.exec(text)?.[0] ?? text.split(/[\r\n]/, 1)[0] ?? '').slice(
    0,
    300,
  );
  const hint = REMEDIES.find(([pattern]) => pattern.test(text))?.[1] ?? 'Run login again.';
  return new GraphTransportError('EAUTH', `the sign-in at ${tenant} failed${said ? `: ${said.replace(/[.]?$/, '.')}` : '.'} ${hint}`, {
    permanent: true,
    hint,
    graphCode: /AADSTS\d+/.exec(text)?.[0],
  });
}
