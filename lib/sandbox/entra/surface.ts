import type { Exchange } from '../http/exchange.js';
import type { Surface, Visit } from '../http/serve.js';
import { mediaType } from '../http/read-body.js';
import { Refusal } from '../refusal.js';
import type { EntraContext } from './context.js';
import { answerSignIn, showSignIn } from './authorize.js';
import { answerDevicePage, showDevicePage, startDeviceCode } from './device-code.js';
import { discover, discoverInstance } from './discovery.js';
import { issueToken } from './issue-token.js';
import { describeTokenRefusal, TokenRefusal } from './token-refusal.js';

/** The sign-in service: discovery and the token endpoint. */
export function createEntraSurface(context: EntraContext): Surface {
  return {
    open: (exchange) => {
      const known = { mailbox: undefined, enter: () => () => undefined };
      const route = `${exchange.method} ${exchange.path}`;
      const token = /^POST \/([^/]+)\/oauth2\/v2\.0\/token$/.exec(route)?.[1];
      if (token !== undefined) {
        return { ...known, operation: 'token', run: () => issueToken(context, token, readForm(exchange)) };
      }
      const tenant = /^GET \/([^/]+)\/v2\.0\/\.well-known\/openid-configuration$/.exec(route)?.[1];
      if (tenant !== undefined) return { ...known, operation: 'discovery', run: () => discover(context.origin(), tenant) };
      if (/^GET \/[^/]+\/discovery\/instance$/.test(route)) {
        return { ...known, operation: 'discovery', run: () => discoverInstance(context.origin(), 'common') };
      }
      const person = personVisit(context, exchange, route);
      if (person) return { ...known, ...person };
      return {
        ...known,
        operation: 'unknown',
        run: () => {
          throw new Refusal(404, 'not_found', `The sandbox has no ${route}.`);
        },
      };
    },
    refuse: (refusal, exchange) => describeTokenRefusal(refusal, exchange, context.origin()),
    defaultError: (status) => {
      if (status === 401) return ['invalid_client', 'AADSTS7000215: Invalid client secret provided.'];
      if (status === 429 || status >= 500)
        return ['temporarily_unavailable', 'AADSTS90033: A transient error has occurred. Please try again.'];
      return ['invalid_request', 'AADSTS900144: The request body is not valid.'];
    },
  };
}

/** The pages where a person signs in, and what a device asks. */
function personVisit(context: EntraContext, exchange: Exchange, route: string): Pick<Visit, 'operation' | 'run'> | undefined {
  const tenantOf = (pattern: RegExp) => pattern.exec(route)?.[1];
  const shown = tenantOf(/^GET \/([^/]+)\/oauth2\/v2\.0\/authorize$/);
  if (shown !== undefined) return { operation: 'authorize', run: () => showSignIn(context, shown, exchange.query) };
  const answered = tenantOf(/^POST \/([^/]+)\/oauth2\/v2\.0\/authorize$/);
  if (answered !== undefined) return { operation: 'authorize', run: () => answerSignIn(context, answered, readForm(exchange)) };
  const device = tenantOf(/^POST \/([^/]+)\/oauth2\/v2\.0\/devicecode$/);
  if (device !== undefined) return { operation: 'deviceCode', run: () => startDeviceCode(context, device, readForm(exchange)) };
  if (route === 'GET /common/oauth2/deviceauth') return { operation: 'deviceCode', run: () => showDevicePage(context) };
  if (route === 'POST /common/oauth2/deviceauth') {
    return { operation: 'deviceCode', run: () => answerDevicePage(context, readForm(exchange)) };
  }
  return undefined;
}

function readForm({ request, body }: Exchange): URLSearchParams {
  if (mediaType(request.headers['content-type']) !== 'application/x-www-form-urlencoded') {
    throw new TokenRefusal(400, 'invalid_request', 900144, `The request body must contain the following parameter: 'grant_type'.`);
  }
  return new URLSearchParams(body.toString());
}
