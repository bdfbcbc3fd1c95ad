import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { quotePowerShell, quoteShell } from '../../lib/cli/quote.js';
import { azScript } from '../../lib/cli/setup-az.js';
import type { SetupPlan } from '../../lib/cli/setup-plan.js';
import { powerShellScript } from '../../lib/cli/setup-powershell.js';
import { runCli } from './run-cli.js';

const MAIL_SEND = 'b633e1c5-b582-4048-a93e-9f11b44c7e96';
const MAIL_READ_WRITE = 'e2a3a72e-5f79-4c64-b1b1-878b674786c9';
const plan: SetupPlan = { name: 'Mail', mailbox: 'noreply@contoso.com', restriction: 'rbac', certificate: false, largeAttachments: false };
const restrictions: SetupPlan['restriction'][] = ['rbac', 'policy', 'tenant'];
const everyPlan = restrictions.flatMap((restriction) =>
  [false, true].flatMap((certificate) =>
    [false, true].map((largeAttachments) => ({ ...plan, restriction, certificate, largeAttachments })),
  ),
);
const hostile = [
  "it's",
  '$(touch hacked)',
  '`touch hacked`',
  '"; touch hacked; "',
  "'; touch hacked; '",
  '\\',
  '$HOME',
  '-n',
  '\u2019; touch hacked; \u2018',
  '%s %q',
  'POWERSHELL',
  'EOF',
  '*',
];

