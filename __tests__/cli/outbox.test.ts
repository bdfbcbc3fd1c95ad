import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith } from '../support/require-program.js';
import { mail, useOutbox } from '../outbox/support/use-outbox.js';
import { cliFile, runCli } from './run-cli.js';

it('says where Redis has to be named, and takes no key as a flag', async () => {
  expect(await runCli(['outbox', 'list'])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('--connection redis://… or REDIS_URL'),
  });
  const { status, stderr } = await runCli(['outbox', 'list', '--connection', 'redis://127.0.0.1:1', '--encryption-key-env', 'c2VjcmV0']);
  expect([status, stderr]).toEqual([1, expect.stringContaining('name of an environment variable')]);
  expect(stderr).not.toContain('c2VjcmV0');
});

it.each(['', 'worker', 'list', 'show', 'retry', 'cancel', 'settle', 'pause', 'resume', 'restored', 'check'])(
  'explains "outbox %s" in 80 columns',
  async (name) => {
    const { status, stdout } = await runCli(['outbox', name, '--help'].filter(Boolean), { env: { COLUMNS: '80' } });
    expect([status, stdout.split('\n').filter((line) => line.length > 80)]).toEqual([0, []]);
  },
);

describeWith('redis-server', 'the command outbox', (program) => {
  const use = useOutbox(program);
  const outbox = (...args: string[]) => runCli(['outbox', ...args, '--prefix', use.prefix], { env: { REDIS_URL: use.redis.url } });

  it('lists in 80 columns, shows, pauses, cancels, checks and goes on', async () => {
    const mailer = use.mailer();
    await mailer.sendMail(
      mail({ to: ['somebody.with.a.long.name@customers.example.com', 'b@example.com'], outbox: { id: 'invoice-2026-11-00017' } }),
    );
    await mailer.sendMail(mail({ outbox: { id: 'next' } }));
    const listed = await outbox('list');
    expect([listed.status, listed.stderr]).toEqual([0, '']);
    expect(listed.stdout).toMatch(/^ID +STATE +MAILBOX +TO +QUEUED \(UTC\)$/m);
    expect(listed.stdout).toContain('In all: 2 queued.');
    for (const line of listed.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const { stdout: json } = await outbox('list', '--json');
    expect(JSON.parse(json)).toMatchObject({
      counts: { queued: 2 },
      messages: [{ id: 'next' }, { id: 'invoice-2026-11-00017', state: 'queued' }],
    });
    expect((await outbox('show', 'next')).stdout).toMatch(/^to +reader@example.com$/m);
    expect(await outbox('show', 'nothing')).toMatchObject({ status: 1, stderr: expect.stringContaining('there is no message "nothing"') });
    expect((await outbox('pause', 'noreply@contoso.com')).stdout).toContain('paused');
    expect((await outbox('cancel', 'next')).stdout).toMatch(/^state +cancelled$/m);
    // what is so already is no mistake
    expect((await outbox('cancel', 'next')).status).toBe(0);
    expect(await outbox('retry', 'next')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is cancelled and cannot be tried again'),
    });
    expect(await outbox('settle', 'next', 'sent')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Only an ambiguous message'),
    });
    expect(await outbox('settle', 'next', 'perhaps')).toMatchObject({ status: 1, stderr: expect.stringContaining('sent or not-sent') });
    const check = await outbox('check');
    expect(check).toMatchObject({ status: 1, stdout: expect.stringContaining('No worker was seen within a minute') });
    expect(check.stdout).toContain('Paused: noreply@contoso.com; outbox resume MAILBOX ends it.');
    expect(await outbox('restored')).toMatchObject({ status: 0, stdout: expect.stringContaining('looked for before it is sent') });
    await use.worker();
    expect((await use.outbox().get('invoice-2026-11-00017'))?.state).toBe('queued');
    await outbox('resume', 'noreply@contoso.com');
    expect(await use.outbox().wait('invoice-2026-11-00017')).toMatchObject({ state: 'sent' });
    expect(use.sandbox.messages).toHaveLength(1);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('lets what is on its way end after %s, and takes nothing new', async (signal) => {
    const { tenantId, clientId, clientSecret } = use.sandbox.options as { tenantId: string; clientId: string; clientSecret: string };
    const { graphEndpoint, authorityHost, ca } = use.sandbox;
    const caFile = join(mkdtempSync(join(tmpdir(), 'outbox-cli-')), 'ca.pem');
    writeFileSync(caFile, ca);
    const worker = spawn(process.execPath, [cliFile, 'outbox', 'worker', '--prefix', use.prefix, '--ca-file', caFile], {
      env: {
        REDIS_URL: use.redis.url,
        GRAPH_TENANT_ID: tenantId,
        GRAPH_CLIENT_ID: clientId,
        GRAPH_CLIENT_SECRET: clientSecret,
        GRAPH_ENDPOINT: graphEndpoint,
        GRAPH_AUTHORITY_HOST: authorityHost,
      },
    });
    const exited = once(worker, 'exit');
    use.defer(() => worker.kill('SIGKILL'));
    const reached = new Promise<void>((resolve) => {
      use.sandbox.fail({ operation: 'uploadChunk', delay: 500, match: () => (resolve(), true) });
    });
    const attachments = [{ filename: 'a.bin', content: Buffer.alloc(6_000_000, 'a') }];
    await use.mailer().sendMail(mail({ attachments, outbox: { id: 'uploads' } }));
    await reached;
    worker.kill(signal);
    await use.mailer().sendMail(mail({ outbox: { id: 'next' } }));
    expect(await exited).toEqual([0, null]);
    expect(await use.outbox().get('uploads')).toMatchObject({ state: 'sent', tries: 1 });
    expect(await use.outbox().get('next')).toMatchObject({ state: 'queued', tries: 0 });
    expect([use.sandbox.messages.length, use.sandbox.drafts]).toEqual([1, []]);
  });
});
