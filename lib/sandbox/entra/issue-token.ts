import type { Answer } from '../http/exchange.js';
import type { App } from '../settings.js';
import { checkClientAssertion } from './client-assertion.js';
import type { EntraContext } from './context.js';
import { DELEGATED_GRANTS, issueDelegatedToken } from './delegated-grants.js';
import { invalidClient, TokenRefusal } from './token-refusal.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const domain = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i;

// resources every tenant knows; a token for one of them is good, but not at the sandbox's Graph
const wellKnownResources = new Set([
  'https://graph.microsoft.com',
  'https://graph.microsoft.us',
  'https://dod-graph.microsoft.us',
  'https://microsoftgraph.chinacloudapi.cn',
  'https://outlook.office.com',
  'https://outlook.office365.com',
]);

const refuse = (error: string, number: number, text: string): TokenRefusal => new TokenRefusal(400, error, number, text);

/**
 * `POST /{tenant}/oauth2/v2.0/token`: for the app itself here, for persons in delegated-grants.ts.
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 * @throws TokenRefusal
 */
export function issueToken(context: EntraContext, tenant: string, form: URLSearchParams): Answer {
  const grant = required(form, 'grant_type');
  if (DELEGATED_GRANTS.includes(grant)) return issueDelegatedToken(context, tenant, form);
  checkTenant(context, tenant);
  if (grant !== 'client_credentials') {
    throw refuse('unsupported_grant_type', 70003, `The app requested an unsupported grant type '${grant}'.`);
  }
  const clientId = required(form, 'client_id');
  const app = context.directory.app(clientId);
  if (!app) {
    throw refuse(
      'unauthorized_client',
      700016,
      `Application with identifier '${clientId}' was not found in the directory '${tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    );
  }
  const audience = audienceOf(context, tenant, required(form, 'scope'));
  checkCredential(context, tenant, app, form);
  const { tokenLifetime: lifetime } = context;
  return {
    status: 200,
    headers: { 'Cache-Control': 'no-store, no-cache' },
    body: { token_type: 'Bearer', expires_in: lifetime, ext_expires_in: lifetime, access_token: context.tokens.issue(app, audience) },
  };
}

function checkTenant({ directory }: EntraContext, tenant: string): void {
  if (!guid.test(tenant) && !domain.test(tenant)) {
    throw refuse(
      'invalid_request',
      900023,
      `Specified tenant identifier '${tenant}' is neither a valid DNS name, nor a valid external domain.`,
    );
  }
  if (!directory.isTenant(tenant)) {
    throw refuse(
      'invalid_request',
      90002,
      `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
    );
  }
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (!value) throw refuse('invalid_request', 900144, `The request body must contain the following parameter: '${name}'.`);
  return value;
}

function audienceOf(context: EntraContext, tenant: string, scope: string): string {
  // MSAL adds the OpenID scopes to every request of some versions; Entra ignores them here
  const scopes = scope.split(' ').filter((name) => name !== '' && !['openid', 'profile', 'offline_access'].includes(name));
  const resource = scopes[0] ?? '';
  if (scopes.length > 1)
    throw refuse(
      'invalid_scope',
      70011,
      `The provided value for the input parameter 'scope' is not valid. The scope '${scope}' is not valid.`,
    );
  if (!resource.endsWith('/.default')) {
    throw refuse(
      'invalid_scope',
      1002012,
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    );
  }
  const audience = resource.slice(0, -'/.default'.length);
  if (audience !== context.graphOrigin() && !wellKnownResources.has(audience)) {
    throw refuse(
      'invalid_resource',
      500011,
      `The resource principal named ${audience} was not found in the tenant named ${tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
    );
  }
  return audience;
}

function checkCredential(context: EntraContext, tenant: string, app: App, form: URLSearchParams): void {
  const secret = form.get('client_secret');
  const assertion = form.get('client_assertion');
  if (assertion) {
    if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
      throw refuse('invalid_request', 900144, `The request body must contain the following parameter: 'client_assertion_type'.`);
    }
    const issuer = `${context.origin()}/${tenant}`;
    checkClientAssertion(assertion, app, [`${issuer}/oauth2/v2.0/token`, `${issuer}/v2.0`, `${issuer}/`]);
    return;
  }
  if (!secret) {
    throw invalidClient(7000218, `The request body must contain the following parameter: 'client_assertion' or 'client_secret'.`);
  }
  if (secret !== app.clientSecret) {
    throw invalidClient(
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${app.clientId}'.`,
    );
  }
  if (app.secretExpires && app.secretExpires.getTime() <= Date.now()) {
    throw invalidClient(
      7000222,
      `The provided client secret keys for app '${app.clientId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
    );
  }
}
