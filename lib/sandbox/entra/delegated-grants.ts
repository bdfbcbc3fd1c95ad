import { createHash, randomUUID } from 'node:crypto';
import type { Answer } from '../http/exchange.js';
import { guidFor, type App, type Mailbox } from '../settings.js';
import type { EntraContext } from './context.js';
import { maySignInAt, readDelegatedRequest, refuseToken } from './delegated-request.js';
import { PERSONAL_TENANT } from './personal-tenant.js';
import { SPA_LIFETIME, type Grant } from './sign-ins.js';
import { invalidClient } from './token-refusal.js';

/** The grants with which a person's sign-in becomes tokens. */
export const DELEGATED_GRANTS = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code', 'device_code'];

/**
 * `POST /{tenant}/oauth2/v2.0/token` for a person.
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow, …/v2-oauth2-device-code
 * @throws TokenRefusal
 */
export function issueDelegatedToken(context: EntraContext, tenant: string, form: URLSearchParams): Answer {
  const grantType = form.get('grant_type') ?? '';
  if (grantType === 'authorization_code') return redeemCode(context, tenant, form);
  return grantType === 'refresh_token' ? refresh(context, tenant, form) : pollDevice(context, tenant, form);
}

function redeemCode(context: EntraContext, tenant: string, form: URLSearchParams): Answer {
  const code = context.signIns.redeemCode(required(form, 'code'));
  if (!code)
    throw refuseToken(
      'invalid_grant',
      54005,
      'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
    );
  const { app } = readDelegatedRequest(context, tenant, required(form, 'client_id'), form.get('scope') ?? '');
  checkSecret(app, form);
  if (app.clientId !== code.clientId)
    throw refuseToken('invalid_grant', 70000, 'The provided authorization code was issued to another client.');
  if (form.get('redirect_uri') !== code.redirectUri)
    throw refuseToken(
      'invalid_client',
      500112,
      'The reply address does not match the reply address provided when requesting Authorization code.',
    );
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url');
  if (code.challenge !== undefined && code.challenge !== challenge)
    throw refuseToken(
      'invalid_grant',
      501481,
      'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
    );
  return tokensFor(context, app, code, form);
}

function refresh(context: EntraContext, tenant: string, form: URLSearchParams): Answer {
  const value = required(form, 'refresh_token');
  const { app, scopes } = readDelegatedRequest(context, tenant, required(form, 'client_id'), form.get('scope') ?? '');
  checkSecret(app, form);
  const token = context.signIns.refreshToken(value);
  if (!token || token.clientId !== app.clientId)
    throw refuseToken('invalid_grant', 9002313, 'Invalid request. Request is malformed or invalid.');
  if (token.state === 'revoked')
    throw refuseToken(
      'invalid_grant',
      50173,
      'The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.',
    );
  if (token.state === 'replaced')
    throw refuseToken(
      'invalid_grant',
      70000,
      "The provided value for the input parameter 'refresh_token' is not valid: it was used before.",
    );
  if (token.expiresAt <= Date.now()) {
    throw app.spa
      ? refuseToken(
          'invalid_grant',
          700084,
          'The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which cannot be extended.',
        )
      : refuseToken('invalid_grant', 700082, 'The refresh token has expired due to inactivity.');
  }
  const missing = scopes.filter((name) => !token.scopes.includes(name));
  if (missing.length > 0) throw consentMissing(app);
  const granted = { ...token, scopes: scopes.length > 0 ? scopes : token.scopes };
  return tokensFor(context, app, granted, form, context.signIns.rotate(value, token, app.spa));
}

