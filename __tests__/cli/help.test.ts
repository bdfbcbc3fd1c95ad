import type { Command } from 'commander';
import { createBouncesCommand } from '../../lib/cli/bounces.js';
import { createDoctorCommand } from '../../lib/cli/doctor.js';
import { createLoginCommand, createLogoutCommand } from '../../lib/cli/login.js';
import { createOutboxCommand } from '../../lib/cli/outbox.js';
import { createProveCommand } from '../../lib/cli/prove.js';
import { createSandboxCommand } from '../../lib/cli/sandbox/sandbox.js';
import { createSendmailCommand } from '../../lib/cli/sendmail/command.js';
import { createInstallSendmailCommand } from '../../lib/cli/sendmail/install.js';
import { createSetupCommand } from '../../lib/cli/setup/command.js';
import { createTraceCommand } from '../../lib/cli/trace.js';

const commands: [string, Command][] = [
  createSetupCommand(),
  createDoctorCommand(),
  createProveCommand(),
  createLoginCommand(),
  createLogoutCommand(),
  createSendmailCommand(),
  createInstallSendmailCommand(),
  createTraceCommand(),
  createBouncesCommand(),
  createOutboxCommand(),
  createSandboxCommand(),
]
  .flatMap((command) => [command, ...command.commands])
  .map((command) => [command.name(), command]);

test.each(commands)('%s explains itself in 80 columns', (_, command) => {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => 80 }).outputHelp();
  expect(help).toContain('Usage: ');
  expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
});
