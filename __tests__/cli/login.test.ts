import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { answerSignInPage } from '../sign-in/person/browse.js';
import { testWith } from '../support/require-program.js';
import { runCli } from './run-cli.js';
import { runLogin, type Person } from './run-login.js';

const APP = 'd0d0d0d0-0000-4000-8000-000000000001';
const ME = 'me@outlook.example.com';

const folder = mkdtempSync(join(tmpdir(), 'login-cli-'));
let sandbox: Sandbox;
let hosts: string[];

beforeAll(async () => {
  sandbox = await startSandbox({
    apps: [{ clientId: APP, publicClient: true }],
    mailboxes: ['noreply@contoso.com', { userPrincipalName: ME, personal: true }],
  });
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, sandbox.ca);
  hosts = ['--graph-endpoint', sandbox.graphEndpoint, '--authority-host', sandbox.authorityHost, '--ca-file', caFile];
});
afterEach(() => sandbox.clear());
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

const envOf = (name: string) => ({ GRAPH_TOKEN_CACHE: join(folder, `${name}.json`), HOME: folder });

const login = (args: string[], env: Record<string, string>, person: Person, at = hosts) => runLogin([...at, ...args], env, person);

async function loginAs(user: string, env: Record<string, string>, args: string[] = []) {
  return login(['--client-id', APP, '--no-browser', ...args], env, (line) => {
    if (line.startsWith('https://')) void answerSignInPage(line, sandbox.ca, { user });
  });
}

test('says which setting is missing in the words of a command', async () => {
  const { status, stderr } = await runCli(['login']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: --client-id \(or GRAPH_CLIENT_ID\) is missing: .*docs\/personal-accounts\.md shows how to make one\n$/);
});

test('asks for what the flags name, and no more', async () => {
  const { stdout } = await loginAs(ME, envOf('reads'), ['--tenant', 'consumers', '--read']);
  expect(stdout).toMatch(/^Signed in as me@outlook\.example\.com with Mail\.(Read, Mail\.Send|Send, Mail\.Read)\.$/m);
});

