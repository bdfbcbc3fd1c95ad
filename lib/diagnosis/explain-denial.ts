import type { CatalogueEntry } from '../errors/catalogue.js';
import { DELEGATED_REMEDY, maySend, MISSING_REMEDY } from './check-token.js';
import type { TokenClaims } from './token-claims.js';

/** Why Graph denies access has several causes; the token tells which of them it can be. */
export function explainDenial(entry: CatalogueEntry, claims: TokenClaims | undefined, mailbox: string): string {
  if (entry.id !== 'ErrorAccessDenied' || !claims) return `${entry.cause} ${entry.remedy}`;
  if (claims.scopes) {
    if (!maySend(claims)) return `The token of the signed-in user has no Mail.Send. ${DELEGATED_REMEDY}`;
    return `The signed-in user may not send from ${mailbox}. Use mailbox: 'me', or grant Send As on that mailbox and the delegated permission Mail.Send.Shared.`;
  }
  const test = `Test-ServicePrincipalAuthorization -Identity ${claims.appId ?? 'APP_ID'} -Resource ${mailbox} tells without delay.`;
  if (!maySend(claims)) {
    const has = claims.roles.length > 0 ? `only ${claims.roles.join(', ')}` : 'no roles at all';
    return `The token has ${has}: admin consent for Mail.Send is missing, or RBAC for Applications does not include ${mailbox}. ${MISSING_REMEDY} ${test}`;
  }
  // with Mail.Send in Entra only a policy restricts; RBAC would not take anything away
  const policy = `Test-ApplicationAccessPolicy -Identity ${mailbox} -AppId ${claims.appId ?? 'APP_ID'} tells (a policy needs 30 minutes to 4 hours until it acts).`;
  return `The app has Mail.Send, but not for ${mailbox}: an Application Access Policy excludes the mailbox, or the grant is not active yet. Include the mailbox in the policy's group. ${policy}`;
}
