import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
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

const anyPort = ['--port', '0', '--authority-port', '0', '--upload-port', '0', '--inbox-port', '0'];

const run = (...args: string[]) =>
  spawnSync(process.execPath, ['-', ...args], { cwd: root, input: cli, encoding: 'utf8', timeout: 20_000 });

it('tells its version', () => {
  expect(run('--version').stdout.trim()).toBe(VERSION);
});

it('explains the sandbox with an example', () => {
  const { stdout, status } = run('sandbox', '--help');
  expect(status).toBe(0);
  for (const option of ['--port', '--inbox-port', '--no-inbox', '--open', '--max-messages', '--max-bytes', '--mailbox', '--ca-file'])
    expect(stdout).toContain(option);
  expect(stdout).toContain('$ nodemailer-graph-transport sandbox --mailbox noreply@contoso.com');
});

it.each([
  [['sandbox', '--port', 'x'], /A port is a number from 0 to 65535/],
  [['sandbox', '--max-messages', '0'], /Give a whole number from 1 on/],
  [['sandbox', '--max-bytes', 'much'], /Give a size such as 256MiB/],
  [['sandbox', '--role', 'everything'], /Give a permission such as ExchangeMessageTrace\.Read\.All/],
  [['sandbox', ...anyPort, '--mailbox', 'nobody'], /^error: "mailboxes" must hold user principal names/],
  [['sandbox', ...anyPort, '--person', 'noreply@contoso.com'], /^error: "mailboxes" must hold each mailbox once, got noreply@contoso\.com/],
  [['sandbox', ...anyPort, '--ca-file', '/nowhere/ca.pem'], /^error: ENOENT/],
  [
    ['sandbox', ...anyPort, '--host', '0.0.0.0'],
    /^error: others reach the sandbox at --host 0\.0\.0\.0: give it a secret of your own with --client-secret/,
  ],
])('%j fails with a sentence, not with a stack', (args, text) => {
  const { stderr, status } = run(...args);
  expect(status).toBe(1);
  expect(stderr).toMatch(text);
  expect(stderr).not.toContain('    at ');
});

it('says what to do where a port is taken, and leaves nothing behind', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const taken = (...args: string[]) => run('sandbox', ...anyPort, ...args, '--ca-file', join(folder, 'taken.pem'));
  const inbox = taken('--inbox-port', String(port));
  expect(inbox.stderr).toBe(
    `error: port ${port}, for the inbox, is taken, perhaps by another sandbox. End that one, or choose another port: --inbox-port 0 takes a free one.\n`,
  );
  expect([inbox.status, inbox.signal]).toEqual([1, null]);
  expect(taken('--port', String(port)).stderr).toContain(`port ${port}, for Graph, is taken`);
  server.close();
});

interface Running {
  child: ChildProcess;
  exited: Promise<number | null>;
  /** The next line. */
  line(): Promise<string>;
  /** What was printed before the first message. */
  intro: string;
}

/** Starts the command and reads what it prints up to the settings' end. */
async function startCommand(args: string[], env: Record<string, string> = {}): Promise<Running> {
  const child = spawn(process.execPath, ['-', 'sandbox', ...anyPort, ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.stdin.end(cli);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  let intro = '';
  for (let text = await line(); text !== '})'; text = await line()) intro += `${text}\n`;
  await line();
  return { child, exited, line, intro };
}

const optionsIn = (intro: string) =>
  Object.fromEntries([...intro.matchAll(/^ {2}(\w+): '(.*)',$/gm)].map(([, name, value]) => [name, value]));

it.each(['SIGINT', 'SIGTERM'] as const)('runs the sandbox, shows what it gets and what it refuses, and ends with %s', async (signal) => {
  const caFile = join(folder, `${signal}.pem`);
  const { child, exited, line, intro } = await startCommand([
    '--mailbox',
    'a@contoso.com',
    '--mailbox',
    'b@contoso.com',
    '--ca-file',
    caFile,
  ]);
  const { tenantId = '', clientId = '', clientSecret = '', authorityHost = '', graphEndpoint = '', mailbox = '' } = optionsIn(intro);
  expect(mailbox).toBe('a@contoso.com');
  expect(intro).not.toContain('\u001b');
  const ca = readFileSync(caFile, 'utf8');
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost,
    disableInstanceDiscovery: true,
    tlsOptions: { ca },
  });
  const { token } = await credential.getToken(`${graphEndpoint}/.default`);
  const dispatcher = new Agent({ connect: { ca } });
  const send = async (subject: string, headers: Record<string, string> = {}) => {
    const { statusCode } = await request(`${graphEndpoint}/v1.0/users/b@contoso.com/sendMail`, {
      dispatcher,
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ message: message({ subject }) }),
    });
    return statusCode;
  };
  const plan = Buffer.from(JSON.stringify({ losses: [{ feature: 'text', detail: 'x' }] })).toString('base64url');
  expect(await send('red \u001b[31m\u202e', { 'x-graph-transport-plan': plan })).toBe(202);
  expect(await line()).toMatch(
    /^\S+Z b@contoso\.com -> reader@example\.com: "red \\u001b\[31m\\u202e" \(json, sendMail\) not as written: text$/,
  );
  expect(await send('x', { authorization: 'Bearer x' })).toBe(401);
  expect(await line()).toMatch(/^\S+Z b@contoso\.com sendMail 401 InvalidAuthenticationToken: CompactToken parsing failed/);
  const [, inboxUrl = ''] = /^Inbox: (http:\/\/127\.0\.0\.1:\d+\/)$/m.exec(intro) ?? [];
  const page = await request(inboxUrl);
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-type']).toContain('text/html');
  await page.body.dump();
  const latest = await request(`${inboxUrl}api/v1/messages/latest`);
  expect(await latest.body.json()).toMatchObject({ subject: 'red \u001b[31m\u202e', content: 'kept' });
  child.kill(signal);
  expect(await exited).toBe(0);
  await dispatcher.destroy();
});

