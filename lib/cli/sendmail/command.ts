import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Command } from 'commander';
import { addConnectionFlags, CONNECTION_HELP } from '../connection.js';
import { EX } from '../exit-status.js';
import { printable } from '../printable.js';
import { acceptMail, type Acceptance } from './accept.js';
import { parseSendmailArguments, SendmailUsageError, type MessageArguments, type SendmailArguments } from './arguments.js';
import { flushSpool, type Outcome } from './flush.js';
import { injectedFlag } from './injected-flags.js';
import { listQueue } from './queue-report.js';
import { complain, tellOutcome, tellUser, UNSURE, type Tell } from './say.js';
import { createSender, type Sender } from './sender.js';
import { areForOthers, enterEnvironment, readSettings, spoolFolder, type SendmailFlags, type SendmailSettings } from './settings.js';
import { Spool, type SpoolEntry } from './spool.js';
import type { SpooledMail } from './spool-record.js';

const HELP = `
As sendmail: -t (recipients from the header), -i or -oi (a lone dot is text),
-f or -r ADDRESS (envelope sender), -F NAME, -v, -bs (SMTP on standard input),
-odq (into the spool), -q (send what is in the spool), -qI ID, -bp (list it);
everything else sendmail knows is accepted.
This command's own options stand before sendmail's; none is taken behind --.

Example:
  $ nodemailer-graph-transport sendmail -t -i < message.eml
${CONNECTION_HELP}
Mail for users of this machine, such as root, goes to --local-recipient or
GRAPH_LOCAL_RECIPIENT. Theirs are addresses without a domain, at localhost, at
the name of this machine, and at the domains of --local-domain or
GRAPH_LOCAL_DOMAINS.

With --spool or GRAPH_SPOOL a message that cannot be sent now is kept, and sent
by -q: let a timer run that every few minutes.

Exit status as in sysexits.h: 64 usage, 65 message, 67 recipient, 69 refused (or
perhaps sent), 75 try again later, 77 permission, 78 configuration.`;

/** The command `sendmail`: a drop-in for /usr/sbin/sendmail that sends through Graph. */
export function createSendmailCommand(): Command {
  const command = new Command('sendmail')
    .description('Reads a message from standard input and sends it, as /usr/sbin/sendmail does.')
    .usage('[options] [-tiv…] [recipients...]')
    .argument('[arguments...]', "sendmail's options and recipients")
    // sendmail has an -h of its own
    .helpOption('--help', 'display help for command')
    .option('--local-recipient <address>', 'who gets mail for users of this machine')
    .option('--local-domain <domains>', 'domains whose addresses are users of this machine, separated by commas')
    .option('--force-from <address>', 'who every message is from; the author it names gets the answers')
    .option('--spool <folder>', 'keep what cannot be sent now, for -q')
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText('after', HELP)
    .action(async (argv: string[], flags: SendmailFlags) => {
      process.exitCode = await sendmail(argv, flags);
    });
  return addConnectionFlags(command).exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EX.OK : EX.USAGE));
}

/** A mail program is quiet: losses are told with -v, and what ends soon in one line. */
function tellWarnings(): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ code, message }: Error & { code?: string }) => {
    if (code !== 'GRAPH_TRANSPORT_LOSS') console.error(`sendmail: ${printable(message)}`);
  });
}

