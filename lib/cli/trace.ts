import { Command } from 'commander';
import { graphTransport } from '../create-transport.js';
import { addConnectionFlags, CONNECTION_HELP, readConnection, type ConnectionFlags } from './connection.js';
import { exitStatusOf } from './exit-status.js';
import { printable } from './printable.js';
import { describeTrace, statusOf } from './trace-report.js';

interface TraceFlags extends ConnectionFlags {
  since?: string;
  json?: boolean;
  details?: boolean;
}

const HELP = `
Example:
  $ nodemailer-graph-transport trace "<5f0c…@contoso.com>" --since 2026-11-20
${CONNECTION_HELP}

Needs the permission ExchangeMessageTrace.Read.All, which covers the whole
tenant (setup --trace). Exchange is minutes behind.
Exit status: 0 if everybody has it, 1 if somebody does not get it, 75 if that is
not known yet, else as sendmail.`;

/** The command `trace`: what became of a message. */
export function createTraceCommand(): Command {
  return addConnectionFlags(new Command('trace').description("Tells what became of a message, from Exchange's message trace."))
    .argument('<message-id>', 'Message-ID, as in info.messageId')
    .option('--since <date>', 'when it was sent, or before; at most 90 days ago (default: 10 days ago)')
    .option('--details', 'what happened to each copy on its way; a request for each recipient, of which a tenant has 100 in 5 minutes')
    .option('--json', 'print the trace as JSON')
    .addHelpText('after', HELP)
    .action(run);
}

async function run(messageId: string, { since, json, details, ...flags }: TraceFlags): Promise<void> {
  try {
    const { options } = await readConnection(flags);
    const transport = graphTransport(options);
    try {
      const trace = await transport.trace(messageId, { since, details });
      console.log(json ? printable(JSON.stringify(trace, undefined, 2)) : describeTrace(trace));
      process.exitCode = statusOf(trace);
    } finally {
      transport.close();
    }
  } catch (error) {
    console.error(printable(`error: ${(error as Error).message}`));
    process.exitCode = exitStatusOf(error);
  }
}
