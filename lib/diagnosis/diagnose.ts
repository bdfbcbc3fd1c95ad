import { certificateExpiry } from '../sign-in/certificate.js';
import { withoutPreamble } from '../errors/config-error.js';
import { OUT_OF_TIME } from '../errors/connection-failure.js';
import { graphError } from '../errors/from-graph.js';
import { signInError, type SignInTrace } from '../errors/from-sign-in.js';
import { isGraphTransportError } from '../errors/graph-transport-error.js';
import { redact } from '../errors/safe-cause.js';
import { createGraphClient, type GraphOutcome } from '../graph/client.js';
import { createHttpClient } from '../graph/http.js';
import type { Requester } from '../base/http.js';
import { createCredential } from '../sign-in/credentials.js';
import { readSignedIn } from '../sign-in/person/person-credential.js';
import { describeAccount } from '../sign-in/person/stored-sign-ins.js';
import { secretsOf, type SignIn } from '../sign-in/sign-in.js';
import { createTokenSource } from '../sign-in/tokens.js';
import type { Settings } from '../options.js';
import { readOptions } from '../config/read-options.js';
import { checkConfiguration } from './check-configuration.js';
import { checkClock, checkExpiry, checkProxy, type ClockReading } from './check-environment.js';
import { checkLargeAttachments, checkPermission, checkToken, mayWrite } from './check-token.js';
import { explainDenial } from './explain-denial.js';
import type { CheckName, Finding } from './finding.js';
import { judgeProbe, probeDraft, probeMailbox, type ProbeVerdict } from './probe.js';
import { readClaims, type TokenClaims } from './token-claims.js';

