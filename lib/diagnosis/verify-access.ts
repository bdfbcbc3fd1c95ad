import { graphError } from '../errors/from-graph.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { GraphClient } from '../graph/client.js';
import type { TokenSource } from '../sign-in/tokens.js';
import { checkPermission } from './check-token.js';
import { explainDenial } from './explain-denial.js';
import { judgeProbe, probeMailbox } from './probe.js';
import { readClaims } from './token-claims.js';

export interface AccessToVerify {
  graph: GraphClient;
  tokens: TokenSource;
  graphEndpoint: string;
  /** Only with it the mailbox is checked, too. */
  mailbox: string | undefined;
}

/**
 * Signs in, looks at the token, and asks Graph whether the mailbox may be used: by a message to nobody, so that nothing is sent.
 *
 * @returns `false` if no mailbox is set, so that none was checked
 * @throws whatever the credential throws
 * @throws {GraphTransportError} `EAUTH` or `EENVELOPE` with a hint, `ECONNECTION` or `ETIMEDOUT` if Graph is not reached
 */
export async function verifyAccess({ graph, tokens, graphEndpoint, mailbox }: AccessToVerify): Promise<boolean> {
  const claims = readClaims(await tokens.get());
  // an app without roles may have them in Exchange, which only the mailbox can tell; a user's token tells all
  const permission = claims && (claims.scopes || mailbox === undefined) ? checkPermission(claims, undefined) : undefined;
  if (permission?.status === 'fail') {
    throw new GraphTransportError('EAUTH', `${permission.message}. ${permission.remedy}`, {
      permanent: true,
      mailbox,
      hint: permission.remedy,
    });
  }
  if (mailbox === undefined) return false;
  const outcome = await probeMailbox(graph, tokens, mailbox);
  const verdict = judgeProbe(outcome);
  const context = { what: 'allow sending', mailbox, messageId: '', graphEndpoint };
  if (outcome.kind === 'failure') throw graphError(outcome, context);
  if (verdict.access === 'denied') throw graphError(outcome, { ...context, hint: explainDenial(verdict.entry, claims, mailbox) });
  return true;
}
