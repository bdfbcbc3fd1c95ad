import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** A `requestTimeout` that no test lives to see, and by which the timer of a request is known. */
export const REQUEST_TIMEOUT = 86_400_011;

/**
 * Runs a send whose transport has REQUEST_TIMEOUT as its `requestTimeout`, one request at a time. The deadline of each request that a fault strikes
 * passes as soon as its answer has begun: an answer that trickles for ever ends without waiting, and on a busy machine, too.
 */
export async function expireAnswers<T>(fault: { readonly hits: number }, send: () => Promise<T>): Promise<T> {
  const timers = jest.spyOn(globalThis, 'setTimeout');
  let expired = 0;
  const onHeaders = () => {
    if (fault.hits === expired) return;
    expired = fault.hits;
    const [deadline] = timers.mock.calls.findLast(([, ms]) => ms === REQUEST_TIMEOUT) ?? [];
    if (!deadline) throw new Error('no request with REQUEST_TIMEOUT is running');
    // undici tells of the headers just before the transport gets them
    setImmediate(deadline);
  };
  subscribe('undici:request:headers', onHeaders);
  try {
    return await send();
  } finally {
    unsubscribe('undici:request:headers', onHeaders);
    timers.mockRestore();
  }
}
