import { MailboxQueue, type MailboxQueueOptions } from '../../lib/delivery/mailbox-queue.js';
import type { Turn } from '../../lib/delivery/turn.js';

const never = new AbortController().signal;

beforeEach(() => {
  jest.useFakeTimers({ now: Date.UTC(2025, 10, 20) });
});
afterEach(() => {
  jest.useRealTimers();
});

function createQueue(options: Partial<MailboxQueueOptions> = {}) {
  const onIdle = jest.fn();
  const queue = new MailboxQueue({ maxConnections: 4, rateLimit: undefined, rateDelta: 1000, ratePer: 'transport', onIdle, ...options });
  return { queue, onIdle };
}

/** Messages whose start is recorded and whose end the test decides. */
function createMessages(queue: MailboxQueue) {
  const started: string[] = [];
  const turns = new Map<string, Turn>();
  const ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  return {
    started,
    turn: (name: string) => turns.get(name) as Turn,
    send: (name: string, { mailbox = 'a@contoso.com', signal = never }: { mailbox?: string; signal?: AbortSignal } = {}) => {
      const settled = queue.run(mailbox, signal, (turn) => {
        started.push(name);
        turns.set(name, turn);
        return new Promise<string>((resolve, reject) => ends.set(name, { resolve: () => resolve(name), reject }));
      });
      settled.catch(() => undefined);
      return settled;
    },
    finish: async (...names: string[]) => {
      for (const name of names) ends.get(name)?.resolve();
      await tick();
    },
    fail: async (name: string) => {
      ends.get(name)?.reject(new Error('refused'));
      await tick();
    },
  };
}

/** Lets promises settle without time passing. */
async function tick(ms = 0): Promise<void> {
  await jest.advanceTimersByTimeAsync(ms);
}

