import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ClientSecretCredential } from '@azure/identity';
import { Agent, request } from 'undici';
import { VERSION } from '../../lib/base/version.js';
import { bundle, root } from './bundle.js';
import { message } from './client.js';

// the package says it has no side effects, so an import would be dropped
const cli = bundle(`require('./lib/cli/main.ts');`);
const folder = mkdtempSync(join(tmpdir(), 'sandbox-cli-'));

afterAll(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) =>
  spawnSync(process.execPath, ['-', ...args], { cwd: root, input: cli, encoding: 'utf8', timeout: 20_000 });

it('tells its version', () => {
  expect(run('--version').stdout.trim()).toBe(VERSION);
});

it('explains the sandbox with an example', () => {
  const { stdout, status } = run('sandbox', '--help');
  expect(status).toBe(0);
  for (const option of ['--port', '--authority-port', '--upload-port', '--mailbox', '--http', '--ca-file'])
    expect(stdout).toContain(option);
  expect(stdout).toContain('$ nodemailer-graph-transport sandbox --mailbox noreply@contoso.com');
});

it.each([
  [['sandbox', '--port', 'x'], /A port is a number from 0 to 65535/],
  [
    ['sandbox', '--port', '0', '--authority-port', '0', '--upload-port', '0', '--mailbox', 'nobody'],
    /^error: "mailboxes" must hold user principal names/,
  ],
  [['sandbox', '--port', '0', '--authority-port', '0', '--upload-port', '0', '--ca-file', '/nowhere/ca.pem'], /^error: ENOENT/],
])('%j fails with a sentence, not with a stack', (args, text) => {
  const { stderr, status } = run(...args);
  expect(status).toBe(1);
  expect(stderr).toMatch(text);
  expect(stderr).not.toContain('    at ');
});

it.each(['SIGINT', 'SIGTERM'] as const)('runs the sandbox, shows what it gets, and ends with %s', async (signal) => {
  const caFile = join(folder, `${signal}.pem`);
  const args = [
    '-',
    'sandbox',
    '--port',
    '0',
    '--authority-port',
    '0',
    '--mailbox',
    'a@contoso.com',
    '--mailbox',
    'b@contoso.com',
    '--ca-file',
    caFile,
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.stdin.end(cli);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const settings: Record<string, string> = {};
  for (let line = await lines.next(); !line.done && line.value !== '})'; line = await lines.next()) {
    const [, name, value] = /^ {2}(\w+): '(.*)',$/.exec(line.value) ?? [];
    if (name && value) settings[name] = value;
  }
  await lines.next();
  const { tenantId = '', clientId = '', clientSecret = '', authorityHost = '', graphEndpoint = '', mailbox = '' } = settings;
  expect(mailbox).toBe('a@contoso.com');
  const ca = readFileSync(caFile, 'utf8');
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost,
    disableInstanceDiscovery: true,
    tlsOptions: { ca },
  });
  const { token } = await credential.getToken(`${graphEndpoint}/.default`);
  const dispatcher = new Agent({ connect: { ca } });
  const { statusCode } = await request(`${graphEndpoint}/v1.0/users/b@contoso.com/sendMail`, {
    dispatcher,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ message: message({ subject: 'red \u001b[31m' }) }),
  });
  expect(statusCode).toBe(202);
  expect((await lines.next()).value).toMatch(/^\S+Z b@contoso\.com -> reader@example\.com: "red \\u001b\[31m" \(json, sendMail\)$/);
  child.kill(signal);
  expect(await exited).toBe(0);
  await dispatcher.destroy();
});
