import type { Finding } from './finding.js';
import type { DraftVerdict } from './probe.js';
import type { TokenClaims } from './token-claims.js';

/** Graph by its app id: some tokens name their audience so. */
const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

const SEND_SCOPES = ['Mail.Send', 'Mail.Send.Shared'];
const WRITE_SCOPES = ['Mail.ReadWrite', 'Mail.ReadWrite.Shared'];

/** What the token is compared with. */
export interface ExpectedToken {
  graphEndpoint: string;
  tenantId?: string | undefined;
  clientId?: string | undefined;
}

/** Whether the token is for this Graph, this tenant and this app. */
export function checkToken(claims: TokenClaims, { graphEndpoint, tenantId, clientId }: ExpectedToken): Finding {
  const fail = (message: string, remedy: string): Finding => ({ check: 'token', status: 'fail', message, remedy });
  const audience = claims.audience.replace(/\/$/, '');
  if (audience !== graphEndpoint && audience !== GRAPH_APP_ID) {
    return fail(
      `the token is for ${claims.audience || 'nobody'}, not for ${graphEndpoint}`,
      'Check the cloud option, or what your credential asks for.',
    );
  }
  const isOther = (expected: string | undefined, actual: string | undefined) =>
    expected !== undefined && actual !== undefined && GUID.test(expected) && expected.toLowerCase() !== actual.toLowerCase();
  if (isOther(tenantId, claims.tenantId)) return fail(`the token is of tenant ${claims.tenantId}, not ${tenantId}`, 'Check tenantId.');
  if (isOther(clientId, claims.appId)) return fail(`the token is of app ${claims.appId}, not ${clientId}`, 'Check clientId.');
  const app = claims.appName ? `${claims.appName} (${claims.appId})` : claims.appId;
  const who = claims.scopes ? `${claims.user ?? 'a user'} through app ${app}` : `app ${app}`;
  return { check: 'token', status: 'pass', message: `for ${graphEndpoint}, tenant ${claims.tenantId}, ${who}` };
}

/** What came of the request that Graph has to refuse for want of recipients; `undefined` if it was not made. */
export type Access = 'allowed' | 'denied' | 'unclear' | undefined;

/** Whether the token's holder may send mail. Permissions granted in Exchange do not show in the token, only in what Graph allows. */
export function checkPermission(claims: TokenClaims, access: Access): Finding {
  const finding = (status: Finding['status'], message: string, remedy?: string): Finding => ({
    check: 'permission',
    status,
    message,
    remedy,
  });
  if (claims.scopes) {
    return maySend(claims)
      ? finding('pass', 'delegated Mail.Send')
      : finding('fail', `the user's token has no Mail.Send (it has ${list(claims.scopes)})`, DELEGATED_REMEDY);
  }
  if (maySend(claims)) return finding('pass', 'application permission Mail.Send');
  const has = claims.roles.length > 0 ? `only ${list(claims.roles)}` : 'no roles at all';
  if (access === 'allowed') return finding('pass', `Mail.Send by RBAC for Applications (the token has ${has}; the mailbox allows it)`);
  if (access === 'unclear') return finding('warn', `the token has no Mail.Send (it has ${has})`, MISSING_REMEDY);
  // without a mailbox nobody was asked whether Exchange grants it, so nothing may be promised
  return access === 'denied'
    ? finding('fail', `the token has no Mail.Send (it has ${has})`, MISSING_REMEDY)
    : finding(
        'fail',
        `the token has no Mail.Send (it has ${has}), and without a mailbox Exchange cannot be asked`,
        `${MISSING_REMEDY} ${WITH_RBAC}`,
      );
}

const WITH_RBAC = 'With RBAC for Applications that is right: name the mailbox, and Exchange is asked.';

/**
 * Whether drafts and upload sessions will work.
 *
 * @param draft what came of an empty draft; made only where the token does not tell
 */
export function checkLargeAttachments(claims: TokenClaims, draft?: DraftVerdict): Finding {
  const check = 'large attachments';
  if (mayWrite(claims)) return { check, status: 'pass', message: 'Mail.ReadWrite: messages above 3 MB can be sent' };
  if (draft?.access === 'allowed') {
    const message = 'Mail.ReadWrite by RBAC for Applications (an empty draft was made and deleted): messages above 3 MB can be sent';
    return draft.left
      ? {
          check,
          status: 'warn',
          message: 'Mail.ReadWrite by RBAC for Applications, but the empty draft could not be deleted',
          remedy: `Delete the draft "Access check" in the mailbox's Drafts folder.`,
        }
      : { check, status: 'pass', message };
  }
  if (draft?.access === 'unclear') {
    return { check, status: 'warn', message: 'not checked: Graph gave no clear answer to an empty draft', remedy: 'Run the doctor again.' };
  }
  const needed = "the token has no Mail.ReadWrite: messages above about 3 MB and route: 'draft' will be refused";
  const remedy = claims.scopes
    ? 'Add the delegated permission Mail.ReadWrite if you need them.'
    : 'Add the application permission Mail.ReadWrite if you need them (with RBAC for Applications the role "Application Mail.ReadWrite").';
  return { check, status: 'warn', message: needed, remedy };
}

/** Whether the token names a permission to send. */
export function maySend({ roles, scopes }: TokenClaims): boolean {
  return (scopes ?? roles).some((name) => SEND_SCOPES.includes(name));
}

/** Whether the token names a permission to write drafts. */
export function mayWrite({ roles, scopes }: TokenClaims): boolean {
  return (scopes ?? roles).some((name) => WRITE_SCOPES.includes(name));
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const list = (names: readonly string[]) => (names.length > 0 ? names.join(', ') : 'none');

/** For a delegated token without Mail.Send. */
export const DELEGATED_REMEDY = 'Add the delegated permission Mail.Send of Microsoft Graph to the app, consent, and sign in again.';

/** For an app's token without Mail.Send. */
export const MISSING_REMEDY =
  'Add the application permission (not the delegated one) Mail.Send of Microsoft Graph and grant admin consent; or, with RBAC for Applications, assign the role "Application Mail.Send" for this mailbox. New grants take up to 2 hours.';