describe('messages of one mailbox', () => {
  test('four are on the way at the same time, the others wait', async () => {
    const { queue } = createQueue();
    const { send, started, finish } = createMessages(queue);
    for (const name of ['1', '2', '3', '4', '5', '6']) void send(name);
    await tick();
    expect(started).toEqual(['1', '2', '3', '4']);
    await finish('3');
    expect(started).toEqual(['1', '2', '3', '4', '5']);
    await finish('1', '5');
    expect(started).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  test('first in, first out', async () => {
    const { queue } = createQueue({ maxConnections: 1 });
    const { send, started, finish } = createMessages(queue);
    const names = ['1', '2', '3', '4', '5'];
    for (const name of names) void send(name);
    await tick();
    for (const name of names) await finish(name);
    expect(started).toEqual(names);
  });

  test('each gets its own result', async () => {
    const { queue } = createQueue({ maxConnections: 2 });
    const { send, finish } = createMessages(queue);
    const results = [send('1'), send('2'), send('3')];
    await tick();
    await finish('2');
    await finish('3');
    await finish('1');
    expect(await Promise.all(results)).toEqual(['1', '2', '3']);
  });

  test('a failed one makes room, and fails alone', async () => {
    const { queue } = createQueue({ maxConnections: 1 });
    const { send, started, finish, fail } = createMessages(queue);
    const first = send('1');
    const second = send('2');
    await tick();
    await fail('1');
    await expect(first).rejects.toThrow('refused');
    expect(started).toEqual(['1', '2']);
    await finish('2');
    await expect(second).resolves.toBe('2');
  });

  test('one that throws at once makes room, too', async () => {
    const { queue } = createQueue({ maxConnections: 1 });
    const { send, started } = createMessages(queue);
    const first = queue.run('a@contoso.com', never, () => {
      throw new Error('at once');
    });
    void send('2');
    await expect(first).rejects.toThrow('at once');
    await tick();
    expect(started).toEqual(['2']);
  });

  test('a mailbox is the same whatever its case', async () => {
    const { queue } = createQueue({ maxConnections: 1 });
    const { send, started } = createMessages(queue);
    void send('1', { mailbox: 'a@contoso.com' });
    void send('2', { mailbox: 'A@Contoso.com' });
    await tick();
    expect(started).toEqual(['1']);
  });
});

test('mailboxes do not wait for each other', async () => {
  const { queue } = createQueue({ maxConnections: 1 });
  const { send, started, finish } = createMessages(queue);
  void send('a1', { mailbox: 'a@contoso.com' });
  void send('a2', { mailbox: 'a@contoso.com' });
  void send('b1', { mailbox: 'b@contoso.com' });
  await tick();
  expect(started).toEqual(['a1', 'b1']);
  await finish('b1');
  expect(started).toEqual(['a1', 'b1']);
});

describe('a pause', () => {
  test('holds messages that have not started, until it is over', async () => {
    const { queue } = createQueue({ maxConnections: 1 });
    const { send, started, turn, finish } = createMessages(queue);
    void send('1');
    await tick();
    turn('1').pause(5000);
    void send('2');
    await finish('1');
    await tick(4999);
    expect(started).toEqual(['1']);
    await tick(1);
    expect(started).toEqual(['1', '2']);
  });

  test('outlives the message that asked for it', async () => {
    const { queue } = createQueue();
    const { send, started, turn, finish } = createMessages(queue);
    void send('1');
    await tick();
    turn('1').pause(5000);
    await finish('1');
    void send('2');
    await tick(4999);
    expect(started).toEqual(['1']);
    await tick(1);
    expect(started).toEqual(['1', '2']);
  });

  test('holds running messages at their next request', async () => {
    const { queue } = createQueue();
    const { send, turn } = createMessages(queue);
    void send('1');
    void send('2');
    await tick();
    const ready = jest.fn();
    turn('1').pause(5000);
    void turn('2').ready(never)?.then(ready);
    await tick(4999);
    expect(ready).not.toHaveBeenCalled();
    await tick(1);
    expect(ready).toHaveBeenCalledTimes(1);
  });

  test('made longer meanwhile is waited out in full', async () => {
    const { queue } = createQueue({ maxConnections: 2 });
    const { send, started, turn, finish } = createMessages(queue);
    void send('1');
    void send('2');
    await tick();
    const ready = jest.fn();
    turn('1').pause(1000);
    void turn('1').ready(never)?.then(ready);
    await finish('2');
    void send('3');
    await tick(500);
    turn('1').pause(5000);
    await tick(4999);
    expect(ready).not.toHaveBeenCalled();
    expect(started).toEqual(['1', '2']);
    await tick(1);
    expect(ready).toHaveBeenCalledTimes(1);
    expect(started).toEqual(['1', '2', '3']);
  });

  test('is not made shorter by a shorter one', async () => {
    const { queue } = createQueue();
    const { send, started, turn } = createMessages(queue);
    void send('1');
    await tick();
    turn('1').pause(5000);
    turn('1').pause(10);
    void send('2');
    await tick(4999);
    expect(started).toEqual(['1']);
    await tick(1);
    expect(started).toEqual(['1', '2']);
  });

  test('of one mailbox does not hold another', async () => {
    const { queue } = createQueue();
    const { send, started, turn } = createMessages(queue);
    void send('a1', { mailbox: 'a@contoso.com' });
    await tick();
    turn('a1').pause(5000);
    void send('b1', { mailbox: 'b@contoso.com' });
    await tick();
    expect(started).toEqual(['a1', 'b1']);
  });

  test('ends at once for a message that is cancelled', async () => {
    const { queue } = createQueue();
    const { send, turn } = createMessages(queue);
    void send('1');
    await tick();
    const controller = new AbortController();
    turn('1').pause(5000);
    const ready = turn('1').ready(controller.signal);
    const reason = new Error('no longer wanted');
    controller.abort(reason);
    await expect(ready).rejects.toBe(reason);
    await expect(turn('1').ready(controller.signal)).rejects.toBe(reason);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('without one a message is ready at once', async () => {
    const { queue } = createQueue();
    const { send, turn } = createMessages(queue);
    void send('1');
    await tick();
    await turn('1').ready(never);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('rateLimit', () => {
  test('so many messages start per rateDelta, over all mailboxes', async () => {
    const { queue } = createQueue({ rateLimit: 2, rateDelta: 1000 });
    const { send, started } = createMessages(queue);
    for (const name of ['1', '2', '3', '4', '5']) void send(name, { mailbox: `${name}@contoso.com` });
    await tick();
    expect(started).toEqual(['1', '2']);
    await tick(999);
    expect(started).toEqual(['1', '2']);
    await tick(1);
    expect(started).toEqual(['1', '2', '3', '4']);
    await tick(1000);
    expect(started).toEqual(['1', '2', '3', '4', '5']);
  });

  test('it counts starts within any rateDelta, not per slice of time', async () => {
    const { queue } = createQueue({ rateLimit: 2, rateDelta: 1000 });
    const { send, started } = createMessages(queue);
    void send('1');
    await tick(900);
    void send('2');
    void send('3');
    void send('4');
    await tick(99);
    expect(started).toEqual(['1', '2']);
    await tick(1);
    expect(started).toEqual(['1', '2', '3']);
    await tick(899);
    expect(started).toEqual(['1', '2', '3']);
    await tick(1);
    expect(started).toEqual(['1', '2', '3', '4']);
  });

  test('a message that ends early does not make room', async () => {
    const { queue } = createQueue({ rateLimit: 1, rateDelta: 1000 });
    const { send, started, finish } = createMessages(queue);
    void send('1');
    void send('2');
    await finish('1');
    expect(started).toEqual(['1']);
    await tick(1000);
    expect(started).toEqual(['1', '2']);
  });

  test('per mailbox, none waits for another', async () => {
    const { queue } = createQueue({ rateLimit: 2, rateDelta: 1000, ratePer: 'mailbox', maxConnections: 10 });
    const { send, started } = createMessages(queue);
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) void send(name);
    await tick(500);
    for (const name of ['b1', 'b2', 'b3']) void send(name, { mailbox: 'B@contoso.com' });
    await tick();
    expect(started).toEqual(['a1', 'a2', 'b1', 'b2']);
    await tick(500);
    expect(started).toEqual(['a1', 'a2', 'b1', 'b2', 'a3', 'a4']);
    await tick(500);
    expect(started).toEqual(['a1', 'a2', 'b1', 'b2', 'a3', 'a4', 'b3']);
    await tick(500);
    expect(started).toEqual(['a1', 'a2', 'b1', 'b2', 'a3', 'a4', 'b3', 'a5']);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('per mailbox, it is remembered when all messages have ended, and whatever the case of the name', async () => {
    const { queue } = createQueue({ rateLimit: 1, rateDelta: 1000, ratePer: 'mailbox' });
    const { send, started, finish } = createMessages(queue);
    void send('1');
    await finish('1');
    void send('2', { mailbox: 'A@Contoso.com' });
    await tick(999);
    expect(started).toEqual(['1']);
    await tick(1);
    expect(started).toEqual(['1', '2']);
  });

  test('per mailbox, a message that is cancelled or closed leaves no timer, and one mailbox does not stop the timer of another', async () => {
    const { queue } = createQueue({ rateLimit: 1, rateDelta: 1000, ratePer: 'mailbox' });
    const { send, started } = createMessages(queue);
    const stop = new AbortController();
    for (const mailbox of ['a@contoso.com', 'b@contoso.com']) void send(`${mailbox} 1`, { mailbox });
    void send('cancelled', { signal: stop.signal });
    void send('b2', { mailbox: 'b@contoso.com' });
    await tick();
    stop.abort(new Error('no longer wanted'));
    expect(jest.getTimerCount()).toBe(1);
    await tick(1000);
    expect(started).toEqual(['a@contoso.com 1', 'b@contoso.com 1', 'b2']);
    void send('b3', { mailbox: 'b@contoso.com' });
    await tick();
    queue.close();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('per mailbox, thousands of mailboxes are forgotten once their time is over, and none before', async () => {
    const { queue } = createQueue({ rateLimit: 1, rateDelta: 1000, ratePer: 'mailbox' });
    const { send, started, finish } = createMessages(queue);
    for (let index = 0; index < 1500; index++) void send(`first ${index}`, { mailbox: `${index}@contoso.com` });
    await finish(...started);
    void send('again', { mailbox: '7@contoso.com' });
    await tick();
    expect(started).not.toContain('again');
    await tick(1000);
    expect(started).toContain('again');
  });

  test('without it there is no limit', async () => {
    const { queue } = createQueue({ maxConnections: 100 });
    const { send, started } = createMessages(queue);
    for (let index = 0; index < 100; index++) void send(String(index));
    await tick();
    expect(started).toHaveLength(100);
    expect(jest.getTimerCount()).toBe(0);
  });
});

// a virtual machine that wakes, a clock that is put right, a test of the app that fakes the date and no timer
describe.each<[string, () => void]>([
  ['is set back by an hour', () => jest.setSystemTime(Date.now() - 3_600_000)],
  ['is set on by an hour', () => jest.setSystemTime(Date.now() + 3_600_000)],
  [
    'stands still, and every other with it',
    () => {
      jest.spyOn(performance, 'now').mockReturnValue(performance.now());
      jest.spyOn(Date, 'now').mockReturnValue(Date.now());
    },
  ],
])('when the clock %s', (_, change) => {
  afterEach(() => jest.restoreAllMocks());

  test('a pause is as long as it was, for what waits and for what runs', async () => {
    const { queue } = createQueue({ maxConnections: 1 });
    const { send, started, turn, finish } = createMessages(queue);
    void send('1');
    await tick();
    const ready = jest.fn();
    turn('1').pause(5000);
    void turn('1').ready(never)?.then(ready);
    void send('2');
    change();
    await tick(4999);
    expect(ready).not.toHaveBeenCalled();
    await tick(1);
    expect(ready).toHaveBeenCalledTimes(1);
    turn('1').pause(5000);
    await finish('1');
    await tick(4999);
    expect(started).toEqual(['1']);
    await tick(1);
    expect(started).toEqual(['1', '2']);
  });

  test('a rate is what it was', async () => {
    const { queue } = createQueue({ rateLimit: 1, rateDelta: 1000 });
    const { send, started } = createMessages(queue);
    for (const name of ['1', '2', '3']) void send(name);
    change();
    for (const expected of [1, 1, 2, 2, 3]) {
      expect(started).toHaveLength(expected);
      await tick(500);
    }
  });
});

describe('cancelling', () => {
  test('before its turn: it rejects with the reason, never starts, and the others keep their order', async () => {
    const { queue } = createQueue({ maxConnections: 1 });
    const { send, started, finish } = createMessages(queue);
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    void send('1');
    const second = send('2', { signal: controller.signal });
    void send('3');
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
    expect(queue.pending).toBe(2);
    await finish('1');
    expect(started).toEqual(['1', '3']);
  });

  test('before it is handed over: it never starts', async () => {
    const { queue } = createQueue();
    const { send, started } = createMessages(queue);
    const reason = new Error('no longer wanted');
    await expect(send('1', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(started).toEqual([]);
    expect(queue.pending).toBe(0);
  });

  test('once it runs: the queue leaves it alone, the task has the signal, too', async () => {
    const { queue } = createQueue();
    const { send, finish } = createMessages(queue);
    const controller = new AbortController();
    const first = send('1', { signal: controller.signal });
    await tick();
    controller.abort(new Error('no longer wanted'));
    await finish('1');
    await expect(first).resolves.toBe('1');
  });

  test('while the mailbox is paused: it rejects at once', async () => {
    const { queue } = createQueue({ maxConnections: 1 });
    const { send, started, turn, finish } = createMessages(queue);
    const controller = new AbortController();
    void send('1');
    await tick();
    turn('1').pause(5000);
    const second = send('2', { signal: controller.signal });
    await finish('1');
    controller.abort(new Error('no longer wanted'));
    await expect(second).rejects.toThrow('no longer wanted');
    await tick(5000);
    expect(started).toEqual(['1']);
  });
});

describe('close', () => {
  test('fails what waits and lets running messages end', async () => {
    const { queue } = createQueue({ maxConnections: 1 });
    const { send, started, finish } = createMessages(queue);
    const first = send('1');
    const second = send('2');
    const elsewhere = send('3', { mailbox: 'b@contoso.com' });
    await tick();
    queue.close();
    await expect(second).rejects.toMatchObject({ code: 'ECONNECTION', message: expect.stringContaining('nothing was sent') });
    await finish('1', '3');
    await expect(first).resolves.toBe('1');
    await expect(elsewhere).resolves.toBe('3');
    expect(started).toEqual(['1', '3']);
    expect(queue.pending).toBe(0);
  });

  test('a later message opens it again, behind those that still run', async () => {
    const { queue } = createQueue({ maxConnections: 1 });
    const { send, started, finish } = createMessages(queue);
    void send('1');
    const waiting = send('2');
    queue.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ECONNECTION' });
    const later = send('3');
    await tick();
    expect(started).toEqual(['1']);
    await finish('1');
    await finish('3');
    await expect(later).resolves.toBe('3');
    expect(queue.isIdle()).toBe(true);
  });

  test('a rate limit or a pause that was waited for when it closed holds only so long', async () => {
    const { queue } = createQueue({ rateLimit: 1, rateDelta: 1000 });
    const { send, turn, started, finish } = createMessages(queue);
    void send('1');
    const waiting = send('2', { mailbox: 'b@contoso.com' });
    await tick();
    turn('1').pause(2000);
    queue.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ECONNECTION' });
    void send('3', { mailbox: 'b@contoso.com' });
    void send('4');
    await finish('1');
    await tick(5000);
    expect(started).toEqual(['1', '3', '4']);
  });

  test('leaves no timer of a pause or a rate limit behind', async () => {
    const { queue } = createQueue({ rateLimit: 1, rateDelta: 60_000 });
    const { send, turn, finish } = createMessages(queue);
    void send('1');
    void send('2', { mailbox: 'b@contoso.com' });
    await tick();
    turn('1').pause(60_000);
    void send('3');
    await finish('1');
    expect(jest.getTimerCount()).toBeGreaterThan(0);
    queue.close();
    await tick();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('twice is once', async () => {
    const { queue } = createQueue({ maxConnections: 1 });
    const { send } = createMessages(queue);
    void send('1');
    const second = send('2');
    queue.close();
    queue.close();
    await expect(second).rejects.toMatchObject({ code: 'ECONNECTION' });
  });
});

describe('isIdle, onIdle and pending', () => {
  test('it takes as many more as it can send at once, then it is busy', async () => {
    const { queue, onIdle } = createQueue({ maxConnections: 2 });
    const { send, finish } = createMessages(queue);
    const idle: boolean[] = [];
    for (const name of ['1', '2', '3', '4']) {
      void send(name);
      idle.push(queue.isIdle());
    }
    expect(idle).toEqual([true, true, true, false]);
    expect(onIdle).not.toHaveBeenCalled();
    await tick();
    await finish('1');
    expect(queue.isIdle()).toBe(true);
    expect(onIdle).toHaveBeenCalledTimes(1);
    await finish('2');
    expect(onIdle).toHaveBeenCalledTimes(1);
  });

  test('a cancelled message makes room as well', async () => {
    const { queue, onIdle } = createQueue({ maxConnections: 2 });
    const { send } = createMessages(queue);
    const controller = new AbortController();
    for (const name of ['1', '2', '3']) void send(name);
    void send('4', { signal: controller.signal });
    expect(queue.isIdle()).toBe(false);
    expect(onIdle).not.toHaveBeenCalled();
    controller.abort();
    expect(queue.isIdle()).toBe(true);
    expect(onIdle).toHaveBeenCalledTimes(1);
  });

  test('it is not idle after close, until it is used again', async () => {
    const { queue, onIdle } = createQueue({ maxConnections: 2 });
    const { send, finish } = createMessages(queue);
    for (const name of ['1', '2', '3', '4']) void send(name);
    await tick();
    queue.close();
    await finish('1', '2');
    expect(queue.isIdle()).toBe(false);
    expect(onIdle).not.toHaveBeenCalled();
  });

  test('pending counts what waits and what runs until it settles', async () => {
    const { queue } = createQueue({ maxConnections: 1 });
    const { send, finish, fail } = createMessages(queue);
    expect(queue.pending).toBe(0);
    void send('1');
    void send('2');
    void send('3', { mailbox: 'b@contoso.com' });
    expect(queue.pending).toBe(3);
    await tick();
    await finish('1');
    expect(queue.pending).toBe(2);
    await fail('2');
    expect(queue.pending).toBe(1);
    await finish('3');
    expect(queue.pending).toBe(0);
  });
});
