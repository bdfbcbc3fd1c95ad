import { Command, InvalidArgumentError, Option } from 'commander';
import { bashScript } from './bash-script.js';
import { delegatedBashScript, delegatedPowerShellScript } from './delegated-scripts.js';
import { CLOUDS, type Access, type CloudName, type DelegatedPlan, type SetupPlan } from './plan.js';
import { powerShellScript } from './powershell-script.js';

interface SetupFlags {
  mailbox?: string[];
  group?: string;
  name?: string;
  clientId?: string;
  shell: 'az' | 'powershell';
  cloud: CloudName;
  certificate?: boolean;
  secret?: boolean;
  largeAttachments?: boolean;
  read?: boolean;
  prove?: boolean;
  trace?: boolean;
  device?: boolean;
  legacyPolicy?: boolean;
  tenantWide?: boolean;
  delegated?: DelegatedPlan['accounts'] | true;
}

const EXAMPLE = `
Example:
  $ nodemailer-graph-transport setup --mailbox noreply@contoso.com \\
      --certificate > setup.sh
  $ less setup.sh && bash setup.sh

Nothing is changed before you run the script. The app may then send from this
mailbox only.
The script can be run again at any time; it goes on where it was.`;

/** The command `setup`: prints a script that registers the app and restricts it to its mailboxes. */
export function createSetupCommand(): Command {
  return new Command('setup')
    .description('Prints a script that registers the app in Microsoft Entra and lets it send from the mailboxes you name.')
    .option('--mailbox <address>', 'mailbox that sends; may be given more than once', collectMailboxes)
    .option('--group <address>', 'mail-enabled security group whose members may send, too', readMailbox)
    .option('--name <name>', 'name of the app registration (default: one that holds the mailbox)', readName)
    .option('--client-id <id>', 'go on with this app registration, which the script did not make', readId)
    .addOption(new Option('--shell <shell>', 'what runs the script').choices(['az', 'powershell']).default('az'))
    .addOption(new Option('--cloud <name>', "Microsoft's cloud").choices(Object.keys(CLOUDS)).default('global'))
    .addOption(new Option('--certificate', 'sign in with a certificate: recommended').conflicts('secret'))
    .option('--secret', 'sign in with a client secret (default: a secret, or a certificate where the tenant forbids secrets)')
    .option('--large-attachments', 'allow messages above 3 MB, too (Mail.ReadWrite)')
    .option('--read', 'allow reading the mailboxes, too: bounces (Mail.Read)')
    .option('--prove', 'allow the command prove, too: it reads and deletes what it has sent (Mail.ReadWrite)')
    .option('--trace', 'allow message traces, too (ExchangeMessageTrace.Read.All): of the WHOLE tenant')
    .option('--device', 'sign in to Microsoft by a code on another device')
    .addOption(new Option('--legacy-policy', 'restrict the app by an Application Access Policy instead of RBAC').conflicts('tenantWide'))
    .option('--tenant-wide', 'do not restrict the app: it can send as everybody')
    .addOption(
      new Option('--delegated [accounts]', 'instead: an app with which persons sign in (see login); whose accounts')
        .choices(['work', 'personal', 'both'])
        .conflicts(['mailbox', 'group', 'certificate', 'secret', 'legacyPolicy', 'tenantWide', 'trace']),
    )
    .addHelpText('after', EXAMPLE)
    .action((flags: SetupFlags, command: Command) => {
      if (flags.delegated) return print(flags.shell, delegatedPlan(flags), delegatedBashScript, delegatedPowerShellScript);
      if (!flags.mailbox) command.error("error: required option '--mailbox <address>' not specified");
      if (flags.trace && flags.cloud !== 'global')
        command.error(`error: --trace: Microsoft has no message trace in Graph for ${flags.cloud}`);
      return print(flags.shell, setupPlan(flags, flags.mailbox ?? []), bashScript, powerShellScript);
    });
}

function print<Plan>(shell: SetupFlags['shell'], plan: Plan, bash: (plan: Plan) => string, powerShell: (plan: Plan) => string): void {
  process.stdout.write(shell === 'az' ? bash(plan) : powerShell(plan));
}

function setupPlan(flags: SetupFlags, mailboxes: readonly string[]): SetupPlan {
  const { name, group, clientId, cloud, certificate, secret, trace = false, device = false, legacyPolicy, tenantWide } = flags;
  return {
    name: name ?? `Mail through Graph as ${mailboxes[0] ?? ''}`,
    mailboxes,
    group,
    restriction: legacyPolicy ? 'policy' : tenantWide ? 'tenant' : 'rbac',
    credential: certificate ? 'certificate' : secret ? 'secret' : 'auto',
    access: accessOf(flags),
    trace,
    cloud,
    clientId,
    device,
  };
}

/** Who may write may read. */
function accessOf({ largeAttachments, prove, read }: SetupFlags): Access {
  if (largeAttachments || prove) return 'write';
  return read ? 'read' : 'send';
}

function delegatedPlan(flags: SetupFlags): DelegatedPlan {
  const { name, delegated, clientId, cloud, device = false } = flags;
  const accounts = delegated === true || delegated === undefined ? 'work' : delegated;
  return { name: name ?? 'Mail through Graph for persons', accounts, access: accessOf(flags), cloud, clientId, device };
}

function collectMailboxes(value: string, before: string[] = []): string[] {
  return [...before, readMailbox(value)];
}

/** Only what an address may hold without quotes (RFC 5322 dot-atom, RFC 6531 for letters of other scripts). */
function readMailbox(value: string): string {
  if (value.length <= 254 && /^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]+@[\p{L}\p{N}.-]+$/u.test(value)) return value;
  throw new InvalidArgumentError('It is an address such as noreply@contoso.com.');
}

function readName(value: string): string {
  // a line break would end a comment or the script's here-document
  if (value.trim() !== '' && value.length <= 120 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value)) return value;
  throw new InvalidArgumentError('A name is one line of at most 120 characters.');
}

function readId(value: string): string {
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value)) return value;
  throw new InvalidArgumentError(
    'It is the Application (client) ID of the app registration, such as 11111111-2222-3333-4444-555555555555.',
  );
}