async function sendmail(argv: string[], given: SendmailFlags): Promise<number> {
  tellWarnings();
  let parsed: SendmailArguments;
  try {
    parsed = parseSendmailArguments(argv);
  } catch (error) {
    if (!(error instanceof SendmailUsageError)) throw error;
    return complain(tellUser, EX.USAGE, error);
  }
  if (parsed.task === 'nothing') return EX.OK;
  const injected = injectedFlag(given, process.env);
  if (injected !== undefined) {
    const why = `${injected} is not taken here: the environment holds the secret, and this flag could send it elsewhere; put the setting into MAIL_URL (msgraph:), HTTPS_PROXY, NODE_EXTRA_CA_CERTS or GRAPH_SPOOL`;
    return complain(tellUser, EX.USAGE, new Error(why));
  }
  const settings = enterEnvironment(given).then(readSettings);
  // the environment must be complete before the spool is looked for; whoever may not read the settings leaves the message to somebody who may
  await settings.catch(() => undefined);
  const folder = spoolFolder(given);
  if (parsed.task === 'showQueue') return showQueue(folder);
  if (parsed.task === 'flush') return folder === undefined ? EX.OK : flush(folder, settings, parsed);
  const acceptance: Acceptance = {
    reading: settings,
    spool: folder === undefined ? undefined : openSpool(folder),
    queueOnly: parsed.queueOnly,
    forOthers: areForOthers(given),
    verbose: parsed.verbose,
    tell: tellUser,
  };
  if (parsed.task === 'serve') return serve(acceptance);
  let input: Buffer;
  try {
    input = await readStandardInput();
  } catch (error) {
    return complain(tellUser, EX.IOERR, error);
  }
  return acceptMail(toMail(input, parsed), acceptance);
}

const toMail = (input: Buffer, given: MessageArguments): SpooledMail => ({
  arguments: given,
  date: new Date(),
  uniqueId: randomUUID(),
  input,
});

/** Takes messages by SMTP on standard input. */
async function serve(acceptance: Acceptance): Promise<number> {
  const { serveSmtp } = await import('./smtp-session.js');
  // a client that does not wait for the answers: what it has handed over whole is sent all the same
  process.stdout.on('error', () => undefined);
  return serveSmtp({
    input: process.stdin,
    reply: (line) => process.stdout.write(`${line}\r\n`),
    hostname: hostname(),
    async accept(message, given) {
      const told: string[] = [];
      const tell: Tell = (line) => {
        told.push(line.replace(/^sendmail: /, ''));
        tellUser(line);
      };
      const status = await acceptMail(toMail(message, given), { ...acceptance, tell });
      return { status, text: told.join(' ') };
    },
  });
}

async function flush(folder: string, reading: Promise<SendmailSettings>, { queueId, verbose }: SendmailArguments): Promise<number> {
  const spools = spoolsOf(folder);
  const now = new Date();
  for (const spool of spools) {
    for (const id of spool.recover(now)) complain(tellUser, EX.UNAVAILABLE, new Error(`${id} may or may not have been sent: ${UNSURE}`));
  }
  if (queueId !== undefined && !spools.some((spool) => spool.entries().some(({ id }) => id === queueId)))
    return complain(tellUser, EX.USAGE, new Error(`there is no message ${queueId} in the spool`));
  if (queueId === undefined && spools.every((spool) => spool.waiting().length === 0)) return EX.OK;
  let settings: SendmailSettings | undefined;
  let sender: Sender;
  try {
    settings = await reading;
    sender = createSender(settings.options);
  } catch (error) {
    return complain(tellUser, EX.CONFIG, error, settings);
  }
  const tell = (id: string, outcome: Outcome) => {
    if (verbose || ('error' in outcome && outcome.after.status !== EX.TEMPFAIL)) tellOutcome(tellUser, id, outcome, settings);
  };
  try {
    const statuses: number[] = [];
    for (const spool of spools) statuses.push(await flushSpool(spool, sender, settings, tell, queueId));
    return statuses.includes(EX.TEMPFAIL) ? EX.TEMPFAIL : (statuses.find((status) => status !== EX.OK) ?? EX.OK);
  } finally {
    sender.close();
  }
}

function showQueue(folder: string | undefined): number {
  const entries = folder === undefined ? [] : spoolsOf(folder).flatMap((spool): SpoolEntry[] => spool.entries());
  console.log(listQueue(entries));
  return EX.OK;
}

/** The spools this user looks after: his own, root all of them. */
function spoolsOf(folder: string): Spool[] {
  const user = userId();
  return Spool.users(folder)
    .filter((owner) => user === 0 || owner === user)
    .flatMap((owner) => openSpool(folder, owner) ?? []);
}

function openSpool(folder: string, user = userId()): Spool | undefined {
  try {
    return Spool.open(folder, user);
  } catch (error) {
    complain(tellUser, EX.CONFIG, error);
    return undefined;
  }
}

/** The user's number; 0 where there are none. */
function userId(): number {
  return process.geteuid?.() ?? 0;
}

async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
