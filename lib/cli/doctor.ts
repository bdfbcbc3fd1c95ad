import { Command } from 'commander';
import nodemailer from 'nodemailer';
import { diagnose } from '../diagnosis/diagnose.js';
import type { Finding } from '../diagnosis/finding.js';
import { graphTransport } from '../create-transport.js';
import { configError, withoutPreamble } from '../errors/config-error.js';
import { isColoured } from './colours.js';
import { addConnectionFlags, CONNECTION_HELP, readConnection, type Connection, type ConnectionFlags } from './connection.js';
import { createReport, isHealthy, renderJson, renderSummary } from './doctor-report.js';

interface DoctorFlags extends ConnectionFlags {
  sendTo?: string;
  mustNotSendAs?: string[];
  json?: boolean;
}

const EXAMPLE = `
Example:
  $ nodemailer-graph-transport doctor --tenant-id contoso.com \\
      --client-id APP_ID --client-secret-env MAIL_SECRET \\
      --mailbox noreply@contoso.com
${CONNECTION_HELP}

Nothing is sent, unless --send-to says so. Exit status: 0 if nothing failed,
else 1.
Without a mailbox it cannot promise that mail can be sent, and says so.`;

/** The command `doctor`: finds out why mail cannot be sent. */
export function createDoctorCommand(): Command {
  return addConnectionFlags(new Command('doctor').description('Checks sign-in, permissions and mailbox, and says what to do.'))
    .option('--send-to <address>', 'send a real message to this address')
    .option('--must-not-send-as <address>', 'check that this mailbox is refused; may be given more than once', collect)
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', EXAMPLE)
    .action(run);
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

async function run({ sendTo, mustNotSendAs, json, ...flags }: DoctorFlags): Promise<void> {
  const findings: Finding[] = [];
  const { stdout } = process;
  let connection: Connection | undefined;
  let problem: Finding | undefined;
  try {
    if (sendTo !== undefined) checkAddress(sendTo);
    connection = await readConnection(flags);
  } catch (error) {
    const message = withoutPreamble((error as Error).message);
    problem = {
      check: 'configuration',
      status: 'fail',
      message,
      remedy: 'Run doctor --help for the ways to configure it.',
      code: 'ECONFIG',
    };
  }
  const show = createReport({
    width: stdout.isTTY ? stdout.columns : undefined,
    colour: isColoured(stdout),
    names: connection?.names,
  });
  for await (const finding of problem ? [problem] : examine(connection as Connection, sendTo, mustNotSendAs)) {
    findings.push(finding);
    if (!json) console.log(show(finding));
  }
  console.log(json ? renderJson(findings) : `\n${renderSummary(findings)}`);
  if (!isHealthy(findings)) process.exitCode = 1;
}

/** Nodemailer drops what is no address, and the message would be to nobody. */
function checkAddress(sendTo: string): void {
  if (!/^[^@\s]+@[^@\s]+$/.test(sendTo))
    throw configError(`--send-to takes an address such as you@example.com, not '${sendTo.slice(0, 80)}'`);
}

async function* examine(
  { options, notes }: Connection,
  sendTo: string | undefined,
  mustNotSendAs: readonly string[] | undefined,
): AsyncGenerator<Finding> {
  for (const message of notes) yield { check: 'configuration', status: 'skip', message };
  const sendTestMessage = sendTo === undefined ? undefined : () => sendTestMessageTo(options, sendTo);
  yield* diagnose({ options, mustNotSendAs, sendTestMessage });
}

async function sendTestMessageTo(options: Record<string, unknown>, to: string): Promise<string> {
  const mailbox = options['mailbox'] ?? options['login'];
  const transport = graphTransport(options);
  try {
    const info = (await nodemailer.createTransport(transport).sendMail({
      ...(typeof mailbox === 'string' && mailbox.includes('@') && { from: mailbox }),
      to,
      subject: 'Test message from nodemailer-graph-transport',
      text: 'This message was sent through Microsoft Graph by the doctor of nodemailer-graph-transport. It works.',
    })) as unknown as { messageId: string };
    return `Graph accepted ${info.messageId} for ${to}`;
  } finally {
    transport.close();
  }
}
