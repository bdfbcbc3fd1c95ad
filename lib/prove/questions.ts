import type { Cancellation } from '../base/cancellation.js';
import { IMMUTABLE_IDS } from '../delivery/draft.js';
import { isGraphTransportError } from '../errors/graph-transport-error.js';
import type { GraphOutcome } from '../graph/client.js';
import { messagePath, type Mailbox } from './mailbox.js';

const MEBIBYTE = 1024 * 1024;
const SIZES = [1, 2, 3];
/** Exchange is documented to take 4 requests at a time. */
const REQUESTS_AT_A_TIME = 8;
/** One more than Exchange's limit. */
export const TOO_MANY = 501;

/** An answer without anything of the tenant in it. */
export function describeAnswer(outcome: GraphOutcome): string | undefined {
  if (outcome.kind === 'failure') return undefined;
  const code = outcome.errorCode?.replace(/[^\w.-]/g, '').slice(0, 80);
  return code ? `${outcome.status} ${code}` : String(outcome.status);
}

/** Whether what was asked for may have been done. */
export const mayTakeEffect = (outcome: GraphOutcome): boolean =>
  outcome.kind === 'failure' || outcome.status < 400 || outcome.status >= 500;

/** Smallest file, in MiB, an upload session is made for; `undefined` for no answer. No byte is uploaded; the draft is deleted. */
export async function smallestUpload(mailbox: Mailbox, subject: string, signal: Cancellation): Promise<number | undefined> {
  try {
    const id = await mailbox.createDraft(subject, signal);
    const smallest = await findSmallest(mailbox, id, signal);
    await mailbox.remove(id, signal);
    return smallest;
  } catch (error) {
    signal.throwIfAborted();
    // one question less; whatever is left of it is deleted with the rest
    if (isGraphTransportError(error)) return undefined;
    throw error;
  }
}

async function findSmallest(mailbox: Mailbox, id: string, signal: Cancellation): Promise<number | undefined> {
  let smallest: number | undefined;
  for (const size of SIZES) {
    const result = await mailbox.ask(
      {
        method: 'POST',
        path: `${messagePath(id)}/attachments/createUploadSession`,
        headers: IMMUTABLE_IDS,
        contentType: 'application/json',
        body: JSON.stringify({ AttachmentItem: { attachmentType: 'file', name: 'proof.bin', size: size * MEBIBYTE } }),
      },
      { what: 'make an upload session', expected: 201, needsBody: true },
      signal,
    );
    if (result.state === 'done') {
      const { uploadUrl } = (result.answer.body ?? {}) as { uploadUrl?: unknown };
      // it carries its own authorisation, and must not get ours
      if (typeof uploadUrl === 'string' && URL.canParse(uploadUrl))
        await mailbox.connection.http.request({ url: new URL(uploadUrl), method: 'DELETE', headers: {}, signal });
      return size;
    }
    // neither yes nor no
    if (result.outcome.kind === 'failure' || result.outcome.status !== 400) return smallest;
    smallest = 0;
  }
  return smallest;
}

/** How many requests at a time are answered; the most that is tried is 8. */
export async function concurrency(mailbox: Mailbox, signal: Cancellation): Promise<number> {
  const request = { method: 'GET', path: '/messages', query: { $top: '1', $select: 'id' } } as const;
  const outcomes = await Promise.all(Array.from({ length: REQUESTS_AT_A_TIME }, () => mailbox.request(request, signal)));
  return outcomes.filter((outcome) => outcome.kind === 'answer' && outcome.status === 200).length;
}

/** Sends a message that was sent already. */
export async function sendAgain(mailbox: Mailbox, id: string, signal: Cancellation): Promise<GraphOutcome> {
  return mailbox.request({ method: 'POST', path: `${messagePath(id)}/send`, headers: IMMUTABLE_IDS }, signal);
}

/** Sends to more recipients than Exchange takes: all of them are the mailbox itself, by addresses such as `noreply+prove1@contoso.com`. */
export async function sendToTooMany(
  mailbox: Mailbox,
  { address, subject }: { address: string; subject: string },
  signal: Cancellation,
): Promise<GraphOutcome> {
  const at = address.lastIndexOf('@');
  const toRecipients = Array.from({ length: TOO_MANY }, (_, index) => ({
    emailAddress: { address: `${address.slice(0, at)}+prove${index + 1}${address.slice(at)}` },
  }));
  const message = { subject, body: { contentType: 'text', content: 'Sent by "nodemailer-graph-transport prove".' }, toRecipients };
  return mailbox.request({ method: 'POST', path: '/sendMail', contentType: 'application/json', body: JSON.stringify({ message }) }, signal);
}
