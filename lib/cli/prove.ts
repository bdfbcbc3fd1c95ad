import { readFile, writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { Canceller } from '../base/cancellation.js';
import { readOptions } from '../config/read-options.js';
import { configError } from '../errors/config-error.js';
import type { Settings } from '../options.js';
import { findReportProblem, type TenantReport } from '../prepared/tenant-facts.js';
import { cleanMailbox, plannedMessages, prove, type Progress } from '../prove/prove.js';
import { readReceived } from '../prove/received.js';
import { withOutside } from '../prove/report.js';
import { addConnectionFlags, CONNECTION_HELP, readConnection, type ConnectionFlags } from './connection.js';
import { printable } from './printable.js';
import { describeLeftOver, renderReport } from './prove-report.js';

interface ProveFlags extends ConnectionFlags {
  to?: string;
  alias?: string;
  wait: number;
  withDuplicates?: boolean;
  withBounce?: boolean;
  dryRun?: boolean;
  clean?: boolean;
  json?: boolean;
  out?: string;
  received?: string;
  report?: string;
}

const EXAMPLE = `
Example:
  $ nodemailer-graph-transport prove --mailbox noreply@contoso.com --out facts.json
${CONNECTION_HELP}

Sends about 26 small messages from the mailbox to itself, reads them back and deletes them, also after Ctrl+C. Needs Mail.Send and
Mail.ReadWrite. The report has no addresses and no ids in it; graphTransport({ tenantFacts: 'facts.json' }) follows it.

What another provider's mailbox gets: run it with --to, save the source of each message that arrives there into a folder, then
  $ nodemailer-graph-transport prove --received FOLDER --report facts.json --out facts.json`;

/** The command `prove`: shows what a tenant makes of messages. */
export function createProveCommand(): Command {
  return addConnectionFlags(new Command('prove').description('Shows what arrives on your tenant of what this library claims.'))
    .option('--to <address>', 'a mailbox at another provider that gets the messages, too')
    .option('--alias <address>', 'another address of the mailbox, to be tried as From')
    .option('--wait <seconds>', 'how long to wait for messages', readSeconds, 120)
    .option('--with-duplicates', 'also send a message that was sent, which may deliver it twice')
    .option('--with-bounce', 'also send to 501 recipients (the mailbox itself), which may bounce')
    .option('--dry-run', 'say what would be sent, and send nothing')
    .option('--clean', 'delete what earlier runs have left, and send nothing')
    .option('--received <folder>', 'compare message sources saved there; sends nothing, needs --report')
    .option('--report <file>', 'the report --received adds to')
    .option('--out <file>', 'write the report there')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', EXAMPLE)
    .action(run);
}

function readSeconds(value: string): number {
  if (/^\d{1,5}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Give a whole number of seconds.');
}

async function run(flags: ProveFlags): Promise<void> {
  if (flags.received !== undefined || flags.report !== undefined) return compareReceived(flags);
  const { to, alias } = flags;
  for (const [name, address] of Object.entries({ '--to': to, '--alias': alias })) {
    if (address !== undefined && !isAddress(address)) throw new Error(`${name} must be an address such as reader@example.com`);
  }
  if (flags.dryRun) return describePlan(flags);
  const { options } = await readConnection(flags);
  const settings = readOptions(options);
  const mailbox = addressOf(settings, options);
  const { canceller, release } = endOnSignals();
  const progress = createProgress();
  try {
    if (flags.clean) await clean(settings, mailbox, canceller);
    else await proveAll(flags, { settings, mailbox, canceller, onProgress: progress.show });
  } catch (error) {
    progress.end();
    if (!canceller.aborted) throw error;
    console.error('Ended before it was done.');
  } finally {
    progress.end();
    release();
  }
}

interface Circumstances {
  settings: Settings;
  mailbox: string;
  canceller: Canceller;
  onProgress: (progress: Progress) => void;
}

async function proveAll(flags: ProveFlags, { settings, mailbox, canceller, onProgress }: Circumstances): Promise<void> {
  const { to, alias, wait, withDuplicates = false, withBounce = false } = flags;
  let leftOver: string | undefined;
  try {
    const { report, refused } = await prove(
      {
        settings,
        mailbox,
        to,
        alias,
        wait: wait * 1000,
        withDuplicates,
        withBounce,
        onProgress,
        onCleanedUp: (what) => (leftOver = describeLeftOver(what)),
      },
      canceller,
    );
    onProgress({ phase: 'done' });
    await print(report, flags, refused);
  } finally {
    onProgress({ phase: 'done' });
    if (leftOver !== undefined) {
      console.error(printable(leftOver));
      process.exitCode = 1;
    }
  }
}

async function clean(settings: Settings, mailbox: string, canceller: Canceller): Promise<void> {
  const { deleted, left } = await cleanMailbox({ settings, mailbox }, canceller);
  console.log(`${deleted - left} messages of earlier runs were deleted.`);
  const leftOver = describeLeftOver({ left, late: 0 });
  if (leftOver === undefined) return;
  console.error(leftOver);
  process.exitCode = 1;
}

async function compareReceived(flags: ProveFlags): Promise<void> {
  const { received, report: file, alias } = flags;
  if (received === undefined || file === undefined) throw new Error('--received and --report go together');
  const report = await readReport(file);
  const { seen, unknown } = await readReceived(received, alias);
  for (const name of unknown) console.error(printable(`${name}: no message of a run, left out`));
  if (seen.size === 0) throw new Error(`there is no message of a run in ${received}`);
  await print(withOutside(report, seen), flags);
}

async function readReport(path: string): Promise<TenantReport> {
  const text = await readFile(path, 'utf8');
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch {
    throw new Error(`--report ${path} is no JSON`);
  }
  const problem = findReportProblem(report);
  if (problem) throw new Error(`--report ${path} is no report: ${problem.field || 'it'} must be ${problem.expected}`);
  return report as TenantReport;
}

async function print(report: TenantReport, { json, out }: ProveFlags, refused?: ReadonlyMap<string, string>): Promise<void> {
  const text = JSON.stringify(report, null, 2);
  if (out !== undefined) await writeFile(out, `${text}\n`);
  console.log(json ? text : renderReport(report, refused));
  if (!json && out !== undefined) console.log(printable(`The report is in ${out}.`));
}

function describePlan({ to, alias, withDuplicates, withBounce, mailbox = process.env['GRAPH_SENDER'] }: ProveFlags): void {
  const { points, others } = plannedMessages({ alias, withBounce: withBounce ?? false });
  const names = [...points.map(({ name }) => name), ...others, ...(withDuplicates ? ['draft-id, a second time'] : [])];
  const recipients = [mailbox ?? 'the mailbox', to].filter((address) => address !== undefined);
  console.log(
    printable(
      [
        `Would send ${names.length} messages from ${mailbox ?? 'the mailbox'} to ${recipients.join(' and ')}, at most 30 a minute:`,
        ...names.map((name) => `  ${name}`),
        'and make a draft for upload sessions of 1 to 3 MiB (no byte is uploaded),',
        'and ask 8 times at once for a list of messages; then delete all of it.',
        'Nothing was sent.',
      ].join('\n'),
    ),
  );
}

const isAddress = (text: string): boolean => /^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(text);

/** Messages go to the mailbox itself, so that it takes an address. */
function addressOf({ mailbox }: Settings, { login }: Record<string, unknown>): string {
  const address = mailbox === 'me' ? login : mailbox;
  if (typeof address === 'string' && isAddress(address)) return address;
  throw configError('"mailbox" must be an address here, since the messages go to the mailbox itself: --mailbox noreply@contoso.com');
}

/** Ctrl+C ends the run and lets it tidy up; a second one ends the process. */
function endOnSignals(): { canceller: Canceller; release: () => void } {
  const canceller = new Canceller();
  const status = { SIGINT: 130, SIGTERM: 143 } as const;
  const end = (signal: keyof typeof status): void => {
    process.exitCode = status[signal];
    if (canceller.aborted) process.exit();
    console.error('\nDeleting what was sent; once more to leave it there.');
    canceller.abort(new Error('ended by the user'));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  return {
    canceller,
    release: () => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, end);
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
function createProgress(): { show: (progress: Progress) => void; end: () => void } {
  const { stderr } = process;
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
