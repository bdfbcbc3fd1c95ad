import { symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { FaultRule } from '../../../lib/sandbox/index.js';
import { testWith } from '../../support/require-program.js';
import { sample } from '../../support/sample.js';
import { cliFile, run, runCli } from '../run-cli.js';
import { SECRETS, useSendmail } from './use-sendmail.js';

const machine = useSendmail();
const { folder } = machine;
const link = join(folder, 'sendmail');
beforeAll(() => symlinkSync(cliFile, link));

async function sendmail(args: string[], input: string, more: Record<string, string> = {}) {
  const result = await runCli(['sendmail', ...args], { env: { ...machine.env, ...more }, input });
  expect(result.stdout + result.stderr).not.toMatch(SECRETS);
  return result;
}

const letter = 'From: alerts@contoso.com\nTo: reader@example.com\nBcc: hidden@example.com\nSubject: Grüße\n\nline 1\n.\nline 2\n';
const fromMailbox = letter.replace('alerts@', 'noreply@');

test('sends what it reads, as it is, to whom the header names', async () => {
  const result = await sendmail(['-t', '-i', '-f', 'noreply@contoso.com'], fromMailbox);
  expect(result).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(machine.sandbox.messages).toMatchObject([
    {
      format: 'mime',
      mailbox: 'noreply@contoso.com',
      from: { address: 'noreply@contoso.com' },
      to: [{ address: 'reader@example.com' }],
      recipients: ['reader@example.com', 'hidden@example.com'],
      subject: 'Grüße',
      text: expect.stringMatching(/^line 1\r?\n\.\r?\nline 2/),
    },
  ]);
  expect(String(machine.sandbox.messages[0]?.source)).not.toContain('hidden@example.com');
});

test('says of its settings what is missing, and nothing of a README', async () => {
  const { status, stderr } = await sendmail(['reader@example.com'], letter, { MAIL_URL: '' });
  expect(status).toBe(78);
  expect(stderr).toMatch(/^sendmail: the environment does not have GRAPH_TENANT_ID, .*\)\n$/);
});

test('sends to the arguments alone without -t', async () => {
  expect((await sendmail(['other@example.com'], fromMailbox)).status).toBe(0);
  expect(machine.sandbox.messages).toMatchObject([
    { recipients: ['other@example.com'], to: [], text: expect.stringMatching(/^line 1\r?\n?$/) },
  ]);
});

test('takes the mailbox of -f where none is configured', async () => {
  const { status } = await sendmail(['-f', 'alerts@contoso.com', '-F', 'Alerts', 'reader@example.com'], 'Subject: x\n\nx\n', {
    MAIL_URL: machine.env['MAIL_URL']?.replace('/noreply@contoso.com', '') ?? '',
  });
  expect(status).toBe(0);
  expect(machine.sandbox.messages).toMatchObject([
    { mailbox: 'alerts@contoso.com', from: { address: 'alerts@contoso.com', name: 'Alerts' } },
  ]);
});

test('delivers what cron writes', async () => {
  const cron = [
    'From: root (Cron Daemon)',
    'To: root',
    `Subject: Cron <root@${hostname()}> /usr/local/bin/backup`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=UTF-8',
    'Content-Transfer-Encoding: 8bit',
    'X-Cron-Env: <SHELL=/bin/sh>',
    '',
    'Datenträger voll',
    '',
  ].join('\n');
  // -FCronDaemon -i -B8BITMIME -oem: the flags of Debian's cron
  const args = ['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'root'];
  expect(await sendmail(args, cron)).toMatchObject({
    status: 67,
    stderr: expect.stringMatching(/^sendmail: root is a user of this machine.*GRAPH_LOCAL_RECIPIENT/),
  });
  expect(await sendmail(args, cron, { GRAPH_LOCAL_RECIPIENT: 'admin@example.com' })).toMatchObject({ status: 0, stderr: '' });
  expect(machine.sandbox.messages).toMatchObject([
    {
      from: { address: 'noreply@contoso.com', name: 'Cron Daemon' },
      recipients: ['admin@example.com'],
      text: expect.stringContaining('Datenträger voll'),
    },
  ]);
});

test('says with -v what was sent', async () => {
  const { status, stderr } = await sendmail(['-v', 'reader@example.com'], 'Subject: x\n\nx\n');
  expect(status).toBe(0);
  expect(stderr).toMatch(/^202 Accepted: <\S+@contoso\.com> from noreply@contoso\.com to reader@example\.com\n/);
});

test('sends an empty message where nothing is written', async () => {
  expect((await sendmail(['reader@example.com'], '')).status).toBe(0);
  expect(machine.sandbox.messages).toHaveLength(1);
});

test('says on stderr that the secret expires, and sends', async () => {
  const soon = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
  const result = await sendmail(['--secret-expires', soon, '--force-from', 'alerts@contoso.com', 'reader@example.com'], letter);
  expect(result).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^sendmail: The client secret or certificate expires in \d+ days, .*\n$/),
  });
  expect(machine.sandbox.messages).toMatchObject([{ from: { address: expect.stringMatching(/contoso/) } }]);
});

test('is sendmail under that name', async () => {
  const names = { ...machine.env, GRAPH_LOCAL_RECIPIENT: 'admin@example.com' };
  const result = await run(link, ['-bp'], { env: names, input: '' });
  expect(result).toEqual({ status: 0, stdout: 'Mail queue is empty\n', stderr: '' });
});

