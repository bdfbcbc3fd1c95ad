#!/usr/bin/env node
import { basename } from 'node:path';
import { Command } from 'commander';
import { VERSION } from '../base/version.js';
import { withoutPreamble } from '../errors/config-error.js';
import { printable } from './printable.js';

/** The commands by their names, in the order of `--help`. Loaded when they are asked for: sendmail starts once a mail. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  setup: async () => (await import('./setup/command.js')).createSetupCommand(),
  doctor: async () => (await import('./doctor.js')).createDoctorCommand(),
  prove: async () => (await import('./prove.js')).createProveCommand(),
  login: async () => (await import('./login.js')).createLoginCommand(),
  logout: async () => (await import('./login.js')).createLogoutCommand(),
  sendmail: async () => (await import('./sendmail/command.js')).createSendmailCommand(),
  'install-sendmail': async () => (await import('./sendmail/install.js')).createInstallSendmailCommand(),
  trace: async () => (await import('./trace.js')).createTraceCommand(),
  bounces: async () => (await import('./bounces.js')).createBouncesCommand(),
  outbox: async () => (await import('./outbox.js')).createOutboxCommand(),
  sandbox: async () => (await import('./sandbox/sandbox.js')).createSandboxCommand(),
};

async function main(): Promise<void> {
  const program = new Command('nodemailer-graph-transport')
    .description('Tools for sending mail through Microsoft Graph with Nodemailer.')
    .version(VERSION)
    // lets sendmail have options of its own
    .enablePositionalOptions();
  // as a link named sendmail it is sendmail
  const args = process.argv.slice(2);
  if (basename(process.argv[1] ?? '') === 'sendmail') args.unshift('sendmail');
  const [name = ''] = args;
  // with any other word the program has to know them all: to list them, or to say which one was meant
  for (const create of Object.hasOwn(commands, name) ? [commands[name]] : Object.values(commands)) {
    if (create) program.addCommand(await create());
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    program.error(printable(`error: ${withoutPreamble(error instanceof Error ? error.message : String(error))}`));
  }
}

void main();
