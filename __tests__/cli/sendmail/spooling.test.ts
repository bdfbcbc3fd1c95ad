import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../sandbox/bundle.js';
import { cliFile, run, runCli } from '../run-cli.js';
import { useSpool } from './use-sendmail.js';

const { machine, folder, user, environment, sendmail, spooled } = useSpool();

/** Starts sendmail, and kills it once Graph has got what `when` says. */
async function killed(args: string[], when: () => boolean): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [cliFile, 'sendmail', ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', ...environment() },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin?.end('Subject: x\n\nx\n');
  while (!when()) await sleep(10);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const asked = (operation: string) => machine.sandbox.requests.some((request) => request.operation === operation);

test('what cannot be sent now is kept, listed and sent by -q, the same message', async () => {
  machine.sandbox.fail({ operation: 'sendMail', status: 503, times: 2 });
  expect(await sendmail(['-F', 'Alerts', 'reader@example.com'], { input: 'Subject: Disk is full\n\n.x\n' })).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
  expect(await sendmail(['-q'])).toEqual({ status: 75, stdout: '', stderr: '' });
  const { stdout } = await sendmail(['-bp']);
  expect(stdout).toMatch(/^\d{8}T\d{6}-[0-9a-f]{8} {2}waiting +\d+ B {2}2 tries\n {4}.*HTTP 503.*\n1 message: 1 waiting\.\n$/);
  const tried = machine.sandbox.requests.filter(({ operation }) => operation === 'sendMail').length;
  expect(tried).toBe(2);
  const sent = await sendmail(['-q', '-v']);
  expect(sent).toMatchObject({ status: 0, stderr: expect.stringContaining('202 Accepted') });
  expect(machine.sandbox.messages).toMatchObject([
    { subject: 'Disk is full', recipients: ['reader@example.com'], from: { name: 'Alerts' }, text: expect.stringMatching(/^\.x/) },
  ]);
  expect([spooled(), await sendmail(['-q']), (await sendmail(['-bp'])).stdout]).toEqual([
    {},
    { status: 0, stdout: '', stderr: '' },
    'Mail queue is empty\n',
  ]);
});

test('what is sent at once leaves nothing', async () => {
  expect(await sendmail(['reader@example.com'])).toEqual({ status: 0, stdout: '', stderr: '' });
  expect([machine.sandbox.messages.length, spooled()]).toEqual([1, {}]);
});

test('-odq sends nothing; two flushes at a time send it once', async () => {
  for (let count = 0; count < 2; count++)
    expect(await sendmail(['-odq', 'reader@example.com'])).toEqual({ status: 0, stdout: '', stderr: '' });
  expect([machine.sandbox.requests, spooled()]).toEqual([[], { waiting: 2 }]);
  const flushes = await Promise.all([sendmail(['-q']), sendmail(['-q']), sendmail(['-q'])]);
  expect(flushes.map(({ status }) => status)).toEqual([0, 0, 0]);
  expect([machine.sandbox.messages.length, spooled()]).toEqual([2, {}]);
});

test('killed before the request that sends, a message waits again', async () => {
  machine.sandbox.fail({ operation: 'token', cut: 'trickle' });
  await killed(['reader@example.com'], () => spooledAnything() && asked('token'));
  expect(spooled()).toEqual({ claimed: 1 });
  machine.sandbox.clear();
  expect(await sendmail(['-q'])).toEqual({ status: 0, stdout: '', stderr: '' });
  expect([machine.sandbox.messages.length, spooled()]).toEqual([1, {}]);
});

const spooledAnything = () => {
  try {
    return Object.keys(spooled()).length > 0;
  } catch {
    return false;
  }
};

test('killed behind it, it is not sent again but told, until somebody decides', async () => {
  machine.sandbox.fail({ operation: 'sendMail', accepted: true, cut: 'trickle' });
  await killed(['reader@example.com'], () => asked('sendMail'));
  expect(spooled()).toEqual({ sending: 1 });
  const told = await sendmail(['-q']);
  expect(told).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^sendmail: \S+ may or may not have been sent: look into Sent Items, .*\n$/),
  });
  expect(await sendmail(['-q'])).toEqual({ status: 0, stdout: '', stderr: '' });
  expect([machine.sandbox.messages.length, spooled()]).toEqual([1, { unsure: 1 }]);
  const { stdout } = await sendmail(['-bp']);
  expect(stdout).toMatch(/ {2}perhaps sent .*\n.*process that sent it ended .*\n1 message: 1 perhaps sent\.\n$/);
  const [id = ''] = stdout.split(' ');
  expect((await sendmail(['-qI', id])).status).toBe(0);
  expect([machine.sandbox.messages.length, spooled()]).toEqual([2, {}]);
});

test('what the caller has got wrong is told at once, and not kept', async () => {
  expect((await sendmail(['-t'])).status).toBe(64);
  expect((await sendmail(['root'])).status).toBe(67);
  expect(spooled()).toEqual({});
});

test('wrong settings cost no message: it waits, and they are told', async () => {
  machine.sandbox.fail({ operation: 'token', status: 401, times: Infinity });
  const kept = await sendmail(['reader@example.com']);
  expect(kept).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^sendmail: \S+ waits: .*AADSTS7000215.* into the secret in MAIL_URL/),
  });
  expect(await sendmail(['reader@example.com'], { more: { MAIL_URL: '' } })).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^sendmail: \S+ is kept: .*GRAPH_TENANT_ID/),
  });
  expect(spooled()).toEqual({ waiting: 2 });
  // the first failure is that of all
  expect((await sendmail(['-q'])).stderr.match(/waits/g)).toHaveLength(1);
  expect(await sendmail(['-q'], { more: { MAIL_URL: '' } })).toMatchObject({ status: 78 });
  machine.sandbox.clear();
  expect((await sendmail(['-q'])).status).toBe(0);
  expect([machine.sandbox.messages.length, spooled()]).toEqual([2, {}]);
});

(user === 0 ? test : test.skip)('whoever may not read the settings leaves the message to root', async () => {
  const nobody = 65_534;
  mkdirSync(folder);
  chmodSync(folder, 0o1733);
  const settings = join(machine.folder, 'graph-mail.env');
  writeFileSync(settings, `MAIL_URL="${machine.env['MAIL_URL']}"\nGRAPH_LOCAL_RECIPIENT=admin@example.com\n`, { mode: 0o600 });
  const env = { NODE_EXTRA_CA_CERTS: machine.env['NODE_EXTRA_CA_CERTS'] ?? '', GRAPH_SPOOL: folder, GRAPH_ENV_FILE: settings };
  chmodSync(machine.folder, 0o755);
  // a program that sends as another user; the project's folder may be closed to him
  const drop = `process.setgroups([]);process.setgid(${nobody});process.setuid(${nobody});process.argv=[process.argv[0],'x','sendmail','-f','ceo@contoso.com','root'];`;
  const asNobody = await run(process.execPath, ['-e', `${drop}require(${JSON.stringify(cliFile)})`], { env, input: 'Subject: x\n\nx\n' });
  expect(asNobody).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(spooled(nobody)).toEqual({ waiting: 1 });
  expect(statSync(join(folder, String(nobody))).mode & 0o777).toBe(0o700);
  const flushed = await runCli(['sendmail', '-q'], { env });
  expect(flushed).toEqual({ status: 0, stdout: '', stderr: '' });
  // not from whom he named: from root's mailbox, as root's settings say
  expect(machine.sandbox.messages).toMatchObject([{ mailbox: 'noreply@contoso.com', recipients: ['admin@example.com'] }]);
  expect(spooled(nobody)).toEqual({});
});
