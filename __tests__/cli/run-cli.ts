import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { bundleFile, root } from '../sandbox/bundle.js';

export interface CliResult {
  status: number | null;
  stdout: string;
  stderr: string;
}

// the package says it has no side effects, so an import would be dropped
const file = bundleFile('cli', `require('./lib/cli/main.ts');`, { head: '#!/usr/bin/env node\n', mode: 0o755 });

afterAll(() => rmSync(file));

/** The command line as one script, for programs that start it themselves. */
export const cliFile = file;

/** Runs the command line in an environment of its own, with something on its standard input. */
export function runCli(
  args: string[],
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string | Buffer } = {},
): Promise<CliResult> {
  return run(process.execPath, [file, ...args], { env, input });
}

/** Runs any program in an environment of its own. */
export function run(
  program: string,
  args: string[],
  { env, input }: { env: Record<string, string>; input: string | Buffer },
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    // not this process's environment: it may name a proxy, or sign in
    const child = spawn(program, args, { cwd: root, env: { PATH: process.env['PATH'] ?? '', ...env } });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', reject);
    child.once('close', (status) =>
      resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
    // a program that refuses its arguments does not read its input
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
