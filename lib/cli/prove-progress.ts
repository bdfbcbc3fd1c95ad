import { Canceller } from '../base/cancellation.js';
import type { Progress } from '../prove/run.js';

/** Ctrl+C, or a terminal that is closed, ends the run and lets it tidy up; a second one ends the process. */
export function endOnSignals(): { canceller: Canceller; release: () => void } {
  const canceller = new Canceller();
  const status = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const signals = Object.keys(status) as (keyof typeof status)[];
  const end = (signal: keyof typeof status): void => {
    process.exitCode = status[signal];
    if (canceller.aborted) process.exit();
    console.error('\nDeleting what was sent; once more to leave it there.');
    canceller.abort(new Error('ended by the user'));
  };
  for (const signal of signals) process.on(signal, end);
  return {
    canceller,
    release: () => {
      for (const signal of signals) process.removeListener(signal, end);
    },
  };
}

const PHASES: Readonly<Record<Exclude<Progress['phase'], 'done'>, string>> = {
  checking: 'Checking permissions',
  sending: 'Sent',
  reading: 'Arrived',
  asking: 'Asked',
  deleting: 'Deleted',
};

/** A line on standard error that is written over; a line for each phase where that is no terminal. */
export function createProgress(): { show: (progress: Progress) => void; end: () => void } {
  const { stderr } = process;
  // nobody reads it any more: what was sent has to be deleted all the same
  stderr.on('error', () => undefined);
  let last: string | undefined;
  let open = false;
  const end = (): void => {
    if (open) stderr.write('\n');
    open = false;
  };
  return {
    end,
    show: (progress) => {
      if (progress.phase === 'done') return end();
      const { phase, done = 0, total } = progress;
      const text = phase === 'checking' ? PHASES[phase] : `${PHASES[phase]} ${done}${total === undefined ? '' : ` of ${total}`}`;
      if (stderr.isTTY) {
        stderr.write(`\r\u001b[K${text}`);
        open = true;
      } else if (last !== phase) stderr.write(`${text}\n`);
      last = phase;
    },
  };
}
