import type { Connection } from '../../lib/outbox/redis.js';
import { createBarrier } from '../../lib/outbox/server.js';

/** What is asked on the barrier's connection; WAITAOF on a real server: wait-for-disk.full.test.ts. */
function recordingConnection() {
  const asked: string[][] = [];
  const pipeline = () => {
    const names: string[] = [];
    const commands = {
      call: (name: string) => (names.push(name), commands),
      exec: () => {
        asked.push(names);
        return Promise.resolve(names.map((name) => [null, name === 'WAITAOF' ? [1, 0] : name === 'WAIT' ? 2 : 'run']));
      },
    };
    return commands;
  };
  const duplicate = () => ({ on: () => undefined, disconnect: () => undefined, pipeline });
  return { asked, connection: { duplicate } as unknown as Connection };
}

it('waits for nothing where there is nothing to wait for, for the disk from when it is said, and never less', async () => {
  const { asked, connection } = recordingConnection();
  const barrier = createBarrier(connection, 'x', { disk: false, replicas: 0 });
  await barrier.passed('run');
  barrier.add({ disk: false });
  await barrier.passed('run');
  expect(asked).toEqual([]);
  barrier.add({ disk: true });
  await barrier.passed('run');
  barrier.add({ disk: false });
  await barrier.passed('run');
  expect(asked).toEqual([
    ['EVAL', 'WAITAOF'],
    ['EVAL', 'WAITAOF'],
  ]);
  await expect(barrier.passed('another')).rejects.toMatchObject({ code: 'ECONNECTION' });
});

it('waits for replicas with the disk or without it', async () => {
  const { asked, connection } = recordingConnection();
  const barrier = createBarrier(connection, 'x', { disk: false, replicas: 2 });
  await barrier.passed('run');
  barrier.add({ disk: true });
  await barrier.passed('run');
  expect(asked).toEqual([
    ['EVAL', 'WAIT'],
    ['EVAL', 'WAITAOF', 'WAIT'],
  ]);
});
