import { Canceller } from '../../lib/base/cancellation.js';
import { createGate } from '../../lib/outbox/gate.js';
import { Repeats } from '../../lib/outbox/repeats.js';

it('lets so many through at once, in order, goes on after failures, and forgets who gave up', async () => {
  const gate = createGate(2);
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const enter = (name: string, signal?: Canceller) =>
    gate(() => {
      begun.push(name);
      return new Promise<string>((resolve, reject) => ends.set(name, (error) => (error ? reject(error) : resolve(name))));
    }, signal);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const canceller = new Canceller();
  const [a, b, c, d] = [enter('a'), enter('b'), enter('c', canceller), enter('d')];
  const refused = expect(c).rejects.toThrow('given up');
  await turn();
  expect(begun).toEqual(['a', 'b']);
  canceller.abort(new Error('given up'));
  await refused;
  const failed = expect(a).rejects.toThrow('failed');
  ends.get('a')?.(new Error('failed'));
  await failed;
  await turn();
  expect(begun).toEqual(['a', 'b', 'd']);
  ends.get('b')?.();
  ends.get('d')?.();
  expect(await Promise.all([b, d])).toEqual(['b', 'd']);
  await expect(enter('e', canceller)).rejects.toThrow('given up');
  const last = enter('f');
  await turn();
  ends.get('f')?.();
  expect(await last).toBe('f');
});

it('keeps back what is said again within 5 s, each text by itself, and counts it', () => {
  let now = 0;
  const repeats = new Repeats(() => now);
  expect([repeats.hear('a'), repeats.hear('a'), repeats.hear('b')]).toEqual([0, undefined, 0]);
  now = 4999;
  expect(repeats.hear('a')).toBeUndefined();
  now = 5000;
  expect([repeats.hear('a'), repeats.hear('a')]).toEqual([2, undefined]);
  // the clock was set back
  now = 0;
  expect(repeats.hear('a')).toBe(1);
  for (let index = 0; index < 200; index++) repeats.hear(`other ${index}`);
  expect(repeats.hear('a')).toBe(0);
});
