import type { App, Mailbox } from '../settings.js';
import type { EntraContext } from './context.js';
import { PERSONAL_TENANT } from './personal-tenant.js';
import { TokenRefusal } from './token-refusal.js';

/** What a person can allow an app at Graph, as far as the sandbox goes. */
const SCOPES = ['Mail.Send', 'Mail.Send.Shared', 'Mail.ReadWrite', 'Mail.ReadWrite.Shared', 'Mail.Read', 'User.Read'];
const OPENID = ['openid', 'profile', 'email', 'offline_access'];

/** What an app asks a person for. */
export interface DelegatedRequest {
  app: App;
  scopes: string[];
  offline: boolean;
}

export const refuseToken = (error: string, number: number, text: string): TokenRefusal => new TokenRefusal(400, error, number, text);

/**
 * Checks app, tenant and scopes of a person's sign-in.
 * @throws TokenRefusal
 */
export function readDelegatedRequest(context: EntraContext, tenant: string, clientId: string, scope: string): DelegatedRequest {
  const app = context.directory.app(clientId);
  if (!app) throw refuseToken('unauthorized_client', 700016, `Application with identifier '${clientId}' was not found in the directory.`);
  const personal = isPersonalTenant(tenant);
  if (app.accounts === 'personal' && !personal) {
    throw refuseToken(
      'invalid_request',
      9002331,
      `Application '${clientId}' is configured for use by Microsoft Account users only. Please use the /consumers endpoint to serve this request.`,
    );
  }
  if (app.accounts === 'work' && (personal || /^common$/i.test(tenant))) {
    throw personal
      ? refuseToken('unauthorized_client', 70001, `The application '${clientId}' is not enabled for consumers.`)
      : refuseToken(
          'invalid_request',
          50194,
          `Application '${clientId}' is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps.`,
        );
  }
  if (!personal && !/^(common|organizations)$/i.test(tenant) && !context.directory.isTenant(tenant)) {
    throw refuseToken(
      'invalid_request',
      90002,
      `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
    );
  }
  const asked = scope.split(' ').filter(Boolean);
  const scopes = asked.filter((name) => !OPENID.includes(name)).map((name) => shortScope(context, name));
  const wrong = scopes.find((name) => !SCOPES.includes(name) && name !== '.default');
  if (wrong !== undefined || (personal && scopes.includes('.default')) || (scopes.includes('.default') && scopes.length > 1)) {
    throw refuseToken(
      'invalid_scope',
      70011,
      `The provided value for the input parameter 'scope' is not valid. The scope '${scope}' is not valid.`,
    );
  }
  // /.default asks for all that the registration names
  const wanted = scopes.includes('.default') ? ['Mail.Send', 'Mail.ReadWrite'] : scopes;
  return { app, scopes: wanted, offline: asked.includes('offline_access') };
}

function shortScope(context: EntraContext, name: string): string {
  const resources = [context.graphOrigin(), 'https://graph.microsoft.com'];
  const resource = resources.find((candidate) => name.toLowerCase().startsWith(`${candidate.toLowerCase()}/`));
  return resource === undefined ? name : name.slice(resource.length + 1);
}

/** Whether a tenant in a path is that of personal accounts. */
export function isPersonalTenant(tenant: string): boolean {
  return /^consumers$/i.test(tenant) || tenant.toLowerCase() === PERSONAL_TENANT;
}

/** Whether a person can sign in there: personal accounts at /consumers and /common, work accounts elsewhere. */
export function maySignInAt(user: Mailbox, tenant: string, app: App): boolean {
  if (/^common$/i.test(tenant)) return app.accounts === 'both' || (app.accounts === 'personal') === user.personal;
  return user.personal === isPersonalTenant(tenant);
}
