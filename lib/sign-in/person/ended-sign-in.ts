import { isError } from '../../errors/is-error.js';
import { GraphTransportError } from '../../errors/graph-transport-error.js';

/** OAuth and MSAL codes that only a person at a browser can answer. */
const NEEDS_A_PERSON =
  /^(invalid_grant|interaction_required|login_required|consent_required|no_tokens_found|no_account_found|native_account_unavailable|refresh_token_expired|token_refresh_required)$/;

/** Whether the sign-in has run out or was revoked, so that nothing but a new one helps. */
export function needsPerson(error: unknown): boolean {
  const { errorCode, name } = (isError(error) ? error : {}) as { errorCode?: string; name?: string };
  return name === 'InteractionRequiredAuthError' || NEEDS_A_PERSON.test(errorCode ?? '');
}

const WHY: Readonly<Record<string, string>> = {
  AADSTS50173: 'it was revoked, or the password was changed',
  AADSTS50078: 'a policy asks for a fresh sign-in',
  AADSTS50076: 'a policy asks for multi-factor authentication',
  AADSTS50079: 'a policy asks for multi-factor authentication',
  AADSTS53003: 'a Conditional Access policy blocks it',
  AADSTS65001: 'consent was withdrawn or is missing',
  AADSTS700082: 'it was not used for too long',
  AADSTS700084: 'the app is registered as a single-page app, whose sign-ins end after 24 hours',
  AADSTS70008: 'it was not used for too long',
  AADSTS70000: 'it was replaced or revoked',
};

/** `EAUTH`, permanent: what to tell when it has ended. The text of the service never carries the token. */
export function endedSignIn(username: string, error: unknown, command: string): GraphTransportError {
  const graphCode = /AADSTS\d+/.exec(isError(error) ? error.message : '')?.[0];
  const why = graphCode === undefined ? '' : `: ${WHY[graphCode] ?? 'the sign-in service refuses it'} (${graphCode})`;
  const hint = `Run ${command} again.`;
  return new GraphTransportError('EAUTH', `the sign-in of ${username} has ended${why}. ${hint}`, { permanent: true, hint, graphCode });
}

/** `EAUTH`, permanent: nobody, or somebody else, has signed in. */
export function notSignedIn(wanted: string | undefined, signedIn: readonly string[], where: string): GraphTransportError {
  const several = wanted === undefined && signedIn.length > 1;
  const what = several
    ? `more than one account is signed in (${signedIn.join(', ')}): name one`
    : wanted === undefined
      ? `nobody is signed in here (${where})`
      : `${wanted} is not signed in here (${where})`;
  const hint = several
    ? "Set login: 'me@outlook.com' (or GRAPH_LOGIN)."
    : 'Run npx nodemailer-graph-transport login, as the user the app runs as.';
  return new GraphTransportError('EAUTH', `${what}. ${hint}`, { permanent: true, hint });
}
