import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { describeTrace, statusOf } from '../../lib/cli/trace-report.js';
import { graphTransport, type TraceStatus } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { runCli } from './run-cli.js';

const SECRET = 'good~GEHEIM/x';
const app = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c01', clientSecret: SECRET };
const folder = mkdtempSync(join(tmpdir(), 'trace-cli-'));
const caFile = join(folder, 'ca.pem');

let sandbox: Sandbox;
let env: Record<string, string>;

beforeAll(async () => {
  sandbox = await startSandbox({
    apps: [{ ...app, roles: ['Mail.Send', 'ExchangeMessageTrace.Read.All'] }],
    outcomes: { 'nobody@example.com': 'failed' },
  });
  writeFileSync(caFile, sandbox.ca);
  env = { MAIL_URL: `msgraph://${app.clientId}:${encodeURIComponent(SECRET)}@${sandbox.tenantId}/noreply@contoso.com` };
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

async function trace(...args: string[]) {
  const hosts = ['--graph-endpoint', sandbox.graphEndpoint, '--authority-host', sandbox.authorityHost, '--ca-file', caFile];
  const result = await runCli(['trace', ...args, ...hosts], { env });
  expect(result.stdout + result.stderr).not.toMatch(/GEHEIM|eyJ/);
  return result;
}

test('prints a line for each recipient, JSON for programs, and exits with what became of them', async () => {
  const transport = graphTransport(sandbox.options);
  const { messageId } = await nodemailer
    .createTransport(transport)
    .sendMail({ to: ['reader@example.com', 'nobody@example.com'], text: 'Hello' });
  transport.close();
  const [table, json, unknown, wrong] = await Promise.all([
    trace(messageId),
    trace(messageId, '--json', '--since', new Date(Date.now() - 86_400_000).toISOString()),
    trace('unknown@contoso.com'),
    trace(messageId, '--since', '2020-01-01'),
  ]);
  expect(table.stdout).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d {2}failed {5}nobody@example\.com\n\S+ \S+ {2}delivered {2}reader@example\.com\n$/,
  );
  expect(table.status).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ messageId, recipients: [{ status: 'failed' }, { status: 'delivered' }] });
  expect(unknown).toMatchObject({ status: 75, stdout: expect.stringMatching(/knows nothing of <unknown@contoso\.com>/) });
  expect(wrong).toMatchObject({ status: 78, stdout: '', stderr: expect.stringMatching(/^error: .*"since" of trace\(\) must be a date/) });
});

test('--details shows what happened on the way, in 80 columns', async () => {
  const transport = graphTransport(sandbox.options);
  const { messageId } = await nodemailer.createTransport(transport).sendMail({ to: ['nobody@example.com'], text: 'Hello' });
  transport.close();
  const { stdout, status } = await trace(messageId, '--details');
  expect(status).toBe(1);
  expect(stdout).toMatch(/^\S+ \S+ {2}failed {2}nobody@example\.com\n {4}[\d:]{8} {2}Receive: Message received by: sandbox/);
  expect(stdout).toMatch(/^ {4}[\d:]{8} {2}Fail: 550 5\.1\.10 RESOLVER\.ADR\.RecipientNotFound; Recipient not$/m);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  const { recipients } = JSON.parse((await trace(messageId, '--details', '--json')).stdout) as { recipients: { events: object[] }[] };
  expect(recipients[0]?.events).toHaveLength(3);
});

test('what a server said cannot steer the terminal', () => {
  const event = {
    at: new Date(0),
    event: 'Fail\u001b[2J',
    action: 'a\nb',
    description: undefined,
    reason: '550\r\n\u202Efake',
    data: undefined,
  };
  const one = {
    recipient: 'a@example.com\nfake',
    status: 'failed',
    receivedAt: undefined,
    sender: undefined,
    subject: undefined,
    traceId: 't',
  };
  const text = describeTrace({ messageId: '<a>', since: new Date(0), recipients: [{ ...one, status: 'failed', events: [event] }] });
  expect(text.split('\n')).toHaveLength(2);
  expect(/[\p{Cc}\p{Bidi_Control}]/u.test(text.replace('\n', ''))).toBe(false);
});

const traced = (...statuses: TraceStatus[]) => ({
  messageId: '<a@contoso.com>',
  since: new Date(0),
  recipients: statuses.map((status, index) => ({
    status,
    recipient: `r${index}@example.com`,
    receivedAt: undefined,
    sender: undefined,
    subject: undefined,
    traceId: 't',
  })),
});

test.each<[TraceStatus[], number]>([
  [['delivered', 'expanded'], 0],
  [['delivered', 'pending'], 75],
  [['gettingStatus'], 75],
  [['unknown'], 75],
  [[], 75],
  [['pending', 'failed'], 1],
  [['filteredAsSpam'], 1],
  [['quarantined', 'delivered'], 1],
])('%j is exit status %i', (statuses, status) => {
  expect(statusOf(traced(...statuses))).toBe(status);
});

test('shows nothing that would steer the terminal', () => {
  const [one] = traced('delivered').recipients;
  const shown = describeTrace({ ...traced(), recipients: [{ ...one!, recipient: 'a\x1b[2J@example.com' }] });
  expect(shown).not.toContain('\x1b');
});
