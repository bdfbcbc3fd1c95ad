import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { placeCommands, type Machine } from '../../../lib/cli/sendmail/wrapper.js';
import { findProgram, testWith } from '../../support/require-program.js';
import { root } from '../../sandbox/bundle.js';
import { SECRETS, useSendmail } from './use-sendmail.js';

const machine = useSendmail();
const { folder } = machine;
const wrapper = join(folder, 'graph-sendmail');
const settings = join(folder, 'graph-mail.env');
const spool = join(folder, 'spool');
/** Stands for /usr/sbin: the wrapper as sendmail, and what is started from there. */
const sbin = join(folder, 'sbin');
const run = join(folder, 'run');

function install(...args: string[]) {
  const cli = join(root, 'dist/esm/cli/main.js');
  return spawnSync(process.execPath, [cli, 'install-sendmail', ...args], { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } });
}

/** Whether a program can be shown another /usr/sbin than everybody else: root can, in a mount namespace of its own. */
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;
if (!canMount) process.stderr.write('skipped: recipes for /usr/sbin/sendmail: they need root and unshare\n');

/** Starts a program to which the wrapper is /usr/sbin/sendmail, in the environment of a service. */
function inService(program: string, args: string[], { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {}) {
  const place = `mount --bind "$1" /usr/sbin && mount --bind "$2" /run && shift 2 && exec "$@"`;
  const child = spawn('unshare', ['-m', 'sh', '-c', place, 'sh', sbin, run, program, ...args], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', HOME: folder, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.end(input);
  const ended = new Promise<{ status: number | null; output: string }>((resolve) =>
    child.once('close', (status) => {
      expect(output).not.toMatch(SECRETS);
      resolve({ status, output });
    }),
  );
  return { child, ended };
}

const arrived = (subject: string) => machine.sandbox.waitForMessage((message) => message.subject.includes(subject), { timeout: 30_000 });
const recipe = (program: Parameters<typeof testWith>[0], title: string, body: (path: string) => Promise<void>) =>
  canMount || process.env['REQUIRE_ALL'] === '1' ? testWith(program, title, body, 120_000) : test.skip(title, () => undefined);

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts/build-if-stale.mjs')]);
  writeFileSync(settings, `MAIL_URL="${machine.env['MAIL_URL']}"\n`, { mode: 0o640 });
  mkdirSync(sbin);
  mkdirSync(run);
  const ca = machine.env['NODE_EXTRA_CA_CERTS'] ?? '';
  const flags = ['--env-file', settings, '--spool', spool, '--ca-file', ca, '--local-recipient', 'admin@example.com'];
  const { status, stderr } = install(wrapper, ...flags);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  symlinkSync(wrapper, join(sbin, 'sendmail'));
  const cron = findProgram('cron');
  if (cron !== undefined) copyFileSync(cron, join(sbin, 'cron'));
}, 180_000);

