import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { powerShellScript } from '../../../lib/cli/setup/powershell-script.js';
import type { SetupPlan } from '../../../lib/cli/setup/plan.js';
import { findProgram } from '../../support/require-program.js';
import { commandsOf, loadPowerShell, syntaxErrors } from './powershell.js';
import { APP, PRINCIPAL, TENANT } from './run-script.js';

const modules = join(__dirname, 'pwsh-modules');
const names = ['Microsoft.Graph.Authentication', 'ExchangeOnlineManagement'];
const sourceOf = (name: string) => readFileSync(join(modules, name, `${name}.psm1`), 'utf8');
const plan: SetupPlan = {
  name: "Contoso's mail",
  mailboxes: ['noreply@contoso.com'],
  group: undefined,
  restriction: 'rbac',
  credential: 'auto',
  access: 'write',
  trace: false,
  cloud: 'global',
  clientId: undefined,
  device: false,
};

describe('what stands for Microsoft’s modules', () => {
  beforeAll(loadPowerShell);

  test.each(names)('%s is PowerShell', (name) => {
    expect(syntaxErrors(sourceOf(name))).toEqual([]);
  });

  test('has every command of Microsoft’s that the script calls', () => {
    const declared = names.flatMap((name) => [...sourceOf(name).matchAll(/^function ([\w-]+)/gm)].map(([, command = '']) => command));
    const called = new Set(commandsOf(powerShellScript({ ...plan, group: 'senders' })));
    const theirs = [...called].filter((command) =>
      /-(Mg|EXO|ExchangeOnline|Management|ServicePrincipal|Organization|Group|DistributionGroup|Connection)/.test(command),
    );
    expect(theirs.length).toBeGreaterThan(12);
    expect(theirs.filter((command) => !declared.includes(command) && command !== 'Remove-DistributionGroup')).toEqual([]);
  });
});

// no package brings it, so that CI has none either
const pwsh = findProgram('pwsh');
if (pwsh === undefined)
  process.stderr.write('skipped: setup in PowerShell: pwsh is not on PATH (or name it in PWSH); its grammar was checked\n');

