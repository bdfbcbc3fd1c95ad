import type { Operation } from '../errors/catalogue.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { GraphAnswer, GraphRequest } from '../graph/client.js';
import type { RequestContext } from './delivery.js';
import { failure, requestGraph, type RequestResult } from './request.js';

/** Looking changes nothing, so it is repeated whatever the answer was. The last result is never one that may be tried again. */
export async function ask(context: RequestContext, request: GraphRequest, what: string, operation?: Operation): Promise<RequestResult> {
  for (let attempt = 0; ; attempt++) {
    const result = await requestGraph(context, request, { what, expected: 200, needsBody: true, operation });
    if (result.state !== 'unknown' || attempt >= context.settings.retries) return result;
    await context.sleep(pauseBefore(attempt, context), context.signal);
  }
}

/**
 * Reads something that belongs to no message on its way.
 *
 * @throws {GraphTransportError} for any answer but 200
 */
export async function read(context: RequestContext, request: GraphRequest, what: string, operation: Operation): Promise<GraphAnswer> {
  try {
    const result = await ask(context, request, what, operation);
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
