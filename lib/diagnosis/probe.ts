import { IMMUTABLE_IDS } from '../graph/immutable-ids.js';
import { mailboxPath } from '../graph/mailbox-path.js';
import { explain, type CatalogueEntry } from '../errors/catalogue.js';
import { isPermissionDenied } from '../errors/from-graph.js';
import type { GraphClient, GraphOutcome } from '../graph/client.js';
import type { TokenSource } from '../sign-in/tokens.js';

/** A message to nobody: whoever may send with this mailbox is told that recipients are missing, and nothing can go out. */
const MESSAGE_TO_NOBODY = JSON.stringify({
  message: { subject: 'Access check', body: { contentType: 'text', content: '' }, toRecipients: [], ccRecipients: [], bccRecipients: [] },
  saveToSentItems: false,
});

/** What Graph's answer to it means. */
export type ProbeVerdict =
  | { access: 'allowed' }
  /** Refused for a reason that is known, and that a real message would meet, too. */
  | { access: 'denied'; entry: CatalogueEntry }
  /** Anything else: says nothing about the mailbox. */
  | { access: 'unclear' };

/** Asks Graph to send a message to nobody. A token that Graph refuses is renewed once, as for a real message. */
export async function probeMailbox(graph: GraphClient, tokens: TokenSource, mailbox: string): Promise<GraphOutcome> {
  const request = {
    method: 'POST',
    path: `${mailboxPath(mailbox)}/sendMail`,
    contentType: 'application/json',
    body: MESSAGE_TO_NOBODY,
  } as const;
  const outcome = await graph.request(request);
  if (outcome.kind === 'failure') return outcome;
  // a consent that is given now acts on the next token only
  if (isPermissionDenied(outcome)) tokens.discard(outcome.token);
  if (outcome.status !== 401) return outcome;
  tokens.discard(outcome.token, outcome.headers['www-authenticate']);
  return graph.request(request);
}

/** What came of an empty draft. */
export type DraftVerdict = { access: 'allowed'; /** It could not be deleted. */ left: boolean } | { access: 'denied' | 'unclear' };

/** Makes an empty draft and deletes it: the only way to learn whether Exchange grants Mail.ReadWrite. */
export async function probeDraft(graph: GraphClient, mailbox: string): Promise<DraftVerdict> {
  const path = `${mailboxPath(mailbox)}/messages`;
  const made = await graph.request({
    method: 'POST',
    path,
    headers: IMMUTABLE_IDS,
    contentType: 'application/json',
    body: JSON.stringify({ subject: 'Access check' }),
  });
  if (made.kind === 'failure') return { access: 'unclear' };
  if (made.status === 401 || made.status === 403) return { access: 'denied' };
  const id = made.status === 201 ? (made.body as { id?: unknown } | undefined)?.id : undefined;
  if (typeof id !== 'string') return { access: 'unclear' };
  return { access: 'allowed', left: !(await discard(graph, `${path}/${encodeURIComponent(id)}`)) };
}

/** Deletes it for good; in clouds without that into Deleted Items, and from there. */
async function discard(graph: GraphClient, path: string): Promise<boolean> {
  let isOutOfDrafts = false;
  let purges = true;
  for (let attempt = 0; attempt < 4; attempt++) {
    const purged: GraphOutcome | undefined = purges
      ? await graph.request({ method: 'POST', path: `${path}/permanentDelete`, headers: IMMUTABLE_IDS })
      : undefined;
    if (purged?.kind === 'answer') {
      if (purged.status === 204) return true;
      purges = ![400, 405, 501].includes(purged.status);
    }
    const deleted = await graph.request({ method: 'DELETE', path, headers: IMMUTABLE_IDS });
    if (deleted.kind !== 'answer') continue;
    if (deleted.status === 404) return true;
    isOutOfDrafts ||= deleted.status === 204;
  }
  return isOutOfDrafts;
}

/** Judges the answer. */
export function judgeProbe(outcome: GraphOutcome): ProbeVerdict {
  if (outcome.kind === 'failure') return { access: 'unclear' };
  const { status, errorCode, errorMessage } = outcome;
  // the wording for no recipients at all is not documented, the code is
  if (status === 400 && /recipient/i.test(`${errorCode} ${errorMessage}`)) return { access: 'allowed' };
  const entry = explain({ statusCode: status, graphCode: errorCode, message: errorMessage });
  return entry && (ACCESS_STATUS.includes(status) || entry.id === NOT_DELEGATED) ? { access: 'denied', entry } : { access: 'unclear' };
}

const ACCESS_STATUS = [401, 403, 404];

/** The catalogue's entry for `/me` with an app's own token, which Graph refuses with 400. */
const NOT_DELEGATED = '/me';
