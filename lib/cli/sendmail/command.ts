import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { GraphSentMessageInfo } from '../../delivery/sent-message-info.js';
import { addConnectionFlags, CONNECTION_HELP, inTheirWords } from '../connection.js';
import { EX } from '../exit-status.js';
import { printable } from '../printable.js';
import { parseSendmailArguments, SendmailUsageError, type SendmailArguments } from './arguments.js';
import { afterFailure, statusOf } from './decide.js';
import { flushSpool, sendClaimed, type Outcome } from './flush.js';
import { injectedFlag } from './injected-flags.js';
import { prepareMessage } from './message.js';
import { listQueue } from './queue-report.js';
import { createSender, type Sender } from './sender.js';
import { areForOthers, enterEnvironment, readSettings, spoolFolder, type SendmailFlags, type SendmailSettings } from './settings.js';
import { Spool, type Claim, type SpoolEntry } from './spool.js';
import type { SpooledMail } from './spool-record.js';

const HELP = `
As sendmail: -t (recipients from the header), -i or -oi (a lone dot is text), -f or -r ADDRESS (envelope sender),
-F NAME, -v, -odq (into the spool), -q (send what is in the spool), -qI ID, -bp (list it); everything else sendmail knows is accepted.
This command's own options stand before sendmail's; none is taken behind --.

Example:
  $ nodemailer-graph-transport sendmail -t -i -f alerts@contoso.com < message.eml
${CONNECTION_HELP}
Mail for users of this machine, such as root, goes to --local-recipient or GRAPH_LOCAL_RECIPIENT. Theirs are addresses without a
domain, at localhost, at the name of this machine, and at the domains of --local-domain or GRAPH_LOCAL_DOMAINS.

With --spool or GRAPH_SPOOL a message that cannot be sent now is kept, and sent by -q: let a timer run that every few minutes.

Exit status as in sysexits.h: 64 usage, 65 message, 67 recipient, 69 refused (or perhaps sent), 75 try again later, 77 permission, 78 configuration.`;

/** The command `sendmail`: a drop-in for /usr/sbin/sendmail that sends through Graph. */
export function createSendmailCommand(): Command {
  const command = new Command('sendmail')
    .description('Reads a message from standard input and sends it, as /usr/sbin/sendmail does.')
    .usage('[options] [sendmail options] [recipients...]')
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
    return complain(EX.USAGE, error);
  }
  if (parsed.task === 'nothing') return EX.OK;
  const injected = injectedFlag(given, process.env);
  if (injected !== undefined) {
    const why = `${injected} is not taken here: the environment holds the secret, and this flag could send it elsewhere; put the setting into MAIL_URL (msgraph:), HTTPS_PROXY, NODE_EXTRA_CA_CERTS or GRAPH_SPOOL`;
    return complain(EX.USAGE, new Error(why));
  }
  const settings = enterEnvironment(given).then(readSettings);
  // the environment must be complete before the spool is looked for; whoever may not read the settings leaves the message to somebody who may
  await settings.catch(() => undefined);
  const folder = spoolFolder(given);
  if (parsed.task === 'showQueue') return showQueue(folder);
  if (parsed.task === 'flush') return folder === undefined ? EX.OK : flush(folder, settings, parsed);
  let input: Buffer;
  try {
    input = await readStandardInput();
  } catch (error) {
    return complain(EX.IOERR, error);
  }
  const mail: SpooledMail = { arguments: parsed, date: new Date(), uniqueId: randomUUID(), input };
  const spool = folder === undefined ? undefined : openSpool(folder);
  if (!spool) return sendNow(mail, settings, parsed);
  return keepAndSend(spool, mail, settings, { ...parsed, forOthers: areForOthers(given) });
}

async function sendNow(mail: SpooledMail, reading: Promise<SendmailSettings>, { verbose }: SendmailArguments): Promise<number> {
  let settings: SendmailSettings;
  try {
    settings = await reading;
  } catch (error) {
    return complain(EX.CONFIG, error);
  }
  try {
    const message = prepareMessage(mail.input, mail.arguments, { ...settings.context, now: mail.date, uniqueId: mail.uniqueId });
    const sender = createSender(settings.options);
    try {
      const info = await sender.send(message);
      if (verbose) console.error(printable(describe(info)));
      return EX.OK;
    } finally {
      sender.close();
    }
  } catch (error) {
    return complain(statusOf(error), error, settings);
  }
}

