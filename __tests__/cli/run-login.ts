import { spawn, type ChildProcess } from 'node:child_process';
import { cliFile } from './run-cli.js';

/** Who sits before the terminal. */
export type Person = (line: string, child: ChildProcess) => void;

/** Runs `login` and hands what it prints to the person, line by line. */
export function runLogin(args: string[], env: Record<string, string>, person: Person) {
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [cliFile, 'login', ...args], { env: { PATH: process.env['PATH'] ?? '', ...env } });
    let [stdout, stderr, rest] = ['', '', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach((line) => person(line, child));
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}
