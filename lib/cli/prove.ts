import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Canceller } from '../base/cancellation.js';
import { readOptions } from '../config/read-options.js';
import { configError } from '../errors/config-error.js';
import type { Settings } from '../options.js';
import { findReportProblem, type TenantReport } from '../prepared/tenant-facts.js';
import type { LeftOver } from '../prove/clean-up.js';
import { cleanMailbox, plannedMessages, prove } from '../prove/prove.js';
import type { Progress } from '../prove/run.js';
import { readReceived } from '../prove/received.js';
import { withOutside } from '../prove/report.js';
import { addConnectionFlags, CONNECTION_HELP, readConnection, type ConnectionFlags } from './connection.js';
import { printable } from './printable.js';
import { createProgress, endOnSignals } from './prove-progress.js';
import { describeForeign, describeLeftOver, renderReport } from './prove-report.js';

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
  $ nodemailer-graph-transport prove --mailbox noreply@contoso.com \\
      --out facts.json
${CONNECTION_HELP}

Sends about 26 small messages from the mailbox to itself, reads them back and
deletes them, also after Ctrl+C. Needs Mail.Send and Mail.ReadWrite. The report
has no addresses and no ids in it; graphTransport({ tenantFacts: 'facts.json' })
follows it.

What another provider's mailbox gets: run it with --to, save the source of each
message that arrives there into a folder, then
  $ nodemailer-graph-transport prove --received FOLDER --report facts.json \\
      --out facts.json`;

/** What goes with a run only, and not with what does something else. */
const OF_A_RUN = ['to', 'withDuplicates', 'withBounce', 'wait'];

/** The command `prove`: shows what a tenant makes of messages. */
export function createProveCommand(): Command {
  return addConnectionFlags(new Command('prove').description('Shows what arrives on your tenant of what this library claims.'))
    .option('--to <address>', 'a mailbox at another provider that gets the messages, too')
    .option('--alias <address>', 'another address of the mailbox, to be tried as From')
    .option('--wait <seconds>', 'how long to wait for messages', readSeconds, 120)
    .option('--with-duplicates', 'also send a message that was sent, which may deliver it twice')
    .option('--with-bounce', 'also send to 501 recipients (the mailbox itself), which may bounce')
    .addOption(new Option('--dry-run', 'say what would be sent, and send nothing').conflicts(['clean', 'received', 'out']))
    .addOption(
      new Option('--clean', 'delete what earlier runs have left, and send nothing').conflicts([...OF_A_RUN, 'alias', 'received', 'out']),
    )
    .addOption(new Option('--received <folder>', 'compare message sources saved there; sends nothing, needs --report').conflicts(OF_A_RUN))
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
  await checkOut(flags.out);
  const { options } = await readConnection(flags);
  const settings = readOptions(options);
  const mailbox = addressOf(settings, options);
  const { canceller, release } = endOnSignals();
  const progress = createProgress();
  try {
    if (flags.clean) await clean(flags, { settings, mailbox, canceller });
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
  let leftOver: LeftOver | undefined;
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
        onCleanedUp: (what) => (leftOver = what),
      },
      canceller,
    );
    onProgress({ phase: 'done' });
    await print(report, flags, refused);
  } finally {
    onProgress({ phase: 'done' });
    if (leftOver !== undefined) tellLeftOver(leftOver);
  }
}

async function clean({ json }: ProveFlags, { settings, mailbox, canceller }: Omit<Circumstances, 'onProgress'>): Promise<void> {
  const { deleted, ...leftOver } = await cleanMailbox({ settings, mailbox }, canceller);
  const gone = deleted - leftOver.left;
  console.log(
    json
      ? JSON.stringify({ deleted: gone, left: leftOver.left, foreign: leftOver.foreign ?? 0 }, null, 2)
      : `${gone} messages of earlier runs were deleted.`,
  );
  tellLeftOver(leftOver);
}

/** What stays because it is somebody else's is no failure. */
function tellLeftOver(leftOver: LeftOver): void {
  const foreign = describeForeign(leftOver);
  if (foreign !== undefined) console.error(foreign);
  const text = describeLeftOver(leftOver);
  if (text === undefined) return;
  console.error(printable(text));
  process.exitCode = 1;
}

async function compareReceived(flags: ProveFlags): Promise<void> {
  const { received, report: file, alias, out } = flags;
  if (received === undefined || file === undefined) throw new Error('--received and --report go together');
  await checkOut(out);
  const report = await readReport(file);
  const { seen, unknown } = await readReceived(received, alias).catch((error: unknown) => {
    throw new Error(`--received ${received} cannot be read: ${reasonOf(error)}`);
  });
  for (const name of unknown) console.error(printable(`${name}: no message of a run, left out`));
  if (seen.size === 0) throw new Error(`there is no message of a run in ${received}`);
  await print(withOutside(report, seen), flags);
}

async function readReport(path: string): Promise<TenantReport> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`--report ${path} cannot be read: ${reasonOf(error)}`);
  });
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
  console.log(json ? text : renderReport(report, refused));
  if (out === undefined) return;
  await writeFile(out, `${text}\n`).catch((error: unknown) => {
    // what took minutes is not lost
    if (!json) console.log(text);
    throw new Error(`--out ${out} cannot be written: ${reasonOf(error)}`);
  });
  if (!json) console.log(printable(`The report is in ${out}.`));
}

/** Before minutes are spent on what cannot be kept. */
async function checkOut(out: string | undefined): Promise<void> {
  if (out === undefined) return;
  try {
    await access(out, constants.W_OK).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return access(dirname(out), constants.W_OK);
      throw error;
    });
  } catch (error) {
    throw new Error(`--out ${out} cannot be written: ${reasonOf(error)}`, { cause: error });
  }
}

const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message;

async function describePlan(flags: ProveFlags): Promise<void> {
  const { to, alias, withDuplicates, withBounce, json } = flags;
  const { points, others } = plannedMessages({ alias, withBounce: withBounce ?? false });
  const names = [...points.map(({ name }) => name), ...others, ...(withDuplicates ? ['draft-id, a second time'] : [])];
  const mailbox = await senderOf(flags);
  const recipients = [mailbox, to].filter((address) => address !== undefined);
  if (json) return console.log(JSON.stringify({ from: mailbox, to: recipients, messages: names }, null, 2));
  console.log(
    printable(
      [
        `Would send ${names.length} messages from ${mailbox} to ${recipients.join(' and ')},`,
        'at most 30 a minute:',
        ...names.map((name) => `  ${name}`),
        'and make a draft for upload sessions of 1 to 3 MiB (no byte is uploaded),',
        'and ask 8 times at once for a list of messages; then delete all of it.',
        'Nothing was sent.',
      ].join('\n'),
    ),
  );
}

/** As far as that is known without a sign-in. */
async function senderOf(flags: ProveFlags): Promise<string> {
  const options = await readConnection(flags).then(
    (connection) => connection.options,
    () => undefined,
  );
  const mailbox = flags.mailbox ?? options?.['mailbox'] ?? process.env['GRAPH_SENDER'];
  return typeof mailbox === 'string' ? mailbox : 'the mailbox';
}

const isAddress = (text: string): boolean => /^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(text);

/** Messages go to the mailbox itself, so that it takes an address. */
function addressOf({ mailbox }: Settings, { login }: Record<string, unknown>): string {
  const address = mailbox === 'me' ? login : mailbox;
  if (typeof address === 'string' && isAddress(address)) return address;
  throw configError('"mailbox" must be an address here, since the messages go to the mailbox itself: --mailbox noreply@contoso.com');
}
