#!/usr/bin/env node
import { Command } from 'commander';
import { VERSION } from '../version.js';
import { createDoctorCommand } from './doctor.js';
import { createSandboxCommand } from './sandbox.js';

const program = new Command('nodemailer-graph-transport')
  .description('Tools for sending mail through Microsoft Graph with Nodemailer.')
  .version(VERSION)
  .addCommand(createDoctorCommand())
  .addCommand(createSandboxCommand());

program.parseAsync().catch((error: unknown) => {
  program.error(`error: ${error instanceof Error ? error.message : String(error)}`);
});
