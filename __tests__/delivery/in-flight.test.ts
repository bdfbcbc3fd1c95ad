import { InFlight } from '../../lib/delivery/in-flight.js';

/** A signal of the app's own that fails when it is no longer followed. */
function badSignal(): AbortSignal {
  const signal = new AbortController().signal;
  signal.removeEventListener = () => {
    throw new Error('not today');
  };
  return signal;
}

beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick'] }));
afterEach(() => jest.useRealTimers());

test('keeps the process alive as long as something is on its way, and no longer', async () => {
  const inFlight = new InFlight();
  const [first, second] = [inFlight.begin(undefined), inFlight.begin(undefined)];
  expect(jest.getTimerCount()).toBe(1);
  inFlight.end(first);
  expect(jest.getTimerCount()).toBe(1);
  inFlight.end(second);
  expect(jest.getTimerCount()).toBe(0);
  await inFlight.whenSettled();
});

test('a signal that cannot be let go of neither makes a failure of what is done nor keeps anything waiting', async () => {
  const inFlight = new InFlight();
  await expect(inFlight.run(badSignal(), () => Promise.resolve('sent'))).resolves.toBe('sent');
  await expect(inFlight.run(badSignal(), () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  await inFlight.whenSettled();
  expect(jest.getTimerCount()).toBe(0);
});

test('a signal that cannot be followed leaves nothing on its way', async () => {
  const inFlight = new InFlight();
  const signal = new AbortController().signal;
  signal.addEventListener = () => {
    throw new Error('not today');
  };
  await expect(inFlight.run(signal, () => Promise.resolve('sent'))).rejects.toThrow('not today');
  await inFlight.whenSettled();
  expect(jest.getTimerCount()).toBe(0);
});
