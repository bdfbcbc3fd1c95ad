import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { startSandbox, type Sandbox, type SandboxApp, type SandboxOptions } from '../../sandbox/index.js';
import { createPaint } from '../colours.js';
import { describeMessage, describeRefusal, lossesOf } from './describe-activity.js';
import { DEFAULT_APP, DEFAULT_MAILBOXES } from '../../sandbox/settings.js';
import { describeSettings } from './describe-settings.js';
import { endWithParent } from './end-with-parent.js';
import { openBrowser } from '../open-browser.js';

interface SandboxCommandOptions {
  host: string;
  hostname?: string;
  port: number;
  authorityPort: number;
  uploadPort: number;
  inboxPort: number;
  inbox: boolean;
  open?: boolean;
  maxMessages: number;
  maxBytes: number;
  mailbox?: string[];
  person?: string[];
  clientId?: string;
  clientSecret?: string;
  role?: string[];
  http?: boolean;
  detached?: boolean;
  caFile: string;
}

const EXAMPLE = `
Example:
  $ nodemailer-graph-transport sandbox --mailbox noreply@contoso.com --open

Nothing is delivered: each message is shown as one line and in the inbox, and
forgotten with the sandbox.`;

/** The command `sandbox`: Microsoft Graph and Entra on this machine until Ctrl+C. */
export function createSandboxCommand(): Command {
  return new Command('sandbox')
    .description('Runs Microsoft Graph and Entra for mail on this machine, to develop against, with an inbox to look into.')
    .option('--port <number>', 'port of Graph, 0 for a free one', readPort, 4010)
    .option('--authority-port <number>', 'port of the sign-in service, 0 for a free one', readPort, 4011)
    .option('--upload-port <number>', 'port of the upload sessions, 0 for a free one', readPort, 4012)
    .option('--inbox-port <number>', 'port of the inbox, 0 for a free one', readPort, 4013)
    .option('--no-inbox', 'run without the inbox')
    .option('--open', 'open the inbox in the browser')
    .option('--max-messages <number>', 'messages to keep, the oldest go first', readCount, 500)
    .option('--max-bytes <size>', 'content to keep, such as 256MiB', readSize, 256 * 1024 * 1024)
    .option('--mailbox <address>', 'mailbox of the tenant, may be repeated (default: three of contoso.com)', collect)
    .option(
      '--person <address>',
      'personal account that signs in by login, as may the owners of the mailboxes then; may be repeated',
      collect,
    )
    .option('--client-id <id>', 'client ID of the app (default: a fixed one)')
    .option('--client-secret <secret>', 'its secret (default: a fixed one; GRAPH_SANDBOX_SECRET in the environment)')
    .option('--role <permission>', 'permission of the app, may be repeated (default: Mail.Send, Mail.ReadWrite)', collectRole)
    .option('--host <address>', 'address to listen on; one that others reach needs --client-secret', '127.0.0.1')
    .option('--hostname <name>', 'name in the addresses it gives out, such as a container’s')
    .option('--http', 'serve Graph without TLS; sign-in always has it')
    .option('--detached', 'go on when the process that started it ends')
    .option('--ca-file <path>', 'where to write the certificate to trust', 'graph-sandbox-ca.pem')
    .addHelpText('after', EXAMPLE)
    .action(run);
}

function readPort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

function readCount(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('Give a whole number from 1 on.');
  return Number(value);
}

const units: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

function readSize(value: string): number {
  const [, count, unit = ''] = /^(\d{1,12})\s*([kmg]?)i?b?$/i.exec(value) ?? [];
  if (count === undefined) throw new InvalidArgumentError('Give a size such as 256MiB, 64M or 1000000.');
  return Number(count) * (units[unit.toLowerCase()] ?? 1);
}

function collectRole(value: string, previous: string[] = []): string[] {
  if (!/^[A-Z]\w*(?:\.\w+)+$/.test(value)) throw new InvalidArgumentError('Give a permission such as ExchangeMessageTrace.Read.All.');
  return [...previous, value];
}