const folder = mkdtempSync(join(tmpdir(), 'setup-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a script where `az`, `pwsh` and `openssl` only write down how they were called. */
function runScript(script: string) {
  const home = mkdtempSync(join(folder, 'run-'));
  const calls = join(home, 'calls');
  const bin = join(home, 'bin');
  spawnSync('mkdir', [bin]);
  const record = `#!/usr/bin/env bash\n{ printf '%s' "\${0##*/}"; printf '\\037%s' "$@"; printf '\\036'; } >> ${quoteShell(calls)}\n`;
  const answers: Record<string, string> = {
    az: `case "$*" in
      "account show"*) echo tenant-id;;
      "ad app create"*) echo client-id;;
      "ad sp create"*) echo object-id;;
      *--query\\ password*) echo 'a~GEHEIM';;
      *admin-consent*) [ -e consented ] || { touch consented; exit 1; };;
    esac`,
    pwsh: 'cp "$3" exchange.ps1; echo "$CLIENT_ID $OBJECT_ID" > exchange.ids',
    openssl: 'while [ $# -gt 1 ]; do case "$1" in -keyout) echo KEY > "$2";; -out) echo CERTIFICATE > "$2";; esac; shift; done',
    sleep: '',
  };
  for (const [name, answer] of Object.entries(answers)) writeFileSync(join(bin, name), `${record}${answer}\n`, { mode: 0o755 });
  const result = spawnSync('bash', [], {
    cwd: home,
    input: script,
    encoding: 'utf8',
    env: { PATH: `${bin}:${process.env['PATH']}`, TMPDIR: home },
  });
  const read = (name: string) => readFileSync(join(home, name), 'utf8');
  const recorded = read('calls')
    .split('\u001e')
    .filter(Boolean)
    .map((call) => call.split('\u001f'));
  return {
    ...result,
    home,
    read,
    files: readdirSync(home),
    calls: recorded,
    az: recorded.filter(([name]) => name === 'az').map((call) => call.slice(1)),
  };
}

describe('the script for the Azure CLI', () => {
  test.each(everyPlan)('is valid bash: %j', (variant) => {
    for (const name of ['Mail', ...hostile]) {
      const { status, stderr } = spawnSync('bash', ['-n'], {
        input: azScript({ ...variant, name, mailbox: `${name.replace(/[\s"@<>]/g, '')}@contoso.com` }),
        encoding: 'utf8',
      });
      expect({ status, stderr, name }).toEqual({ status: 0, stderr: '', name });
    }
  });

  test('registers the app, makes a secret beside others, and leaves the settings for its owner alone', () => {
    const { status, stderr, stdout, az, read, home } = runScript(azScript(plan));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(az).toContainEqual([
      'ad',
      'app',
      'create',
      '--display-name',
      'Mail',
      '--sign-in-audience',
      'AzureADMyOrg',
      '--query',
      'appId',
      '--output',
      'tsv',
    ]);
    expect(az).toContainEqual(expect.arrayContaining(['credential', 'reset', '--id', 'client-id', '--append']));
    expect(read('graph-mail.env')).toBe(
      'GRAPH_TENANT_ID=tenant-id\nGRAPH_CLIENT_ID=client-id\nGRAPH_CLIENT_SECRET=a~GEHEIM\nGRAPH_SENDER=noreply@contoso.com\n',
    );
    expect(statSync(join(home, 'graph-mail.env')).mode & 0o077).toBe(0);
    expect(stdout).not.toContain('GEHEIM');
  });

  test('restricts the app by RBAC and grants nothing in Entra', () => {
    const { az, read } = runScript(azScript(plan));
    expect(az.flat()).not.toContain('permission');
    expect(read('exchange.ids')).toBe('client-id object-id\n');
    const exchange = read('exchange.ps1');
    expect(exchange).toContain(
      `New-ManagementScope -Name $scope -RecipientRestrictionFilter 'PrimarySmtpAddress -eq ''noreply@contoso.com'''`,
    );
    expect(exchange).toContain("-Role 'Application Mail.Send' -CustomResourceScope $scope");
    expect(exchange).not.toContain('Mail.ReadWrite');
    expect(exchange).toContain('New-ServicePrincipal -AppId $clientId -ObjectId $objectId');
    expect(runScript(azScript({ ...plan, largeAttachments: true })).read('exchange.ps1')).toContain("-Role 'Application Mail.ReadWrite'");
  });

  test('warns that consent in Entra would make the restriction void', () => {
    expect(azScript(plan)).toMatch(/# Do NOT add these permissions.*\n# lets the app use every mailbox/);
  });

  test('with the legacy policy restricts first and consents then, more than once if need be', () => {
    const { status, calls, read } = runScript(azScript({ ...plan, restriction: 'policy', largeAttachments: true }));
    expect(status).toBe(0);
    const steps = calls.map((call) => call.join(' '));
    const at = (text: string) => steps.findIndex((step) => step.includes(text));
    expect(steps[at('permission add')]).toContain(`${MAIL_SEND}=Role ${MAIL_READ_WRITE}=Role`);
    expect(at('pwsh')).toBeGreaterThan(0);
    expect(at('permission add')).toBeGreaterThan(at('pwsh'));
    expect(steps.filter((step) => step.includes('admin-consent'))).toHaveLength(2);
    expect(read('exchange.ps1')).toContain('New-ApplicationAccessPolicy -AppId $clientId');
  });

  test('for the whole tenant says so, and asks Exchange for nothing', () => {
    const script = azScript({ ...plan, restriction: 'tenant' });
    expect(script).toContain('# WARNING: the app gets Mail.Send in Entra and can use EVERY mailbox of the tenant.');
    expect(runScript(script).calls.some(([program]) => program === 'pwsh')).toBe(false);
  });

  test('makes a certificate, and registers only its public part', () => {
    const { status, stderr, az, read, home, files } = runScript(azScript({ ...plan, certificate: true }));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(read('graph-mail.pem')).toBe('CERTIFICATE\nKEY\n');
    expect(az).toContainEqual(expect.arrayContaining(['--append', '--cert', expect.stringMatching(/^@.*\/certificate\.pem$/)]));
    expect(read('graph-mail.env')).toContain(`GRAPH_CLIENT_CERTIFICATE_PATH=${home}/graph-mail.pem\n`);
    expect(read('graph-mail.env')).not.toContain('SECRET');
    expect(files.filter((name) => name.startsWith('tmp.'))).toEqual([]);
  });

  test.each(hostile)('hands on %j as it is', (text) => {
    const mailbox = `${text.replace(/[\s"@<>]/g, '')}@contoso.com`;
    const { status, stderr, az, read, files } = runScript(azScript({ ...plan, name: text, mailbox }));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(files).not.toContain('hacked');
    expect(az.find(([, , verb]) => verb === 'create')).toContain(text);
    const sender = spawnSync('bash', ['-c', `${read('graph-mail.env')}\nprintf %s "$GRAPH_SENDER"`], { encoding: 'utf8' });
    expect(sender.stdout).toBe(mailbox);
    expect(literalsOf(read('exchange.ps1'))).toEqual(expect.arrayContaining([mailbox, text]));
  });
});

describe('the script for PowerShell', () => {
  test('registers the app, restricts it by RBAC and grants nothing in Entra', () => {
    const script = powerShellScript(plan);
    expect(script).toContain("$name = 'Mail'\n$sender = 'noreply@contoso.com'\n");
    expect(script).toContain("-Scopes 'Application.ReadWrite.All'\n");
    expect(script).toContain("New-ManagementRoleAssignment -App $objectId -Role 'Application Mail.Send'");
    expect(script).not.toContain('New-MgServicePrincipalAppRoleAssignment');
    expect(script).toMatch(/# Do NOT add these permissions/);
  });

  test.each(['policy', 'tenant'] as const)('grants and consents to the permissions in Entra: %s', (restriction) => {
    const script = powerShellScript({ ...plan, restriction, largeAttachments: true });
    for (const id of [MAIL_SEND, MAIL_READ_WRITE])
      expect(script).toMatch(new RegExp(`New-MgServicePrincipalAppRoleAssignment .*-AppRoleId ${id}`));
    expect(script).toContain("'AppRoleAssignment.ReadWrite.All'");
    expect(script.includes('New-ApplicationAccessPolicy')).toBe(restriction === 'policy');
    if (restriction === 'policy') expect(script.indexOf('New-ApplicationAccessPolicy')).toBeLessThan(script.indexOf('-AppRoleId'));
  });

  test('makes a secret or a certificate', () => {
    expect(powerShellScript(plan)).toContain('GRAPH_CLIENT_SECRET=$($secret.SecretText)');
    const script = powerShellScript({ ...plan, certificate: true });
    expect(script).toContain('-KeyCredentials');
    expect(script).toContain('#Requires -Version 7.3');
    expect(script).not.toContain('Add-MgApplicationPassword');
  });

  test.each(hostile)('holds %j only as a literal', (text) => {
    for (const variant of everyPlan) {
      const script = powerShellScript({ ...variant, name: text });
      expect(literalsOf(script)).toContain(text);
      // line by line the same as with a harmless name, once literals are out
      expect(withoutLiterals(script)).toBe(withoutLiterals(powerShellScript(variant)));
    }
  });
});

describe('quoting', () => {
  test('any text is one word for a shell', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
        (text) => {
          const { stdout } = spawnSync('bash', ['-c', `printf %s ${quoteShell(text)}`], { encoding: 'utf8' });
          expect(stdout).toBe(Buffer.from(text).toString());
        },
      ),
      { numRuns: 30 },
    );
  });

  test('any text is one literal for PowerShell', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("'", '\u2018', '\u2019', '\u201a', '\u201b', '"', '$', '`', 'a', ' ') }), (text) => {
        expect(literalsOf(`f ${quotePowerShell(text)} g`)).toEqual([text]);
      }),
    );
  });
});

