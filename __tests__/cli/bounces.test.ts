import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import type { Bounce } from '../../lib/bounces/index.js';
import { describeBounce } from '../../lib/cli/bounces-report.js';
import { useSandbox } from '../support/use-sandbox.js';
import { cliFile, runCli } from './run-cli.js';

const SECRET = 'a~GEHEIM';
const app = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c01', clientSecret: SECRET, roles: ['Mail.Send', 'Mail.Read'] };
const mute = { ...app, clientId: app.clientId.replace(/.$/, '2'), roles: ['Mail.Send'] };
const world = useSandbox({
  protocol: 'http',
  apps: [app, mute],
  outcomes: { 'nobody@contoso.com': 'failed', 'late@example.com': 'delayed' },
});
const folder = mkdtempSync(join(tmpdir(), 'bounces-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

function environment(clientId = app.clientId): Record<string, string> {
  const { tenantId, graphEndpoint, authorityHost } = world.sandbox.options;
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, world.sandbox.ca);
  return {
    GRAPH_TENANT_ID: tenantId,
    GRAPH_CLIENT_ID: clientId,
    GRAPH_CLIENT_SECRET: SECRET,
    GRAPH_ENDPOINT: graphEndpoint,
    GRAPH_AUTHORITY_HOST: authorityHost,
    NODE_EXTRA_CA_CERTS: ca,
  };
}
const run = async (...args: string[]) => {
  const result = await runCli(['bounces', '--mailbox', 'noreply@contoso.com', ...args], { env: environment() });
  expect(result.stdout + result.stderr).not.toMatch(/GEHEIM|eyJ/);
  return result;
};
const send = async (...to: string[]) =>
  (await nodemailer.createTransport(world.transport()).sendMail({ to, subject: 'Invoice 17', text: 'Hello' })).messageId;

test('--once shows what has come in, in 80 columns, and with --state each once', async () => {
  const messageId = await send('nobody@contoso.com', 'late@example.com');
  const { stdout, stderr, status } = await run('--once');
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d {2}failed for good {2}5\.1\.10 {3}nobody@contoso\.com\n {4}of </);
  expect(stdout).toContain('delayed          4.4.1    late@example.com\n');
  expect(stdout).toContain(messageId);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);

  const state = ['--once', '--json', '--state', join(folder, 'state.json'), '--since', '2026-01-01'];
  const bounces = (await run(...state)).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Bounce);
  expect(bounces).toMatchObject([
    { messageId, recipient: 'nobody@contoso.com', permanent: true, sent: true },
    { messageId, recipient: 'late@example.com', permanent: false },
  ]);
  expect(await run(...state)).toEqual({ stdout: '', stderr: '', status: 0 });
});

test('shows them as they come in until Ctrl+C; a place that is lost is found again', async () => {
  const child = spawn(process.execPath, [cliFile, 'bounces', '--mailbox', 'noreply@contoso.com', '--interval', '1', '--json'], {
    env: { PATH: process.env['PATH'] ?? '', ...environment() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const shown = new Promise<void>((resolve) => child.stdout.on('data', (chunk: Buffer) => ((stdout += chunk.toString()), resolve())));
  const looked = (times: number) => world.sandbox.requests.filter(({ operation }) => operation === 'listMessageChanges').length >= times;
  while (!looked(1)) await new Promise((resolve) => setTimeout(resolve, 20));
  // the place is lost, which is made good
  world.sandbox.fail({ operation: 'listMessageChanges', status: 410, code: 'SyncStateNotFound' });
  await send('nobody@contoso.com');
  await Promise.race([shown, ended]);
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ recipient: 'nobody@contoso.com' });
  expect(stderr).not.toMatch(/GEHEIM|at .*\.js/);
});

test('ends without a word when its reader does, and takes what nobody saw for not shown', async () => {
  await send('nobody@contoso.com', 'late@example.com');
  const state = ['--state', join(folder, 'unseen.json'), '--since', '2026-01-01', '--json'];
  const args = [cliFile, 'bounces', '--mailbox', 'noreply@contoso.com', '--interval', '1', ...state];
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'] ?? '', ...environment() } });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect((await run('--once', ...state)).stdout.trim().split('\n')).toHaveLength(2);
});

test('without the permission it says which, and ends', async () => {
  const args = ['bounces', '--mailbox', 'noreply@contoso.com'];
  const { stdout, stderr, status } = await runCli(args, { env: environment(mute.clientId) });
  expect({ stdout, status }).toEqual({ stdout: '', status: 77 });
  expect(stderr).toMatch(/^error: .*Mail\.Read/);
});

test.each([
  [['--interval', '0'], 1, /whole number of seconds/],
  [['--since', 'soon', '--once'], 78, /"since" must be a date/],
  [['--state', folder, '--once'], 78, /EISDIR/],
])('refuses %j', async (args, status, message) => {
  const result = await run(...args);
  expect(result).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(message) as string });
});

test('what a report says cannot steer the terminal', () => {
  const text = describeBounce({
    id: 'a#0',
    messageId: '<a\u001b[2J\u009b@example.com>',
    sent: false,
    recipient: 'a\u202e@example.com',
    action: 'failed',
    status: undefined,
    permanent: false,
    text: 'word '.repeat(60).trim(),
    receivedAt: new Date(0),
  });
  expect(text.split('\n')[0]).toBe('1970-01-01 00:00  failed           -        a\\u202e@example.com');
  expect(text).toContain('(not in Sent Items)');
  expect(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u.test(text)).toBe(false);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
});