export interface DiagnoseOptions {
  /** As `graphTransport()` takes them; read without throwing. */
  options: Record<string, unknown>;
  /** Mailboxes the app should not be able to use; nothing is sent from them. */
  mustNotSendAs?: readonly string[] | undefined;
  /** Sends a real message; only called where the sign-in worked. */
  sendTestMessage?: (() => Promise<string>) | undefined;
  env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Checks one thing after another and stops at nothing. Sends no mail but the test message. */
export async function* diagnose({
  options,
  mustNotSendAs = [],
  sendTestMessage,
  env = process.env,
}: DiagnoseOptions): AsyncGenerator<Finding> {
  let settings: Settings | undefined;
  let problem: string | undefined;
  try {
    settings = readOptions(options, env);
  } catch (error) {
    problem = withoutPreamble((error as Error).message);
  }
  const secrets = settings ? secretsOf(settings.signIn) : [options['clientSecret']].filter((value) => typeof value === 'string');
  for await (const finding of findAll({ options, settings, problem, mustNotSendAs, sendTestMessage, env })) {
    yield { ...finding, message: redact(finding.message, secrets), remedy: finding.remedy && redact(finding.remedy, secrets) };
  }
}

async function* findAll({
  options,
  settings,
  problem,
  mustNotSendAs = [],
  sendTestMessage,
  env,
}: DiagnoseOptions & {
  settings: Settings | undefined;
  problem: string | undefined;
  env: NonNullable<DiagnoseOptions['env']>;
}): AsyncGenerator<Finding> {
  yield* checkConfiguration({ options, settings, problem });
  if (!settings) {
    for (const check of ['sign-in', 'token', 'permission', 'mailbox'] as const) yield skip(check, 'needs a complete configuration');
    return;
  }
  yield checkProxy(settings.proxies, env, [settings.hosts.graphEndpoint, settings.hosts.authorityHost]);

  const clock: Clock = {};
  const http = createHttpClient({ ...settings, connections: 2 });
  try {
    yield* findAtMicrosoft(settings, observeClock(http, clock), mustNotSendAs, clock);
  } finally {
    await http.close(true);
  }
  yield checkClock(clock.reading, clock.outOfTime);
  yield checkExpiry(settings.secretExpires ?? (await endOfCertificate(settings.signIn)), new Date());
  if (!sendTestMessage) return;
  try {
    yield { check: 'test message', status: 'pass', message: await sendTestMessage() };
  } catch (error) {
    yield fromError('test message', error);
  }
}

async function* findAtMicrosoft(
  settings: Settings,
  http: Requester,
  mustNotSendAs: readonly string[],
  clock: Clock,
): AsyncGenerator<Finding> {
  const { hosts, mailbox, signIn, wellKnownAuthority, requestTimeout } = settings;
  const trace: SignInTrace = {};
  const tokens = createTokenSource({
    scope: `${hosts.graphEndpoint}/.default`,
    timeout: requestTimeout,
    createCredential: () => createCredential(signIn, { ...hosts, wellKnownAuthority, http, trace, retries: 1 }),
  });
  let token: string;
  try {
    token = await tokens.get();
    yield {
      check: 'sign-in',
      status: 'pass',
      message: await describeSignIn(signIn, hosts.authorityHost),
    };
  } catch (error) {
    const failed = fromError(
      'sign-in',
      signInError(error, { authorityHost: hosts.authorityHost, secrets: secretsOf(settings.signIn), trace }),
    );
    const ends = await endOfCertificate(signIn);
    const hasExpired = ends !== undefined && ends.getTime() <= Date.now();
    // nobody was asked then, and a clock that is ahead lets every certificate expire
    if (hasExpired) await http.request({ method: 'GET', url: new URL(hosts.authorityHost), headers: {} });
    yield withClock(failed, clock, hasExpired);
    for (const check of ['token', 'permission', 'mailbox'] as const) yield skip(check, 'needs a token');
    return;
  }

  const claims = readClaims(token);
  const app = signIn.kind === 'secret' || signIn.kind === 'certificate' ? signIn : {};
  yield claims ? checkToken(claims, { graphEndpoint: hosts.graphEndpoint, ...app }) : skip('token', 'cannot be read; only Graph has to');

  // what Graph allows decides about the permission, too: with RBAC for Applications the token does not tell
  const graph = createGraphClient({ graphEndpoint: hosts.graphEndpoint, http, tokens });
  const outcome = mailbox === undefined ? undefined : await probeMailbox(graph, tokens, mailbox);
  const verdict = outcome && judgeProbe(outcome);
  yield claims ? checkPermission(claims, verdict?.access) : skip('permission', 'the token cannot be read');
  yield mailbox !== undefined && outcome && verdict
    ? describeMailbox(mailbox, outcome, verdict, claims, hosts.graphEndpoint)
    : skip('mailbox', 'none is set');
  if (claims) {
    // with RBAC for Applications only Exchange knows
    const asks = mailbox !== undefined && !claims.scopes && verdict?.access === 'allowed' && !mayWrite(claims);
    yield checkLargeAttachments(claims, asks ? await probeDraft(graph, mailbox) : undefined);
  }
  for (const other of mustNotSendAs) yield checkOtherMailbox(other, await probeMailbox(graph, tokens, other));
}

/** Who has signed in; of a person also since when, with what, and when it was renewed. */
async function describeSignIn(signIn: SignIn, authorityHost: string): Promise<string> {
  if (signIn.kind === 'credential') return 'a token from the credential';
  const account = signIn.kind === 'person' ? await readSignedIn(signIn.store, signIn.account) : undefined;
  return account ? `a token from ${authorityHost} for ${describeAccount(account)}` : `a token from ${authorityHost}`;
}

/** A certificate's or an assertion's time is only wrong against a wrong clock; whatever else failed, the clock comes first. */
function withClock(failed: Finding, { reading, outOfTime }: Clock, hasExpired: boolean): Finding {
  const clock = checkClock(reading, outOfTime);
  // a refused certificate has told of the clock itself
  if (clock.status !== 'fail' || (reading === undefined && !hasExpired)) return failed;
  const first = `First set the clock: ${clock.message}.`;
  const isOfTime = hasExpired || ['AADSTS700024', 'AADSTS700027'].some((code) => failed.code === code);
  return { ...failed, remedy: isOfTime || !failed.remedy ? first : `${first} ${failed.remedy}` };
}

/** Whether a mailbox is out of the app's reach, as it should be. */
function checkOtherMailbox(mailbox: string, outcome: GraphOutcome): Finding {
  const check = 'other mailbox';
  const verdict = judgeProbe(outcome);
  if (verdict.access === 'allowed') {
    const remedy =
      'Restrict the app: RBAC for Applications with a scope, and no Mail.Send in Entra beside it, since rights add up (setup --mailbox prints the script).';
    return { check, status: 'fail', message: `${mailbox} may send, too, though it should not`, remedy };
  }
  if (verdict.access === 'denied' && outcome.kind === 'answer' && outcome.status === 403)
    return { check, status: 'pass', message: `${mailbox} may not send, as it should be (${outcome.errorCode ?? 'HTTP 403'})` };
  const why = outcome.kind === 'answer' ? (outcome.errorCode ?? `HTTP ${outcome.status}`) : 'no answer';
  return {
    check,
    status: 'warn',
    message: `${mailbox}: not checked (${why})`,
    remedy: 'Name a mailbox that exists, and run the doctor again.',
  };
}

function describeMailbox(
  mailbox: string,
  outcome: GraphOutcome,
  verdict: ProbeVerdict,
  claims: TokenClaims | undefined,
  graphEndpoint: string,
): Finding {
  if (verdict.access === 'allowed') {
    return {
      check: 'mailbox',
      status: 'pass',
      message: `${mailbox} may send (Graph missed nothing but recipients in a message to nobody)`,
    };
  }
  const context = { what: 'allow sending', mailbox, messageId: '', graphEndpoint };
  if (verdict.access === 'denied')
    return fromError('mailbox', graphError(outcome, { ...context, hint: explainDenial(verdict.entry, claims, mailbox) }));
  // no answer at all is a failure; an answer about something else leaves the question open
  if (outcome.kind === 'failure') return fromError('mailbox', graphError(outcome, context));
  const hint = 'That says nothing about the mailbox: run the doctor again, or send a test message (--send-to).';
  return { ...fromError('mailbox', graphError(outcome, { ...context, hint })), status: 'warn' };
}

function fromError(check: CheckName, error: unknown): Finding {
  if (!isGraphTransportError(error)) return { check, status: 'fail', message: (error as Error).message };
  const { graphCode, code, hint } = error;
  return {
    check,
    status: 'fail',
    // the remedy has a line of its own
    message: withoutPreamble(hint ? error.message.replace(hint, '') : error.message)
      .trim()
      .replace(/[.:]$/, ''),
    remedy: hint,
    code: graphCode ?? code,
  };
}

const skip = (check: CheckName, message: string): Finding => ({ check, status: 'skip', message });

/** What the servers tell of the time. */
interface Clock {
  reading?: ClockReading;
  /** Host whose certificate is not valid at the time of this machine. */
  outOfTime?: string;
}

function observeClock(http: Requester, clock: Clock): Requester {
  return {
    async request(request) {
      const outcome = await http.request(request);
      if (outcome.kind === 'answer' && outcome.headers['date']) clock.reading = { date: outcome.headers['date'], receivedAt: Date.now() };
      if (outcome.kind === 'failure' && OUT_OF_TIME.test(codeOf(outcome.error))) clock.outOfTime = request.url.host;
      return outcome;
    },
  };
}

function codeOf(error: Error): string {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return code ?? cause?.code ?? '';
}

/** When the certificate ends, from itself. */
async function endOfCertificate(signIn: SignIn): Promise<Date | undefined> {
  if (signIn.kind !== 'certificate') return undefined;
  try {
    return await certificateExpiry(signIn.certificate);
  } catch {
    // the sign-in has told what is wrong with it
    return undefined;
  }
}
