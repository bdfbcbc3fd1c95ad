import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';

// in a process of its own: jest catches uncaught exceptions before the test can
const script = `
  import nodemailer from 'nodemailer';
  import { graphTransport } from './lib/index.js';
  import { startSandbox } from './lib/sandbox/index.js';

  const sandbox = await startSandbox();
  const transporter = nodemailer.createTransport(graphTransport({ ...sandbox.options, retries: 0 }));
  const uncaught = [];
  let calls = 0;
  process.on('uncaughtException', (error) => uncaught.push(error.message));
  process.on('unhandledRejection', (error) => uncaught.push('rejection: ' + error));
  const send = (to) => transporter.sendMail({ from: 'noreply@contoso.com', to, subject: 'x', text: 'x' }, () => {
    calls++;
    throw new Error('the app made a mistake');
  });
  send('reader@example.com');
  send('not an address');
  while (calls < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 100));
  console.log(JSON.stringify({ calls, uncaught, delivered: sandbox.messages.length }));
  transporter.close();
  await sandbox.close();
`;

test('a callback that throws runs once and its error is uncaught, after success and after failure', async () => {
  const root = join(__dirname, '../..');
  const folder = mkdtempSync(join(root, 'node_modules/.throwing-'));
  try {
    const outfile = join(folder, 'script.mjs');
    buildSync({
      stdin: { contents: script, resolveDir: root, loader: 'ts' },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    });
    const { stdout } = await promisify(execFile)(process.execPath, [outfile], { cwd: root });
    expect(JSON.parse(stdout)).toEqual({ calls: 2, uncaught: ['the app made a mistake', 'the app made a mistake'], delivered: 1 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
