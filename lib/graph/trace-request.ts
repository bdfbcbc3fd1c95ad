import { isHeard, requests, traced } from '../base/channels.js';
import type { TracedMessage, TracedRequest } from '../base/traced.js';
import type { HttpOutcome } from '../base/http.js';
import { redactedLabel } from '../errors/redact.js';

/** What is told of a request before it is made. */
export type RequestFacts = Pick<TracedRequest, 'method' | 'origin' | 'path' | 'size' | 'clientRequestId'>;

/** For which message a request is made, and for the how many-th time; `undefined` where nobody asks. */
export interface RequestOrigin {
  message: TracedMessage;
  resend: number;
}

/**
 * Makes a request and tells the channels of it, if anybody listens.
 *
 * @param facts asked for only then
 * @param secrets must not be told, wherever the answer has them from
 */
export function traceRequest(
  of: RequestOrigin | undefined,
  facts: () => RequestFacts,
  secrets: readonly string[],
  make: () => Promise<HttpOutcome>,
): Promise<HttpOutcome> {
  if (!of && !isHeard(requests)) return make();
  const message = of?.message;
  if (message) message.attempts++;
  const event: TracedRequest = { ...facts(), message, resend: of?.resend ?? 0 };
  return traced(requests, event, async () => {
    const outcome = await make();
    if (outcome.kind === 'failure') event.failure = outcome.reason;
    else {
      const label = (text: string | undefined) => (text === undefined ? undefined : redactedLabel(text, secrets));
      event.status = outcome.status;
      event.requestId = label(outcome.headers['request-id']);
      event.retryAfter = label(outcome.headers['retry-after']);
      if (message && event.requestId !== undefined) message.requestId = event.requestId;
      if (message && (outcome.status === 429 || outcome.status === 503)) message.throttled++;
    }
    return outcome;
  });
}

const PLACEHOLDERS: Record<string, string> = {
  users: '{user}',
  messages: '{message}',
  attachments: '{attachment}',
  mailFolders: '{folder}',
  messageTraces: '{trace}',
};
/** Names and functions of Graph below them, which are no ids. */
const KEPT = new Set(['createUploadSession', 'delta']);

/** A path of Graph without whose and which: `/users/a@contoso.com/messages/AAMk…/send` → `/users/{user}/messages/{message}/send`. */
export function templateOf(path: string): string {
  const parts = path.split('/');
  return parts
    .map((part, index) => {
      // a call such as getDetailsByRecipient(recipientAddress='…')
      const call = /^(\w+)\(/.exec(part)?.[1];
      if (call !== undefined) return `${call}({arguments})`;
      const before = parts[index - 1] ?? '';
      // well-known names such as inbox stay
      if (KEPT.has(part) || (before === 'mailFolders' && /^[a-z]{1,30}$/.test(part))) return part;
      return PLACEHOLDERS[before] ?? part;
    })
    .join('/');
}
