/** What an access token for Graph says about its bearer. */
export interface TokenClaims {
  audience: string;
  tenantId: string | undefined;
  appId: string | undefined;
  /** The app's display name. */
  appName: string | undefined;
  /** Application permissions granted in Entra; those of RBAC for Applications are not among them. */
  roles: readonly string[];
  /** Delegated permissions; `undefined` in an app's own token. */
  scopes: readonly string[] | undefined;
  /** The signed-in user of a delegated token. */
  user: string | undefined;
}

/** Reads a token without checking it, which is Graph's to do. `undefined` if it is none that can be read, such as an opaque one. */
export function readClaims(token: string): TokenClaims | undefined {
  let claims: Record<string, unknown> | null;
  try {
    claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  if (typeof claims !== 'object' || claims === null) return undefined;
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined);
  return {
    audience: [claims['aud']].flat().join(' '),
    tenantId: text('tid'),
    // v1.0 tokens, which Graph gets, and v2.0
    appId: text('appid') ?? text('azp'),
    appName: text('app_displayname'),
    roles: Array.isArray(claims['roles']) ? claims['roles'].map(String) : [],
    scopes: text('scp')?.split(' ').filter(Boolean),
    user: text('upn') ?? text('preferred_username') ?? text('unique_name'),
  };
}
