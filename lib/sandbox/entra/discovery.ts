import type { Answer } from '../http/exchange.js';

/** `GET /{tenant}/v2.0/.well-known/openid-configuration`: where the tenant's endpoints are. */
export function discover(origin: string, tenant: string): Answer {
  const base = `${origin}/${tenant}`;
  // Any tenant is described, where Entra answers 400 for an unknown one: MSAL has the metadata of
  // login.microsoftonline.com built in, so that a wrong tenant first fails at the token endpoint. Here too.
  return {
    status: 200,
    body: {
      token_endpoint: `${base}/oauth2/v2.0/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      issuer: `${base}/v2.0`,
      request_uri_parameter_supported: false,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      tenant_region_scope: null,
      cloud_instance_name: new URL(origin).host,
    },
  };
}

/** `GET /common/discovery/instance`: MSAL asks it whether it may trust an authority. */
export function discoverInstance(origin: string, tenant: string): Answer {
  const { host } = new URL(origin);
  return {
    status: 200,
    body: {
      tenant_discovery_endpoint: `${origin}/${tenant}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    },
  };
}
