import { parseRetryAfter } from '../base/retry-after.js';
import type { HttpOutcome } from '../base/http.js';

export interface SignInAttempt {
  /** Repeats so far. */
  repeats: number;
  /** Most repeats. */
  retries: number;
  /** 0 to 1. */
  random: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/** The system's codes for what may work in a moment. */
const MAY_PASS = ['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE'];

/** Milliseconds until a sign-in is tried once more; `undefined` if it is not. A token may be asked for as often as needed. */
export function delayOfRepeat(outcome: HttpOutcome, { repeats, retries, random, now }: SignInAttempt): number | undefined {
  if (repeats >= retries) return undefined;
  const backoff = Math.min(2000, 200 * 2 ** repeats) * (0.5 + random / 2);
  if (outcome.kind === 'failure') {
    const mayPass = outcome.reason === 'broken' || MAY_PASS.includes((outcome.error as { code?: string }).code ?? '');
    return mayPass && outcome.reason !== 'abort' ? backoff : undefined;
  }
  const { status, headers, complete } = outcome;
  if (status === 429 || status === 503) return parseRetryAfter(headers['retry-after'], now) ?? 1000;
  return !complete || [408, 500, 502, 504].includes(status) ? backoff : undefined;
}