const collect = (value: string, previous: string[] = []): string[] => [...previous, value];

async function run(options: SandboxCommandOptions): Promise<void> {
  const caFile = resolve(options.caFile);
  const paint = createPaint(process.stdout);
  let end: () => void = () => process.exit();
  // from the first: whoever started this may be gone before it is up
  if (!options.detached) endWithParent(() => end());
  const sandbox: Sandbox = await start(options, {
    ...readSandboxOptions(options, caFile),
    onMessage: (message) => {
      // its last request is recorded right after
      setImmediate(() => {
        const told = sandbox.requests.findLast(({ itemId, plan }) => itemId === message.id && plan);
        console.log(describeMessage(message, lossesOf(told), paint));
      });
    },
    onRequest: (request) => {
      const line = describeRefusal(request, paint);
      if (line !== undefined) console.log(line);
    },
  });
  end = () => void sandbox.close();
  try {
    await writeFile(caFile, sandbox.ca);
  } catch (error) {
    await sandbox.close();
    throw error;
  }
  console.log(describeSettings(sandbox, caFile, paint, options.person?.[0]));
  if (options.open && sandbox.inboxUrl !== undefined) openBrowser(sandbox.inboxUrl, (text) => console.error(text));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end());
}

function readSandboxOptions(options: SandboxCommandOptions, caFile: string): SandboxOptions {
  const { host, hostname, port, authorityPort, uploadPort, inboxPort, inbox, maxMessages, maxBytes, mailbox, person, http } = options;
  return {
    host,
    hostname,
    port,
    authorityPort,
    uploadPort,
    inbox: inbox && { port: inboxPort, caFile },
    maxMessages,
    maxBytes,
    // those of the tenant stand first: the first is the mailbox of the settings
    mailboxes: person
      ? [...(mailbox ?? DEFAULT_MAILBOXES), ...person.map((userPrincipalName) => ({ userPrincipalName, personal: true }))]
      : mailbox,
    apps: readApps(options),
    protocol: http ? 'http' : 'https',
  };
}

function readApps({
  clientId,
  clientSecret = process.env.GRAPH_SANDBOX_SECRET,
  person,
  role,
}: SandboxCommandOptions): SandboxApp[] | undefined {
  if (clientId === undefined && !clientSecret && !person && !role) return undefined;
  return [
    {
      clientId: clientId ?? DEFAULT_APP.clientId,
      clientSecret: clientSecret || DEFAULT_APP.clientSecret,
      publicClient: person !== undefined,
      roles: role,
    },
  ];
}

/** Which option moves what listens there. */
const movable: { of: keyof SandboxCommandOptions; option: string; what: string }[] = [
  { of: 'port', option: '--port', what: 'Graph' },
  { of: 'authorityPort', option: '--authority-port', what: 'the sign-in service' },
  { of: 'uploadPort', option: '--upload-port', what: 'the upload sessions' },
  { of: 'inboxPort', option: '--inbox-port', what: 'the inbox' },
];

async function start(options: SandboxCommandOptions, sandboxOptions: SandboxOptions): Promise<Sandbox> {
  try {
    return await startSandbox(sandboxOptions);
  } catch (error) {
    const { code, port } = error as { code?: string; port?: number };
    const taken = movable.find(({ of }) => options[of] === port);
    if (code === 'EADDRINUSE' && taken) {
      throw new Error(
        `port ${port}, for ${taken.what}, is taken, perhaps by another sandbox. End that one, or choose another port: ${taken.option} 0 takes a free one.`,
        { cause: error },
      );
    }
    if (code === 'EACCES' && taken) {
      throw new Error(`port ${port}, for ${taken.what}, may not be used by you: choose one from 1024 on with ${taken.option}.`, {
        cause: error,
      });
    }
    if (error instanceof TypeError && error.message.includes('clientSecret of your own')) {
      throw new TypeError(`others reach the sandbox at --host ${options.host}: give it a secret of your own with --client-secret`, {
        cause: error,
      });
    }
    throw error;
  }
}
