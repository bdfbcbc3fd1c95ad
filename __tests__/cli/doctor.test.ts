import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReport } from '../../lib/cli/doctor-report.js';
import type { Finding } from '../../lib/diagnosis/finding.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { makeCertificate } from '../sign-in/make-certificate.js';
import { sample } from '../support/sample.js';
import { runCli } from './run-cli.js';

const SECRET = 'good~GEHEIM/x';
const clientId = '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c01';
const certificate = makeCertificate('app');
const folder = mkdtempSync(join(tmpdir(), 'doctor-cli-'));
const caFile = join(folder, 'ca.pem');
const pemFile = join(folder, 'app.pem');

let sandbox: Sandbox;
let hosts: string[];
let url: string;

beforeAll(async () => {
  sandbox = await startSandbox({ apps: [{ clientId, clientSecret: SECRET, certificates: [certificate.certificate] }] });
  writeFileSync(caFile, sandbox.ca);
  writeFileSync(pemFile, certificate.certificate + certificate.privateKey);
  hosts = ['--graph-endpoint', sandbox.graphEndpoint, '--authority-host', sandbox.authorityHost, '--ca-file', caFile];
  url = `msgraph://${clientId}:${encodeURIComponent(SECRET)}@${sandbox.tenantId}/noreply@contoso.com`;
});
afterEach(() => sandbox.clear());
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

async function doctor(args: string[], env: Record<string, string> = {}) {
  const result = await runCli(['doctor', ...hosts, ...args], { env });
  expect(result.stdout + result.stderr).not.toMatch(/GEHEIM|eyJ/);
  expect(result.stderr).toBe('');
  return result;
}

const graphNames = () => ({
  GRAPH_TENANT_ID: sandbox.tenantId,
  GRAPH_CLIENT_ID: clientId,
  GRAPH_CLIENT_SECRET: SECRET,
  GRAPH_SENDER: 'noreply@contoso.com',
});

test('says one line per check and exits with 0 where all is well', async () => {
  const { stdout, status } = await doctor([], graphNames());
  expect(status).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.slice(0, -2).map((line) => /^([✓✗!-]) ([\w -]+):/.exec(line)?.slice(1).join(' '))).toEqual([
    '✓ configuration',
    '✓ proxy',
    '✓ sign-in',
    '✓ token',
    '✓ permission',
    '✓ mailbox',
    '✓ large attachments',
    '✓ clock',
    '- expiry',
  ]);
  expect(lines.slice(-2)).toEqual(['', 'Mail can be sent.']);
  expect(sandbox.messages).toEqual([]);
});

test('says what failed, the remedy under it, and exits with 1', async () => {
  const { stdout, status } = await doctor(['--mailbox', 'nobody@contoso.com'], graphNames());
  expect(status).toBe(1);
  expect(stdout).toMatch(/\n✗ mailbox: .*ErrorInvalidUser.*\n {4}There is no such mailbox.*\n✓ large/);
  expect(stdout).toMatch(/\n1 of 9 checks failed\.\n$/);
});

const signIns: [string, () => [string[], Record<string, string>]][] = [
  ['a URL in MAIL_URL', () => [[], { MAIL_URL: url }]],
  ['a URL in another variable', () => [['--url-env', 'APP_MAIL'], { APP_MAIL: url }]],
  [
    'names with a prefix',
    () => [
      ['--env-prefix', 'APP_'],
      { APP_TENANT_ID: sandbox.tenantId, APP_CLIENT_ID: clientId, APP_CLIENT_SECRET: SECRET, APP_SENDER: 'noreply@contoso.com' },
    ],
  ],
  [
    'the names of @azure/identity',
    () => [
      ['--mailbox', 'noreply@contoso.com'],
      { AZURE_TENANT_ID: sandbox.tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: SECRET },
    ],
  ],
  ['the environment, beside an SMTP URL', () => [[], { ...graphNames(), MAIL_URL: 'smtp://localhost' }]],
  [
    'flags and a secret from the environment',
    () => [
      ['--tenant-id', sandbox.tenantId, '--client-id', clientId, '--client-secret-env', 'S', '--mailbox', 'noreply@contoso.com'],
      { S: SECRET, GRAPH_TENANT_ID: 'fabrikam.com' },
    ],
  ],
  [
    'flags and a certificate',
    () => [['--tenant-id', sandbox.tenantId, '--client-id', clientId, '--certificate', pemFile, '--mailbox', 'noreply@contoso.com'], {}],
  ],
];

