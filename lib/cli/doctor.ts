import { Command } from 'commander';
import nodemailer from 'nodemailer';
import { diagnose } from '../diagnosis/diagnose.js';
import type { Finding } from '../diagnosis/finding.js';
import { graphTransport } from '../transport.js';
import { addConnectionFlags, CONNECTION_HELP, readConnection, type ConnectionFlags } from './connection.js';
import { isHealthy, renderFinding, renderJson, renderSummary } from './doctor-report.js';

interface DoctorFlags extends ConnectionFlags {
  sendTo?: string;
  json?: boolean;
}

const EXAMPLE = `
Example:
  $ nodemailer-graph-transport doctor --tenant-id contoso.com --client-id APP_ID --client-secret-env MAIL_SECRET --mailbox noreply@contoso.com
${CONNECTION_HELP}

Nothing is sent, unless --send-to says so. Exit status: 0 if nothing failed, else 1.`;

/** The command `doctor`: finds out why mail cannot be sent. */
export function createDoctorCommand(): Command {
  return addConnectionFlags(new Command('doctor').description('Checks sign-in, permissions and mailbox, and says what to do.'))
    .option('--send-to <address>', 'send a real message to this address')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', EXAMPLE)
    .action(run);
}

async function run({ sendTo, json, ...flags }: DoctorFlags): Promise<void> {
  const findings: Finding[] = [];
  for await (const finding of examine(flags, sendTo)) {
    findings.push(finding);
    if (!json) console.log(renderFinding(finding));
  }
  console.log(json ? renderJson(findings) : `\n${renderSummary(findings)}`);
  if (!isHealthy(findings)) process.exitCode = 1;
}

async function* examine(flags: ConnectionFlags, sendTo: string | undefined): AsyncGenerator<Finding> {
  let options: Record<string, unknown>;
  try {
    options = await readConnection(flags);
  } catch (error) {
    const message = (error as Error).message.replace(/^graphTransport: |\. See the README, section Options\.$/g, '');
    yield { check: 'configuration', status: 'fail', message, remedy: 'Run doctor --help for the ways to configure it.', code: 'ECONFIG' };
    return;
  }
  yield* diagnose({ options, sendTestMessage: sendTo === undefined ? undefined : () => sendTestMessage(options, sendTo) });
}

async function sendTestMessage(options: Record<string, unknown>, to: string): Promise<string> {
  const { mailbox } = options;
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
