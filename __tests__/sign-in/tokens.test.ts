import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/identity';
import { raceAbort } from '../../lib/base/cancellation.js';
import { createTokenSource, tokenAge, type TokenSourceOptions } from '../../lib/sign-in/tokens.js';

const MINUTE = 60_000;
const START = Date.UTC(2025, 10, 20);

/** A credential whose answers the test gives, and a clock the test sets. */
function createWorld(options: Partial<TokenSourceOptions> = {}) {
  const asked: {
    scope: string | string[];
    options: GetTokenOptions | undefined;
    answer: (token: AccessToken | null) => void;
    refuse: (error: unknown) => void;
  }[] = [];
  const clock = { now: START };
  const createCredential = jest.fn(async (): Promise<TokenCredential> => ({
    getToken: (scope, given) => new Promise((answer, refuse) => asked.push({ scope, options: given, answer, refuse })),
  }));
  const onBackgroundError = jest.fn();
  const tokens = createTokenSource({
    scope: 'https://graph.microsoft.com/.default',
    createCredential,
    timeout: 60_000,
    onBackgroundError,
    now: () => clock.now,
    ...options,
  });
  return {
    tokens,
    asked,
    clock,
    createCredential,
    onBackgroundError,
    /** Answers the latest question with a token that is good for so many minutes. */
    answer: async (token: string, minutes = 60, details: Partial<AccessToken> = {}) => {
      await settle();
      asked.at(-1)?.answer({ token, expiresOnTimestamp: clock.now + minutes * MINUTE, ...details });
      await settle();
    },
    refuse: async (error: unknown) => {
      await settle();
      asked.at(-1)?.refuse(error);
      await settle();
    },
  };
}

