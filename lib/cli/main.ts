#!/usr/bin/env node
import { basename } from 'node:path';
import { Command } from 'commander';
import { VERSION } from '../base/version.js';
import { createLoginCommand, createLogoutCommand } from './login.js';
import { createDoctorCommand } from './doctor.js';
import { createOutboxCommand } from './outbox.js';
import { createSandboxCommand } from './sandbox/sandbox.js';
import { printable } from './printable.js';
import { createSendmailCommand } from './sendmail.js';
import { createSetupCommand } from './setup/command.js';
import { createTraceCommand } from './trace.js';

const program = new Command('nodemailer-graph-transport')
  .description('Tools for sending mail through Microsoft Graph with Nodemailer.')
  .version(VERSION)
  // lets sendmail have options of its own
  .enablePositionalOptions()
  .addCommand(createSetupCommand())
  .addCommand(createDoctorCommand())
  .addCommand(createLoginCommand())
  .addCommand(createLogoutCommand())
  .addCommand(createSendmailCommand())
  .addCommand(createTraceCommand())
  .addCommand(createOutboxCommand())
  .addCommand(createSandboxCommand());

// as a link named sendmail it is sendmail
const args = process.argv.slice(2);
if (basename(process.argv[1] ?? '') === 'sendmail') args.unshift('sendmail');

program.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
  program.error(printable(`error: ${error instanceof Error ? error.message : String(error)}`));
});
