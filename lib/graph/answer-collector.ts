import type { Dispatcher } from 'undici';
import type { HttpFailure, HttpOutcome } from '../base/http.js';

/** Nobody needs more of an answer than this; Graph's messages are a few kB. */
const MAX_ANSWER = 8 * 1024 * 1024;

/** A sent message is answered with no body. */
const NOTHING = Buffer.alloc(0);

/** Collects one answer from undici and tells whether the request had been put on the wire. */
export class AnswerCollector implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | undefined;
  #sent = false;
  #done = false;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #bytes = 0;
  readonly #finish: (outcome: HttpOutcome) => void;

  constructor(finish: (outcome: HttpOutcome) => void) {
    this.#finish = finish;
  }

  /** Whether a byte may have left. */
  get sent(): boolean {
    return this.#sent;
  }

  // undici calls this when a connection stands and just before it writes the request
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#done) controller.abort(new Error('aborted'));
    else this.#sent = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (statusCode < 200) return;
    this.#status = statusCode;
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined) this.#headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_ANSWER) controller.abort(new Error('the answer is too long'));
  }

  onResponseEnd(): void {
    this.#answer(true);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.fail(error);
  }

  fail(error: Error): void {
    if (this.#status > 0) return this.#answer(false);
    this.#settle({ kind: 'failure', error, reason: reasonOf(error, this.#sent), sent: this.#sent });
  }

  /** Settles now, without waiting for the connection to notice. */
  cancel(reason: 'timeout' | 'abort', message: string): void {
    if (this.#done) return;
    const error = new Error(message);
    const controller = this.#controller;
    if (this.#status > 0) this.#answer(false);
    else this.#settle({ kind: 'failure', error, reason, sent: this.#sent });
    controller?.abort(error);
  }

  #answer(complete: boolean): void {
    this.#settle({
      kind: 'answer',
      status: this.#status,
      headers: this.#headers,
      body: this.#chunks.length === 0 ? NOTHING : Buffer.concat(this.#chunks),
      complete,
    });
  }

  #settle(outcome: HttpOutcome): void {
    if (this.#done) return;
    this.#done = true;
    this.#controller = undefined;
    this.#finish(outcome);
  }
}

function reasonOf(error: Error, sent: boolean): HttpFailure['reason'] {
  const code = (error as { code?: string }).code ?? '';
  if (/TIMEOUT|TIMEDOUT/.test(code)) return 'timeout';
  return sent ? 'broken' : 'connect';
}
