import type { HttpOutcome, Requester } from '../base/http.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';

/** Two names Microsoft has for one service: its libraries know them by themselves and ask the newer one. */
const ALIASES = new Map([['https://login.chinacloudapi.cn', 'https://login.partner.microsoftonline.cn']]);
/** Where they ask which clouds there are, without any secret. */
const PUBLIC_DISCOVERY = 'https://login.microsoftonline.com';

/** Lets what proves who the app is go to the configured sign-in service and nowhere else: discovery may name any host. */
export function ownOriginOnly(http: Requester, authorityHost: string): Requester {
  const own = new URL(authorityHost).origin;
  return {
    ...http,
    request(request) {
      const { origin, username, password } = request.url;
      const isOwn = origin === own || origin === ALIASES.get(own) || (request.method === 'GET' && origin === PUBLIC_DISCOVERY);
      if (isOwn && username === '' && password === '') return http.request(request);
      const message = `the sign-in service at ${own} names another host to sign in at, ${origin}; nothing was sent there`;
      const error = new GraphTransportError('EAUTH', message, { permanent: true });
      return Promise.resolve<HttpOutcome>({ kind: 'failure', error, reason: 'abort', sent: false });
    },
  };
}