function pollDevice(context: EntraContext, tenant: string, form: URLSearchParams): Answer {
  const deviceCode = required(form, form.has('device_code') ? 'device_code' : 'code');
  const device = context.signIns.device(deviceCode);
  const app = context.directory.app(required(form, 'client_id'));
  if (!device || !app || device.clientId !== app.clientId)
    throw refuseToken('bad_verification_code', 70000, 'The provided device_code is not valid.');
  if (device.expiresAt <= Date.now())
    throw refuseToken(
      'expired_token',
      70020,
      "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
    );
  if (device.answer === undefined)
    throw refuseToken('authorization_pending', 70016, 'OAuth 2.0 device flow error. Authorization is pending. Continue polling.');
  context.signIns.endDevice(deviceCode);
  if (device.answer === 'declined')
    throw refuseToken('authorization_declined', 70018, 'The end user has denied the authorization request.');
  if (context.deviceCodeBlocked)
    throw refuseToken(
      'invalid_grant',
      53003,
      'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.',
    );
  if (!maySignInAt(device.answer, tenant, app)) throw wrongAccount(device.answer);
  if (app.consent === false) throw consentMissing(app);
  return tokensFor(context, app, { ...device, user: device.answer, nonce: undefined }, form);
}

/** Signs a person in who has just said yes. */
function tokensFor(context: EntraContext, app: App, grant: Grant, form: URLSearchParams, replacement?: string): Answer {
  const { tokens, tokenLifetime: lifetime, signIns } = context;
  const { user, scopes } = grant;
  const tid = user.personal ? PERSONAL_TENANT : context.directory.tenantId;
  const oid = user.personal ? `00000000-0000-0000-${guidFor(user.userPrincipalName).slice(19)}` : user.id;
  const claims = { tid, oid, sub: guidFor(`${app.clientId} ${user.userPrincipalName}`), name: user.displayName ?? user.userPrincipalName };
  const refreshToken = replacement ?? (grant.offline ? signIns.issueRefreshToken(grant, app.spa ? SPA_LIFETIME : undefined) : undefined);
  const openid = (form.get('scope') ?? '').split(' ').includes('openid');
  return {
    status: 200,
    headers: { 'Cache-Control': 'no-store, no-cache' },
    body: {
      token_type: 'Bearer',
      scope: scopes.map((name) => `${context.graphOrigin()}/${name}`).join(' '),
      expires_in: lifetime,
      ext_expires_in: lifetime,
      access_token: tokens.issue(app, context.graphOrigin(), {
        ...claims,
        roles: undefined,
        idtyp: 'user',
        appidacr: app.clientSecret ? '1' : '0',
        scp: scopes.join(' '),
        upn: user.userPrincipalName,
      }),
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      ...(app.spa && { refresh_token_expires_in: Math.round(SPA_LIFETIME / 1000) }),
      ...(openid && {
        id_token: tokens.sign({
          ...claims,
          aud: app.clientId,
          iss: `${context.origin()}/${tid}/v2.0`,
          preferred_username: user.userPrincipalName,
          ver: '2.0',
          uti: randomUUID(),
          ...(grant.nonce !== undefined && { nonce: grant.nonce }),
        }),
      }),
      client_info: Buffer.from(JSON.stringify({ uid: oid, utid: tid })).toString('base64url'),
    },
  };
}

/** Without a secret for public clients, with it for confidential ones. */
function checkSecret(app: App, form: URLSearchParams): void {
  if (app.publicClient) return;
  const secret = form.get('client_secret');
  if (secret === null)
    throw invalidClient(7000218, `The request body must contain the following parameter: 'client_assertion' or 'client_secret'.`);
  if (secret !== app.clientSecret)
    throw invalidClient(
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${app.clientId}'.`,
    );
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (!value) throw refuseToken('invalid_request', 900144, `The request body must contain the following parameter: '${name}'.`);
  return value;
}

/** The person, or an administrator for him, has not allowed it. */
export const consentMissing = (app: App) =>
  refuseToken(
    'invalid_grant',
    65001,
    `The user or administrator has not consented to use the application with ID '${app.clientId}' named 'Sandbox app'. Send an interactive authorization request for this user and resource.`,
  );

/** A personal account at a tenant's door, or the other way round. */
export const wrongAccount = (user: Mailbox) =>
  refuseToken(
    'invalid_request',
    50020,
    `User account '${user.userPrincipalName}' from identity provider 'live.com' does not exist in tenant and cannot access the application in that tenant.`,
  );