it('prints settings that work as they are, by MAIL_URL and by GRAPH_ names', async () => {
  const caFile = join(folder, 'settings.pem');
  const { child, exited, intro, line } = await startCommand(['--no-inbox', '--ca-file', caFile]);
  expect(intro).not.toContain('Inbox:');
  const env = Object.fromEntries([...intro.matchAll(/^(\w+)='?(.*?)'?$/gm)].map(([, name, value]) => [name, value])) as Record<
    string,
    string
  >;
  expect(Object.keys(env)).toEqual([
    'MAIL_URL',
    'NODE_EXTRA_CA_CERTS',
    'GRAPH_TENANT_ID',
    'GRAPH_CLIENT_ID',
    'GRAPH_CLIENT_SECRET',
    'GRAPH_SENDER',
    'GRAPH_ENDPOINT',
    'GRAPH_AUTHORITY_HOST',
  ]);
  const app = bundle(`
    import nodemailer from 'nodemailer';
    import { graphTransportFromEnv, mailTransport } from './lib/index.ts';
    const send = async (transport, subject) => {
      const transporter = nodemailer.createTransport(transport);
      await transporter.sendMail({ to: 'reader@example.com', subject, text: 'Hello' });
      transporter.close();
    };
    send(mailTransport(process.env.MAIL_URL), 'by URL').then(() => send(graphTransportFromEnv(), 'by names'));`);
  const sent = spawn(process.execPath, ['-'], { cwd: root, env: { ...process.env, ...env }, stdio: ['pipe', 'ignore', 'inherit'] });
  sent.stdin.end(app);
  expect(await line()).toContain('"by URL"');
  expect(await line()).toContain('"by names"');
  child.kill();
  expect(await exited).toBe(0);
});

it('its app has the permissions it is given, and no other', async () => {
  const caFile = join(folder, 'roles.pem');
  const { child, exited, intro } = await startCommand([
    '--role',
    'ExchangeMessageTrace.Read.All',
    '--role',
    'Mail.Read',
    '--ca-file',
    caFile,
  ]);
  const { tenantId = '', clientId = '', clientSecret = '', authorityHost = '', graphEndpoint = '' } = optionsIn(intro);
  const ca = readFileSync(caFile, 'utf8');
  const app = [tenantId, clientId, clientSecret] as const;
  const credential = new ClientSecretCredential(...app, { authorityHost, disableInstanceDiscovery: true, tlsOptions: { ca } });
  const { token } = await credential.getToken(`${graphEndpoint}/.default`);
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { roles: string[] };
  expect(claims.roles).toEqual(['ExchangeMessageTrace.Read.All', 'Mail.Read']);
  child.kill();
  await exited;
});

it('is coloured where it is asked for', async () => {
  const { child, exited, intro } = await startCommand(['--ca-file', join(folder, 'colour.pem')], { FORCE_COLOR: '1', NO_COLOR: '' });
  expect(intro).toContain('\u001b[1mInbox:\u001b[22m');
  child.kill();
  await exited;
});

it('ends with the process that started it', async () => {
  const caFile = join(folder, 'orphan.pem');
  const script = join(folder, 'sandbox.cjs');
  writeFileSync(script, cli);
  const parent = spawn(
    process.execPath,
    [
      '-e',
      `require('node:child_process').spawn(process.execPath, ${JSON.stringify([script, 'sandbox', ...anyPort, '--ca-file', caFile])}, { stdio: 'inherit' })`,
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_PATH: join(root, 'node_modules') } },
  );
  const lines = createInterface({ input: parent.stdout });
  const closed = once(lines, 'close');
  let intro = '';
  lines.on('line', (text) => (intro += `${text}\n`));
  while (!intro.includes('})')) await once(lines, 'line');
  parent.kill('SIGKILL');
  // its output ends when the last process that has it ends
  await closed;
  const { graphEndpoint = '' } = optionsIn(intro);
  await expect(request(graphEndpoint)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
