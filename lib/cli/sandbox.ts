import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { startSandbox, type Sandbox, type SandboxMessage } from '../sandbox/index.js';

interface SandboxCommandOptions {
  port: number;
  authorityPort: number;
  uploadPort: number;
  mailbox?: string[];
  http?: boolean;
  caFile: string;
}

const EXAMPLE = `
Example:
  $ nodemailer-graph-transport sandbox --mailbox noreply@contoso.com --ca-file ca.pem

Nothing is delivered: each message is shown as one line, and forgotten with the sandbox.`;

/** The command `sandbox`: Microsoft Graph and Entra on this machine until Ctrl+C. */
export function createSandboxCommand(): Command {
  return new Command('sandbox')
    .description('Runs Microsoft Graph and Entra for mail on this machine, to develop against.')
    .option('--port <number>', 'port of Graph, 0 for a free one', readPort, 4010)
    .option('--authority-port <number>', 'port of the sign-in service, 0 for a free one', readPort, 4011)
    .option('--upload-port <number>', 'port of the upload sessions, 0 for a free one', readPort, 4012)
    .option('--mailbox <address>', 'mailbox of the tenant, may be repeated (default: three of contoso.com)', collect)
    .option('--http', 'serve Graph without TLS; sign-in always has it')
    .option('--ca-file <path>', 'where to write the certificate to trust', 'graph-sandbox-ca.pem')
    .addHelpText('after', EXAMPLE)
    .action(run);
}

function readPort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

const collect = (value: string, previous: string[] = []): string[] => [...previous, value];

async function run({ port, authorityPort, uploadPort, mailbox, http, caFile }: SandboxCommandOptions): Promise<void> {
  const sandbox = await startSandbox({
    port,
    authorityPort,
    uploadPort,
    mailboxes: mailbox,
    protocol: http ? 'http' : 'https',
    // nobody can ask for it, and the process may run for days
    keepContent: false,
    onMessage: (message) => console.log(describeMessage(message)),
  });
  const file = resolve(caFile);
  try {
    await writeFile(file, sandbox.ca);
  } catch (error) {
    await sandbox.close();
    throw error;
  }
  console.log(describeSettings(sandbox, file));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close());
}

function describeSettings({ options }: Sandbox, caFile: string): string {
  const { tenantId, clientId, clientSecret, mailbox, graphEndpoint, authorityHost } = options;
  const lines = Object.entries({ tenantId, clientId, clientSecret, mailbox, graphEndpoint, authorityHost });
  return [
    'The sandbox is ready; Ctrl+C ends it. The secret is good for nothing else.',
    '',
    'graphTransport({',
    ...lines.map(([name, value]) => `  ${name}: '${value}',`),
    `  tls: { ca: readFileSync(${JSON.stringify(caFile)}) },`,
    '})',
    '',
  ].join('\n');
}

function describeMessage({ acceptedAt, mailbox, recipients, subject, attachments, format, route }: SandboxMessage): string {
  const [first = '', ...others] = recipients;
  const to = others.length > 0 ? `${first} and ${others.length} more` : first;
  const files = attachments.length > 0 ? `, ${attachments.length} attached` : '';
  // quoted as JSON, so that a subject cannot steer the terminal
  return `${acceptedAt.toISOString()} ${mailbox} -> ${to}: ${JSON.stringify(subject)} (${format}, ${route}${files})`;
}
