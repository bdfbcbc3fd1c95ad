import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { GraphAnswer, GraphRequest } from '../graph/client.js';
import type { RequestContext } from './delivery.js';
import { failure, requestGraph, type RequestOptions, type RequestResult } from './request.js';

/** What is asked for; `expected` is 200 unless it says otherwise. */
export type Question = Omit<RequestOptions, 'expected'> & Partial<Pick<RequestOptions, 'expected'>>;

/**
 * What can be asked again whatever the answer was: looking changes nothing, deleting twice is as good as once. The last result is never
 * one that may be tried again.
 */
export async function ask(context: RequestContext, request: GraphRequest, question: Question): Promise<RequestResult> {
  const options = { expected: 200, needsBody: request.method === 'GET', ...question };
  for (let attempt = 0; ; attempt++) {
    const result = await requestGraph(context, request, options);
    if (result.state !== 'unknown' || attempt >= context.settings.retries) return result;
    await context.sleep(pauseBefore(attempt, context), context.signal);
  }
}

/**
 * Reads something that belongs to no message on its way.
 *
 * @throws {GraphTransportError} for any answer but the expected one
 */
export async function read(context: RequestContext, request: GraphRequest, question: Question): Promise<GraphAnswer> {
  const { what, operation } = question;
  try {
    const result = await ask(context, request, question);
    if (result.state === 'done') return result.answer;
    throw result.state === 'failed' ? result.error : failure(context, result.outcome, what, { operation });
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw new GraphTransportError('EABORT', `aborted while trying to ${what}`, { mailbox: context.mailbox, cause: context.signal.reason });
  }
}

/** 0.5 s, then doubling: Exchange takes a moment to move a message. */
export function pauseBefore(attempt: number, { settings }: Pick<RequestContext, 'settings'>): number {
  return Math.min(500 * 2 ** attempt, settings.maxRetryDelay);
}