(pwsh === undefined ? describe.skip : describe)('the script in PowerShell', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pwsh-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function createMachine(tenant: object = {}) {
    const home = mkdtempSync(join(folder, 'run-'));
    const state = join(home, 'state');
    mkdirSync(state);
    const recipients = ['noreply', 'ceo'].map((name) => ({
      PrimarySmtpAddress: `${name}@contoso.com`,
      Alias: `${name}-alias@contoso.com`,
      RecipientTypeDetails: 'SharedMailbox',
    }));
    const nothing = { apps: [], granted: [], servicePrincipals: [], scopes: [], assignments: [], groups: [], secrets: 0, principal: '' };
    const fresh = { replication: 0, exchangeReplication: 0, dehydrated: false, nextAppId: APP, nextPrincipal: PRINCIPAL, recipients };
    writeFileSync(
      join(state, 'tenant.json'),
      JSON.stringify({ tenantId: TENANT, exchangeTenant: TENANT, ...nothing, ...fresh, ...tenant }),
    );
    return {
      run(given: Partial<SetupPlan> = {}) {
        writeFileSync(join(home, 'setup.ps1'), powerShellScript({ ...plan, ...given }));
        const path = [modules, process.env['PSModulePath']].filter(Boolean).join(delimiter);
        const env = { ...process.env, PSModulePath: path, STATE: state, TMPDIR: home, NO_COLOR: '1' };
        const { status, stdout, stderr } = spawnSync(pwsh ?? '', ['-NoProfile', '-File', join(home, 'setup.ps1')], {
          cwd: home,
          encoding: 'utf8',
          env,
        });
        return { status, output: stdout + stderr };
      },
      read: (name: string) => readFileSync(join(home, name), 'utf8'),
      mode: (name: string) => statSync(join(home, name)).mode & 0o777,
      files: () => readdirSync(home).filter((name) => name !== 'state' && name !== 'setup.ps1'),
      tenant: () => JSON.parse(readFileSync(join(state, 'tenant.json'), 'utf8')) as Record<string, unknown>,
      calls: () => (existsSync(join(state, 'calls')) ? readFileSync(join(state, 'calls'), 'utf8').trim().split(/\r?\n/) : []),
    };
  }
  const changes = (calls: string[]) => calls.filter((call) => /^(POST|PATCH|New-|Set-|Enable-)/.test(call));

  test('registers the app, restricts it and shows that it is restricted, in processes of their own', () => {
    const machine = createMachine({ dehydrated: true });
    const { status, output } = machine.run();
    expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining('Denied: ceo@contoso.com') });
    expect(output).not.toContain('GEHEIM');
    expect(machine.read('graph-mail.env')).toContain(`GRAPH_CLIENT_ID=${APP}`);
    expect(machine.read('graph-mail.env')).toContain('GRAPH_CLIENT_SECRET=a8Q~GEHEIM.-_');
    if (process.platform !== 'win32') expect(machine.mode('graph-mail.env')).toBe(0o600);
    expect(machine.files()).toEqual(['graph-mail.env']);
    expect(machine.tenant()).toMatchObject({
      granted: [],
      assignments: [{ Role: 'Application Mail.Send' }, { Role: 'Application Mail.ReadWrite' }],
    });
  });

  test('run again it changes nothing', () => {
    const machine = createMachine();
    expect(machine.run().status).toBe(0);
    const before = changes(machine.calls());
    const { status, output } = machine.run();
    expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining('Keeps the credential') });
    expect(changes(machine.calls())).toEqual(before);
  });

  test('grants the message trace in Entra once, and makes the app behind it', () => {
    const machine = createMachine();
    expect(machine.run({ access: 'read', trace: true }).status).toBe(0);
    expect(machine.tenant()).toMatchObject({
      granted: ['89b20d8a-76e2-4057-867b-9961f800b9a4'],
      tracing: true,
      assignments: [{ Role: 'Application Mail.Send' }, { Role: 'Application Mail.Read' }],
    });
    const before = changes(machine.calls());
    expect(machine.run({ access: 'read', trace: true }).status).toBe(0);
    expect(changes(machine.calls())).toEqual(before);
  });

  test('waits for what Microsoft replicates', () => {
    const machine = createMachine({ replication: 2, exchangeReplication: 2 });
    expect(machine.run().status).toBe(0);
    expect(machine.calls().filter((call) => call.startsWith('Start-Sleep'))).toHaveLength(4);
  });

  test.each<[string, object, Partial<SetupPlan>, string]>([
    ['another tenant in Exchange', { exchangeTenant: 'other' }, {}, 'sign in to the same one'],
    ['no such mailbox', {}, { mailboxes: ['nobody@contoso.com'] }, 'There is no mailbox nobody@contoso.com'],
    ['an alias', {}, { mailboxes: ['noreply-alias@contoso.com'] }, 'is an alias of noreply@contoso.com'],
    ['no such group', {}, { group: 'senders' }, 'There is no group senders'],
    ['an app of that name that is somebody else’s', { apps: [{ appId: 'x', displayName: plan.name, tags: [] }] }, {}, 'did not make'],
    ['no right to register apps', { forbidden: true }, {}, 'Insufficient privileges'],
  ])('%s: nothing is changed', (_, tenant, given, text) => {
    const machine = createMachine(tenant);
    const { status, output } = machine.run(given);
    expect(status).not.toBe(0);
    // PowerShell breaks long errors into lines
    expect(output.replace(/\s+\|?\s*/g, ' ')).toContain(text);
    expect(changes(machine.calls()).filter((call) => call !== 'POST applications')).toEqual([]);
    expect(machine.files().filter((name) => name === 'graph-mail.env')).toEqual([]);
  });

  test('a secret that is forbidden becomes a certificate of which only the public part leaves', () => {
    const machine = createMachine({ secretsForbidden: true });
    expect(machine.run().status).toBe(0);
    expect(machine.read('graph-mail.env')).toContain('GRAPH_CLIENT_CERTIFICATE_PATH=');
    expect(machine.read('graph-mail.pem')).toMatch(/BEGIN CERTIFICATE[^]*BEGIN PRIVATE KEY/);
    if (process.platform !== 'win32') expect(machine.mode('graph-mail.pem')).toBe(0o600);
    expect(JSON.stringify(machine.tenant())).not.toContain('PRIVATE');
  });

  test('ends with an error where the app may send as another mailbox', () => {
    const { status, output } = createMachine({ leaks: true }).run();
    expect(status).not.toBe(0);
    expect(output.replace(/\s+\|?\s*/g, ' ')).toContain('may send as ceo@contoso.com, which it should not');
  });
});
