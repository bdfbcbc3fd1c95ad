import type { AccessToken, GetTokenOptions, TokenCredential } from './token-credential.js';
import { raceAbort, type Cancellation } from '../base/cancellation.js';
import { isHeard, signIns, traced } from '../base/channels.js';
import type { TracedSignIn } from '../base/traced.js';
import { isGraphTransportError } from '../errors/graph-transport-error.js';
import { isError } from '../errors/is-error.js';
import { claimsOf } from './claims-challenge.js';
import { readToken } from './read-token.js';

/** Where the HTTP layer gets its bearer token from. */
export interface TokenSource {
  /** A token that is still good for a while; one request in flight at a time, however many callers. */
  get(signal?: Cancellation): Promise<string>;
  /** Begins to fetch a token if there is none; whether that works, `get` tells. */
  prepare(): void;
  /**
   * Forgets a token Graph refused, so that the next `get` fetches a fresh one.
   *
   * @param challenge Graph's `WWW-Authenticate`: what it says is missing is asked for
   */
  discard(token: string, challenge?: string): void;
  /** Lets go of what is being fetched: whoever asks next does not wait for it. */
  release(): void;
}

/** When to renew. Pure, so that it can be tested with any clock. */
export type TokenAge = 'fresh' | 'renew-soon' | 'expired';

/** A token this close to its end is not used any more: the request has to arrive, too. */
const UNUSABLE_BEFORE_END = 2 * 60_000;
/** From here on it is renewed in the background while the old one still serves. */
const RENEW_BEFORE_END = 10 * 60_000;

export function tokenAge(token: Pick<AccessToken, 'expiresOnTimestamp' | 'refreshAfterTimestamp'>, now: number): TokenAge {
  const left = token.expiresOnTimestamp - now;
  if (left <= UNUSABLE_BEFORE_END) return 'expired';
  if (left <= RENEW_BEFORE_END || (token.refreshAfterTimestamp !== undefined && now >= token.refreshAfterTimestamp)) return 'renew-soon';
  return 'fresh';
}

export interface TokenSourceOptions {
  scope: string | readonly string[];
  /** Makes the credential; called again after a discarded token, since credentials keep a cache of their own. */
  createCredential: () => Promise<TokenCredential>;
  /** Milliseconds after which a credential that does not answer is given up. */
  timeout: number;
  /** Told when renewing a token that still serves fails. */
  onBackgroundError?: (error: unknown) => void;
  now?: () => number;
}

/** Caches one credential's token: single flight, renewed before it expires. */
export function createTokenSource({
  scope,
  createCredential,
  timeout,
  onBackgroundError,
  now = Date.now,
}: TokenSourceOptions): TokenSource {
  let credential: Promise<TokenCredential> | undefined;
  let current: AccessToken | undefined;
  let pending: Promise<AccessToken> | undefined;
  let retryBackgroundAt = 0;
  /** What the next token must have; a credential goes past its cache for it. */
  let claims: string | undefined;

  async function fetchToken(): Promise<AccessToken> {
    credential ??= createCredential();
    const { signal, stop } = deadline(timeout);
    try {
      // raced as well: a credential of the app's own may ignore the signal
      const asked = await credential;
      const given = await raceAbort(ask(asked, { abortSignal: signal, ...(claims !== undefined && { claims }) }), signal);
      const token = readToken(given, asked);
      claims = undefined;
      return token;
    } catch (error) {
      credential = undefined;
      throw error;
    } finally {
      stop();
    }
  }

  /** What a credential throws may say anything: only its kind is told. */
  async function fetchTraced(): Promise<AccessToken> {
    const event: TracedSignIn = { needed: !current || tokenAge(current, now()) === 'expired' };
    const settle = traced(signIns, event, async () => {
      try {
        return { token: await fetchToken() };
      } catch (error) {
        event.failure = kindOf(error);
        return { error };
      }
    });
    const { token, error } = await settle;
    if (!token) throw error;
    return token;
  }

  // in a function of its own: the app's may be synchronous
  async function ask(asked: TokenCredential, options: GetTokenOptions): Promise<unknown> {
    return asked.getToken(scope as string | string[], options);
  }

  function refresh(): Promise<AccessToken> {
    if (pending) return pending;
    const fetching = (isHeard(signIns) ? fetchTraced() : fetchToken()).then(
      (token) => {
        if (pending === fetching) pending = undefined;
        current = token;
        return token;
      },
      (error: unknown) => {
        if (pending === fetching) pending = undefined;
        throw error;
      },
    );
    return (pending = fetching);
  }

  return {
    async get(signal) {
      signal?.throwIfAborted();
      const age = current ? tokenAge(current, now()) : 'expired';
      if (current && age !== 'expired') {
        if (age === 'renew-soon' && now() >= retryBackgroundAt) {
          // a failure here is not the message's: the old token still serves, and is asked for again in a while
          retryBackgroundAt = now() + 30_000;
          refresh().catch((error: unknown) => onBackgroundError?.(error));
        }
        return current.token;
      }
      const token = signal ? await raceAbort(refresh(), signal) : await refresh();
      return token.token;
    },
    prepare() {
      if (!current || tokenAge(current, now()) === 'expired') refresh().catch(() => undefined);
    },
    discard(token, challenge) {
      if (current?.token !== token) return;
      current = undefined;
      credential = undefined;
      claims = claimsOf(challenge);
    },
    release() {
      pending = undefined;
      credential = undefined;
    },
  };
}

/** The code of a refused sign-in, or the name of the error. */
function kindOf(error: unknown): string {
  if (isGraphTransportError(error)) return error.graphCode ?? error.code;
  if (!isError(error)) return 'unknown';
  return /AADSTS\d+/.exec(error.message)?.[0] ?? (/^\w{1,60}$/.test(error.name) ? error.name : 'Error');
}

/** Aborts after so many milliseconds; whoever waits for a token keeps the process alive meanwhile, a renewal in the background does not. */
function deadline(ms: number): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const late = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  // after a freeze every timer is late: what has arrived meanwhile is read first
  const timer = setTimeout(() => setImmediate(late), ms).unref();
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}
