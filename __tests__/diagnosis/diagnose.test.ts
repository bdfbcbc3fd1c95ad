import { once } from 'node:events';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderFinding, renderJson, renderSummary } from '../../lib/cli/doctor-report.js';
import { diagnose } from '../../lib/diagnosis/diagnose.js';
import { checkProxy } from '../../lib/diagnosis/check-environment.js';
import { readProxyRules } from '../../lib/graph/proxy.js';
import type { CheckName, Finding } from '../../lib/diagnosis/finding.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { makeCertificate } from '../sign-in/make-certificate.js';

const DAY = 86_400_000;
const certificate = makeCertificate('app', new Date(Date.now() + 20 * DAY));
const good = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c01', clientSecret: 'good~GEHEIM', certificates: [certificate.certificate] };
const expired = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c02', clientSecret: 'old~GEHEIM', secretExpires: new Date('2020-01-01') };
const powerless = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c03', clientSecret: 'no~GEHEIM', roles: [] };
const sendOnly = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c04', clientSecret: 'send~GEHEIM', roles: ['Mail.Send'] };
const limited = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c05', clientSecret: 'some~GEHEIM', allowedMailboxes: ['alerts@contoso.com'] };

const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({
    apps: [good, expired, powerless, sendOnly, limited],
    mailboxes: [
      { userPrincipalName: 'noreply@contoso.com', aliases: ['hello@contoso.com'] },
      'alerts@contoso.com',
      { userPrincipalName: 'former@contoso.com', enabled: false },
    ],
  });
});
afterEach(() => {
  expect(sandbox.messages).toEqual([]);
  sandbox.clear();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

type Findings = Finding[] & { of(check: CheckName): Finding | undefined };

async function examine(options: Record<string, unknown> = {}, env: Record<string, string> = {}): Promise<Findings> {
  const findings: Finding[] = [];
  for await (const finding of diagnose({ options: { ...sandbox.options, retries: 0, ...options }, env })) findings.push(finding);
  // no check may give a secret or a token away, whatever it found
  expect(renderJson(findings) + findings.map(renderFinding).join('\n')).not.toMatch(/GEHEIM|eyJ/);
  return Object.assign(findings, { of: (check: CheckName) => findings.find((finding) => finding.check === check) });
}

const as = ({ clientId, clientSecret }: { clientId: string; clientSecret: string }) => ({ clientId, clientSecret });
const bearer = (claims: object) => ({
  tenantId: undefined,
  clientId: undefined,
  clientSecret: undefined,
  credential: {
    getToken: () =>
      Promise.resolve({ token: sandbox.issueToken(claims as Record<string, unknown>), expiresOnTimestamp: Date.now() + 3_600_000 }),
  },
});

test('goes through all checks of a good setup, in order', async () => {
  const findings = await examine({ secretExpires: new Date(Date.now() + 400 * DAY) });
  expect(findings.map(({ check, status }) => `${status} ${check}`)).toEqual([
    'pass configuration',
    'pass proxy',
    'pass sign-in',
    'pass token',
    'pass permission',
    'pass mailbox',
    'pass large attachments',
    'pass clock',
    'pass expiry',
  ]);
  expect(findings.of('token')?.message).toContain(`tenant ${sandbox.tenantId}, app Sandbox app (${good.clientId})`);
});

describe('a mistake in the configuration', () => {
  test.each<[string, Record<string, unknown>, RegExp, RegExp]>([
    ['a Secret ID', { clientSecret: '0a1b2c3d-0000-4000-8000-000000000000' }, /looks like a Secret ID/, /secret's Value/],
    ['a name as the client id', { clientId: 'Mailer' }, /not a GUID: 'Mailer'/, /Application \(client\) ID/],
    ['a URL as the tenant', { tenantId: 'https://login.microsoftonline.com/contoso.com/v2.0' }, /is a URL/, /alone: contoso\.com\./],
    ['no tenant at all', { tenantId: 'common' }, /'common', which is no tenant/, /Directory \(tenant\) ID/],
    ['a missing secret', { clientSecret: undefined }, /"clientSecret".*missing/, /environment/],
    ['a mailbox that is none', { mailbox: 'noreply' }, /"mailbox" must be a user principal name/, /flags/],
    ['two ways to sign in', { clientCertificate: 'app.pem' }, /only one of "clientSecret" and "clientCertificate"/, /flags/],
    ['an unknown cloud', { cloud: 'mars', graphEndpoint: undefined, authorityHost: undefined }, /"cloud" must be one of/, /flags/],
  ])('is found: %s', async (_, options, message, remedy) => {
    const finding = (await examine(options)).of('configuration');
    expect(finding).toMatchObject({ status: 'fail', message: expect.stringMatching(message), remedy: expect.stringMatching(remedy) });
  });

  test('does not hide the next one', async () => {
    const findings = await examine({
      tenantId: 'https://contoso.com',
      clientId: 'Mailer',
      clientSecret: '0a1b2c3d-0000-4000-8000-000000000000',
    });
    expect(findings.filter(({ check }) => check === 'configuration').map(({ message }) => message)).toEqual([
      'tenantId is a URL',
      expect.stringContaining('clientId'),
      expect.stringContaining('Secret ID'),
    ]);
    expect(findings.filter(({ status }) => status === 'skip').map(({ check }) => check)).toEqual([
      'sign-in',
      'token',
      'permission',
      'mailbox',
    ]);
  });

  test('is not made of what only may be missing', async () => {
    const findings = await examine({ mailbox: undefined });
    expect(findings[0]).toMatchObject({ check: 'configuration', status: 'pass' });
    expect(findings[1]).toMatchObject({ check: 'configuration', status: 'warn', remedy: expect.stringContaining('GRAPH_SENDER') });
    expect(findings.of('mailbox')?.status).toBe('skip');
    expect(findings.some(({ status }) => status === 'fail')).toBe(false);
    expect(renderSummary(findings)).toBe('Not checked: whether the mailbox may send. Nothing that was checked is wrong.');
  });
});

describe('a refused sign-in is named with its remedy', () => {
  test.each<[string, string, () => Record<string, unknown>, RegExp]>([
    ['a wrong secret', 'AADSTS7000215', () => ({ clientSecret: 'wrong~GEHEIM' }), /secret's Value \(not its Secret ID\)/],
    ['an expired secret', 'AADSTS7000222', () => as(expired), /Make a new client secret/],
    [
      'an unknown app',
      'AADSTS700016',
      () => ({ clientId: '00000000-0000-4000-8000-00000000dead' }),
      /clientId is the Application \(client\) ID/,
    ],
    ['an unknown tenant', 'AADSTS90002', () => ({ tenantId: 'fabrikam.com' }), /Check tenantId.*cloud/],
    [
      'a certificate of somebody else',
      'AADSTS700027',
      () => ({ clientSecret: undefined, clientCertificate: { certificate: stranger.certificate + stranger.privateKey } }),
      /Upload the public part/,
    ],
  ])('%s: %s', async (_, code, options, remedy) => {
    const findings = await examine(options());
    expect(findings.of('sign-in')).toMatchObject({ status: 'fail', code, remedy: expect.stringMatching(remedy) });
    expect(findings.of('permission')).toMatchObject({ status: 'skip', message: 'needs a token' });
    // the sign-in service has told the time all the same
    expect(findings.of('clock')?.status).toBe('pass');
  });

  const stranger = makeCertificate('stranger');

  test.each<[string, string, number, string, RegExp]>([
    ['invalid_client', 'invalid_client', 401, 'The client could not be authenticated.', /same app registration/],
    ['AADSTS7000112', 'unauthorized_client', 400, "AADSTS7000112: Application 'x' is disabled.", /Enterprise applications/],
    ['AADSTS53003', 'access_denied', 400, 'AADSTS53003: Access has been blocked by Conditional Access policies.', /workload identity/],
    ['AADSTS900382', 'invalid_request', 400, 'AADSTS900382: Confidential Client is not supported in Cross Cloud request.', /cloud option/],
    ['AADSTS99999', 'invalid_request', 400, 'AADSTS99999: Something new.', /login\.microsoftonline\.com\/error/],
  ])('%s', async (code, error, status, message, remedy) => {
    sandbox.fail({ operation: 'token', status, code: error, message, times: Infinity });
    expect((await examine()).of('sign-in')).toMatchObject({ status: 'fail', code, remedy: expect.stringMatching(remedy) });
  });

  test('a sign-in service that is not reached', async () => {
    expect((await examine({ authorityHost: 'https://127.0.0.1:1' })).of('sign-in')).toMatchObject({
      status: 'fail',
      code: 'ECONNECTION',
      remedy: expect.stringContaining('firewall'),
    });
  });
});

describe('the token', () => {
  test.each<[string, object, CheckName, Finding['status'], RegExp]>([
    ['for another service', { aud: 'https://outlook.office.com' }, 'token', 'fail', /for https:\/\/outlook\.office\.com, not for/],
    ['that names Graph by its id', { aud: '00000003-0000-0000-c000-000000000000' }, 'token', 'pass', /tenant/],
    [
      'of a user',
      { roles: undefined, scp: 'Mail.Send Mail.ReadWrite', upn: 'noreply@contoso.com' },
      'token',
      'pass',
      /^.*noreply@contoso\.com through app/,
    ],
    [
      'of a user who may send',
      { roles: undefined, scp: 'Mail.Send', upn: 'noreply@contoso.com' },
      'permission',
      'pass',
      /delegated Mail\.Send/,
    ],
    [
      'of a user who may not send',
      { roles: undefined, scp: 'User.Read', upn: 'noreply@contoso.com' },
      'permission',
      'fail',
      /no Mail\.Send \(it has User\.Read\)/,
    ],
    ['of an app that may only read', { roles: ['Mail.Read'] }, 'permission', 'fail', /no Mail\.Send \(it has only Mail\.Read\)/],
    ['of an app that may not write', { roles: ['Mail.Send'] }, 'large attachments', 'warn', /no Mail\.ReadWrite/],
  ])('%s', async (_, claims, check, status, message) => {
    expect((await examine(bearer(claims))).of(check)).toMatchObject({ status, message: expect.stringMatching(message) });
  });

  test('of another tenant or app than configured is found', async () => {
    sandbox.fail({ operation: 'token', status: 200, body: tokenBody({ tid: '00000000-0000-4000-8000-00000000dead' }) });
    expect((await examine()).of('token')).toMatchObject({ status: 'fail', remedy: 'Check tenantId.' });
    sandbox.clear();
    sandbox.fail({ operation: 'token', status: 200, body: tokenBody({ appid: powerless.clientId }) });
    expect((await examine()).of('token')).toMatchObject({ status: 'fail', remedy: 'Check clientId.' });
  });

  const tokenBody = (claims: Record<string, unknown>) => ({
    token_type: 'Bearer',
    expires_in: 3599,
    access_token: sandbox.issueToken(claims),
  });
});

describe('ErrorAccessDenied has its causes told apart', () => {
  test('no consent (or RBAC for Applications without this mailbox): no roles in the token', async () => {
    const findings = await examine(as(powerless));
    expect(findings.of('permission')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('no roles at all'),
      remedy: expect.stringContaining('admin consent'),
    });
    expect(findings.of('mailbox')).toMatchObject({
      status: 'fail',
      code: 'ErrorAccessDenied',
      remedy: expect.stringMatching(
        /consent for Mail\.Send is missing, or RBAC for Applications does not include noreply@contoso\.com.*Test-ServicePrincipalAuthorization/,
      ),
    });
  });

  test('a policy excludes the mailbox, or the grant has not spread yet: Mail.Send is in the token', async () => {
    const findings = await examine(as(limited));
    expect(findings.of('permission')?.status).toBe('pass');
    expect(findings.of('mailbox')).toMatchObject({
      status: 'fail',
      code: 'ErrorAccessDenied',
      remedy: expect.stringMatching(
        /Application Access Policy excludes.*not active yet.*Test-ApplicationAccessPolicy -Identity noreply@contoso\.com -AppId/,
      ),
    });
    expect((await examine({ ...as(limited), mailbox: 'alerts@contoso.com' })).of('mailbox')?.status).toBe('pass');
  });

  test('a user’s token for somebody else’s mailbox', async () => {
    const claims = { roles: undefined, scp: 'Mail.Send', upn: 'alerts@contoso.com' };
    expect((await examine(bearer(claims))).of('mailbox')).toMatchObject({
      status: 'fail',
      remedy: expect.stringContaining('Mail.Send.Shared'),
    });
  });

  test('a policy that says so', async () => {
    sandbox.fail({
      operation: 'sendMail',
      status: 403,
      code: 'ErrorAccessDenied',
      message: 'Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.',
    });
    expect((await examine()).of('mailbox')).toMatchObject({
      status: 'fail',
      remedy: expect.stringContaining("Add the mailbox to the policy's group"),
    });
  });
});

describe('RBAC for Applications', () => {
  test('passes without roles in the token, if Graph lets the mailbox send', async () => {
    sandbox.fail({ operation: 'sendMail', status: 400, code: 'ErrorInvalidRecipients', message: 'At least one recipient is not valid.' });
    const findings = await examine(as(powerless));
    expect(findings.of('permission')).toMatchObject({ status: 'pass', message: expect.stringContaining('RBAC for Applications') });
    expect(findings.of('mailbox')?.status).toBe('pass');
  });

  test('cannot be told from missing consent without a mailbox to try', async () => {
    const findings = await examine({ ...as(powerless), mailbox: undefined });
    expect(findings.of('permission')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('without a mailbox Exchange cannot be asked'),
      remedy: expect.stringContaining('name the mailbox'),
    });
    expect(renderSummary(findings)).not.toContain('Mail can be sent');
  });
});

describe('the mailbox', () => {
  test.each<[string, string, string, RegExp]>([
    ['unknown', 'nobody@contoso.com', 'ErrorInvalidUser', /primary user principal name/],
    ['named by an alias', 'hello@contoso.com', 'ErrorInvalidUser', /alias into from/],
    ['without a licence', 'former@contoso.com', 'MailboxNotEnabledForRESTAPI', /hosted in Exchange Online/],
  ])('%s', async (_, mailbox, code, remedy) => {
    expect((await examine({ mailbox })).of('mailbox')).toMatchObject({ status: 'fail', code, remedy: expect.stringMatching(remedy) });
  });

  test.each<[number, string, string, RegExp]>([
    [403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.', /has Mail\.Send, but not for/],
    [404, 'ResourceNotFound', 'Resource could not be discovered.', /primary user principal name/],
    [401, 'InvalidAuthenticationToken', 'Access token validation failure. Invalid audience.', /cloud option/],
    [401, 'InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.', /clock/],
  ])('HTTP %d %s: %s', async (status, code, message, remedy) => {
    sandbox.fail({ operation: 'sendMail', status, code, message, times: Infinity });
    expect((await examine()).of('mailbox')).toMatchObject({ status: 'fail', code, remedy: expect.stringMatching(remedy) });
  });

  test.each([429, 500, 503])('is left open by HTTP %d', async (status) => {
    sandbox.fail({ operation: 'sendMail', status, times: Infinity });
    expect((await examine()).of('mailbox')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining(`HTTP ${status}`),
      remedy: expect.stringContaining('--send-to'),
    });
  });

  test('fails where Graph is not reached', async () => {
    sandbox.fail({ operation: 'sendMail', cut: 'reset', times: Infinity });
    expect((await examine()).of('mailbox')).toMatchObject({ status: 'fail', code: 'ECONNECTION' });
  });
});

describe('what is around', () => {
  test.each<[number, Finding['status'], RegExp]>([
    [-600, 'fail', /10 min behind Microsoft's/],
    [7300, 'fail', /2 h ahead of Microsoft's/],
    [200, 'pass', /3 min ahead|2\d\d s ahead|200 s ahead/],
  ])('a clock that is %d s off: %s', async (seconds, status, message) => {
    const Date_ = new Date(Date.now() - seconds * 1000).toUTCString();
    sandbox.fail({ operation: 'sendMail', status: 400, code: 'ErrorInvalidRecipients', message: 'recipient', headers: { Date: Date_ } });
    expect((await examine()).of('clock')).toMatchObject({ status, message: expect.stringMatching(message) });
  });

  test('a certificate tells itself when it expires', async () => {
    const path = join(folder, 'app.pem');
    writeFileSync(path, certificate.certificate + certificate.privateKey);
    for (const clientCertificate of [path, { certificate: certificate.certificate + certificate.privateKey }]) {
      const findings = await examine({ clientSecret: undefined, clientCertificate });
      expect(findings.of('sign-in')?.status).toBe('pass');
      expect(findings.of('expiry')).toMatchObject({
        status: 'warn',
        message: expect.stringMatching(/expires in (19|20) days/),
        remedy: expect.stringMatching(/^Make a new one/),
      });
    }
  });

  test.each<[number, Finding['status'], RegExp]>([
    [-2, 'fail', /expired on/],
    [10, 'warn', /expires in (9|10) days/],
    [200, 'pass', /good until/],
  ])('a secret that expires in %d days: %s', async (days, status, message) => {
    const secretExpires = new Date(Date.now() + days * DAY);
    expect((await examine({ secretExpires })).of('expiry')).toMatchObject({ status, message: expect.stringMatching(message) });
  });

  test('the proxy is shown without its password', async () => {
    const proxy = 'http://mail:GEHEIM@127.0.0.1:1';
    expect((await examine({ proxy })).of('proxy')?.message).toBe('http://with password@127.0.0.1:1 (option proxy)');
  });

  test.each<[string, string[], string]>([
    ['', ['https://graph.microsoft.com'], 'http://proxy.contoso.com:8080 (HTTPS_PROXY)'],
    ['contoso.com', ['https://graph.microsoft.com'], 'http://proxy.contoso.com:8080 (HTTPS_PROXY, but not for NO_PROXY=contoso.com)'],
    [
      '.microsoft.com',
      ['https://graph.microsoft.com', 'https://login.microsoft.com'],
      'none, direct connections (HTTPS_PROXY is not for graph.microsoft.com and login.microsoft.com: NO_PROXY=.microsoft.com)',
    ],
    ['', ['https://127.0.0.1:4010'], 'none, direct connections (HTTPS_PROXY is not for 127.0.0.1:4010: it never leads to this machine)'],
  ])('a proxy of the environment is told only where it is taken: NO_PROXY=%s %s', (exceptions, hosts, message) => {
    const env = { HTTPS_PROXY: 'http://proxy.contoso.com:8080', NO_PROXY: exceptions };
    expect(checkProxy(readProxyRules(undefined, env, hosts), env, hosts).message).toBe(message);
  });
});

test('a server’s words cannot steer the terminal', async () => {
  sandbox.fail({ operation: 'sendMail', status: 404, code: 'ErrorInvalidUser', message: 'red \u001b[31m\nred', times: Infinity });
  const finding = (await examine()).of('mailbox') as Finding;
  expect(renderFinding(finding).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  expect(renderFinding(finding)).toMatch(/^✗ mailbox: .*\n {4}There is no such mailbox/);
});

describe('a mailbox that must be out of reach', () => {
  const check = async (options: Record<string, unknown>, mustNotSendAs: string[]) => {
    const findings: Finding[] = [];
    for await (const finding of diagnose({ options: { ...sandbox.options, retries: 0, ...options }, env: {}, mustNotSendAs }))
      if (finding.check === 'other mailbox') findings.push(finding);
    return findings;
  };

  test('is refused to an app that is restricted', async () => {
    expect(await check({ ...as(limited), mailbox: 'alerts@contoso.com' }, ['noreply@contoso.com'])).toEqual([
      expect.objectContaining({ status: 'pass', message: 'noreply@contoso.com may not send, as it should be (ErrorAccessDenied)' }),
    ]);
  });

  test('fails the check where the app reaches it', async () => {
    expect(await check({}, ['alerts@contoso.com'])).toEqual([
      expect.objectContaining({ status: 'fail', remedy: expect.stringContaining('Restrict the app') }),
    ]);
  });

  test('is not taken for refused because it does not exist', async () => {
    expect(await check({}, ['nobody@contoso.com'])).toEqual([
      expect.objectContaining({ status: 'warn', message: expect.stringContaining('not checked') }),
    ]);
  });
});

test('a clock that is so far ahead that the own certificate has expired is named before it', async () => {
  const now = Date.now;
  const spy = jest.spyOn(Date, 'now').mockImplementation(() => now() + 400 * DAY);
  try {
    const clientCertificate = { certificate: certificate.certificate + certificate.privateKey };
    const findings = await examine({ clientSecret: undefined, clientCertificate });
    expect(findings.of('sign-in')).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(/^the certificate of .*expired on/),
      remedy: expect.stringMatching(/^First set the clock: this machine's clock is 9600 h ahead of Microsoft's\.$/),
    });
    expect(findings.of('sign-in')?.message).not.toContain('README');
    expect(findings.of('clock')).toMatchObject({ status: 'fail', remedy: expect.stringContaining('NTP') });
  } finally {
    spy.mockRestore();
  }
});

test('an own certificate that has expired is the fault where the clock is right', async () => {
  const old = makeCertificate('old', new Date(Date.now() - DAY));
  const findings = await examine({ clientSecret: undefined, clientCertificate: { certificate: old.certificate + old.privateKey } });
  expect(findings.of('sign-in')).toMatchObject({ status: 'fail', message: expect.stringContaining('expired on'), remedy: undefined });
  expect(findings.of('clock')?.status).toBe('pass');
});

test('a clock at which no certificate is valid is named, and not a company’s own CA', async () => {
  const { certificate: cert, privateKey: key } = makeCertificate('login', new Date(Date.now() - DAY));
  const server = createServer({ cert, key }, (_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const findings = await examine({ authorityHost: `https://127.0.0.1:${port}`, tls: { ca: cert } });
    const { message, remedy = '' } = findings.of('sign-in') ?? {};
    expect(message).toContain('expired');
    expect(remedy).toMatch(/^Set this machine's clock, best by NTP: it says .* If that is right, the certificate has to be renewed/);
    expect(findings.of('clock')?.message).toMatch(/ when the certificate of 127\.0\.0\.1:\d+ is not valid$/);
    expect(findings.of('clock')).toMatchObject({ status: 'fail', remedy: expect.stringContaining('NTP') });
  } finally {
    server.close();
  }
});

test('a wrong clock is named before the certificate', async () => {
  sandbox.fail({
    operation: 'token',
    status: 401,
    code: 'invalid_client',
    message: 'AADSTS700024: Client assertion is not within its valid time range.',
  });
  const now = Date.now;
  const spy = jest.spyOn(Date, 'now').mockImplementation(() => now() + 7_200_000);
  try {
    const findings = await examine();
    expect(findings.of('sign-in')).toMatchObject({
      status: 'fail',
      remedy: expect.stringMatching(/^First set the clock: this machine's clock is 2 h ahead of Microsoft's\.$/),
    });
    expect(findings.of('clock')?.status).toBe('fail');
  } finally {
    spy.mockRestore();
  }
});
