import type { Answer } from '../http/exchange.js';
import type { EntraContext } from './context.js';
import { consentMissing } from './delegated-grants.js';
import { maySignInAt, readDelegatedRequest } from './delegated-request.js';
import { escapeHtml, form, page } from './sign-in-page.js';
import { TokenRefusal } from './token-refusal.js';

/** Shown, and not sent to an address nobody registered. */
const complain = (number: number, text: string): Answer => page('Sign-in failed', `<p>AADSTS${number}: ${escapeHtml(text)}</p>`, 400);

/** `GET /{tenant}/oauth2/v2.0/authorize`: who signs in, and whether he agrees. */
export function showSignIn(context: EntraContext, tenant: string, query: URLSearchParams): Answer {
  const app = context.directory.app(query.get('client_id') ?? '');
  if (!app) return complain(700016, `Application with identifier '${query.get('client_id') ?? ''}' was not found in the directory.`);
  const redirectUri = query.get('redirect_uri') ?? '';
  if (!isRegistered(redirectUri, app.redirectUris))
    return complain(
      50011,
      `The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application '${app.clientId}'.`,
    );
  try {
    if (query.get('response_type') !== 'code') return back(query, { error: 'unsupported_response_type' });
    const { scopes } = readDelegatedRequest(context, tenant, app.clientId, query.get('scope') ?? '');
    const hint = query.get('login_hint')?.toLowerCase();
    const users = context.directory.users.filter((user) => maySignInAt(user, tenant, app));
    const chosen = users.filter(({ userPrincipalName }) => userPrincipalName.toLowerCase() === hint);
    const answers = (chosen.length > 0 ? chosen : users).map(({ userPrincipalName }) => ({
      name: 'user',
      value: userPrincipalName,
      label: userPrincipalName,
    }));
    const asks = scopes.map((scope) => `<li>${escapeHtml(scope)}</li>`).join('');
    return page(
      'Sign in',
      `<p>The app asks for:</p><ul>${asks}</ul>${form(Object.fromEntries(query), '', [...answers, { name: 'deny', value: '1', label: 'Cancel' }])}`,
    );
  } catch (error) {
    if (error instanceof TokenRefusal) return back(query, { error: error.code, error_description: error.message });
    throw error;
  }
}

/** `POST` of that page: back to the app, with a code or with the reason why not. */
export function answerSignIn(context: EntraContext, tenant: string, posted: URLSearchParams): Answer {
  const shown = showSignIn(context, tenant, posted);
  if (shown.status !== 200) return shown;
  if (posted.has('deny'))
    return back(posted, { error: 'access_denied', error_description: 'AADSTS65004: User declined to consent to access the app.' });
  const { app, scopes, offline } = readDelegatedRequest(context, tenant, posted.get('client_id') ?? '', posted.get('scope') ?? '');
  const user = context.directory.users.find(({ userPrincipalName }) => userPrincipalName === posted.get('user'));
  if (!user) return complain(50034, `The user account ${posted.get('user') ?? ''} does not exist in the directory.`);
  if (app.consent === false) {
    const { code, message } = consentMissing(app);
    return back(posted, { error: code === 'invalid_grant' ? 'consent_required' : code, error_description: message });
  }
  const code = context.signIns.issueCode({
    clientId: app.clientId,
    user,
    scopes,
    offline,
    nonce: posted.get('nonce') ?? undefined,
    redirectUri: posted.get('redirect_uri') ?? '',
    challenge: posted.get('code_challenge') ?? undefined,
    tenant,
  });
  return back(posted, { code, session_state: '0' });
}

function back(query: URLSearchParams, answer: Record<string, string>): Answer {
  const url = new URL(query.get('redirect_uri') ?? '');
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  const state = query.get('state');
  if (state !== null) url.searchParams.set('state', state);
  return { status: 302, headers: { Location: url.href, 'Cache-Control': 'no-store, no-cache' } };
}

/** A registered loopback address goes with any port (RFC 8252, section 7.3). */
function isRegistered(uri: string, registered: readonly string[]): boolean {
  if (!URL.canParse(uri)) return false;
  const withoutPort = (text: string) => {
    const url = new URL(text);
    if (url.hostname === 'localhost' || url.hostname === '127.0.0.1') url.port = '';
    return url.href;
  };
  return registered.some((candidate) => withoutPort(candidate) === withoutPort(uri));
}
