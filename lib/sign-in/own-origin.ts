import type { HttpOutcome, Requester } from '../base/http.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';

/** Two names Microsoft has for one service: its libraries know them by themselves and ask the newer one. */
const ALIASES = new Map([['https://login.chinacloudapi.cn', 'https://login.partner.microsoftonline.cn']]);
/** Of the global cloud; where they ask which clouds there are, without any secret. */
export const PUBLIC_DISCOVERY = 'https://login.microsoftonline.com';

/** Lets what proves who the app is go to the configured sign-in service and nowhere else: discovery may name any host. */
export function ownOriginOnly(http: Requester, authorityHost: string): Requester {
  return {
    ...http,
    request(request) {
      const { origin, username, password } = request.url;
      if (isOwnOrigin(request.url, authorityHost)) return http.request(request);
      if (request.method === 'GET' && origin === PUBLIC_DISCOVERY && username === '' && password === '') return http.request(request);
      const error = otherOrigin(request.url, authorityHost);
      return Promise.resolve<HttpOutcome>({ kind: 'failure', error, reason: 'abort', sent: false });
    },
  };
}

/** Whether an address is one of the configured sign-in service. */
export function isOwnOrigin({ origin, username, password }: URL, authorityHost: string): boolean {
  const own = new URL(authorityHost).origin;
  return (origin === own || origin === ALIASES.get(own)) && username === '' && password === '';
}

/** `EAUTH`, permanent: discovery names a host that nobody configured. */
export function otherOrigin({ origin }: URL, authorityHost: string): GraphTransportError {
  const message = `the sign-in service at ${new URL(authorityHost).origin} names another host to sign in at, ${origin}; nothing was sent there`;
  return new GraphTransportError('EAUTH', message, { permanent: true });
}
