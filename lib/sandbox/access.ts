import type { Caller } from './entra/access-tokens.js';
import { accessDenied, badRequest, Refusal } from './refusal.js';
import type { Mailbox } from './settings.js';
import type { SandboxState } from './state.js';

/** @throws Refusal 403 where the token carries none of the permissions */
export function checkPermission(caller: Caller, needs: readonly string[]): void {
  const granted = caller.scopes ?? caller.roles;
  if (!needs.some((permission) => granted.includes(permission))) throw accessDenied();
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
  if (caller.user !== undefined && directory.mailbox(caller.user) !== mailbox) throw accessDenied();
  const allowed = directory.app(caller.appId)?.allowedMailboxes;
  if (allowed && !allowed.some((entry) => directory.mailbox(entry) === mailbox)) throw accessDenied();
  if (!mailbox.enabled) {
    throw new Refusal(404, 'MailboxNotEnabledForRESTAPI', 'The mailbox is either inactive, soft-deleted, or is hosted on-premise.');
  }
  return mailbox;
}