describe('install-sendmail', () => {
  test('writes a wrapper without a secret, a spool for all, and says what comes next', () => {
    const other = join(folder, 'again');
    const { status, stdout } = install(other, '--env-file', settings, '--spool', join(folder, 'spool-2'));
    expect(status).toBe(0);
    expect(stdout).toContain(`Written: ${other}\n`);
    expect(stdout).toMatch(/In sendmail's place:\n {2}\S[^]*\nUndo:\n {2}\S/);
    expect(statSync(other).mode & 0o777).toBe(0o755);
    expect(readFileSync(other, 'utf8')).not.toMatch(SECRETS);
    expect(statSync(join(folder, 'spool-2')).mode & 0o7777).toBe(process.geteuid?.() === 0 ? 0o1733 : 0o700);
    // again over its own
    expect(install(other, '--env-file', settings).status).toBe(0);
  });

  test('overwrites no other program', () => {
    const other = join(folder, 'other');
    writeFileSync(other, '#!/bin/sh\n');
    expect(install(other)).toMatchObject({ status: 1, stderr: expect.stringContaining('is another program') });
    expect(readFileSync(other, 'utf8')).toBe('#!/bin/sh\n');
  });

  test('tells of a secret that everybody can read', () => {
    const open = join(folder, 'open.env');
    writeFileSync(open, 'GRAPH_CLIENT_SECRET=x\n');
    chmodSync(open, 0o644);
    expect(install('--print', '--env-file', open).stdout).toMatch(/^#!\/bin\/sh\n/);
    expect(install(join(folder, 'third'), '--env-file', open).stdout).toContain('! everybody can read the secret');
  });

  test('what a caller hands over is no option of ours', async () => {
    const { status, stderr } = spawnSync(wrapper, ['--graph-endpoint=https://evil.example', '-t'], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin' },
    });
    expect({ status, stderr }).toEqual({ status: 64, stderr: expect.stringContaining('unknown option --graph-endpoint') });
    expect(machine.sandbox.requests).toEqual([]);
  });
});

/** A root folder that stands for the system's, with an MTA's sendmail in it, and its second link as exim, dma and msmtp have it. */
function standIn(name: string): string {
  const at = join(folder, name);
  mkdirSync(join(at, 'usr/sbin'), { recursive: true });
  mkdirSync(join(at, 'usr/lib'), { recursive: true });
  symlinkSync('../sbin/mta', join(at, 'usr/lib/sendmail'));
  mkdirSync(join(at, 'admin/info'), { recursive: true });
  writeFileSync(join(at, 'admin/status'), '');
  writeFileSync(join(at, 'usr/sbin/mta'), '');
  symlinkSync('mta', join(at, 'usr/sbin/sendmail'));
  return at;
}

testWith('dpkg-divert', 'the commands for Debian put it in the place of an MTA’s link, and undo that', (divert) => {
  const placed = join(folder, 'placed');
  const machine_: Machine = { system: 'debian', separateLib: true, taken: true, libTaken: true };
  const { place, undo } = placeCommands(placed, machine_);
  // what it says on this machine is one of these
  expect(install(placed, '--env-file', settings).stdout).toContain(`\n  ${undo[0]}\n  ${undo[1]}\n`);
  const at = standIn('debian');
  const paths = ['usr/sbin/sendmail', 'usr/lib/sendmail'].map((path) => join(at, path));
  const perform = (commands: string[]) =>
    execFileSync('sh', ['-e'], {
      // the same commands, on the stand-in
      input: commands
        .join('\n')
        .replaceAll('dpkg-divert ', `${divert} --quiet --instdir ${at} --admindir ${at}/admin `)
        .replace(/(rm |placed )\/usr/g, `$1${at}/usr`),
    });
  perform(place);
  expect(paths.map((path) => readlinkSync(path))).toEqual([placed, placed]);
  expect(paths.map((path) => readlinkSync(`${path}.distrib`))).toEqual(['mta', '../sbin/mta']);
  perform(undo);
  expect(paths.map((path) => readlinkSync(path))).toEqual(['mta', '../sbin/mta']);
  expect(paths.map((path) => existsSync(`${path}.distrib`))).toEqual([false, false]);
});

testWith('update-alternatives', 'as an alternative it takes the place, and gives it back', (alternatives) => {
  const at = join(folder, 'alternatives');
  for (const name of ['etc', 'admin', 'usr/sbin', 'usr/lib', 'usr/bin']) mkdirSync(join(at, name), { recursive: true });
  const names = { 'usr/sbin/sendmail': 'mta', 'usr/lib/sendmail': 'mta-sendmail', 'usr/bin/mailq': 'mta-mailq' };
  for (const name of Object.values(names)) writeFileSync(join(at, 'usr/sbin', name), '', { mode: 0o755 });
  const call = (args: string[]) =>
    execFileSync(alternatives, ['--quiet', '--altdir', join(at, 'etc'), '--admindir', join(at, 'admin'), ...args]);
  const mta = (name: string) => join(at, 'usr/sbin', name);
  const slaves = Object.entries(names)
    .slice(1)
    .flatMap(([path, name]) => ['--slave', join(at, path), name, mta(name)]);
  call(['--install', join(at, 'usr/sbin/sendmail'), 'mta', mta('mta'), '100', ...slaves]);
  const { place, undo } = placeCommands(wrapper, { system: 'alternatives', separateLib: false, taken: true, libTaken: true });
  const perform = (commands: string[]) => {
    for (const command of commands) call(command.replaceAll(' /usr/', ` ${at}/usr/`).split(' ').slice(1));
  };
  perform(place);
  for (const [path, name] of Object.entries({ ...names, 'usr/bin/newaliases': 'mta-newaliases' })) {
    expect(readlinkSync(join(at, 'etc', name))).toBe(wrapper);
    expect(lstatSync(join(at, path)).isSymbolicLink()).toBe(true);
  }
  perform(undo);
  for (const name of Object.values(names)) expect(readlinkSync(join(at, 'etc', name))).toBe(mta(name));
});

describe('programs that find it as /usr/sbin/sendmail', () => {
  recipe('cron', 'cron mails what a job prints', async () => {
    // the mount is of this process and those it starts; cron reads /etc/crontab, too, so only this job may be due
    const crontabs = join(folder, 'crontabs');
    mkdirSync(crontabs);
    writeFileSync(join(crontabs, 'root'), `MAILTO=root\n@reboot echo "Datenträger voll"\n`, { mode: 0o600 });
    const place = `mount --bind ${crontabs} /var/spool/cron/crontabs && mount --bind ${run} /etc/cron.d && exec /usr/sbin/cron -f`;
    const { child, ended } = inService('sh', ['-c', place]);
    try {
      const message = await arrived('Cron <root@');
      expect(message).toMatchObject({
        mailbox: 'noreply@contoso.com',
        from: { name: 'Cron Daemon' },
        recipients: ['admin@example.com'],
        text: expect.stringContaining('Datenträger voll'),
      });
    } finally {
      child.kill();
      await ended;
    }
  });

  recipe('bsd-mailx', 'mail', async (mail) => {
    const { status, output } = await inService(mail, ['-s', 'From mail', '-c', 'ops@example.com', 'root'], { input: 'Disk is full.\n' })
      .ended;
    expect({ status, output }).toEqual({ status: 0, output: '' });
    expect(await arrived('From mail')).toMatchObject({
      recipients: ['admin@example.com', 'ops@example.com'],
      text: expect.stringContaining('Disk'),
    });
  });

  recipe('s-nail', 's-nail with an attachment', async (snail) => {
    writeFileSync(join(folder, 'report.csv'), 'a;b\n');
    const args = ['-n', '-s', 'From s-nail', '-a', join(folder, 'report.csv'), '-S', 'sendwait', 'reader@example.com'];
    const { status, output } = await inService(snail, args, { input: 'See the file.\n', env: { MAILRC: '/dev/null' } }).ended;
    expect({ status, output }).toEqual({ status: 0, output: '' });
    expect(await arrived('From s-nail')).toMatchObject({ recipients: ['reader@example.com'], attachments: [{ name: 'report.csv' }] });
  });

  recipe('mutt', 'mutt', async (mutt) => {
    const args = [
      '-n',
      '-F',
      '/dev/null',
      '-e',
      'set copy=no sendmail_wait=0',
      '-s',
      'From mutt',
      '-b',
      'boss@example.com',
      '--',
      'reader@example.com',
    ];
    const { status, output } = await inService(mutt, args, { input: 'Hello\n' }).ended;
    expect({ status, output }).toEqual({ status: 0, output: '' });
    const message = await arrived('From mutt');
    expect(message.recipients).toEqual(['reader@example.com', 'boss@example.com']);
    expect(String(message.source)).not.toContain('boss@example.com');
  });

  recipe('git-send-email', 'git send-email', async () => {
    const patch = join(folder, '0001-fix.patch');
    const head = 'From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nFrom: Contoso <dev@contoso.com>\n';
    writeFileSync(patch, `${head}Date: Thu, 26 Nov 2026 08:00:00 +0000\nSubject: [PATCH] From git\n\n---\n a | 1 +\n\n-- \n2.39\n`);
    const args = [
      'send-email',
      '--quiet',
      '--confirm=never',
      '--from',
      'dev@contoso.com',
      '--to',
      'list@example.com',
      '--suppress-cc=all',
      patch,
    ];
    const { status, output } = await inService('git', args, { env: { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' } })
      .ended;
    expect({ status, output }).toEqual({ status: 0, output: 'Sent [PATCH] From git\n' });
    expect(await arrived('[PATCH] From git')).toMatchObject({ recipients: ['list@example.com'] });
  });

  recipe('php', 'PHP’s mail()', async (php) => {
    const code = `exit(mail('reader@example.com', 'From PHP', "Grüße\\n", "From: shop@contoso.com\\r\\nContent-Type: text/plain; charset=utf-8") ? 0 : 1);`;
    const { status, output } = await inService(php, ['-n', '-d', 'sendmail_path=/usr/sbin/sendmail -t -i', '-r', code]).ended;
    expect({ status, output }).toEqual({ status: 0, output: '' });
    expect(await arrived('From PHP')).toMatchObject({ recipients: ['reader@example.com'], text: expect.stringContaining('Grüße') });
  });

  recipe('smartd_warning.sh', 'smartd’s warning', async (warning) => {
    const env = {
      SMARTD_ADDRESS: 'root',
      SMARTD_DEVICE: '/dev/sda',
      SMARTD_DEVICESTRING: '/dev/sda',
      SMARTD_DEVICETYPE: 'sat',
      SMARTD_DEVICEINFO: 'x',
      SMARTD_FAILTYPE: 'EmailTest',
      SMARTD_MESSAGE: 'TEST EMAIL from smartd for device: /dev/sda',
      SMARTD_TFIRST: 'now',
      SMARTD_TFIRSTEPOCH: '0',
      SMARTD_PREVCNT: '0',
      SMARTD_MAILER: '',
    };
    const { status, output } = await inService('sh', [warning], { env }).ended;
    expect({ status, output: output.includes('successful') || output === '' }).toEqual({ status: 0, output: true });
    expect(await arrived('SMART error (EmailTest)')).toMatchObject({ recipients: ['admin@example.com'] });
  });

  recipe('dnf-automatic', 'DNF automatic’s command_email', async () => {
    // its own reader of automatic.conf and its own emitter; `mail` of Fedora is s-nail
    const mailer = findProgram('s-nail');
    if (mailer === undefined) throw new Error('s-nail is missing');
    const bin = join(folder, 'fedora');
    mkdirSync(bin);
    symlinkSync(mailer, join(bin, 'mail'));
    const configuration = join(folder, 'automatic.conf');
    const lines = ['[emitters]', 'system_name = web1', 'emit_via = command_email', '[command_email]', 'email_from = noreply@contoso.com'];
    writeFileSync(configuration, [...lines, 'email_to = root', ''].join('\n'));
    const program = `import sys
from dnf.automatic.main import AutomaticConfig, build_emitters
for emitter in build_emitters(AutomaticConfig(sys.argv[1])):
    emitter.notify_available('kernel 6.12 (Grüße)')
    emitter.commit()`;
    const env = { PATH: `${bin}:/usr/bin:/bin`, MAILRC: '/dev/null', LC_ALL: 'C.UTF-8' };
    const { status, output } = await inService('/usr/bin/python3', ['-c', program, configuration], { env }).ended;
    expect({ status, output }).toEqual({ status: 0, output: '' });
    expect(await arrived("Updates available on 'web1'")).toMatchObject({
      from: { address: 'noreply@contoso.com' },
      recipients: ['admin@example.com'],
      text: expect.stringContaining('kernel 6.12 (Grüße)'),
    });
  });

  (canMount ? test : test.skip)('the script for Zabbix', async () => {
    const args = ['reader@example.com', 'From Zabbix\nBcc: evil@example.com', 'Problem: Grüße\n.\nmore'];
    const { status, output } = await inService(join(root, 'examples/sendmail/zabbix.sh'), args).ended;
    expect({ status, output }).toEqual({ status: 0, output: '' });
    const message = await arrived('From Zabbix');
    expect(message).toMatchObject({ recipients: ['reader@example.com'], subject: 'From ZabbixBcc: evil@example.com' });
    expect(message.text).toContain('more');
  });
});
