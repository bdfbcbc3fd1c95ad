import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTenantFacts } from '../../lib/config/read-tenant-facts.js';
import { describeLeftOver, renderReport } from '../../lib/cli/prove-report.js';
import type { TenantReport } from '../../lib/index.js';
import { contentOf, MAILBOX } from '../prove/harness.js';
import { useSandbox } from '../support/use-sandbox.js';
import { cliFile, runCli } from './run-cli.js';

const world = useSandbox({
  protocol: 'http',
  mailboxes: [{ userPrincipalName: MAILBOX, aliases: ['info@contoso.com'] }],
  deletedItems: true,
});
const folder = mkdtempSync(join(tmpdir(), 'prove-'));
afterAll(() => rmSync(folder, { recursive: true }));
const facts = join(folder, 'facts.json');

function environment(): Record<string, string> {
  const { tenantId, clientId, clientSecret, mailbox, graphEndpoint, authorityHost } = world.sandbox.options;
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, world.sandbox.ca);
  return {
    GRAPH_TENANT_ID: tenantId,
    GRAPH_CLIENT_ID: clientId,
    GRAPH_CLIENT_SECRET: clientSecret,
    GRAPH_SENDER: mailbox,
    GRAPH_ENDPOINT: graphEndpoint,
    GRAPH_AUTHORITY_HOST: authorityHost,
    NODE_EXTRA_CA_CERTS: ca,
  };
}
const run = (...args: string[]) => runCli(['prove', ...args], { env: environment() });

test('--dry-run says what would be sent, and asks nobody', async () => {
  const { status, stdout } = await run('--dry-run', '--to', 'reader@example.com', '--alias', 'info@contoso.com', '--with-bounce');
  expect(status).toBe(0);
  expect(stdout).toContain('Would send 29 messages from noreply@contoso.com to noreply@contoso.com and reader@example.com,\n');
  expect(stdout).toContain('  json-from\n');
  expect(stdout).toMatch(/Nothing was sent\.\n$/);
  const { messages, from } = JSON.parse((await run('--dry-run', '--json')).stdout) as { messages: string[]; from: string };
  expect([messages.length, from]).toEqual([26, MAILBOX]);
  expect(world.sandbox.requests).toEqual([]);
});

test('prints a table of 80 columns, writes the report, leaves nothing behind; what arrives elsewhere is added later', async () => {
  const { status, stdout, stderr } = await run('--to', 'reader@example.com', '--alias', 'info@contoso.com', '--out', facts);
  expect(stderr).toBe('Checking permissions\nSent 0 of 28\nArrived 28 of 28\nAsked 0 of 4\nDeleted 0\n');
  expect(status).toBe(0);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).toMatch(/^WHAT {23}SENT AS {6}CLAIMED {2}INSIDE {3}OUTSIDE {2}RESULT\n/);
  expect(stdout).toMatch(/^text beside the html {7}MIME {9}kept {5}kept {5}- {8}as claimed$/m);
  expect(stdout).toMatch(/^upload session {13}from 3 MiB$/m);
  expect(stdout).toContain(`The report is in ${facts}.`);
  expect(await contentOf(world.sandbox)).toEqual([]);

  const text = readFileSync(facts, 'utf8');
  // no address, no id of anything, no name of anybody
  expect(text).not.toMatch(/@|contoso|example|[0-9a-f]{8}-|[0-9a-f]{12}|\d{4}-\d\d-\d\dT/i);
  expect(readTenantFacts(facts)).toMatchObject({ text: { mime: 'yes' }, from: { json: 'loss', mime: 'loss' } });

  const received = join(folder, 'received');
  saveSources(received);
  writeFileSync(join(received, 'another.eml'), 'Subject: Something else\r\n\r\nText\r\n');
  const asked = world.sandbox.requests.length;
  const later = await run('--received', received, '--report', facts, '--out', facts, '--alias', 'info@contoso.com');
  expect(later.stderr).toBe('another.eml: no message of a run, left out\n');
  expect(later.stdout).toMatch(/^text beside the html {7}JSON {9}lost {5}changed {2}changed {2}as claimed$/m);
  expect(later.stdout).toMatch(/^alias as From {14}JSON {9}kept {5}changed {2}changed {2}worse$/m);
  const report = JSON.parse(readFileSync(facts, 'utf8')) as TenantReport;
  const again = await run('--received', received, '--report', facts, '--json');
  // without the alias that point stays as it was
  expect(JSON.parse(again.stdout)).toEqual(report);
  expect(report.points.filter(({ outside }) => outside === undefined)).toEqual([]);
  expect(world.sandbox.requests).toHaveLength(asked);
});

function saveSources(into: string): void {
  mkdirSync(into);
  for (const [index, { source }] of world.sandbox.messages.entries()) writeFileSync(join(into, `${index}.eml`), source);
}