test.each(sample(signIns, { count: 2 }))('signs in with %s', async (_, configure) => {
  const { stdout, status } = await doctor(...configure());
  expect(stdout).toContain('✓ mailbox: noreply@contoso.com may send');
  expect(status).toBe(0);
});

test('prints JSON for programs', async () => {
  const { stdout, status } = await doctor(['--json'], { ...graphNames(), GRAPH_CLIENT_SECRET: 'wrong~GEHEIM' });
  expect(status).toBe(1);
  const report = JSON.parse(stdout) as { ok: boolean; findings: object[] };
  expect(report.ok).toBe(false);
  expect(report.findings).toContainEqual({
    check: 'sign-in',
    status: 'fail',
    message: expect.stringContaining('AADSTS7000215'),
    remedy: expect.stringContaining('Value'),
    code: 'AADSTS7000215',
  });
});

test('sends a real message where it is told to', async () => {
  const { stdout, status } = await doctor(['--send-to', 'reader@example.com'], graphNames());
  expect(status).toBe(0);
  expect(stdout).toMatch(/✓ test message: Graph accepted <\S+> for reader@example\.com/);
  expect(sandbox.messages.map(({ recipients, mailbox }) => [mailbox, recipients])).toEqual([
    ['noreply@contoso.com', ['reader@example.com']],
  ]);
});

const mistakes: [string, string[], Record<string, string>, RegExp][] = [
  ['nothing', [], {}, /does not have GRAPH_TENANT_ID/],
  ['half a sign-in', [], { GRAPH_TENANT_ID: 'contoso.com' }, /GRAPH_CLIENT_ID and GRAPH_CLIENT_SECRET is not set/],
  ['a variable that is not set', ['--client-secret-env', 'GEHEIM'], {}, /take the name of an environment variable that is set/],
  ['a URL that is none', ['--url-env', 'APP_MAIL'], { APP_MAIL: 'smtp://user:GEHEIM@localhost' }, /APP_MAIL does not hold a msgraph: URL/],
  ['a damaged URL', [], { MAIL_URL: 'msgraph://app:GEH/EIM@contoso.com' }, /cannot be read/],
  [
    'a tenant given as a URL',
    ['--tenant-id', 'https://contoso.com/', '--client-id', clientId, '--client-secret-env', 'S'],
    { S: SECRET },
    /--tenant-id is a URL/,
  ],
];

test.each(sample(mistakes, { count: 2 }))('with %s says what is missing', async (_, args, env, text) => {
  const { stdout, status } = await doctor(args, env);
  expect(stdout).toMatch(/^✗ configuration: /m);
  expect(stdout).toMatch(text);
  expect(status).toBe(1);
});

test('explains itself with an example, and does not take a secret as a flag', async () => {
  const { stdout, status } = await runCli(['doctor', '--help']);
  expect(status).toBe(0);
  expect(stdout).toContain('$ nodemailer-graph-transport doctor --tenant-id');
  const refused = await runCli(['doctor', '--client-secret', 'GEHEIM']);
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("unknown option '--client-secret'") });
  expect(refused.stderr).not.toContain('GEHEIM');
});

