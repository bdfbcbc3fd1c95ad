import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { readOptions } from '../../lib/config/read-options.js';
import { graphTransportFromEnv, type GraphTransportError } from '../../lib/index.js';
import { makeCertificate } from '../sign-in/make-certificate.js';

const tenantId = '11111111-1111-4111-8111-111111111111';
const clientId = '22222222-2222-4222-8222-222222222222';
const clientSecret = 'Ab8Q~GEHEIM';
const app = { tenantId, clientId, clientSecret };
const read = (options: object, env: Record<string, string> = {}) => readOptions(options, env);

function refusalOf(act: () => unknown): GraphTransportError {
  try {
    act();
  } catch (error) {
    expect(error).toMatchObject({ code: 'ECONFIG', permanent: true });
    expect(inspect(error)).not.toContain('GEHEIM');
    return error as GraphTransportError;
  }
  throw new Error('nothing was refused');
}

describe('what stands where an id or a secret belongs is told as what it is', () => {
  test.each<[object, RegExp]>([
    ...['common', 'organizations', 'consumers', 'Common'].map((tenant): [object, RegExp] => [
      { tenantId: tenant },
      /"tenantId" is '\w+', which is no tenant/,
    ]),
    [{ tenantId: `"${tenantId}"` }, /"tenantId" is in quotes/],
    [{ tenantId: `'contoso.com'` }, /"tenantId" is in quotes/],
    [{ tenantId: `{${tenantId}}` }, /"tenantId" is in braces/],
    [{ tenantId: `\u200b${tenantId}` }, /"tenantId" has an invisible character/],
    [{ tenantId: 'contoso .com' }, /"tenantId" has a blank/],
    [{ tenantId: `https://login.microsoftonline.com/${tenantId}` }, /"tenantId" must be a tenant id or a domain/],
    [{ clientId: `"${clientId}"` }, /"clientId" is in quotes/],
    [{ clientId: `{${clientId}}` }, /"clientId" is in braces/],
    [{ clientId: `<${clientId}>` }, /"clientId" is in braces/],
    [{ clientId: `${clientId}\ufeff` }, /"clientId" has an invisible character/],
    [{ clientId: 'my app' }, /"clientId" has a blank/],
    [{ clientId: tenantId }, /"clientId" and "tenantId" are the same/],
    [{ clientSecret: `"${clientSecret}"` }, /"clientSecret" is in quotes/],
    [{ clientSecret: `'${clientSecret}'` }, /"clientSecret" is in quotes/],
    [{ clientSecret: `${clientSecret} # of the app` }, /"clientSecret" has a blank/],
    [{ clientSecret: `${clientSecret}#app` }, /"clientSecret" has a "#"/],
    [{ clientSecret: `Ab8Q~\u200bGEHEIM` }, /"clientSecret" has an invisible character/],
    [{ clientSecret: `${clientSecret}\u2060` }, /"clientSecret" has an invisible character/],
    [{ clientSecret: '0A1b2c3d-0000-4000-8000-000000000000' }, /"clientSecret" looks like a Secret ID; give the secret's Value/],
    [{ clientSecret: '\u200b' }, /"clientSecret" has an invisible character/],
  ])('%j', (wrong, message) => {
    expect(refusalOf(() => read({ ...app, ...wrong })).message).toMatch(message);
  });

  test.each([
    `"noreply@contoso.com"`,
    `'noreply@contoso.com'`,
    'No Reply <noreply@contoso.com>',
    '<noreply@contoso.com>',
    '{noreply@contoso.com}',
  ])('mailbox %s', (mailbox) => {
    expect(refusalOf(() => read({ ...app, mailbox })).message).toMatch(/"mailbox" must be a user principal name/);
  });

  test("an apostrophe inside is a part of the mailbox's name", () => {
    expect(read({ ...app, mailbox: "pat.o'neil@contoso.com" }).mailbox).toBe("pat.o'neil@contoso.com");
  });
});

describe('tls.ca', () => {
  const { certificate } = makeCertificate('authority');
  const { raw } = new X509Certificate(certificate);

  test.each<[string, unknown, RegExp]>([
    ['a path', '/etc/ssl/GEHEIM.pem', /looks like a path: give readFileSync/],
    ['a relative path', 'GEHEIM.crt', /looks like a path/],
    ['nothing', '', /must be the text of certificates/],
    ['other text', 'GEHEIM', /must be the text of certificates/],
    [
      'a certificate that cannot be read',
      '-----BEGIN CERTIFICATE-----\nGEHEIM\n-----END CERTIFICATE-----',
      /no certificate that can be read/,
    ],
    ['a private key', makeCertificate('app').privateKey, /no certificate that can be read/],
    ['an empty list', [], /nothing would be trusted/],
    ['a list with a path', [certificate, '/etc/ssl/ca.pem'], /looks like a path/],
    ['an empty Buffer', Buffer.alloc(0), /must be the text of certificates/],
    ['a number', 7, /PEM string, a Buffer or an array/],
  ])('%s is refused', (_, ca, message) => {
    expect(refusalOf(() => read({ ...app, tls: { ca } })).message).toMatch(message);
  });

  test('is taken as text, as bytes, with \\n written out, and as DER', () => {
    expect(read({ ...app, tls: { ca: certificate } }).ca).toBe(certificate);
    const plain = certificate.replaceAll('\r', '');
    expect(read({ ...app, tls: { ca: plain.replaceAll('\n', '\\n') } }).ca).toBe(plain);
    expect(read({ ...app, tls: { ca: [raw] } }).ca).toEqual([expect.stringContaining('BEGIN CERTIFICATE')]);
  });
});

test.each([
  ['host', /hosts follow from "cloud"/],
  ['port', /hosts follow from "cloud"/],
  ['secure', /hosts follow from "cloud"/],
  ['auth', /"mailbox" is the old auth\.user/],
  ['pool', /always kept/],
  ['requireTLS', /always TLS/],
  ['maxMessages', /always kept/],
  ['greetingTimeout', /"requestTimeout"/],
  ['dkim', /Exchange signs/],
  ['from', /second argument of createTransport/],
  ['sender', /it is "mailbox"/],
  ['certificatePath', /"clientCertificate"/],
  ['clientid', /did you mean "clientId"/],
  ['client_secret', /did you mean "clientSecret"/],
  ['colour', /unknown option "colour"\. See/],
])('the unknown option %s is told where it went', (name, message) => {
  expect(refusalOf(() => read({ ...app, [name]: 'GEHEIM' })).message).toMatch(message);
});

describe('the environment', () => {
  const env = { GRAPH_TENANT_ID: tenantId, GRAPH_CLIENT_ID: clientId, GRAPH_CLIENT_SECRET: clientSecret };

  test('names what a deployment sets', () => {
    const settings = read(
      {},
      {
        ...env,
        GRAPH_CLOUD: 'usgov',
        GRAPH_PROXY: 'proxy.contoso.com:8080',
        GRAPH_ON_LOSS: 'error',
        GRAPH_TENANT_FACTS: join(__dirname, 'facts.json'),
        GRAPH_CREDENTIAL_EXPIRES: '2027-01-31',
      },
    );
    expect(settings).toMatchObject({
      hosts: { graphEndpoint: 'https://graph.microsoft.us' },
      proxies: { always: { name: 'proxy.contoso.com:8080' } },
      onLoss: 'error',
      tenantFacts: { text: { mime: 'loss' } },
      secretExpires: new Date('2027-01-31'),
    });
    expect(read({}, { ...env, CREDENTIAL_EXPIRES: '2027-02-28' }).secretExpires).toEqual(new Date('2027-02-28'));
  });

  test('names the hosts of a sandbox', () => {
    const hosts = { GRAPH_ENDPOINT: 'http://127.0.0.1:8400', GRAPH_AUTHORITY_HOST: 'https://127.0.0.1:8401' };
    expect(read({}, { ...env, ...hosts }).hosts).toEqual({
      graphEndpoint: 'http://127.0.0.1:8400',
      authorityHost: 'https://127.0.0.1:8401',
    });
  });

  test('an option wins over it, hosts as one', () => {
    expect(read({ cloud: 'china' }, { ...env, GRAPH_CLOUD: 'usgov' }).hosts.graphEndpoint).toContain('chinacloudapi');
    const { hosts } = read({ cloud: 'china' }, { ...env, GRAPH_ENDPOINT: 'http://127.0.0.1:8400' });
    expect(hosts.graphEndpoint).toContain('chinacloudapi');
    expect(read({ onLoss: 'warn' }, { ...env, GRAPH_ON_LOSS: 'error' }).onLoss).toBe('warn');
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ GRAPH_CLOUD: 'mars' }, /GRAPH_CLOUD must be one of 'global'/],
    [{ GRAPH_ON_LOSS: 'cry' }, /GRAPH_ON_LOSS must be one of 'warn', 'error', 'ignore'/],
    [{ GRAPH_PROXY: 'socks5://user:GEHEIM@proxy' }, /GRAPH_PROXY must be the URL of an http or https proxy/],
    [{ GRAPH_CREDENTIAL_EXPIRES: 'soon' }, /GRAPH_CREDENTIAL_EXPIRES must be a date/],
    [{ CREDENTIAL_EXPIRES: 'soon' }, /variable CREDENTIAL_EXPIRES must be a date/],
    [{ GRAPH_CLOUD: 'global', GRAPH_ENDPOINT: 'http://127.0.0.1:1' }, /either GRAPH_CLOUD or GRAPH_ENDPOINT/],
  ])('%j is refused, by its name', (wrong, message) => {
    expect(refusalOf(() => read({}, { ...env, ...wrong })).message).toMatch(message);
  });

  test('with another prefix, and another name for the sender', () => {
    const mine = {
      APPLICATION_MAIL_TENANT_ID: tenantId,
      APPLICATION_MAIL_CLIENT_ID: clientId,
      APPLICATION_MAIL_CLIENT_SECRET: clientSecret,
      APPLICATION_MAIL_CLOUD: 'china',
      MAIL_FROM: 'The shop <noreply@contoso.com>',
    };
    graphTransportFromEnv({ prefix: 'APPLICATION_MAIL_', sender: 'MAIL_FROM', env: mine }).close();
    const wrong = { ...mine, MAIL_FROM: 'not a mailbox' };
    expect(refusalOf(() => graphTransportFromEnv({ prefix: 'APPLICATION_MAIL_', sender: 'MAIL_FROM', env: wrong })).message).toMatch(
      /"mailbox"/,
    );
  });
});

test.each([
  ['bleu', 'https://graph.svc.sovcloud.fr', 'https://login.sovcloud-identity.fr'],
  ['delos', 'https://graph.svc.sovcloud.de', 'https://login.sovcloud-identity.de'],
])('the cloud %s', (cloud, graphEndpoint, authorityHost) => {
  // asked itself, and not Microsoft's global service about it
  expect(read({ ...app, cloud })).toMatchObject({ hosts: { graphEndpoint, authorityHost }, wellKnownAuthority: false });
});