test('login prints the address, signs in, and says how to use it; sendmail and doctor then send as the person', async () => {
  const env = envOf('whole');
  const { status, stdout, stderr } = await loginAs(ME, env, ['--tenant', 'consumers']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain(`Signed in as ${ME} with Mail.Send.`);
  expect(stdout).toContain(`MAIL_URL=msgraph://login/${ME}`);
  expect(stdout).not.toMatch(/eyJ|[?&]code=/);

  const state = await runCli(['login', '--status'], { env });
  expect(state.stdout).toMatch(new RegExp(`^${ME}, signed in .* through app ${APP} with Mail\\.Send, renewed `));

  const doctor = await runCli(['doctor', ...hosts, '--login', ME], { env });
  expect(doctor.stdout).toMatch(new RegExp(`✓ sign-in: a token from .* for ${ME}, signed in `));
  expect(doctor.stdout).toContain('✓ permission: delegated Mail.Send');
  expect(doctor.status).toBe(0);

  // sendmail takes hosts from no flag where somebody is signed in
  const { graphEndpoint, authorityHost } = sandbox;
  const query = new URLSearchParams({ graphEndpoint, authorityHost }).toString();
  const url = { ...env, MAIL_URL: `msgraph://login/${ME}?${query}`, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') };
  const sent = await runCli(['sendmail', 'reader@example.com'], { env: url, input: 'Subject: Hello\n\nIt works.\n' });
  expect(sent).toMatchObject({ status: 0, stderr: '' });
  expect(sandbox.messages.map(({ mailbox, recipients }) => [mailbox, recipients])).toEqual([[ME, ['reader@example.com']]]);

  const out = await runCli(['logout', ME], { env });
  expect(out).toMatchObject({ status: 0, stdout: `${ME} is signed out here.\n` });
  expect((await runCli(['login', '--status'], { env })).status).toBe(1);
  const refused = await runCli(['sendmail', 'reader@example.com'], { env: url, input: 'Subject: Hello\n\nIt works.\n' });
  expect(refused).toMatchObject({ status: 77, stderr: expect.stringContaining('Run npx nodemailer-graph-transport login') });
});

test('login --device-code says where to go and what to type', async () => {
  const { status, stdout } = await login(['--client-id', APP, '--tenant', 'consumers', '--device-code'], envOf('device'), (line) => {
    const code = /enter the code ([A-Z]+)$/.exec(line)?.[1];
    if (code) sandbox.answerDevice(code, ME);
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Open https:\S+\/deviceauth and enter the code [A-Z]{9}\n/);
});

test('the cache is encrypted where a key is set, and the ids may stand in a file', async () => {
  const file = join(folder, 'graph-mail.env');
  writeFileSync(file, `GRAPH_TENANT_ID=consumers\nGRAPH_CLIENT_ID=${APP}\n`);
  const env = { ...envOf('encrypted'), GRAPH_TOKEN_CACHE_KEY: Buffer.alloc(32, 7).toString('base64') };
  const { status, stdout } = await login(['--env-file', file, '--no-browser'], env, (line) => {
    if (line.startsWith('https://')) void answerSignInPage(line, sandbox.ca, { user: ME });
  });
  expect(status).toBe(0);
  expect(stdout).toContain(', encrypted.');
  expect(readFileSync(env.GRAPH_TOKEN_CACHE, 'utf8')).toMatch(/^nmgt1:/);
});

test('the cloud, or the hosts, may stand in the environment, as setup --delegated writes it', async () => {
  const file = join(folder, 'hosts.env');
  writeFileSync(
    file,
    `GRAPH_TENANT_ID=consumers\nGRAPH_CLIENT_ID=${APP}\nGRAPH_ENDPOINT=${sandbox.graphEndpoint}\nGRAPH_AUTHORITY_HOST=${sandbox.authorityHost}\n`,
  );
  const env = { ...envOf('hosts'), NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') };
  const { status } = await login(
    ['--env-file', file, '--no-browser'],
    env,
    (line) => {
      if (line.startsWith('https://')) void answerSignInPage(line, sandbox.ca, { user: ME });
    },
    [],
  );
  expect(status).toBe(0);
  const doctor = await runCli(['doctor', '--env-file', file, '--login', ME], { env });
  expect(doctor).toMatchObject({ status: 0, stdout: expect.stringContaining('✓ permission: delegated Mail.Send') });
  writeFileSync(file, 'GRAPH_CLOUD=mars\n');
  const wrong = await runCli(['login', '--client-id', APP, '--env-file', file], { env });
  expect(wrong.stderr).toMatch(/GRAPH_CLOUD must be one of 'global', 'usgov'/);
});

test('the browser is opened with an address that has nothing in it, since everybody on the machine may read it', async () => {
  const [script, seen] = [join(folder, 'browser.sh'), join(folder, 'opened.txt')];
  writeFileSync(script, `#!/bin/sh\necho "$@" > ${seen}.new && mv ${seen}.new ${seen}\n`, { mode: 0o755 });
  const walk = async () => {
    while (!existsSync(seen)) await new Promise((resolve) => setTimeout(resolve, 20));
    const opened = readFileSync(seen, 'utf8').trim();
    const { headers } = await fetch(opened, { redirect: 'manual' });
    await answerSignInPage(headers.get('location') ?? '', sandbox.ca, { user: ME });
    return opened;
  };
  const walked = walk();
  const { status, stdout } = await login(['--client-id', APP], { ...envOf('opened'), BROWSER: script }, () => undefined);
  expect(await walked).toMatch(/^http:\/\/localhost:\d+\/begin$/);
  expect(status).toBe(0);
  expect(stdout).not.toMatch(/state=|code=|eyJ/);
});

test('Ctrl+C ends it at once and leaves nothing', async () => {
  const env = envOf('cancelled');
  const { status } = await login(['--client-id', APP, '--no-browser'], env, (line, child) => {
    if (line.startsWith('https://')) child.kill('SIGINT');
  });
  expect(status).toBeNull();
  expect(readdirSync(folder).filter((name) => name.startsWith('cancelled'))).toEqual([]);
});

test.each<[string, string[], RegExp]>([
  ['an app id that is none', ['--client-id', 'app; reboot'], /--client-id must be the Application \(client\) ID/],
  ['no app', [], /--client-id \(or GRAPH_CLIENT_ID\) is missing.*docs\/personal-accounts\.md/],
  ['a tenant that is none', ['--client-id', APP, '--tenant', 'https://contoso.com'], /--tenant must be a tenant id/],
])('with %s it says what is missing', async (_, args, text) => {
  const { status, stderr } = await runCli(['login', ...hosts, ...args], { env: envOf('none') });
  expect(status).not.toBe(0);
  expect(stderr).toMatch(text);
});

testWith(
  'chromium',
  'a real browser walks through login',
  async (executablePath) => {
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
    try {
      const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
      let walked: Promise<void> | undefined;
      const walk = async (address: string) => {
        await page.goto(address);
        await page.getByRole('button', { name: ME }).click();
        await page.getByText('You are signed in').waitFor();
      };
      const { status, stdout } = await login(['--client-id', APP, '--tenant', 'consumers', '--no-browser'], envOf('browser'), (line) => {
        if (line.startsWith('https://')) walked = walk(line);
      });
      await walked;
      expect(status).toBe(0);
      expect(stdout).toContain(`Signed in as ${ME}`);
    } finally {
      await browser.close();
    }
  },
  120_000,
);