describe('exit status', () => {
  const denied = { status: 403, code: 'ErrorAccessDenied' };
  const refusals: [number, string, FaultRule, RegExp][] = [
    [75, 'Graph is busy', { status: 503, times: Infinity }, /HTTP 503/],
    [75, 'Graph throttles', { status: 429, times: Infinity }, /HTTP 429/],
    [77, 'access is denied', denied, /ErrorAccessDenied/],
    [77, 'the From address is denied', { status: 403, code: 'ErrorSendAsDenied' }, /Send As/],
    [78, 'there is no such mailbox', { status: 404, code: 'ErrorInvalidUser' }, /no such mailbox/],
    [67, 'there is no such recipient', { status: 400, code: 'ErrorInvalidRecipients' }, /ErrorInvalidRecipients/],
    [65, 'the message is too large', { status: 400, code: 'ErrorMessageSizeExceeded' }, /larger than/],
    [69, 'it may have been sent', { status: 504 }, /may or may not/],
    [69, 'the connection broke', { cut: 'reset' }, /may or may not|no answer/],
    [77, 'the secret is wrong', { operation: 'token', status: 401 }, /AADSTS7000215.* into the secret in MAIL_URL/],
    [75, 'sign-in is busy', { operation: 'token', status: 503, times: Infinity }, /AADSTS90033/],
  ];
  test.each(sample(refusals, { count: 3 }))('%d where %s', async (status, _, fault, text) => {
    machine.sandbox.fail({ operation: 'sendMail', ...fault });
    const result = await sendmail(['reader@example.com'], 'Subject: x\n\nx\n');
    expect(result).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(text) });
    expect(result.stderr).toMatch(/^sendmail: /);
  });

  const mistakes: [number, string, string[], Record<string, string>][] = [
    [64, 'an option is unknown', ['-z'], {}],
    [64, 'a long option is unknown', ['--nothing'], {}],
    [64, 'a value is missing', ['-f'], {}],
    [64, 'nobody is to get it', [], {}],
    [64, 'the header names nobody', ['-t'], {}],
    [64, 'it should be a daemon', ['-bd'], {}],
    [78, 'nothing is configured', ['reader@example.com'], { MAIL_URL: '' }],
    [78, 'the URL is damaged', ['reader@example.com'], { MAIL_URL: 'msgraph://a:GEH/EIM@contoso.com' }],
    [78, 'an option is wrong', ['--cloud', 'mars', 'reader@example.com'], {}],
    [78, 'a file is missing', ['--ca-file', '/nowhere/ca.pem', 'reader@example.com'], { MAIL_URL: '' }],
    [
      75,
      'the sign-in service is not reached',
      ['reader@example.com'],
      { MAIL_URL: 'msgraph://a:b@contoso.com/noreply@contoso.com?authorityHost=https://127.0.0.1:1&retries=0' },
    ],
  ];
  test.each(sample(mistakes, { count: 3 }))('%d where %s', async (status, _, args, more) => {
    const result = await sendmail(args, 'Subject: x\n\nx\n', more);
    expect(result.stderr).toMatch(/^(sendmail|error): /);
    expect(result.status).toBe(status);
    expect(machine.sandbox.messages).toEqual([]);
  });

  test.each([['-q'], ['-bi'], ['-I']])('0 for %s, which has nothing to do', async (flag) => {
    expect(await sendmail([flag], '')).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

describe('with the secret in the environment', () => {
  test('no flag that could send it elsewhere is taken', async () => {
    const result = await sendmail(['--graph-endpoint=https://evil.example', '-t'], letter);
    expect(result).toMatchObject({ status: 64, stderr: expect.stringContaining('--graph-endpoint is not taken') });
    expect(machine.sandbox.messages).toEqual([]);
  });

  test('control characters do not reach the terminal', async () => {
    const result = await sendmail(['reader@example.com\u001b]0;owned\u0007\u009b2J'], letter);
    expect(result.status).not.toBe(0);
    expect(result.stderr).not.toMatch(/[^\n -~]/);
  });
});

test('explains itself with an example', async () => {
  const { stdout, status } = await runCli(['sendmail', '--help']);
  expect(status).toBe(0);
  expect(stdout).toContain('$ nodemailer-graph-transport sendmail -t -i <');
  expect(stdout).toContain('--local-recipient');
});

testWith('bsd-mailx', 'a mail client that pipes to sendmail delivers through Graph', async (mailx) => {
  const rc = join(folder, 'mailrc');
  writeFileSync(rc, `set sendmail=${link}\n`);
  const query = new URLSearchParams({ graphEndpoint: machine.sandbox.graphEndpoint, authorityHost: machine.sandbox.authorityHost });
  const client = { ...machine.env, MAILRC: rc, MAIL_URL: `${machine.env['MAIL_URL']?.split('?')[0]}?${query.toString()}` };
  const args = ['-s', 'Disk is full', '-c', 'ops@example.com', '-b', 'boss@example.com', 'reader@example.com'];
  const result = await run(mailx, args, { env: client, input: 'Only 1 % is left.\n.\nLook soon.\n' });
  expect(result).toEqual({ status: 0, stdout: '', stderr: '' });
  // the client does not wait for sendmail
  const message = await machine.sandbox.waitForMessage(undefined, { timeout: 20_000 });
  expect(message).toMatchObject({
    mailbox: 'noreply@contoso.com',
    subject: 'Disk is full',
    from: { address: 'noreply@contoso.com' },
    to: [{ address: 'reader@example.com' }],
    cc: [{ address: 'ops@example.com' }],
    text: expect.stringContaining('Only 1 % is left.'),
  });
  expect([...message.recipients].sort()).toEqual(['boss@example.com', 'ops@example.com', 'reader@example.com']);
  expect(String(message.source)).not.toContain('boss@example.com');
});