/** Lets all promises settle that need no timer. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('tokenAge', () => {
  test.each([
    [60, 'fresh'],
    [10.01, 'fresh'],
    [10, 'renew-soon'],
    [2.01, 'renew-soon'],
    [2, 'expired'],
    [0, 'expired'],
    [-5, 'expired'],
  ] as const)('%d minutes before its end a token is %s', (minutes, age) => {
    expect(tokenAge({ expiresOnTimestamp: START + minutes * MINUTE }, START)).toBe(age);
  });

  test('a token that wants to be refreshed earlier is', () => {
    const token = { expiresOnTimestamp: START + 24 * 60 * MINUTE, refreshAfterTimestamp: START + 12 * 60 * MINUTE };
    expect(tokenAge(token, START)).toBe('fresh');
    expect(tokenAge(token, token.refreshAfterTimestamp - 1)).toBe('fresh');
    expect(tokenAge(token, token.refreshAfterTimestamp)).toBe('renew-soon');
    expect(tokenAge(token, token.expiresOnTimestamp)).toBe('expired');
  });
});

describe('one token serves everybody', () => {
  test('however many ask at the same time, the credential is asked once, for the right scope', async () => {
    const { tokens, asked, answer, createCredential } = createWorld();
    const all = Promise.all([tokens.get(), tokens.get(), tokens.get()]);
    await answer('one');
    expect(await all).toEqual(['one', 'one', 'one']);
    expect(asked.map(({ scope }) => scope)).toEqual(['https://graph.microsoft.com/.default']);
    expect(createCredential).toHaveBeenCalledTimes(1);
  });

  test('it is kept while it is fresh', async () => {
    const { tokens, asked, answer, clock } = createWorld();
    const first = tokens.get();
    await answer('one', 60);
    await first;
    clock.now += 49 * MINUTE;
    expect(await tokens.get()).toBe('one');
    expect(asked).toHaveLength(1);
  });

  test('nothing happens before the first message', async () => {
    const { createCredential } = createWorld();
    await settle();
    expect(createCredential).not.toHaveBeenCalled();
  });

  test('an expired token is not used: callers wait for the next one', async () => {
    const { tokens, answer, clock } = createWorld();
    const first = tokens.get();
    await answer('one', 60);
    await first;
    clock.now += 58 * MINUTE;
    const second = tokens.get();
    await answer('two');
    expect(await second).toBe('two');
  });
});

describe('renewing in the background', () => {
  async function nearlyExpired() {
    const world = createWorld();
    const first = world.tokens.get();
    await world.answer('one', 60);
    await first;
    world.clock.now += 51 * MINUTE;
    return world;
  }

  test('the old token serves until the new one is there', async () => {
    const { tokens, asked, answer } = await nearlyExpired();
    expect(await tokens.get()).toBe('one');
    expect(await tokens.get()).toBe('one');
    await settle();
    expect(asked).toHaveLength(2);
    await answer('two');
    expect(await tokens.get()).toBe('two');
  });

  test('a failure is reported, not thrown, and it is tried again after a while', async () => {
    const { tokens, asked, refuse, answer, clock, onBackgroundError } = await nearlyExpired();
    const error = new Error('busy');
    expect(await tokens.get()).toBe('one');
    await refuse(error);
    expect(onBackgroundError).toHaveBeenCalledTimes(1);
    expect(onBackgroundError).toHaveBeenCalledWith(error);

    clock.now += 29_999;
    expect(await tokens.get()).toBe('one');
    await settle();
    expect(asked).toHaveLength(2);

    clock.now += 1;
    expect(await tokens.get()).toBe('one');
    await answer('two');
    expect(asked).toHaveLength(3);
    expect(await tokens.get()).toBe('two');
  });

  test('who needs the token while it is being renewed waits for the same one', async () => {
    const { tokens, asked, answer, clock } = await nearlyExpired();
    await tokens.get();
    clock.now += 9 * MINUTE;
    const waiting = tokens.get();
    await answer('two');
    expect(await waiting).toBe('two');
    expect(asked).toHaveLength(2);
  });
});

describe('discard', () => {
  test('a refused token is fetched anew, from a new credential, since credentials keep a cache', async () => {
    const { tokens, asked, answer, createCredential } = createWorld();
    const first = tokens.get();
    await answer('one');
    tokens.discard(await first);
    const second = tokens.get();
    await answer('two');
    expect(await second).toBe('two');
    expect(asked).toHaveLength(2);
    expect(createCredential).toHaveBeenCalledTimes(2);
  });

  test('several messages that were refused the same token fetch one new one', async () => {
    const { tokens, asked, answer } = createWorld();
    const first = tokens.get();
    await answer('one');
    const refused = await first;
    tokens.discard(refused);
    const second = tokens.get();
    tokens.discard(refused);
    await answer('two');
    expect(await second).toBe('two');
    tokens.discard(refused);
    expect(await tokens.get()).toBe('two');
    expect(asked).toHaveLength(2);
  });
});

describe('a credential that fails', () => {
  test('fails all who wait with its own error, and is made anew for the next', async () => {
    const { tokens, refuse, answer, createCredential } = createWorld();
    const error = new Error('wrong secret');
    const failing = Promise.allSettled([tokens.get(), tokens.get()]);
    await refuse(error);
    expect(await failing).toEqual([
      { status: 'rejected', reason: error },
      { status: 'rejected', reason: error },
    ]);
    const next = tokens.get();
    await answer('one');
    expect(await next).toBe('one');
    expect(createCredential).toHaveBeenCalledTimes(2);
  });

  test('cannot be made: that is the error, and the next caller tries again', async () => {
    const createCredential = jest.fn<Promise<TokenCredential>, []>().mockRejectedValue(new Error('no such file'));
    const { tokens } = createWorld({ createCredential });
    await expect(tokens.get()).rejects.toThrow('no such file');
    await expect(tokens.get()).rejects.toThrow('no such file');
    expect(createCredential).toHaveBeenCalledTimes(2);
  });

  test('throws at once: that is the error', async () => {
    const createCredential = async () => ({
      getToken: () => {
        throw new Error('at once');
      },
    });
    await expect(createWorld({ createCredential }).tokens.get()).rejects.toThrow('at once');
  });

  test.each([
    ['null', null],
    ['an empty token', { token: '', expiresOnTimestamp: START + 60 * MINUTE }],
  ])('%s is no token', async (_what, answer) => {
    const createCredential = async () => ({ getToken: async () => answer });
    await expect(createWorld({ createCredential }).tokens.get()).rejects.toThrow('no token');
  });

  test('never answers: it is given up, told to stop, and the next caller may have more luck', async () => {
    const { tokens, asked, answer } = createWorld({ timeout: 20 });
    await expect(tokens.get()).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(asked[0]?.options?.abortSignal?.aborted).toBe(true);
    const next = tokens.get();
    await answer('two');
    expect(await next).toBe('two');
  });
});

describe('an abort', () => {
  test('of one caller does not cancel the others', async () => {
    const { tokens, asked, answer } = createWorld();
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const first = tokens.get(controller.signal);
    const second = tokens.get();
    await settle();
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    expect(asked[0]?.options?.abortSignal?.aborted).toBe(false);
    await answer('one');
    expect(await second).toBe('one');
    expect(asked).toHaveLength(1);
  });

  test('of the only caller still leaves the token for the next', async () => {
    const { tokens, asked, answer } = createWorld();
    const controller = new AbortController();
    const first = tokens.get(controller.signal);
    controller.abort(new Error('no longer wanted'));
    await expect(first).rejects.toThrow('no longer wanted');
    await answer('one');
    expect(await tokens.get()).toBe('one');
    expect(asked).toHaveLength(1);
  });

  test('before it asks: nothing is asked', async () => {
    const { tokens, createCredential } = createWorld();
    const reason = new Error('no longer wanted');
    await expect(tokens.get(AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(createCredential).not.toHaveBeenCalled();
  });
});

describe('raceAbort', () => {
  test('passes the result on', async () => {
    await expect(raceAbort(Promise.resolve('one'), new AbortController().signal)).resolves.toBe('one');
    await expect(raceAbort(Promise.reject(new Error('failed')), new AbortController().signal)).rejects.toThrow('failed');
  });

  test('leaves no listener behind, whichever comes first', async () => {
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    await raceAbort(Promise.resolve('one'), signal);
    await raceAbort(Promise.reject(new Error('failed')), signal).catch(() => undefined);
    await settle();
    expect(added).toHaveBeenCalledTimes(2);
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, listener]) => listener));
  });

  test('with a signal that has aborted, a later failure is nobody the wiser', async () => {
    const reason = new Error('no longer wanted');
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    try {
      await expect(raceAbort(Promise.reject(new Error('failed')), AbortSignal.abort(reason))).rejects.toBe(reason);
      await settle();
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });
});
