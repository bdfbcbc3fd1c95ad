import type { ICachePlugin, PublicClientApplication } from '@azure/msal-node';
import type { Requester } from '../../base/http.js';
import type { SignInTrace } from '../../errors/from-sign-in.js';
import { loadAzure } from '../load-azure.js';
import { createMsalNetwork, type WireNotes } from './msal-network.js';

/** Reaching the sign-in service. */
export interface SignInService {
  http: Requester;
  /** Filled with what happened on the wire. */
  trace: SignInTrace;
  /** Whether the authority is one of Microsoft's own; others are not asked about at login.microsoftonline.com. */
  wellKnownAuthority: boolean;
  /** Filled with what MSAL does not pass on. */
  notes?: WireNotes | undefined;
}

/** MSAL's configuration for one app at one authority. */
export function configurationFor(
  { http, trace, wellKnownAuthority, notes }: SignInService,
  {
    clientId,
    authority,
    cachePlugin,
    clientSecret,
  }: { clientId: string; authority: string; cachePlugin?: ICachePlugin; clientSecret?: string },
) {
  return {
    auth: {
      clientId,
      authority,
      ...(clientSecret !== undefined && { clientSecret }),
      ...(!wellKnownAuthority && { knownAuthorities: [new URL(authority).host] }),
    },
    ...(cachePlugin && { cache: { cachePlugin } }),
    // its own repeats are of requests that ours repeats already
    system: { networkClient: createMsalNetwork(http, trace, notes), disableInternalRetries: true },
  };
}

/** A client without a secret, as a person's computer is one. */
export async function createPublicClient(
  service: SignInService,
  app: { clientId: string; authority: string; cachePlugin?: ICachePlugin },
): Promise<PublicClientApplication> {
  const { PublicClientApplication } = await loadAzure();
  return new PublicClientApplication(configurationFor(service, app));
}

/** MSAL's cache plugin over a text that is in memory, under the store's lock. */
export function createMemoryPlugin(cache: { text: string }): ICachePlugin {
  return {
    beforeCacheAccess(context) {
      if (cache.text !== '') context.tokenCache.deserialize(cache.text);
      return Promise.resolve();
    },
    afterCacheAccess(context) {
      if (context.cacheHasChanged) cache.text = context.tokenCache.serialize();
      return Promise.resolve();
    },
  };
}

/** MSAL's cache without access tokens: they end within the hour, and one that Graph refused must not come back from the disk. */
export function withoutAccessTokens(serialised: string): string {
  if (serialised === '') return '';
  return JSON.stringify({ ...(JSON.parse(serialised) as object), AccessToken: {} });
}

/** The refresh tokens in MSAL's cache, which hands them out to nobody else. */
export function refreshTokensIn(serialised: string): string[] {
  const tokens = (JSON.parse(serialised === '' ? '{}' : serialised) as { RefreshToken?: Record<string, { secret: string }> }).RefreshToken;
  return Object.values(tokens ?? {}).map(({ secret }) => secret);
}
