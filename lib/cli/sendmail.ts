import { hostname } from 'node:os';
import { Command } from 'commander';
import nodemailer from 'nodemailer';
import type { GraphSentMessageInfo } from '../delivery/sent-message-info.js';
import { graphTransport } from '../create-transport.js';
import { addConnectionFlags, CONNECTION_HELP, readConnection, type ConnectionFlags } from './connection.js';
import { EX, exitStatusOf } from './exit-status.js';
import { injectedFlag } from './injected-flags.js';
import { printable } from './printable.js';
import { parseSendmailArguments, SendmailUsageError, type SendmailArguments } from './sendmail-arguments.js';
import { prepareMessage, SendmailMessageError } from './sendmail-message.js';

interface SendmailFlags extends ConnectionFlags {
  localRecipient?: string;
  localDomain?: string;
}

const HELP = `
As sendmail: -t (recipients from the header), -i or -oi (a lone dot is text), -f or -r ADDRESS (envelope sender),
-F NAME, -v; everything else sendmail knows is accepted. This command's own options stand before sendmail's.

Example:
  $ nodemailer-graph-transport sendmail -t -i -f alerts@contoso.com < message.eml
${CONNECTION_HELP}
Mail for users of this machine, such as root, goes to --local-recipient or GRAPH_LOCAL_RECIPIENT. Theirs are addresses without a
domain, at localhost, at the name of this machine, and at the domains of --local-domain or GRAPH_LOCAL_DOMAINS.

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

async function sendmail(argv: string[], { localRecipient, localDomain, ...flags }: SendmailFlags): Promise<number> {
  tellWarnings();
  let parsed: SendmailArguments;
  try {
    parsed = parseSendmailArguments(argv);
  } catch (error) {
    if (!(error instanceof SendmailUsageError)) throw error;
    return complain(EX.USAGE, error);
  }
  if (parsed.task === 'showQueue') console.log('Mail queue is empty');
  if (parsed.task !== 'send') return EX.OK;

  const injected = injectedFlag(flags, process.env);
  if (injected !== undefined) {
    const why = `${injected} is not taken here: the environment holds the secret, and this flag could send it elsewhere; put the setting into MAIL_URL (msgraph:), HTTPS_PROXY or NODE_EXTRA_CA_CERTS`;
    return complain(EX.USAGE, new Error(why));
  }
  let options: Record<string, unknown>;
  try {
    ({ options } = await readConnection(flags));
  } catch (error) {
    return complain(EX.CONFIG, error);
  }
  let input: Buffer;
  try {
    input = await readStandardInput();
  } catch (error) {
    return complain(EX.IOERR, error);
  }
  const prefix = flags.envPrefix ?? 'GRAPH_';
  try {
    const { mailbox, envelope, raw } = prepareMessage(input, parsed, {
      mailbox: addressOf(options),
      localRecipient: localRecipient ?? (process.env[`${prefix}LOCAL_RECIPIENT`] || undefined),
      hostname: hostname(),
      localDomains: (localDomain ?? process.env[`${prefix}LOCAL_DOMAINS`] ?? '')
        .toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
      now: new Date(),
    });
    const info = await send(options, { raw, envelope, graph: { mailbox: mailbox === options['login'] ? 'me' : mailbox } });
    if (parsed.verbose) console.error(printable(describe(info)));
    return EX.OK;
  } catch (error) {
    return complain(error instanceof SendmailMessageError ? error.status : exitStatusOf(error), error);
  }
}

/** The mailbox that sends; of a person who has signed in the account's own. */
function addressOf({ mailbox, login }: Record<string, unknown>): string | undefined {
  const address = mailbox ?? login;
  return typeof address === 'string' ? address : undefined;
}

async function send(options: Record<string, unknown>, message: object): Promise<GraphSentMessageInfo> {
  const transport = graphTransport(options);
  try {
    return await nodemailer.createTransport(transport).sendMail(message);
  } finally {
    transport.close();
  }
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

function complain(status: number, error: unknown): number {
  console.error(printable(`sendmail: ${(error as Error).message}`));
  return status;
}