/** The message is on the disk before it is sent: whatever happens then, it is not lost. */
async function keepAndSend(
  spool: Spool,
  mail: SpooledMail,
  reading: Promise<SendmailSettings>,
  parsed: SendmailArguments & { forOthers: boolean },
): Promise<number> {
  let settings: SendmailSettings | undefined;
  let sender: Sender | undefined;
  let why: unknown;
  try {
    settings = await reading;
    // what the caller has got wrong he is told at once
    prepareMessage(mail.input, mail.arguments, { ...settings.context, now: mail.date });
    // waiting until Graph is less busy is the spool's work
    if (!parsed.queueOnly) sender = createSender({ retries: 0, ...settings.options });
  } catch (error) {
    why = error;
    if (settings && afterFailure(error).state !== 'waiting') return complain(statusOf(error), error, settings);
  }
  try {
    if (!settings || !sender) {
      const id = keep(spool, mail, 'waiting');
      if (id === undefined) return await sendNow(mail, reading, parsed);
      const wrong = why !== undefined && !parsed.forOthers;
      if (parsed.verbose || wrong) say(`${id} is kept${wrong ? `: ${(why as Error).message}` : ''}`, settings);
      return EX.OK;
    }
    const claim = keep(spool, mail, 'claimed');
    if (claim === undefined) return await sendNow(mail, reading, parsed);
    const outcome = await sendClaimed(spool, claim, sender, settings);
    if ('sent' in outcome) {
      if (parsed.verbose) console.error(printable(describe(outcome.sent)));
      return EX.OK;
    }
    // that a line is down is what the spool is for; settings somebody has to put right
    if (parsed.verbose || outcome.after.status !== EX.TEMPFAIL) tellOutcome(claim.id, outcome, settings);
    return outcome.after.state === 'waiting' ? EX.OK : outcome.after.status;
  } finally {
    sender?.close();
  }
}

/** Into the spool; a full disk, for one, is told: then the message is better sent than lost. */
function keep(spool: Spool, mail: SpooledMail, as: 'waiting'): string | undefined;
function keep(spool: Spool, mail: SpooledMail, as: 'claimed'): Claim | undefined;
function keep(spool: Spool, mail: SpooledMail, as: 'waiting' | 'claimed'): string | Claim | undefined {
  try {
    return as === 'waiting' ? spool.add(mail, as) : spool.add(mail, as);
  } catch (error) {
    complain(EX.IOERR, new Error(`the message cannot be kept in the spool: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`));
    return undefined;
  }
}

async function flush(folder: string, reading: Promise<SendmailSettings>, { queueId, verbose }: SendmailArguments): Promise<number> {
  const spools = spoolsOf(folder);
  const now = new Date();
  for (const spool of spools) {
    for (const id of spool.recover(now)) complain(EX.UNAVAILABLE, new Error(`${id} may or may not have been sent: ${UNSURE}`));
  }
  if (queueId !== undefined && !spools.some((spool) => spool.entries().some(({ id }) => id === queueId)))
    return complain(EX.USAGE, new Error(`there is no message ${queueId} in the spool`));
  if (queueId === undefined && spools.every((spool) => spool.waiting().length === 0)) return EX.OK;
  let settings: SendmailSettings | undefined;
  let sender: Sender;
  try {
    settings = await reading;
    sender = createSender(settings.options);
  } catch (error) {
    return complain(EX.CONFIG, error, settings);
  }
  const tell = (id: string, outcome: Outcome) => {
    if (verbose || ('error' in outcome && outcome.after.status !== EX.TEMPFAIL)) tellOutcome(id, outcome, settings);
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
    complain(EX.CONFIG, error);
    return undefined;
  }
}

/** The user's number; 0 where there are none. */
function userId(): number {
  return process.geteuid?.() ?? 0;
}

const UNSURE = 'look into Sent Items, then send it again with -qI, or delete its file in the folder unsure of the spool';

/** A line about a message in the spool. */
function tellOutcome(id: string, outcome: Outcome, settings: SendmailSettings): void {
  if ('sent' in outcome) return console.error(printable(`${id}: ${describe(outcome.sent)}`));
  const { message } = outcome.error as Error;
  const words = { waiting: 'waits', failed: 'is given up', unsure: 'may or may not have been sent' }[outcome.after.state];
  say(`${id} ${words}: ${message}`, settings);
}

async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function describe({ messageId, mailbox, accepted, response, losses }: GraphSentMessageInfo): string {
  const lost = losses.map(({ feature, detail }) => `\n${feature}: ${detail}`).join('');
  return `${response}: ${messageId} from ${mailbox} to ${accepted.join(', ')}${lost}`;
}

function complain(status: number, error: unknown, settings?: SendmailSettings): number {
  say((error as Error).message, settings);
  return status;
}

/** In the words of whoever set it up, once that is known. */
function say(text: string, settings: SendmailSettings | undefined): void {
  console.error(printable(`sendmail: ${settings ? inTheirWords(text, settings.names) : text}`));
}
