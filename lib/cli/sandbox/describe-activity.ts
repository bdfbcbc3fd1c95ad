import type { SandboxMessage, SandboxRequest } from '../../sandbox/index.js';
import { printable } from '../printable.js';
import type { Paint } from '../colours.js';

/** Quoted as JSON, so that nothing in a mail can steer the terminal. */
const quote = (text: string): string => printable(JSON.stringify(text));

const plain = (text: string): string => quote(text).slice(1, -1);

/** A line for a message that was accepted. */
export function describeMessage(message: SandboxMessage, losses: readonly string[], paint: Paint): string {
  const { acceptedAt, mailbox, recipients, subject, attachments, format, route } = message;
  const [first = '', ...others] = recipients;
  const to = others.length > 0 ? `${plain(first)} and ${others.length} more` : plain(first);
  const files = attachments.length > 0 ? `, ${attachments.length} attached` : '';
  const lost = losses.length > 0 ? paint('yellow', ` not as written: ${losses.map(plain).join(', ')}`) : '';
  const time = paint('dim', acceptedAt.toISOString());
  return `${time} ${plain(mailbox)} -> ${to}: ${paint('bold', quote(subject))} ${paint('dim', `(${format}, ${route}${files})`)}${lost}`;
}

/** A line for a request that was refused; undefined for one that was not, or that only looked. */
export function describeRefusal(request: SandboxRequest, paint: Paint): string | undefined {
  const { startedAt, operation, status, errorCode, reason, mailbox, fault } = request;
  if (status > 0 && status < 400) return undefined;
  if (status === 404 && (operation === 'getMessage' || operation === 'listMessages')) return undefined;
  const who = mailbox === undefined ? '' : `${plain(mailbox)} `;
  const what = status === 0 ? 'connection cut' : `${status} ${plain(errorCode ?? '')}`.trimEnd();
  const why = fault === undefined ? (reason === undefined ? '' : `: ${plain(reason)}`) : ' (a scripted fault)';
  return `${paint('dim', startedAt.toISOString())} ${who}${operation} ${paint('red', what)}${why}`;
}

/** Losses the client told of with its plan. */
export function lossesOf(request: SandboxRequest | undefined): string[] {
  const losses = request?.plan?.losses;
  if (!Array.isArray(losses)) return [];
  return losses.slice(0, 50).flatMap((loss: unknown) => {
    const feature = (loss as { feature?: unknown } | null)?.feature;
    return typeof feature === 'string' ? [feature.slice(0, 50)] : [];
  });
}
