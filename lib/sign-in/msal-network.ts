import { setTimeout as sleep } from 'node:timers/promises';
import type { INetworkModule } from '@azure/msal-node';
import { parseRetryAfter } from '../base/retry-after.js';
import type { HttpOutcome, Requester } from '../base/http.js';
import type { SignInTrace } from '../errors/from-sign-in.js';
import { delayOfRepeat } from './repeat-sign-in.js';

type Request = NonNullable<Parameters<INetworkModule['sendPostRequestAsync']>[1]>;

export interface MsalNetworkOptions {
  http: Requester;
  /** Filled with what happened on the wire. */
  trace: SignInTrace;
  /** Repeats of a sign-in that got no answer or 408, 429, 500, 502, 503, 504. */
  retries: number;
  /** Longest Retry-After that is waited for, in milliseconds. */
  maxRetryDelay: number;
}

/** Lets MSAL use this transport's connections: the same proxy, certificate authorities and timeouts as for Graph. */
export class MsalNetwork {
  /** Ends what is on its way. */
  signal: AbortSignal | undefined;
  /** Why the last request failed; MSAL wraps it into an error that says less. */
  failure: Error | undefined;

  constructor(private readonly options: MsalNetworkOptions) {}

  sendGetRequestAsync = <T>(url: string, options?: Request) => this.#send<T>('GET', url, options);

  sendPostRequestAsync = <T>(url: string, options?: Request) => this.#send<T>('POST', url, options);

  async #send<T>(method: 'GET' | 'POST', url: string, { headers = {}, body }: Request = {}) {
    this.failure = undefined;
    try {
      const outcome = await this.#repeat(() =>
        this.options.http.request({ url: new URL(url), method, headers, body, signal: this.signal }),
      );
      return { status: outcome.status, headers: outcome.headers, body: readBody(outcome) as T };
    } catch (error) {
      this.failure = error as Error;
      throw error;
    }
  }

  async #repeat(request: () => Promise<HttpOutcome>): Promise<Extract<HttpOutcome, { kind: 'answer' }>> {
    const { retries, maxRetryDelay, trace } = this.options;
    for (let repeats = 0; ; repeats++) {
      const outcome = await request();
      noteOutcome(trace, outcome);
      // would be waited out, however long
      if (trace.retryAfter !== undefined && trace.retryAfter * 1000 > maxRetryDelay)
        throw new Error(`The sign-in service asks to wait ${trace.retryAfter} s.`);
      const delay = delayOfRepeat(outcome, { repeats, retries, random: Math.random(), now: Date.now() });
      if (delay !== undefined) await sleep(delay, undefined, { signal: this.signal });
      else if (trace.error) throw trace.error;
      else if (outcome.kind === 'answer') return outcome;
    }
  }
}

function noteOutcome(trace: SignInTrace, outcome: HttpOutcome): void {
  const answered = outcome.kind === 'answer' && outcome.complete;
  trace.statusCode = answered ? outcome.status : undefined;
  trace.error =
    outcome.kind === 'failure'
      ? outcome.error
      : answered
        ? undefined
        : Object.assign(new Error('the answer broke off'), { code: 'ECONNRESET' });
  const wait =
    answered && (outcome.status === 429 || outcome.status === 503)
      ? parseRetryAfter(outcome.headers['retry-after'], Date.now())
      : undefined;
  trace.retryAfter = wait === undefined ? undefined : Math.ceil(wait / 1000);
}

/** The answer as MSAL wants it: an object, with an `error` where there is none in a refusal. */
function readBody({ status, body: bytes }: Extract<HttpOutcome, { kind: 'answer' }>): unknown {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString('utf8'));
  } catch {
    if (status < 400) throw new Error('The answer of the sign-in service cannot be read.');
  }
  const answer = typeof body === 'object' && body !== null ? body : {};
  return status < 400 || 'error' in answer
    ? answer
    : { error: `http_${status}`, error_description: `The sign-in service answered with HTTP ${status}.` };
}