test.each([
  ['Ctrl+C', 'SIGINT', 130],
  ['a terminal that is closed', 'SIGHUP', 129],
] as const)('%s deletes what was sent, and sends no more', async (_what, signal, status) => {
  const child = spawn(process.execPath, [cliFile, 'prove', '--wait', '5'], {
    env: { PATH: process.env['PATH'] ?? '', ...environment() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await world.sandbox.waitForMessage(() => world.sandbox.messages.length >= 4, { timeout: 30_000 });
  if (signal === 'SIGHUP') child.stderr.destroy();
  child.kill(signal);
  expect(await ended).toBe(status);
  expect(stdout).toBe('');
  if (signal === 'SIGINT') {
    expect(stderr).toContain('Deleting what was sent; once more to leave it there.');
    expect(stderr).toContain('Ended before it was done.');
  }
  expect(world.sandbox.messages.length).toBeLessThan(26);
  expect(await contentOf(world.sandbox)).toEqual([]);
  expect(world.sandbox.drafts).toEqual([]);
});

test('--clean deletes what a killed run has left, and nothing else', async () => {
  const child = spawn(process.execPath, [cliFile, 'prove'], {
    env: { PATH: process.env['PATH'] ?? '', ...environment() },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await world.sandbox.waitForMessage(() => world.sandbox.messages.length >= 3, { timeout: 30_000 });
  child.kill('SIGKILL');
  await ended;
  expect((await contentOf(world.sandbox)).length).toBeGreaterThan(5);
  const before = world.sandbox.messages.length;
  const { stdout, status } = await run('--clean');
  expect(stdout).toMatch(/^\d+ messages of earlier runs were deleted\.\n$/);
  expect(status).toBe(0);
  expect(await contentOf(world.sandbox)).toEqual([]);
  expect(world.sandbox.messages).toHaveLength(before);

  const subject = world.sandbox.messages[0]?.subject ?? '';
  await world.sandbox.receive(MAILBOX, `From: outsider@example.com\r\nSubject: ${subject}\r\n\r\nMine\r\n`);
  const again = await run('--clean', '--json');
  expect(JSON.parse(again.stdout)).toEqual({ deleted: 0, left: 0, foreign: 1 });
  expect(again).toMatchObject({ status: 0, stderr: '1 message with the mark of a run came from somebody else, and stayed.\n' });
  expect(await contentOf(world.sandbox)).toEqual([subject]);
});

test.each([
  [['--mailbox', '00000000-0000-4000-8000-000000000001'], '"mailbox" must be an address here'],
  [['--to', 'nobody'], '--to must be an address such as reader@example.com'],
  [['--received', folder, '--report', __filename], `is no JSON`],
  [['--received', folder, '--report', join(folder, '../../package.json')], 'package.json cannot be read: ENOENT'],
  [['--out', join(folder, 'nowhere', 'facts.json')], 'facts.json cannot be written: ENOENT'],
  [['--clean', '--to', 'reader@example.com'], 'cannot be used with option'],
  [['--dry-run', '--clean'], 'cannot be used with option'],
  [['--received', folder, '--report', __filename, '--with-bounce'], 'cannot be used with option'],
])('%j is refused before anything is sent', async (args, message) => {
  const { status, stderr } = await run(...args);
  expect(status).toBe(1);
  expect(stderr).toContain(message);
  expect(world.sandbox.requests).toEqual([]);
});

test('what is left is told in words', () => {
  expect(describeLeftOver({ left: 0, late: 0 })).toBeUndefined();
  expect(describeLeftOver({ left: 1, late: 0 })).toMatch(/^1 message could not be deleted\. prove --clean/);
  expect(describeLeftOver({ left: 0, late: 2 })).toMatch(/^2 messages had not arrived/);
  expect(describeLeftOver({ left: 0, late: 0, failure: new Error('no network') })).toMatch(/could not be cleaned: no network\n/);
});

test('the table says what a mailbox inside Exchange cannot show, and what was refused', () => {
  const report: TenantReport = {
    tool: 'nodemailer-graph-transport prove',
    version: 1,
    made: '2026-11-26',
    library: '0.1.0',
    cloud: 'global',
    points: [
      { feature: 'text', way: 'mime', claimed: 'kept', inside: 'changed' },
      { feature: 'xHeaders', way: 'mime', claimed: 'kept', inside: 'missing' },
      { feature: 'threading', way: 'mimeDraft', claimed: 'kept', inside: 'lost' },
    ],
    answers: { uploadSessionFrom: 0, secondSend: '202', secondSendCopies: 2 },
  };
  const table = renderReport(report, new Map([['json-from', '403 ErrorSendAsDenied']]));
  expect(table).toContain('Graph refused the message json-from: 403 ErrorSendAsDenied.');
  expect(table).toContain('1 worse, 2 open.');
  expect(table).toContain('a mailbox inside Exchange keeps one body');
  expect(table).toContain('missing: not seen in time');
  expect(table).toContain('not up to 3 MiB');
  expect(table).toContain('202; 2 arrived');
  expect(table.split('\n').filter((line) => line.length > 80)).toEqual([]);
});
