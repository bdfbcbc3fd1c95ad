/**
 * The claims a refused token lacks, from `WWW-Authenticate: Bearer …, claims="BASE64"`, as `getToken()` takes them.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
export function claimsOf(challenge: string | undefined): string | undefined {
  const encoded = /\bclaims="([^"]+)"/i.exec(challenge ?? '')?.[1];
  if (encoded === undefined) return undefined;
  try {
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    const claims: unknown = JSON.parse(text);
    return typeof claims === 'object' && claims !== null ? text : undefined;
  } catch {
    return undefined;
  }
}