test('reads a file that setup left, and puts it before the environment', async () => {
  const file = join(folder, 'graph-mail.env');
  const lines = { ...graphNames(), GRAPH_CREDENTIAL_EXPIRES: '2099-01-31' };
  writeFileSync(
    file,
    Object.entries(lines)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const { stdout, status } = await doctor(['--env-file', file], { GRAPH_SENDER: 'nobody@contoso.com' });
  expect(stdout).toContain('✓ mailbox: noreply@contoso.com may send');
  expect(status).toBe(0);
  // Node.js itself refuses one that is not there
});

test('speaks of what the user set, and gives a remedy once', async () => {
  const { stdout } = await doctor([], { ...graphNames(), GRAPH_CLIENT_SECRET: 'wrong~GEHEIM' });
  expect(stdout).toContain('into GRAPH_CLIENT_SECRET');
  expect(stdout).not.toContain('clientSecret');
  const url = await doctor([], { MAIL_URL: `msgraph://${clientId}:wrong~GEHEIM@${sandbox.tenantId}/noreply@contoso.com` });
  expect(url.stdout).toContain('into the secret in MAIL_URL');
});

test('names flags where there is no other name, and leaves no gap where a remedy was given before', () => {
  const names = { proxy: '--proxy', tls: '--ca-file' };
  const show = createReport({ names });
  const failed = (remedy: string) => show({ check: 'sign-in', status: 'fail', message: 'x', remedy });
  expect(failed('Check the proxy (option proxy or HTTPS_PROXY).')).toContain('(--proxy or HTTPS_PROXY)');
  expect(failed('Give the CA in tls.ca.')).toContain('in --ca-file.');
  expect(failed('First. Give the CA in tls.ca. Then.')).toMatch(/\n {4}First\. Then\.$/);
});

test('names the cloud, the endpoint and the mailbox as they were set', () => {
  const names = { cloud: 'GRAPH_CLOUD', graphEndpoint: '--graph-endpoint', mailbox: 'GRAPH_SENDER' };
  const show = createReport({ names });
  const failed = (remedy: string) => show({ check: 'sign-in', status: 'fail', message: 'x', remedy });
  expect(failed('Set the cloud option: usgov.')).toContain('Set GRAPH_CLOUD: usgov.');
  expect(failed('Check graphEndpoint.')).toContain('Check --graph-endpoint.');
  expect(failed('Set mailbox to the primary name.')).toContain('Set GRAPH_SENDER to the primary name.');
});

test('looks where the environment says, whatever signs in', async () => {
  const env = {
    GRAPH_ENDPOINT: sandbox.graphEndpoint,
    GRAPH_AUTHORITY_HOST: sandbox.authorityHost,
    GRAPH_CREDENTIAL_EXPIRES: '2020-01-31',
    NODE_EXTRA_CA_CERTS: caFile,
  };
  const args = ['--tenant-id', sandbox.tenantId, '--client-id', clientId, '--certificate', pemFile, '--mailbox', 'noreply@contoso.com'];
  const { stdout, status } = await runCli(['doctor', ...args], { env });
  expect(stdout).toContain(`✓ sign-in: a token from ${sandbox.authorityHost}`);
  // the date of another credential is not this one's
  expect(stdout).not.toContain('2020-01-31');
  expect(status).toBe(0);
});

test('refuses a test message to what is no address', async () => {
  const { stdout, status } = await doctor(['--send-to', 'reader'], graphNames());
  expect(stdout).toContain("✗ configuration: --send-to takes an address such as you@example.com, not 'reader'");
  expect(status).toBe(1);
});

test('says that a URL for SMTP is skipped', async () => {
  const { stdout } = await doctor([], { ...graphNames(), MAIL_URL: 'smtp://user:GEHEIM@localhost' });
  expect(stdout).toContain('- configuration: MAIL_URL is skipped: it is for smtp, not for msgraph');
});

test('does not promise what it did not check', async () => {
  const { stdout, status } = await doctor([], { ...graphNames(), GRAPH_SENDER: '' });
  expect(stdout).not.toContain('Mail can be sent');
  expect(stdout).toMatch(/\nNot checked: whether the mailbox may send\./);
  expect(status).toBe(0);
});

test('checks that another mailbox is refused', async () => {
  const { stdout, status } = await doctor(['--must-not-send-as', 'noreply@contoso.com'], graphNames());
  expect(stdout).toContain('✗ other mailbox: noreply@contoso.com may send, too');
  expect(status).toBe(1);
});

test('wraps lines and shows colours where it is told a terminal', () => {
  const finding: Finding = { check: 'mailbox', status: 'fail', message: 'word '.repeat(30).trim(), remedy: 'Set clientSecret.' };
  const show = createReport({ width: 60, colour: true, names: { clientSecret: 'GRAPH_CLIENT_SECRET' } });
  const text = show(finding);
  // eslint-disable-next-line no-control-regex -- the colours
  for (const line of text.replace(/\u001b\[\d+m/g, '').split('\n')) expect(line.length).toBeLessThan(60);
  expect(text).toContain('\u001b[31m✗\u001b[0m');
  expect(text).toContain('\n    Set GRAPH_CLIENT_SECRET.');
  expect(show(finding)).not.toContain('Set GRAPH_CLIENT_SECRET');
});
