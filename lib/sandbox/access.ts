import type { Caller } from './entra/access-tokens.js';
import { accessDenied, badRequest, Refusal } from './refusal.js';
import type { Mailbox } from './settings.js';
import type { SandboxState } from './state.js';

/** Who grants what a request needs: the token, everywhere; or Exchange, for the app's mailboxes only (RBAC for Applications). */
export type Grant = 'token' | 'exchange';

/** @throws Refusal 403 where neither the token nor Exchange grants any of the permissions */
export function checkPermission({ directory }: Pick<SandboxState, 'directory'>, caller: Caller, needs: readonly string[]): Grant {
  const granted = caller.scopes ?? caller.roles;
  // Mail.Send.Shared serves mailboxes of others; whose, checkMailbox knows
  const names = caller.scopes ? needs.flatMap((permission) => [permission, `${permission}.Shared`]) : needs;
  if (names.some((permission) => granted.includes(permission))) return 'token';
  const app = caller.scopes ? undefined : directory.app(caller.appId);
  if (needs.some((permission) => app?.exchangeRoles.includes(permission))) return 'exchange';
  const [needed = ''] = needs;
  const has = granted.length > 0 ? `it has ${granted.join(', ')}` : 'it has no permission at all';
  throw accessDenied().because(`The token has no ${needed}; ${has}.`);
}

/**
 * The mailbox a request is about.
 * @param user id or name from the path, undefined for `/me`
 * @throws Refusal
 */
export function checkMailbox({ directory }: Pick<SandboxState, 'directory'>, caller: Caller, user: string | undefined): Mailbox {
  if (user === undefined && caller.user === undefined) {
    throw badRequest('BadRequest', '/me request is only valid with delegated authentication flow.');
  }
  const name = user ?? caller.user ?? '';
  const mailbox = directory.mailbox(name);
  if (!mailbox) throw new Refusal(404, 'ErrorInvalidUser', `The requested user '${name}' is invalid.`);
  // somebody else's mailbox would take Mail.Send.Shared and a right in Exchange
  const own = caller.user === undefined || directory.mailbox(caller.user) === mailbox;
  if (!own && !(mailbox.delegates.includes(caller.user?.toLowerCase() ?? '') && caller.scopes?.some((name) => name.endsWith('.Shared')))) {
    throw accessDenied().because(`The signed-in user ${caller.user} may not use the mailbox ${mailbox.userPrincipalName}.`);
  }
  const allowed = directory.app(caller.appId)?.allowedMailboxes;
  if (allowed && !allowed.some((entry) => directory.mailbox(entry) === mailbox)) {
    throw accessDenied().because(`The app may use ${allowed.join(', ') || 'no mailbox'}, and not ${mailbox.userPrincipalName}.`);
  }
  if (!mailbox.enabled) {
    throw new Refusal(404, 'MailboxNotEnabledForRESTAPI', 'The mailbox is either inactive, soft-deleted, or is hosted on-premise.');
  }
  return mailbox;
}
