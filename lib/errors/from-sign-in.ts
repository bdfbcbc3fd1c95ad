import { explain } from './catalogue.js';
import { connectionHint, describe, lacksProxyAccount } from './connection-failure.js';
import { isError } from './is-error.js';
import { GraphTransportError, isGraphTransportError } from './graph-transport-error.js';
import { redact, safeCause } from './safe-cause.js';

/** The last thing that happened at the sign-in service; MSAL's own errors do not tell. */
export interface SignInTrace {
  statusCode?: number | undefined;
  /** Why no answer came. */
  error?: Error | undefined;
  /** Seconds the service asked to wait. */
  retryAfter?: number | undefined;
}

export interface SignInContext {
  authorityHost: string;
  /** Must not appear anywhere. */
  secrets: readonly string[];
  /** What happened on the wire, where the credential is our own. */
  trace: SignInTrace;
  mailbox?: string | undefined;
}

/** The error for a token that could not be had: `EAUTH`, or `ECONNECTION`/`ETIMEDOUT` if the sign-in service was not reached. */
export function signInError(error: unknown, context: SignInContext): GraphTransportError {
  try {
    return explainFailure(error, context);
  } catch {
    // a getter that throws
    return explainFailure(new Error('the credential threw an error that cannot be read'), context);
  }
}

function explainFailure(error: unknown, { authorityHost, secrets, trace, mailbox }: SignInContext): GraphTransportError {
  // a certificate file that cannot be used has been explained already
  if (isGraphTransportError(error)) return error;
  // as has what MSAL wraps into an error that says less, such as a package that a bundle cannot load
  if (isGraphTransportError(trace.error)) return trace.error;
  const chain = errorChain(error);
  const text = typeof error === 'string' ? error : chain.map(({ message }) => message).join('\n');
  const graphCode = (/AADSTS\d+/.exec(text) ?? /\binvalid_client\b/.exec(text))?.[0];
  const cause = safeCause(error, secrets);

  const timedOut = chain.some(({ name }) => name === 'TimeoutError');
  const network = trace.error ?? chain.find(({ code }) => NETWORK_CODE.test(code ?? ''));
  if (graphCode === undefined && (timedOut || network)) {
    const hint = network && connectionHint(network);
    const what = `cannot sign in at ${authorityHost}: ${network ? redact(describe(network), secrets) : 'no answer in time (requestTimeout)'}`;
    const code = timedOut || /TIMEDOUT|TIMEOUT/.test((network as Link | undefined)?.code ?? '') ? 'ETIMEDOUT' : 'ECONNECTION';
    return new GraphTransportError(code, hint ? `${what}. ${hint}` : what, {
      permanent: lacksProxyAccount(network),
      hint,
      mailbox,
      cause,
    });
  }

  const statusCode =
    trace.statusCode ?? chain.map((link) => (link as { statusCode?: unknown }).statusCode).find((status) => typeof status === 'number');
  // without a code of Entra it did not answer: what Graph's statuses mean of a message does not hold here
  const entry = graphCode === undefined ? undefined : explain({ graphCode, statusCode, message: text });
  const silent = MSAL_SILENT.test(text);
  const answer = statusCode === undefined ? `nothing was asked of ${authorityHost}` : `${authorityHost} answered HTTP ${statusCode}`;
  const said = silent ? answer : redact(firstSentence(text, graphCode), secrets);
  const hint = entry ? `${entry.cause} ${entry.remedy}` : hintFor(statusCode, silent);
  return new GraphTransportError('EAUTH', `sign-in failed${said ? `: ${said}` : ''}${/[.!?]$/.test(said) ? '' : '.'} ${hint}`, {
    httpStatus: statusCode !== undefined && statusCode >= 400 ? statusCode : undefined,
    graphCode,
    retryAfter: trace.retryAfter,
    permanent: entry?.permanent ?? false,
    mailbox,
    hint,
    cause,
  });
}

/** What MSAL says, in place of what it got, of an answer that it cannot read. */
const MSAL_SILENT = /\b(network_error|endpoints_resolution_error|openid_config_error)\b|had no "expiresOn" property/;

function hintFor(status: number | undefined, silent: boolean): string {
  if (status !== undefined && (status >= 500 || status === 429 || status === 408))
    return 'The sign-in service, or what stands before it, is busy or fails. Nothing was sent; send again later.';
  if (silent && status === undefined)
    return 'The sign-in library failed before that: it needs the globals of Node.js, crypto among them, which a flag or a sandbox may have taken away.';
  if (silent)
    return 'That is no answer of Microsoft Entra: check the address (cloud, authorityHost), and whether a firewall or proxy answers in its place.';
  return 'Check the credential; the cause carries what it said.';
}

/** System, undici and TLS codes that mean that the service was not reached. */
const NETWORK_CODE =
  /^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|EPIPE|EPROTO|UND_ERR|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|ERR_TLS|ERR_SSL)/;

type Link = Error & { code?: string };

/** The error, its causes and, for @azure/identity's aggregate errors, what it collected. */
function errorChain(error: unknown): Link[] {
  const links: Link[] = [];
  const queue: unknown[] = [error];
  while (queue.length > 0 && links.length < 20) {
    const link = queue.shift();
    if (!isError(link) || links.includes(link)) continue;
    links.push(link);
    queue.push(link.cause, ...((link as { errors?: unknown[] }).errors ?? []));
  }
  return links;
}

/** Entra's texts end in trace ids and timestamps; what matters stands before. */
export function firstSentence(text: string, aadsts: string | undefined): string {
  const start = aadsts === undefined ? 0 : text.indexOf(aadsts);
  const line = text.slice(start).split(/Trace ID:|\n/, 1)[0] ?? '';
  return line.trim().slice(0, 400);
}
