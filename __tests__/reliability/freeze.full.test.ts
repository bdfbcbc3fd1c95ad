import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSandbox } from '../../lib/sandbox/index.js';
import { bundle, root } from '../sandbox/bundle.js';
import { startFakeProxy, startForgetfulRelay, tunnelTo } from '../support/proxies.js';

/** Sends 16 messages at once whenever a line comes in, and tells how each ended. */
const SCRIPT = `
  import nodemailer from 'nodemailer';
  import { createInterface } from 'node:readline';
  import { graphTransport } from './lib/index.js';
  const { token, ...options } = JSON.parse(process.argv[2] ?? '');
  const credential = { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const transporter = nodemailer.createTransport(graphTransport({ ...options, credential }));
  const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', text: 'Hello' };
  const round = async () => {
    const results = await Promise.allSettled(Array.from({ length: 16 }, () => transporter.sendMail(mail)));
    console.log(JSON.stringify(results.map(({ reason }: any) => (reason ? reason.code + (reason.ambiguous ? ' ambiguous' : '') : 'sent'))));
  };
  // a timer that is due after the freeze comes before everything else
  createInterface({ input: process.stdin }).on('line', (line) => void (line === 'later' ? setTimeout(round, 10_000) : round()));
`;

test('after 36 s of SIGSTOP behind a relay that has forgotten the connections, everything is sent', async () => {
  const sandbox = await startSandbox();
  const proxy = await startFakeProxy(tunnelTo(Number(new URL(sandbox.graphEndpoint).port)));
  const relay = await startForgetfulRelay(proxy.port);
  const { graphEndpoint, mailbox, tls } = sandbox.options;
  const given = { graphEndpoint, mailbox, tls, socketTimeout: 5000, proxy: `127.0.0.1:${relay.port}`, token: sandbox.issueToken() };
  // below node_modules, so that packages are found
  const folder = mkdtempSync(join(root, 'node_modules/.freeze-'));
  const script = join(folder, 'script.cjs');
  writeFileSync(script, bundle(SCRIPT));
  const running = spawn(process.execPath, [script, JSON.stringify(given)], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const sent = JSON.stringify(Array.from({ length: 16 }, () => 'sent'));
    const line = async () => String((await once(running.stdout, 'data'))[0]).trim();
    running.stdin.write('now\n');
    expect(await line()).toBe(sent);
    running.stdin.write('later\n');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    running.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 36_000));
    relay.forget();
    running.kill('SIGCONT');
    expect(await line()).toBe(sent);
    expect(sandbox.messages).toHaveLength(32);
  } finally {
    running.kill('SIGKILL');
    rmSync(folder, { recursive: true });
    await relay.close();
    await proxy.close();
    await sandbox.close();
  }
});
