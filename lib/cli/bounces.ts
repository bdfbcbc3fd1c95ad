import { Command, InvalidArgumentError } from 'commander';
import { watchBounces, type Bounce, type BounceStore, type BounceWatcher } from '../bounces/index.js';
import { isGraphTransportError } from '../errors/graph-transport-error.js';
import { describeBounce } from './bounces-report.js';
import { addConnectionFlags, CONNECTION_HELP, readConnection, type ConnectionFlags } from './connection.js';
import { exitStatusOf } from './exit-status.js';
import { printable } from './printable.js';

interface BouncesFlags extends ConnectionFlags {
  state?: string;
  since?: string;
  folder?: string;
  interval?: number;
  once?: boolean;
  json?: boolean;
}

const DAY = 24 * 60 * 60 * 1000;

const HELP = `
Example:
  $ nodemailer-graph-transport bounces --mailbox noreply@contoso.com \\
      --state bounces.json

Shows the delivery reports that come into the mailbox, one by one, until Ctrl+C.
With --state it goes on where it was, and tells each once; without, it begins
now (with --once: a day ago).
${CONNECTION_HELP}

Needs the permission Mail.Read for the mailbox (setup --read).
Exit status: 0, or as sendmail for what cannot be read.`;

/** The command `bounces`: delivery reports as they come in. */
export function createBouncesCommand(): Command {
  return addConnectionFlags(new Command('bounces').description('Shows what came back: delivery reports in the mailbox, as they come in.'))
    .option('--state <file>', 'where it is kept what was shown')
    .option('--since <date>', 'from when on, where nothing is kept yet')
    .option('--folder <name>', 'folder that reports come to, by its well-known name or id (default: inbox)')
    .option('--interval <seconds>', 'seconds between looks (default: 60)', readSeconds)
    .option('--once', 'look once, and end')
    .option('--json', 'a line of JSON for each')
    .addHelpText('after', HELP)
    .action(run);
}

function readSeconds(value: string): number {
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Give a whole number of seconds, at least 1.');
}

async function run({ state, since, folder, interval, once = false, json = false, ...flags }: BouncesFlags): Promise<void> {
  let watcher: BounceWatcher | undefined;
  // it comes behind what print() is told, and would end the process
  process.stdout.on('error', () => undefined);
  try {
    const { options } = await readConnection(flags);
    const begin = since ?? (once && state === undefined ? new Date(Date.now() - DAY) : undefined);
    watcher = watchBounces({
      ...options,
      state: state ?? inMemory(),
      ...(begin !== undefined && { since: begin }),
      ...(folder !== undefined && { folder }),
      ...(interval !== undefined && { interval: interval * 1000 }),
    });
    await (once ? lookOnce : lookOn)(watcher, (bounce) => print(json ? printable(JSON.stringify(bounce)) : describeBounce(bounce)));
  } catch (error) {
    if (isClosedPipe(error)) return;
    tell(error as Error);
    process.exitCode = exitStatusOf(error);
  } finally {
    await watcher?.close();
  }
}

async function lookOnce(watcher: BounceWatcher, show: (bounce: Bounce) => Promise<void>): Promise<void> {
  let failure: unknown;
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the watcher waits for what listeners return
  watcher.on('bounce', (bounce) => show(bounce).catch((error: unknown) => Promise.reject((failure = error) as Error)));
  await watcher.check().catch((error: unknown) => {
    throw failure ?? error;
  });
}

/** Until Ctrl+C, or until something fails that no waiting mends. */
function lookOn(watcher: BounceWatcher, show: (bounce: Bounce) => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    watcher.on('error', (error) => {
      if (isGraphTransportError(error) && error.permanent) reject(error);
      else tell(error);
    });
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the watcher waits for what listeners return
    watcher.on('bounce', (bounce) =>
      show(bounce).catch((error: Error) => {
        // what nobody sees is not taken for shown
        reject(error);
        throw error;
      }),
    );
  });
}

const tell = (error: Error): void => console.error(printable(`error: ${error.message}`));

/** Whoever reads it has ended, such as head. */
const isClosedPipe = (error: unknown): boolean => (error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE';

/** Settles when the line is handed over. */
function print(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function inMemory(): BounceStore {
  let kept: string | undefined;
  return {
    load: () => Promise.resolve(kept),
    save: (text) => Promise.resolve((kept = text)),
  };
}
