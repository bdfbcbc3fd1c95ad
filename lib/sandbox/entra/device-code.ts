import type { Answer } from '../http/exchange.js';
import type { EntraContext } from './context.js';
import { readDelegatedRequest, refuseToken } from './delegated-request.js';
import { escapeHtml, form, page } from './sign-in-page.js';

/**
 * `POST /{tenant}/oauth2/v2.0/devicecode`
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
 */
export function startDeviceCode(context: EntraContext, tenant: string, posted: URLSearchParams): Answer {
  const { app, scopes, offline } = readDelegatedRequest(context, tenant, posted.get('client_id') ?? '', posted.get('scope') ?? '');
  if (!app.publicClient) {
    throw refuseToken(
      'invalid_client',
      7000218,
      `The request body must contain the following parameter: 'client_assertion' or 'client_secret'.`,
    );
  }
  const { deviceCode, userCode, expiresIn } = context.signIns.startDevice({ clientId: app.clientId, scopes, offline });
  const address = `${context.origin()}/common/oauth2/deviceauth`;
  return {
    status: 200,
    body: {
      user_code: userCode,
      device_code: deviceCode,
      verification_uri: address,
      expires_in: expiresIn,
      interval: 1,
      message: `To sign in, use a web browser to open the page ${address} and enter the code ${userCode} to authenticate.`,
    },
  };
}

/** `GET /common/oauth2/deviceauth`: where the code is entered. */
export function showDevicePage(context: EntraContext): Answer {
  const answers = context.directory.users.map(({ userPrincipalName }) => ({
    name: 'user',
    value: userPrincipalName,
    label: userPrincipalName,
  }));
  const field = '<p><label>Code <input name="code" autocomplete="off" required></label></p>';
  return page('Enter the code', form({}, field, [...answers, { name: 'deny', value: '1', label: 'Cancel' }]));
}

/** `POST` of that page. */
export function answerDevicePage(context: EntraContext, posted: URLSearchParams): Answer {
  const user = context.directory.users.find(({ userPrincipalName }) => userPrincipalName === posted.get('user'));
  const answer = posted.has('deny') ? 'declined' : user;
  const code = posted.get('code') ?? '';
  if (!answer || !context.signIns.answerDevice(code, answer))
    return page('Sign-in failed', `<p>The code ${escapeHtml(code)} is not known.</p>`, 400);
  return page('Signed in', '<p>You may close this window.</p>');
}
