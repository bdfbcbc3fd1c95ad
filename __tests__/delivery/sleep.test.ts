import { sleep } from '../../lib/delivery/sleep.js';

const reason = new Error('no longer needed');

test('ends by itself', async () => {
  await expect(sleep(1, new AbortController().signal)).resolves.toBeUndefined();
  await expect(sleep(0, new AbortController().signal)).resolves.toBeUndefined();
  await expect(sleep(-1, new AbortController().signal)).resolves.toBeUndefined();
});

test('ends at once with an abort, with its reason', async () => {
  const controller = new AbortController();
  const sleeping = sleep(2 ** 30, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});

test.each([2 ** 30, 0])('does not begin after an abort, %i ms', async (ms) => {
  await expect(sleep(ms, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('leaves no listener at a signal of many messages', async () => {
  const { signal } = new AbortController();
  const added = jest.spyOn(signal, 'addEventListener');
  const removed = jest.spyOn(signal, 'removeEventListener');
  await sleep(1, signal);
  expect(added).toHaveBeenCalledTimes(1);
  expect(removed).toHaveBeenCalledWith('abort', added.mock.calls[0]?.[1]);
});
