import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { bundleFile, root } from '../../sandbox/bundle.js';
import type { Orders } from './program.js';

let file: string | undefined;

function program(): string {
  return (file ??= bundleFile('outbox', `require('./__tests__/outbox/support/program.ts');`));
}

export interface Told {
  ready?: boolean;
  struck?: boolean;
  acked?: string;
  done?: boolean;
  event?: string;
  id?: string;
  error?: { code?: string; ambiguous?: boolean; message: string };
  fatal?: string;
  rss?: number;
  peak?: number;
}

export interface Process {
  readonly child: ChildProcess;
  readonly told: Told[];
  /** Resolves once it has ended, by itself or not. */
  readonly ended: Promise<void>;
  /** Resolves with the first word that fits; `undefined` if it ends before. */
  hear(fits: (told: Told) => boolean): Promise<Told | undefined>;
  kill(signal?: NodeJS.Signals): void;
}

const running = new Set<Process>();

/** Starts a worker or an app as a process of its own. */
export function start(orders: Orders): Process {
  const child = fork(program(), [], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', OUTBOX_ORDERS: JSON.stringify(orders) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const told: Told[] = [];
  const waiting = new Set<(message?: Told) => void>();
  let over = false;
  child.on('message', (message: Told) => {
    told.push(message);
    for (const listener of waiting) listener(message);
  });
  const ended = once(child, 'exit').then(() => {
    over = true;
    running.delete(started);
    for (const listener of waiting) listener();
  });
  const started: Process = {
    child,
    told,
    ended,
    hear: (fits) => {
      const known = told.find(fits);
      if (known || over) return Promise.resolve(known);
      return new Promise((resolve) => {
        const listener = (message?: Told) => {
          if (message && !fits(message)) return;
          waiting.delete(listener);
          resolve(message);
        };
        waiting.add(listener);
      });
    },
    kill: (signal = 'SIGKILL') => void child.kill(signal),
  };
  running.add(started);
  return started;
}

/** Ends what is left and removes the program. */
export async function endProcesses(): Promise<void> {
  for (const left of running) {
    left.kill('SIGCONT');
    left.kill();
  }
  await Promise.all([...running].map(({ ended }) => ended));
  if (file !== undefined) rmSync(file, { force: true });
  file = undefined;
}