describe('the command', () => {
  test('prints the script and changes nothing', async () => {
    const { stdout, stderr, status } = await runCli(['setup', '--mailbox', 'noreply@contoso.com', '--name', "Contoso's mail"]);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toBe(azScript({ ...plan, name: "Contoso's mail" }));
    const other = await runCli([
      'setup',
      '--mailbox',
      'a@contoso.com',
      '--shell',
      'powershell',
      '--certificate',
      '--large-attachments',
      '--legacy-policy',
    ]);
    const wanted: SetupPlan = {
      name: 'Mail through Graph',
      mailbox: 'a@contoso.com',
      restriction: 'policy',
      certificate: true,
      largeAttachments: true,
    };
    expect(other.stdout).toBe(powerShellScript(wanted));
  });

  test.each([
    [[], /required option '--mailbox/],
    [['--mailbox', 'noreply'], /A mailbox is an address/],
    [['--mailbox', 'a@contoso.com\ntouch hacked'], /A mailbox is an address/],
    [['--mailbox', 'a@contoso.com', '--name', 'a\nPOWERSHELL\ntouch hacked'], /A name is one line/],
    [['--mailbox', 'a@contoso.com', '--name', 'a\u2028b'], /A name is one line/],
    [['--mailbox', 'a@contoso.com', '--shell', 'fish'], /Allowed choices are az, powershell/],
    [['--mailbox', 'a@contoso.com', '--legacy-policy', '--tenant-wide'], /cannot be used with option/],
  ])('refuses %j', async (args, text) => {
    const { stdout, stderr, status } = await runCli(['setup', ...args]);
    expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
    expect(stderr).toMatch(text);
  });

  test('explains itself with an example', async () => {
    const { stdout } = await runCli(['setup', '--help']);
    expect(stdout).toContain('$ nodemailer-graph-transport setup --mailbox noreply@contoso.com');
  });
});

/** PowerShell's rules for single quotes: any of five characters opens and closes, two of them are one. */
const LITERAL =
  /(?<=^|[^'\u2018-\u201b])['\u2018-\u201b]((?:[^'\u2018-\u201b]|['\u2018-\u201b]{2})*)['\u2018-\u201b](?!['\u2018-\u201b])/gm;

function literalsOf(script: string): string[] {
  return [...code(script).matchAll(LITERAL)].map(([, text = '']) => text.replace(/(['\u2018-\u201b])['\u2018-\u201b]/g, '$1'));
}

const withoutLiterals = (script: string) => code(script).replace(LITERAL, "''");

/** Without comments, which may hold quotes as they like. */
const code = (script: string) => script.replace(/^#.*$/gm, '');
