import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { configError } from '../../errors/config-error.js';
import { ENV_FILE } from './settings.js';
import { placeCommands, WRAPPER_MARK, writeWrapper } from './wrapper.js';

interface InstallFlags {
  envFile: string;
  spool?: string;
  mailbox?: string;
  forceFrom?: string;
  localRecipient?: string;
  localDomain?: string;
  caFile?: string;
  print?: boolean;
}

const HELP = `
Writes a script that finds node and this package wherever it is started (cron
knows only /usr/bin and /bin), and says how to put it in the place of
/usr/sbin/sendmail, and how to undo that. Secrets are not in it: they stay in
--env-file.

Example:
  # nodemailer-graph-transport install-sendmail --spool /var/spool/graph-mail \\
      --env-file /etc/graph-mail.env --local-recipient admin@example.com`;

/** The command `install-sendmail`: a command of its own, since no program may reach it by way of sendmail's arguments. */
export function createInstallSendmailCommand(): Command {
  return new Command('install-sendmail')
    .description('Writes a script to be used as /usr/sbin/sendmail.')
    .argument('[file]', 'where to', '/usr/local/sbin/graph-sendmail')
    .option('--env-file <path>', 'file with the settings, such as what setup has written', '/etc/graph-mail.env')
    .option('--spool <folder>', 'keep what cannot be sent now in this folder, such as /var/spool/graph-mail')
    .option('--mailbox <address>', 'mailbox that sends, if not in the file')
    .option('--force-from <address>', 'who every message is from')
    .option('--local-recipient <address>', 'who gets mail for users of this machine')
    .option('--local-domain <domains>', 'domains whose addresses are users of this machine, separated by commas')
    .option('--ca-file <path>', 'certificates to trust, PEM')
    .option('--print', 'show the script, and change nothing')
    .addHelpText('after', HELP)
    .action((file: string, flags: InstallFlags) => install(resolve(file), flags));
}

function install(file: string, flags: InstallFlags): void {
  const [node, script] = [process.execPath, findScript()];
  const paths = { [ENV_FILE]: flags.envFile, GRAPH_SPOOL: flags.spool, NODE_EXTRA_CA_CERTS: flags.caFile };
  const words = {
    GRAPH_SENDER: flags.mailbox,
    GRAPH_FORCE_FROM: flags.forceFrom,
    GRAPH_LOCAL_RECIPIENT: flags.localRecipient,
    GRAPH_LOCAL_DOMAINS: flags.localDomain,
  };
  const absolute = Object.entries(paths).map(([name, path]) => [name, path === undefined ? undefined : resolve(path)] as const);
  const variables = [...absolute, ...Object.entries(words)].filter((entry): entry is [string, string] => entry[1] !== undefined);
  const text = writeWrapper({ node, script, variables: Object.fromEntries(variables) });
  if (flags.print) {
    process.stdout.write(text);
    return;
  }
  replaceWrapper(file, text);
  console.log(`Written: ${file}`);
  if (flags.spool !== undefined) makeSpool(resolve(flags.spool));
  for (const note of notesOn({ node, script, envFile: resolve(flags.envFile) })) console.log(`! ${note}`);
  const system = existsSync('/usr/bin/dpkg-divert') ? 'debian' : existsSync('/usr/sbin/alternatives') ? 'alternatives' : 'other';
  const [sbin, lib] = ['/usr/sbin/sendmail', '/usr/lib/sendmail'];
  const machine = { system, separateLib: isSeparate(lib), taken: isThere(sbin), libTaken: isThere(lib) } as const;
  const { place, undo } = placeCommands(file, machine);
  const indented = (commands: string[]) => commands.map((command) => `  ${command}`).join('\n');
  console.log(`\nTry it:\n  printf 'Subject: Hello\\n\\nIt works.\\n' | ${file} -v you@example.com`);
  const toPlace = isPlaced(file) ? ' it is there already' : `\n${indented(place)}`;
  console.log(`\nIn sendmail's place:${toPlace}\nUndo:\n${indented(undo)}`);
  if (flags.spool !== undefined) console.log(`\nLet a timer send what waits, every five minutes:\n  ${file} -q`);
}

/** Also a link that leads nowhere is there. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Whether `/usr/lib/sendmail` stays what it is when `/usr/sbin/sendmail` becomes something else. */
function isSeparate(path: string): boolean {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  return !isLink || resolve(dirname(path), readlinkSync(path)) !== '/usr/sbin/sendmail';
}

/** Whether the wrapper is in sendmail's place already. */
function isPlaced(file: string): boolean {
  return existsSync('/usr/sbin/sendmail') && existsSync(file) && realpathSync('/usr/sbin/sendmail') === realpathSync(file);
}

/** This package's sendmail as one file, beside the command line that runs. */
function findScript(): string {
  const script = join(dirname(realpathSync(process.argv[1] ?? '')), '../../cjs/cli/sendmail/main.js');
  if (!existsSync(script)) throw configError(`this is not the installed command line: ${script} is missing`);
  if (/[\\/]_npx[\\/]/.test(script)) {
    throw configError(
      'npx keeps the package only for a while: npm install --global nodemailer nodemailer-graph-transport, then run it from there',
    );
  }
  return script;
}

function replaceWrapper(file: string, text: string): void {
  const there = existsSync(file) ? readFileSync(file, 'latin1') : undefined;
  if (there !== undefined && !there.includes(`\n${WRAPPER_MARK}\n`)) {
    throw configError(`${file} is another program: nothing is overwritten; name another file, and see --help for sendmail's place`);
  }
  const temporary = `${file}.new`;
  try {
    writeFileSync(temporary, text, { mode: 0o755 });
    // whatever the umask says: others have to start it
    chmodSync(temporary, 0o755);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw configError(`${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
  }
}

/** Root's spool serves all: each may make a folder of his own in it, and see no other's. */
function makeSpool(folder: string): void {
  const root = process.geteuid?.() === 0;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!root) return;
  chownSync(folder, 0, 0);
  chmodSync(folder, 0o1733);
  mkdirSync(join(folder, '0'), { recursive: true, mode: 0o700 });
}

/** What would keep others from sending, or let them read too much. */
function notesOn({ node, script, envFile }: { node: string; script: string; envFile: string }): string[] {
  const notes: string[] = [];
  if (!existsSync(envFile)) notes.push(`${envFile} is not there yet; setup writes one (graph-mail.env)`);
  else if ((statSync(envFile).mode & 0o007) !== 0)
    notes.push(`everybody can read the secret in ${envFile}: chmod 640, and a group for those who may send`);
  for (const path of [node, script]) {
    const closed = foldersOf(path).find((folder) => (statSync(folder).mode & 0o001) === 0);
    if (closed !== undefined) notes.push(`only the owner of ${closed} can start ${path}: for other users install it elsewhere`);
  }
  return notes;
}

function foldersOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...foldersOf(parent), parent];
}
