import { parseRetryAfter } from '../base/retry-after.js';

/** What is known of one attempt. */
export type Attempt =
  | { kind: 'answer'; status: number; complete: boolean; retryAfter?: string | undefined }
  | { kind: 'failure'; sent: boolean; reason: 'connect' | 'timeout' | 'abort' | 'broken' };

/** What follows from it. */
export type Verdict =
  /** It worked. */
  | { action: 'done' }
  /** Certainly not accepted: again after `delay` ms; `pause` holds the whole mailbox. */
  | { action: 'repeat'; delay: number; pause: boolean; freshConnection: boolean }
  /** The token was refused: again with a fresh one. */
  | { action: 'renewToken' }
  /** It may or may not have been accepted. */
  | { action: 'unknown' }
  /** It was not accepted and will not be repeated; `retryAfter` in seconds if Graph named it. */
  | { action: 'fail'; retryAfter?: number | undefined };

export interface RetryState {
  /** The status that means success: 202 for a send, 201 for something created, … */
  expected: number;
  /** Whether the answer's body is needed. @default false */
  needsBody?: boolean | undefined;
  /** Whether 404, 409 and 412 pass by themselves: a draft is not visible everywhere at once. `'conflicts'`: not 404. @default false */
  settling?: boolean | 'conflicts' | undefined;
  /** Repeats so far. */
  repeats: number;
  /** Most repeats. */
  retries: number;
  /** Longest wait in ms. */
  maxRetryDelay: number;
  /** Whether the token was renewed for this request already. */
  tokenRenewed: boolean;
  /** 0 to 1. */
  random: number;
  /** ms since the epoch. */
  now: number;
}

/** Decides what follows from an attempt. Only what was certainly not accepted is repeated. */
export function decide(attempt: Attempt, state: RetryState): Verdict {
  if (attempt.kind === 'failure') {
    if (attempt.sent) return { action: 'unknown' };
    if (attempt.reason === 'abort') return { action: 'fail' };
    return again(state, backoff(state), false, false);
  }
  const { status, complete } = attempt;
  if (status === state.expected) return complete || !state.needsBody ? { action: 'done' } : { action: 'unknown' };
  if (status === 401 && !state.tokenRenewed) return { action: 'renewToken' };
  if (status === 429 || status === 503) {
    const asked = parseRetryAfter(attempt.retryAfter, state.now);
    return again(state, asked ?? backoff(state), true, status === 503, asked);
  }
  if ((state.settling && (status === 409 || status === 412)) || (state.settling === true && status === 404))
    return again(state, backoff(state), false, false);
  if (status >= 500 || (status >= 200 && status < 300)) return { action: 'unknown' };
  return { action: 'fail' };
}

function again(state: RetryState, delay: number, pause: boolean, freshConnection: boolean, asked?: number): Verdict {
  if (state.repeats >= state.retries || (asked ?? 0) > state.maxRetryDelay) {
    return { action: 'fail', retryAfter: asked === undefined ? undefined : Math.ceil(asked / 1000) };
  }
  return { action: 'repeat', delay: Math.min(delay, state.maxRetryDelay), pause, freshConnection };
}

/** 0.5 to 1 s, then doubling up to 30 s: spread, so that many senders do not come back at once. */
function backoff({ repeats, random }: RetryState): number {
  const ceiling = Math.min(30_000, 1000 * 2 ** repeats);
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
