import type { Cancellation } from '../base/cancellation.js';

/** Lets a task through when it is its turn. @throws the signal's reason if it is aborted before */
export type Gate = <T>(task: () => Promise<T>, signal?: Cancellation) => Promise<T>;

/** Lets so many tasks through at the same time; the others wait in line and hold nothing yet. */
export function createGate(most: number): Gate {
  const waiting: (() => void)[] = [];
  let inside = 0;

  async function enter(signal: Cancellation | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (inside < most) {
      inside++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const go = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(signal?.reason ?? new Error('aborted'));
      };
      waiting.push(go);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  return async (task, signal) => {
    await enter(signal);
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else inside--;
    }
  };
}
