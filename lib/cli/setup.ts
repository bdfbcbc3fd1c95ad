import { Command, InvalidArgumentError, Option } from 'commander';
import { azScript } from './setup-az.js';
import type { SetupPlan } from './setup-plan.js';
import { powerShellScript } from './setup-powershell.js';

interface SetupFlags {
  mailbox: string;
  name: string;
  shell: 'az' | 'powershell';
  certificate?: boolean;
  largeAttachments?: boolean;
  legacyPolicy?: boolean;
  tenantWide?: boolean;
}

const EXAMPLE = `
Example:
  $ nodemailer-graph-transport setup --mailbox noreply@contoso.com > setup.sh
  $ less setup.sh && bash setup.sh

Nothing is changed before you run the script. The app may then send from this mailbox only.`;

/** The command `setup`: prints a script that registers the app and restricts it to one mailbox. */
export function createSetupCommand(): Command {
  return new Command('setup')
    .description('Prints a script that registers the app in Microsoft Entra and lets it send from one mailbox.')
    .requiredOption('--mailbox <address>', 'mailbox that sends', readMailbox)
    .option('--name <name>', 'name of the app registration', readName, 'Mail through Graph')
    .addOption(new Option('--shell <shell>', 'what runs the script').choices(['az', 'powershell']).default('az'))
    .option('--certificate', 'sign in with a certificate instead of a client secret')
    .option('--large-attachments', 'allow messages above 3 MB, too (Mail.ReadWrite)')
    .addOption(new Option('--legacy-policy', 'restrict the app by an Application Access Policy instead of RBAC').conflicts('tenantWide'))
    .option('--tenant-wide', 'do not restrict the app: it can send as everybody')
    .addHelpText('after', EXAMPLE)
    .action(({ mailbox, name, shell, certificate = false, largeAttachments = false, legacyPolicy, tenantWide }: SetupFlags) => {
      const restriction = legacyPolicy ? 'policy' : tenantWide ? 'tenant' : 'rbac';
      const plan: SetupPlan = { name, mailbox, restriction, certificate, largeAttachments };
      process.stdout.write(shell === 'az' ? azScript(plan) : powerShellScript(plan));
    });
}

function readMailbox(value: string): string {
  if (/^[^\s\p{C}@<>"]+@[^\s\p{C}@<>"]+$/u.test(value)) return value;
  throw new InvalidArgumentError('A mailbox is an address such as noreply@contoso.com.');
}

function readName(value: string): string {
  // a line break would end a comment or the script's here-document
  if (value.trim() !== '' && value.length <= 120 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value)) return value;
  throw new InvalidArgumentError('A name is one line of at most 120 characters.');
}
