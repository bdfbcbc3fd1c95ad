import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import type { Sandbox } from '../../../lib/sandbox/index.js';

const root = join(__dirname, '../../..');

/** What every script begins with. */
const PREAMBLE = `
  import { readFileSync } from 'node:fs';
  import nodemailer from 'nodemailer';
  import { graphTransport } from './lib/index.js';
  const given = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', text: 'Hello' };
  const create = (options) => nodemailer.createTransport(graphTransport({ ...given, ...options }));
  const codes = async (...sends) => (await Promise.allSettled(sends)).map(({ reason }) => reason?.code ?? 'sent').join();
`;

/**
 * Runs a script in a process of its own and waits until that exits by itself; rejects after 20 s.
 * It finds `create(options)` and `mail`, and `codes(...sends)`, which tells how each ended.
 */
export async function runScript(sandbox: Sandbox, script: string): Promise<{ stdout: string; stderr: string }> {
  // below node_modules, so that packages are found
  const folder = mkdtempSync(join(root, 'node_modules/.script-'));
  try {
    const options = join(folder, 'options.json');
    writeFileSync(options, JSON.stringify(sandbox.options));
    const outfile = join(folder, 'script.mjs');
    buildSync({
      stdin: { contents: PREAMBLE + script, resolveDir: root, loader: 'js' },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'error',
    });
    return await promisify(execFile)(process.execPath, [outfile, options], { cwd: root, timeout: 20_000 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
