import { explain } from './catalogue.js';
import { connectionHint } from './from-graph.js';
import { GraphTransportError } from './graph-transport-error.js';
import { redact, safeCause } from './safe-cause.js';

export interface SignInContext {
  authorityHost: string;
  /** Must not appear anywhere. */
  secrets: readonly string[];
  mailbox?: string | undefined;
}

/** The error for a token that could not be had: `EAUTH`, or `ECONNECTION`/`ETIMEDOUT` if the sign-in service was not reached. */
export function signInError(error: unknown, { authorityHost, secrets, mailbox }: SignInContext): GraphTransportError {
  const chain = errorChain(error);
  const text = chain.map(({ message }) => message).join('\n');
  const aadsts = /AADSTS\d+/.exec(text)?.[0];
  const cause = safeCause(error, secrets);
  const statusCode = chain.map((link) => (link as { statusCode?: unknown }).statusCode).find((status) => typeof status === 'number');

  if (aadsts === undefined) {
    const timedOut = chain.some(({ name, code }) => name === 'TimeoutError' || /TIMEDOUT|TIMEOUT/.test(code ?? ''));
    const network = chain.find(
      ({ code }) => /^(E[A-Z]{4,}|UND_ERR|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code ?? '') && !/^ERR_/.test(code ?? ''),
    );
    if (timedOut || network || /network_error|ECONNREFUSED|ENOTFOUND|ECONNRESET/i.test(text)) {
      const hint = connectionHint(network ?? coded(text));
      const what = `cannot sign in at ${authorityHost}: ${redact((network ?? chain[0])?.message ?? 'no connection', secrets)}`;
      return new GraphTransportError(timedOut ? 'ETIMEDOUT' : 'ECONNECTION', hint ? `${what}. ${hint}` : what, { hint, mailbox, cause });
    }
  }

  const entry = explain({ graphCode: aadsts, statusCode, message: text });
  const said = redact(firstSentence(text, aadsts), secrets);
  const hint = entry ? `${entry.cause} ${entry.remedy}` : 'Check the credential; the cause carries what it said.';
  return new GraphTransportError('EAUTH', `sign-in failed${said ? `: ${said}` : ''}${/[.!?]$/.test(said) ? '' : '.'} ${hint}`, {
    statusCode,
    graphCode: aadsts,
    permanent: entry?.permanent ?? false,
    mailbox,
    hint,
    cause,
  });
}

type Link = Error & { code?: string };

/** The error, its causes and, for @azure/identity's aggregate errors, what it collected. */
function errorChain(error: unknown): Link[] {
  const links: Link[] = [];
  const queue: unknown[] = [error];
  while (queue.length > 0 && links.length < 20) {
    const link = queue.shift();
    if (!(link instanceof Error) || links.includes(link)) continue;
    links.push(link);
    queue.push(link.cause, ...((link as { errors?: unknown[] }).errors ?? []));
  }
  return links;
}

function coded(text: string): Error {
  return Object.assign(new Error(text), {
    code: /\b(ECONNREFUSED|ENOTFOUND|ECONNRESET|ETIMEDOUT|EAI_AGAIN|[A-Z_]*SELF_SIGNED[A-Z_]*)\b/.exec(text)?.[0] ?? '',
  });
}

/** Entra's texts end in trace ids and timestamps; what matters stands before. */
function firstSentence(text: string, aadsts: string | undefined): string {
  const start = aadsts === undefined ? 0 : text.indexOf(aadsts);
  const line = text.slice(start).split(/\s*(?:Trace ID:|\r?\n)/, 1)[0] ?? '';
  return line.trim().slice(0, 400);
}
