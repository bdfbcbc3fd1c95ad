import { randomBytes, randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { invalidToken } from '../refusal.js';
import { guidFor, type App } from '../settings.js';
import type { SandboxCaller } from '../types.js';
import { PERSONAL_TENANT } from './personal-tenant.js';
import type { SigningKey } from './signing-key.js';

/** Who calls, as the access token says. */
export type Caller = SandboxCaller;

/** Issues and checks the tenant's access tokens. */
export class AccessTokens {
  /** Of this sandbox alone, though others of the process sign with the same key. */
  readonly #keyId = randomBytes(20).toString('base64url');

  constructor(
    private readonly key: SigningKey,
    private readonly tenantId: string,
    private readonly lifetime: number,
  ) {}

  /** The claims of a v1.0 token, which is what Graph gets. A claim replaced by undefined is left out. */
  issue(app: App, audience: string, replaced: Record<string, unknown> = {}): string {
    const now = Math.floor(Date.now() / 1000);
    const object = guidFor(`service principal ${app.clientId}`);
    const claims = {
      aud: audience,
      iss: `https://sts.windows.net/${this.tenantId}/`,
      iat: now,
      nbf: now,
      exp: now + this.lifetime,
      app_displayname: 'Sandbox app',
      appid: app.clientId,
      appidacr: app.clientSecret ? '1' : '2',
      idp: `https://sts.windows.net/${this.tenantId}/`,
      idtyp: 'app',
      oid: object,
      // an app without roles still gets a token, it only lacks the claim
      ...(app.roles.length > 0 ? { roles: app.roles } : {}),
      sub: object,
      tid: this.tenantId,
      uti: randomUUID(),
      ver: '1.0',
      ...replaced,
    };
    return this.#sign(claims);
  }

  /** A token about a person, for the app itself. */
  sign(claims: Record<string, unknown>): string {
    const now = Math.floor(Date.now() / 1000);
    return this.#sign({ iat: now, nbf: now, exp: now + this.lifetime, ...claims });
  }

  #sign(claims: Record<string, unknown>): string {
    // through JSON, which drops what is undefined; jsonwebtoken would refuse it
    return jwt.sign(JSON.stringify(claims), this.key.privateKey, {
      algorithm: 'RS256',
      header: { alg: 'RS256', typ: 'JWT', kid: this.#keyId },
    });
  }

  /**
   * Checks an Authorization header.
   * @throws Refusal with the message Graph has for the defect
   */
  check(authorization: string | undefined, audience: string): Caller {
    const token = /^Bearer (.*)$/i.exec(authorization ?? '')?.[1]?.trim() ?? '';
    if (token === '') throw invalidToken('Access token is empty.');
    const claims = this.#verify(token);
    if (claims.aud !== audience) throw invalidToken('Access token validation failure. Invalid audience.');
    if (claims.tid !== this.tenantId && claims.tid !== PERSONAL_TENANT)
      throw invalidToken('Access token validation failure. Invalid issuer.');
    const text = (name: string): string | undefined => (typeof claims[name] === 'string' ? claims[name] : undefined);
    const scopes = text('scp')?.split(' ').filter(Boolean);
    return {
      appId: text('appid') ?? '',
      displayName: text('app_displayname') ?? '',
      roles: Array.isArray(claims.roles) ? claims.roles.map(String) : [],
      scopes,
      user: scopes ? (text('upn') ?? text('oid')) : undefined,
      audience,
      issuedAt: new Date((claims.iat ?? 0) * 1000),
      expiresAt: new Date((claims.exp ?? 0) * 1000),
    };
  }

  #verify(token: string): jwt.JwtPayload {
    const parsed = jwt.decode(token, { complete: true });
    if (!parsed?.payload) throw invalidToken('CompactToken parsing failed with error code: 80049217');
    try {
      if (parsed.header.kid !== this.#keyId) throw new Error('another key');
      return jwt.verify(token, this.key.publicKey, { algorithms: ['RS256'] }) as jwt.JwtPayload;
    } catch (error) {
      if (error instanceof jwt.TokenExpiredError) throw invalidToken('Lifetime validation failed, the token is expired.');
      if (error instanceof jwt.NotBeforeError) throw invalidToken('Access token has expired or is not yet valid.');
      throw invalidToken('Access token validation failure. Invalid signature.');
    }
  }
}
