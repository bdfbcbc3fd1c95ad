import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import type { Requester } from '../../base/http.js';
import type { SignInTrace } from '../../errors/from-sign-in.js';
import { ask } from '../ask.js';

/** What the service said that MSAL does not pass on. */
export interface WireNotes {
  /** `error_description` of the last answer. */
  described?: string | undefined;
  /** Seconds a refresh token lives, where the service limits it. */
  refreshTokenLifetime?: number | undefined;
}

/** Lets MSAL use this transport's connections. */
export function createMsalNetwork(http: Requester, trace: SignInTrace, notes: WireNotes = {}): INetworkModule {
  async function send<T>(
    method: 'GET' | 'POST',
    url: string,
    { headers = {}, body }: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> {
    const outcome = await ask(http, trace, { url: new URL(url), method, headers, body });
    if (outcome.kind === 'failure') throw outcome.error;
    let parsed: unknown = {};
    try {
      parsed = JSON.parse(outcome.body.toString('utf8'));
    } catch {
      // an error page of something in between; the status tells
    }
    const { error_description: described, refresh_token_expires_in: lifetime } = parsed as Record<string, unknown>;
    notes.described = typeof described === 'string' ? described : undefined;
    if (lifetime !== undefined) notes.refreshTokenLifetime = Number(lifetime);
    return { headers: outcome.headers, body: parsed as T, status: outcome.status };
  }
  return {
    sendGetRequestAsync: (url, options) => send('GET', url, options),
    sendPostRequestAsync: (url, options) => send('POST', url, options),
  };
}
