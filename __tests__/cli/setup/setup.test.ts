import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { bashScript } from '../../../lib/cli/setup/bash-script.js';
import { delegatedBashScript, delegatedPowerShellScript } from '../../../lib/cli/setup/delegated-scripts.js';
import type { DelegatedPlan, SetupPlan } from '../../../lib/cli/setup/plan.js';
import { powerShellScript } from '../../../lib/cli/setup/powershell-script.js';
import { quotePowerShell, quoteShell } from '../../../lib/cli/setup/quote.js';
import { anyCharacter } from '../../support/any-character.js';
import { sample, testsInFull } from '../../support/sample.js';
import { runCli } from '../run-cli.js';
import { commandsOf, literalsOf, loadPowerShell, syntaxErrors } from './powershell.js';
import { APP, createMachine, PRINCIPAL, TENANT, type Tenant } from './run-script.js';

const MAIL_SEND = 'b633e1c5-b582-4048-a93e-9f11b44c7e96';
const MAIL_READ_WRITE = 'e2a3a72e-5f79-4c64-b1b1-878b674786c9';
const MAIL_READ = '810c84a8-4a9e-49e6-bf7d-12d183f40d01';
const TRACE = '89b20d8a-76e2-4057-867b-9961f800b9a4';
const TRACING_APP = '8bd644d1-64a1-4d4b-ae52-2e0cbf64e373';
const OTHER_APP = '44444444-4444-4444-8444-444444444444';
const plan: SetupPlan = {
  name: 'Mail',
  mailboxes: ['noreply@contoso.com'],
  group: undefined,
  restriction: 'rbac',
  credential: 'auto',
  access: 'send',
  trace: false,
  cloud: 'global',
  clientId: undefined,
  device: false,
};
const delegated: DelegatedPlan = {
  name: 'Mail',
  accounts: 'both',
  access: 'send',
  cloud: 'global',
  clientId: undefined,
  device: false,
};
const everyPlan = (['rbac', 'policy', 'tenant'] as const).flatMap((restriction) =>
  (['auto', 'secret', 'certificate'] as const).flatMap((credential) =>
    [false, true].map((more): SetupPlan => ({
      ...plan,
      restriction,
      credential,
      access: more ? 'write' : 'read',
      trace: more,
      ...(more && { mailboxes: ['noreply@contoso.com', "o'brien@contoso.com"], group: 'senders@contoso.com', cloud: 'usgov-dod' }),
    })),
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
  'STEP',
  '*',
  '{"a":1}',
];

/** Each plan meets two of the hostile names; all of them where everything is tested. */
const namesFor = (variant: SetupPlan) => {
  const at = everyPlan.indexOf(variant);
  return process.env['TEST_FULL'] ? ['Mail', ...hostile] : [0, 1].map((more) => hostile[(2 * at + more) % hostile.length] ?? '');
};

beforeAll(loadPowerShell);

function run(script: string, tenant: Tenant = {}) {
  const machine = createMachine(tenant);
  return { machine, ...machine.run(script) };
}

/** Calls of az that change something. */
const changes = (machine: ReturnType<typeof createMachine>) =>
  machine.calls().filter((call) => call[0] === 'az' && /\b(POST|PATCH|DELETE|reset|delete|update)\b/.test(call.join(' ')));

describe('the script for the Azure CLI', () => {
  test.each(sample(everyPlan, { count: 2 }))(
    'is valid bash, and what it hands to pwsh valid PowerShell: $restriction $credential $cloud',
    (variant) => {
      for (const name of namesFor(variant)) {
        const script = bashScript({ ...variant, name });
        const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
        expect({ status, stderr, name }).toEqual({ status: 0, stderr: '', name });
        const exchange = /<<'POWERSHELL'\n(.*)\nPOWERSHELL\n/s.exec(script)?.[1];
        expect(exchange !== undefined).toBe(variant.restriction !== 'tenant');
        if (exchange !== undefined) expect(syntaxErrors(exchange)).toEqual([]);
      }
    },
  );

  test('registers the app and leaves its secret, with the day it expires, to its owner alone', () => {
    const { status, stdout, stderr, machine } = run(bashScript(plan));
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    const expires = new Date(Date.now() + 364 * 86_400_000).toISOString().slice(0, 10);
    expect(machine.read('graph-mail.env')).toBe(
      `GRAPH_TENANT_ID=${TENANT}\nGRAPH_CLIENT_ID=${APP}\nGRAPH_CLIENT_SECRET=a8Q~GEHEIM.-_\nGRAPH_SENDER=noreply@contoso.com\nGRAPH_CREDENTIAL_EXPIRES=${expires}\n`,
    );
    expect(statSync(join(machine.home, 'graph-mail.env')).mode & 0o077).toBe(0);
    expect(machine.files()).toEqual(['graph-mail.env']);
    expect(stderr).not.toContain('GEHEIM');
    expect(machine.calls().flat().join(' ')).not.toContain('GEHEIM');
    expect(stderr).toContain('npx nodemailer-graph-transport doctor --env-file graph-mail.env');
    expect(stderr).toContain(`az ad app delete --id ${APP}`);
    expect(stderr).toContain(`Remove-ServicePrincipal ${PRINCIPAL}`);
  });

  test('grants nothing in Entra when Exchange restricts the app', () => {
    const { machine } = run(bashScript(plan));
    expect(machine.state('granted')).toBe('');
    const exchange = machine.state('exchange.ps1');
    expect(commandsOf(exchange)).toEqual(
      expect.arrayContaining(['New-ServicePrincipal', 'New-ManagementScope', 'New-ManagementRoleAssignment']),
    );
    expect(exchange).toContain("'Application Mail.Send'");
    expect(exchange).not.toContain('Mail.ReadWrite');
    expect(bashScript({ ...plan, access: 'write' })).toContain("'Application Mail.ReadWrite'");
    expect(bashScript(plan)).toMatch(/# Do NOT add these permissions.*\n# lets the app use every mailbox/);
  });

  test.each(['read', 'write'] as const)('grants to %s in these mailboxes alone', (access) => {
    const { machine, status } = run(bashScript({ ...plan, access }));
    expect(status).toBe(0);
    expect(machine.state('granted')).toBe('');
    const role = { read: 'Application Mail.Read', write: 'Application Mail.ReadWrite' }[access];
    for (const script of [machine.state('exchange.ps1'), powerShellScript({ ...plan, access })]) {
      expect(literalsOf(script).filter((text) => /^Application Mail\.\w+$/.test(text))).toEqual(
        expect.arrayContaining(['Application Mail.Send', role]),
      );
      expect(literalsOf(script).includes('Application Mail.ReadWrite')).toBe(access === 'write');
      expect(literalsOf(script).includes('Application Mail.Read')).toBe(access === 'read');
    }
    expect(bashScript({ ...plan, access })).toContain(`# The app gets Mail.Send and ${role.slice(12)} for these mailboxes alone`);
  });

  test('grants the message trace in Entra, says that it is for the whole tenant, and makes the app behind it once', () => {
    const traced = { ...plan, trace: true };
    const machine = createMachine();
    expect(machine.run(bashScript(traced)).status).toBe(0);
    expect(machine.state('granted')).toBe(`${TRACE}\n`);
    // Exchange restricts it first
    expect(machine.state('order')).toBe('restricted\nconsented\n');
    const made = () => machine.calls().filter((call) => call.includes('POST') && call.join(' ').includes(TRACING_APP));
    expect(made()).toHaveLength(1);
    expect(machine.run(bashScript(traced)).status).toBe(0);
    expect(made()).toHaveLength(1);
    expect(machine.state('granted')).toBe(`${TRACE}\n`);
    for (const script of [bashScript(traced), powerShellScript(traced)]) {
      expect(script).toContain('# WARNING: it also gets ExchangeMessageTrace.Read.All in Entra, which cannot be restricted');
      expect(script).toContain('WHOLE tenant');
      expect(script).toContain('Privileged Role Administrator (for the consent)');
    }
    const script = powerShellScript(traced);
    expect(literalsOf(script)).toEqual(expect.arrayContaining([TRACE, TRACING_APP, 'AppRoleAssignment.ReadWrite.All']));
    expect(script).toContain("Granted in Entra: ExchangeMessageTrace.Read.All'");
    expect(bashScript(plan) + powerShellScript(plan)).not.toMatch(/ExchangeMessageTrace|8bd644d1/);
  });

  test.each([
    ['Mail.Send', MAIL_SEND, 'send'],
    ['Mail.Read', MAIL_READ, 'read'],
    ['Mail.ReadWrite', MAIL_READ_WRITE, 'write'],
  ] as const)('stops where the app has %s of every mailbox already, since rights add up', (name, id, access) => {
    const variant = { ...plan, access, clientId: OTHER_APP };
    const { status, stderr } = run(bashScript(variant), { apps: [[OTHER_APP, false]], granted: [id] });
    expect(status).not.toBe(0);
    expect(stderr).toContain(`has ${name} in Entra for EVERY mailbox`);
    expect(powerShellScript(variant)).toContain(`The app has ${name} in Entra for EVERY mailbox`);
  });

  test('run again it goes on with the same app and secret', () => {
    const machine = createMachine();
    expect(machine.run(bashScript(plan)).status).toBe(0);
    const before = machine.read('graph-mail.env');
    const { status, stderr } = machine.run(bashScript(plan));
    expect(status).toBe(0);
    expect(stderr).toContain(`Goes on with the app ${APP}`);
    expect(stderr).toContain('Keeps the credential');
    expect(machine.state('apps').trim().split('\n')).toHaveLength(1);
    expect(machine.state('secrets')).toBe('x\n');
    expect(machine.read('graph-mail.env').split('\n').sort()).toEqual(before.split('\n').sort());
  });

  test.each(
    sample(
      [
        '/applications ',
        '/servicePrincipals ',
        'GET --url https://graph.microsoft.com/v1.0/servicePrincipals/',
        'addPassword',
        'appRoleAssignments --',
      ],
      { count: 2 },
    ),
  )('goes on after it was stopped at %s', (step) => {
    const machine = createMachine();
    machine.put('fails-at', step);
    const script = bashScript({ ...plan, restriction: 'tenant' });
    expect(machine.run(script).status).not.toBe(0);
    machine.put('fails-at', '');
    expect(machine.run(script).status).toBe(0);
    expect(machine.state('apps').trim().split('\n')).toHaveLength(1);
    expect(machine.state('secrets')).toBe('x\n');
    expect(machine.state('granted')).toBe(`${MAIL_SEND}\n`);
  });

  test('waits for what Microsoft replicates', () => {
    const { status, stderr, machine } = run(bashScript({ ...plan, restriction: 'tenant' }), { replication: 4 });
    expect(status).toBe(0);
    expect(stderr).toContain('Entra does not know it everywhere yet; again in 5 s');
    expect(machine.state('apps').trim().split('\n')).toHaveLength(1);
  });

  test('does not wait for what is refused for good', () => {
    const { status, stderr, machine } = run(bashScript(plan), { forbidden: true });
    expect(status).not.toBe(0);
    expect(stderr).toContain('Insufficient privileges');
    expect(machine.calls().some(([name]) => name === 'sleep')).toBe(false);
    expect(machine.files()).toEqual([]);
  });

  test.each(
    sample<[string, Tenant, RegExp]>(
      [
        ['az is missing', { without: ['az'] }, /please install: az/],
        ['pwsh and openssl are missing', { without: ['pwsh', 'openssl'] }, /please install: pwsh openssl/],
        ['nobody is signed in', { signedOut: true }, /az login/],
        ['az is set to another cloud', { cloud: 'AzureUSGovernment' }, /az cloud set --name AzureCloud/],
        ['the module is missing', { moduleMissing: true }, /Install-Module ExchangeOnlineManagement/],
        ['Exchange is another tenant, or the mailbox does not exist', { exchangeRefuses: true }, /running this again goes on/],
        ['somebody else made an app of this name', { apps: [[OTHER_APP, false]] }, /that this script did not make.*--client-id/],
        [
          'it made two of them',
          {
            apps: [
              [APP, true],
              [OTHER_APP, true],
            ],
          },
          /there are 2 apps/,
        ],
      ],
      { count: 3 },
    ),
  )('changes nothing where %s', (_, tenant, text) => {
    const { status, stderr, machine } = run(bashScript(plan), tenant);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(text);
    expect(changes(machine)).toEqual([]);
    expect(machine.files()).toEqual([]);
  });

  test('uses the app it is told to use, and refuses one that is not there', () => {
    const script = bashScript({ ...plan, clientId: OTHER_APP });
    const { status, machine } = run(script, { apps: [[OTHER_APP, false]] });
    expect(status).toBe(0);
    expect(machine.read('graph-mail.env')).toContain(`GRAPH_CLIENT_ID=${OTHER_APP}\n`);
    const missing = run(script);
    expect(missing.stderr).toContain(`has no app registration ${OTHER_APP}`);
    expect(changes(missing.machine)).toEqual([]);
  });

  test('never overwrites the settings of another app', () => {
    const machine = createMachine();
    machine.run(bashScript(plan));
    const { status, stderr } = machine.run(bashScript({ ...plan, clientId: OTHER_APP }));
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/has no app registration|belongs to the app/);
    expect(machine.read('graph-mail.env')).toContain(APP);
  });

  test('with the legacy policy restricts first and consents then, and warns of the time between', () => {
    const script = bashScript({ ...plan, restriction: 'policy', access: 'write' });
    const { status, machine } = run(script);
    expect(status).toBe(0);
    expect(machine.state('granted')).toBe(`${MAIL_SEND}\n${MAIL_READ_WRITE}\n`);
    expect(machine.state('order')).toBe('restricted\nconsented\n');
    expect(machine.state('exchange.ps1')).toContain('New-ApplicationAccessPolicy -AppId $clientId');
    expect(script).toMatch(/# WARNING: Microsoft asks not to create new policies/);
    expect(script).toContain('30 minutes to 4 hours');
    expect(script).not.toMatch(/at no time/);
  });

  test.each<[SetupPlan['restriction'], string, boolean]>([
    ['rbac', 'Application Administrator, Exchange Administrator', true],
    ['policy', 'Application Administrator, Exchange Administrator, Privileged Role Administrator (for the consent)', false],
    ['tenant', 'Application Administrator, Privileged Role Administrator (for the consent)', false],
  ])('names the roles it takes and the time it needs, and no others: %s', (restriction, roles, waits) => {
    const script = bashScript({ ...plan, restriction });
    expect(script).toContain(`# Run it as an administrator: ${roles}.\n`);
    expect(script.includes('30 minutes to 2 hours')).toBe(waits);
    expect(script.includes('30 minutes to 4 hours')).toBe(restriction === 'policy');
  });

  test('for the whole tenant says so, and asks Exchange for nothing', () => {
    const script = bashScript({ ...plan, restriction: 'tenant' });
    expect(script).toContain('# WARNING: the app gets Mail.Send in Entra and can use EVERY mailbox of the tenant.');
    const { machine } = run(script, { without: ['pwsh'] });
    expect(machine.state('granted')).toBe(`${MAIL_SEND}\n`);
  });

  test('makes a certificate where it is wanted or secrets are forbidden, and registers only its public part', () => {
    for (const [variant, tenant] of [
      [{ ...plan, credential: 'certificate' as const }, {}],
      [plan, { secretsForbidden: true }],
    ] as const) {
      const { status, machine } = run(bashScript(variant), tenant);
      expect(status).toBe(0);
      expect(machine.read('graph-mail.pem')).toBe('CERTIFICATE\nKEY\n');
      expect(statSync(join(machine.home, 'graph-mail.pem')).mode & 0o077).toBe(0);
      expect(machine.state('certificates')).toBe('x\n');
      expect(machine.read('graph-mail.env')).toContain(`GRAPH_CLIENT_CERTIFICATE_PATH=${machine.home}/graph-mail.pem\n`);
      expect(machine.read('graph-mail.env')).not.toContain('SECRET');
      expect(machine.files().sort()).toEqual(['graph-mail.env', 'graph-mail.pem']);
    }
  });

  test('says what else is allowed where a secret is wanted and forbidden', () => {
    const { status, stderr } = run(bashScript({ ...plan, credential: 'secret' }), { secretsForbidden: true });
    expect(status).not.toBe(0);
    expect(stderr).toContain('--certificate may be allowed');
  });

  test('names the cloud where it is not the global one', () => {
    const { machine } = run(bashScript({ ...plan, cloud: 'china' }), { cloud: 'AzureChinaCloud' });
    expect(machine.read('graph-mail.env')).toContain('GRAPH_CLOUD=china\n');
    expect(machine.calls().flat()).toContain('https://microsoftgraph.chinacloudapi.cn');
    expect(machine.state('exchange.ps1')).toContain("'O365China'");
  });

  test('lets the app use several mailboxes and a group', () => {
    const { machine } = run(bashScript({ ...plan, mailboxes: ['a@contoso.com', "o'brien@contoso.com"], group: 'senders@contoso.com' }));
    const exchange = machine.state('exchange.ps1');
    expect(literalsOf(exchange)).toEqual(expect.arrayContaining(['a@contoso.com', "o'brien@contoso.com", 'senders@contoso.com']));
    expect(exchange).toContain('MemberOfGroup');
    expect(machine.read('graph-mail.env')).toContain('GRAPH_SENDER=a@contoso.com\n');
  });

  test('refuses words it does not know, and takes --device', () => {
    const machine = createMachine();
    expect(machine.run(bashScript(plan), ['--devise']).stderr).toContain('unknown option --devise');
    expect(machine.calls()).toEqual([]);
    expect(machine.run(bashScript(plan), ['--device']).status).toBe(0);
  });

  test.each(sample(hostile, { count: 2 }))('hands on %j as it is', (text) => {
    const mailbox = `${text.replace(/[\s"@<>]/g, '')}@contoso.com`;
    const { status, machine } = run(bashScript({ ...plan, name: text, mailboxes: [mailbox] }));
    expect(status).toBe(0);
    expect(machine.files()).toEqual(['graph-mail.env']);
    const created = machine.calls().find((call) => call.join(' ').includes('/applications ')) ?? [];
    expect(JSON.parse(created[created.indexOf('--body') + 1] ?? '')).toMatchObject({
      displayName: text,
      tags: ['nodemailer-graph-transport'],
    });
    const sender = spawnSync('bash', ['-c', `${machine.read('graph-mail.env')}\nprintf %s "$GRAPH_SENDER"`], { encoding: 'utf8' });
    expect(sender.stdout).toBe(mailbox);
    expect(literalsOf(machine.state('exchange.ps1'))).toEqual(expect.arrayContaining([mailbox, text]));
  });
});

describe('the script for PowerShell', () => {
  test.each(sample(everyPlan, { count: 2 }))('is well-formed, whatever the names: $restriction $credential $cloud', (variant) => {
    const commands = commandsOf(powerShellScript(variant));
    for (const name of namesFor(variant)) {
      const script = powerShellScript({ ...variant, name });
      expect(syntaxErrors(script)).toEqual([]);
      expect(literalsOf(script)).toContain(name);
      // the same commands as with a harmless name
      expect(commandsOf(script)).toEqual(commands);
    }
  });

  test('asks Graph and Exchange in processes of their own', () => {
    const script = powerShellScript(plan);
    const connects = commandsOf(script).filter((name) => /^Connect-/.test(name));
    expect(connects).toEqual(expect.arrayContaining(['Connect-MgGraph', 'Connect-ExchangeOnline']));
    expect(script).toContain("'-Step', $Name");
    expect(script.indexOf("if ($Step -eq 'App')")).toBeLessThan(script.indexOf('Connect-ExchangeOnline @connect'));
  });

  test('checks the tenant, the rights, the mailbox and the organisation before it registers anything', () => {
    const script = powerShellScript(plan);
    const at = (text: string) => {
      expect(script).toContain(text);
      return script.indexOf(text);
    };
    const registers = script.lastIndexOf('Invoke-Step App');
    for (const check of ['$signedIn.TenantID)" -ne $tenantId', 'Get-Command $command', 'Get-EXORecipient', 'Get-Module -ListAvailable']) {
      expect(at(check)).toBeLessThan(registers);
    }
    expect(at('IsDehydrated')).toBeLessThan(at('New-ManagementScope -Name'));
  });

  test('proves that the mailbox is granted and that another one is denied', () => {
    for (const script of [powerShellScript(plan), bashScript(plan)]) {
      expect(script).toContain('Test-ServicePrincipalAuthorization -Identity $objectId -Resource $address');
      expect(script).toContain('Write-Host "Granted: $mailbox"');
      expect(script).toContain('Write-Host "Denied: $other"');
    }
    expect(powerShellScript({ ...plan, restriction: 'policy' })).toContain(
      'Test-ApplicationAccessPolicy -Identity $address -AppId $clientId',
    );
  });

  test('grants nothing in Entra when Exchange restricts the app, and else what is needed', () => {
    expect(powerShellScript(plan)).not.toContain('AppRoleAssignment.ReadWrite.All');
    for (const restriction of ['policy', 'tenant'] as const) {
      const script = powerShellScript({ ...plan, restriction, access: 'write' });
      expect(literalsOf(script)).toEqual(expect.arrayContaining([MAIL_SEND, MAIL_READ_WRITE, 'AppRoleAssignment.ReadWrite.All']));
    }
  });

  test('keeps its files for their owner before anything is in them', () => {
    const script = powerShellScript({ ...plan, credential: 'certificate' });
    const save = /function Save-Private[^]*?\n}/.exec(script)?.[0] ?? '';
    expect(save.indexOf('icacls')).toBeLessThan(save.indexOf('Set-Content'));
    expect(save.indexOf('chmod 600')).toBeLessThan(save.indexOf('Set-Content'));
    expect(script.match(/Save-Private \$(settings|certificate)File/g)?.length).toBeGreaterThan(1);
  });
});

describe('the grammar that reads PowerShell here', () => {
  test('sees what is not well-formed', () => {
    expect(syntaxErrors("Write-Host 'a' 'b\n")).not.toEqual([]);
    expect(syntaxErrors('if ($true) { Write-Host 1')).not.toEqual([]);
  });
});

describe('the scripts for persons', () => {
  test.each(['work', 'personal', 'both'] as const)('register a public client without a secret: %s', (accounts) => {
    const { status, machine, stderr } = run(delegatedBashScript({ ...delegated, accounts }));
    expect(status).toBe(0);
    const created = machine.calls().find((call) => call.join(' ').includes('/applications ')) ?? [];
    expect(JSON.parse(created[created.indexOf('--body') + 1] ?? '')).toMatchObject({
      signInAudience: { work: 'AzureADMyOrg', personal: 'PersonalMicrosoftAccount', both: 'AzureADandPersonalMicrosoftAccount' }[accounts],
      isFallbackPublicClient: true,
      publicClient: { redirectUris: ['http://localhost'] },
    });
    const tenant = { work: TENANT, personal: 'consumers', both: 'common' }[accounts];
    expect(machine.read('graph-mail.env')).toBe(`GRAPH_TENANT_ID=${tenant}\nGRAPH_CLIENT_ID=${APP}\n`);
    expect(stderr).toContain(`login --tenant ${tenant} --client-id ${APP}`);
    expect(syntaxErrors(delegatedPowerShellScript({ ...delegated, accounts }))).toEqual([]);
  });
});

describe('quoting', () => {
  test('any text is one word for a shell', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: anyCharacter }).filter((text) => !text.includes('\0')),
        (text) => {
          const { stdout } = spawnSync('bash', ['-c', `printf %s ${quoteShell(text)}`], { encoding: 'utf8' });
          expect(stdout).toBe(Buffer.from(text).toString());
        },
      ),
      { seed: jest.getSeed(), numRuns: testsInFull ? 30 : 8 },
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
    expect(stdout).toBe(bashScript({ ...plan, name: "Contoso's mail" }));
    const flags = ['--shell', 'powershell', '--certificate', '--large-attachments', '--legacy-policy', '--cloud', 'china', '--device'];
    const other = await runCli(['setup', '--mailbox', 'a@contoso.com', '--mailbox', 'b@contoso.com', '--group', 'g@contoso.com', ...flags]);
    expect(other.stdout).toBe(
      powerShellScript({
        ...plan,
        // two apps for two mailboxes do not get into each other's way
        name: 'Mail through Graph as a@contoso.com',
        mailboxes: ['a@contoso.com', 'b@contoso.com'],
        group: 'g@contoso.com',
        restriction: 'policy',
        credential: 'certificate',
        access: 'write',
        cloud: 'china',
        device: true,
      }),
    );
    const asked = ['--read', '--trace', '--mailbox', 'noreply@contoso.com', '--name', 'Mail'];
    expect((await runCli(['setup', ...asked])).stdout).toBe(bashScript({ ...plan, access: 'read', trace: true }));
    expect((await runCli(['setup', ...asked.slice(2), '--prove'])).stdout).toBe(bashScript({ ...plan, access: 'write' }));
    expect((await runCli(['setup', '--delegated', 'personal'])).stdout).toBe(
      delegatedBashScript({ ...delegated, name: 'Mail through Graph for persons', accounts: 'personal' }),
    );
  });

  test.each(
    sample<[string[], RegExp]>(
      [
        [[], /required option '--mailbox/],
        [['--mailbox', 'noreply'], /address such as/],
        [['--mailbox', 'a@contoso.com\ntouch hacked'], /address such as/],
        [['--mailbox', 'a b@contoso.com'], /address such as/],
        [['--mailbox', 'a@contoso.com;touch'], /address such as/],
        [['--mailbox', 'a@contoso.com', '--name', 'a\nSTEP\ntouch hacked'], /A name is one line/],
        [['--mailbox', 'a@contoso.com', '--name', 'a\u2028b'], /A name is one line/],
        [['--mailbox', 'a@contoso.com', '--shell', 'fish'], /Allowed choices are az, powershell/],
        [['--mailbox', 'a@contoso.com', '--client-id', 'mail'], /Application \(client\) ID/],
        [['--mailbox', 'a@contoso.com', '--legacy-policy', '--tenant-wide'], /cannot be used with option/],
        [['--mailbox', 'a@contoso.com', '--certificate', '--secret'], /cannot be used with option/],
        [['--mailbox', 'a@contoso.com', '--delegated'], /cannot be used with option/],
        [['--delegated', '--trace'], /cannot be used with option/],
        [['--mailbox', 'a@contoso.com', '--trace', '--cloud', 'china'], /no message trace in Graph for china/],
      ],
      { count: 4 },
    ),
  )('refuses %j', async (args, text) => {
    const { stdout, stderr, status } = await runCli(['setup', ...args]);
    expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
    expect(stderr).toMatch(text);
  });

  test('explains itself with an example', async () => {
    const { stdout } = await runCli(['setup', '--help']);
    expect(stdout).toContain('$ nodemailer-graph-transport setup --mailbox noreply@contoso.com');
  });
});
