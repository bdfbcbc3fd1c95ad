#!/usr/bin/env node
import { EX } from '../exit-status.js';
import { printable } from '../printable.js';
import { createSendmailCommand } from './command.js';

createSendmailCommand()
  .parseAsync(process.argv.slice(2), { from: 'user' })
  .catch((error: unknown) => {
    console.error(printable(`sendmail: ${error instanceof Error ? error.message : String(error)}`));
    process.exitCode = EX.SOFTWARE;
  });
