import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { ClientCertificateCredential, ClientSecretCredential } from '@azure/identity';
import jwt from 'jsonwebtoken';
import forge from 'node-forge';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { createClient, type Client, type Reply } from './client.js';

function makeCertificate(validTo: Date) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey.export({ type: 'spki', format: 'pem' }) as string);
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - 10 * 86_400_000);
  certificate.validity.notAfter = validTo;
  certificate.sign(forge.pki.privateKeyFromPem(key), forge.md.sha256.create());
  return { key, pem: forge.pki.certificateToPem(certificate) };
}

const tenantId = '0f5a8f9e-7a44-4d4c-9a27-3d8c8d1a9b10';
const secretApp = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c01', clientSecret: 'good secret+/=' };
const expiredApp = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c02', clientSecret: 'old', secretExpires: new Date(Date.now() - 1000) };
const current = makeCertificate(new Date(Date.now() + 86_400_000));
const outdated = makeCertificate(new Date(Date.now() - 86_400_000));
const stranger = makeCertificate(new Date(Date.now() + 86_400_000));
const certificateApp = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c03', certificates: [current.pem, outdated.pem] };
const powerlessApp = { clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c04', clientSecret: 'x', roles: [] };

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  sandbox = await startSandbox({ tenantId, apps: [secretApp, expiredApp, certificateApp, powerlessApp] });
  client = createClient(sandbox);
});

afterAll(async () => {
  await client.close();
  await sandbox.close();
});

const scope = () => `${sandbox.graphEndpoint}/.default`;
const settings = () => ({
  authorityHost: sandbox.authorityHost,
  disableInstanceDiscovery: true,
  tlsOptions: { ca: sandbox.ca },
  retryOptions: { maxRetries: 0 },
});

/** Posts a token request; a field replaced by undefined is left out. */
function requestToken(replaced: Record<string, string | undefined> = {}, tenant = tenantId) {
  const fields = {
    grant_type: 'client_credentials',
    client_id: secretApp.clientId,
    client_secret: secretApp.clientSecret,
    scope: scope(),
    ...replaced,
  };
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
  return client.send(`${sandbox.authorityHost}/${tenant}/oauth2/v2.0/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(given).toString(),
    token: '',
  });
}

function sign(certificate: { key: string; pem: string }, claims: object = {}, header: 'x5t' | 'x5t#S256' = 'x5t#S256') {
  const now = Math.floor(Date.now() / 1000);
  const { clientId } = certificateApp;
  const hash = createHash(header === 'x5t' ? 'sha1' : 'sha256')
    .update(new X509Certificate(certificate.pem).raw)
    .digest('base64url');
  return jwt.sign(
    {
      aud: `${sandbox.authorityHost}/${tenantId}/oauth2/v2.0/token`,
      iss: clientId,
      sub: clientId,
      jti: 'a',
      nbf: now,
      exp: now + 300,
      ...claims,
    },
    certificate.key,
    { algorithm: 'RS256', header: { alg: 'RS256', [header]: hash } },
  );
}

const assertion = (value: string) => ({
  client_id: certificateApp.clientId,
  client_secret: undefined,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: value,
});

describe('the real @azure/identity', () => {
  it('gets a token with a secret that Graph takes', async () => {
    const credential = new ClientSecretCredential(tenantId, secretApp.clientId, secretApp.clientSecret, settings());
    const { token, expiresOnTimestamp } = await credential.getToken(scope());
    expect(jwt.decode(token)).toMatchObject({
      aud: sandbox.graphEndpoint,
      iss: `https://sts.windows.net/${tenantId}/`,
      tid: tenantId,
      appid: secretApp.clientId,
      roles: ['Mail.Send', 'Mail.ReadWrite'],
      nbf: expect.any(Number),
      iat: expect.any(Number),
    });
    expect(expiresOnTimestamp).toBeGreaterThan(Date.now());
    const reply = await client.sendMail({ toRecipients: [{ emailAddress: { address: 'reader@example.com' } }] }, { token });
    expect(reply.status).toBe(202);
  });

  it('gets a token with a certificate', async () => {
    const credential = new ClientCertificateCredential(
      tenantId,
      certificateApp.clientId,
      { certificate: current.pem + current.key },
      settings(),
    );
    const { token } = await credential.getToken(scope());
    expect(jwt.decode(token)).toMatchObject({ appid: certificateApp.clientId });
  });

  it('gets a token by the domain of the tenant', async () => {
    const credential = new ClientSecretCredential('contoso.com', secretApp.clientId, secretApp.clientSecret, settings());
    await expect(credential.getToken(scope())).resolves.toHaveProperty('token');
  });

  it.each([
    ['a wrong secret', tenantId, secretApp.clientId, /AADSTS7000215/],
    ['a wrong tenant', '11111111-2222-4333-8444-555555555555', secretApp.clientId, /AADSTS90002/],
    ['an unknown app', tenantId, '11111111-2222-4333-8444-555555555555', /AADSTS700016/],
  ])('reports %s', async (_, tenant, clientId, error) => {
    const credential = new ClientSecretCredential(tenant, clientId, 'bad', settings());
    await expect(credential.getToken(scope())).rejects.toThrow(error);
  });

  it('reports a certificate that was never registered', async () => {
    const credential = new ClientCertificateCredential(
      tenantId,
      certificateApp.clientId,
      { certificate: stranger.pem + stranger.key },
      settings(),
    );
    await expect(credential.getToken(scope())).rejects.toThrow(/AADSTS700027/);
  });
});

describe('the token endpoint', () => {
  it('answers a good request in the documented form', async () => {
    const { status, body, headers } = await requestToken();
    expect(status).toBe(200);
    expect(body).toEqual({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: expect.any(String) });
    expect(headers['cache-control']).toContain('no-store');
  });

  it('gives an app without permissions a token without roles', async () => {
    const { body } = await requestToken({ client_id: powerlessApp.clientId, client_secret: powerlessApp.clientSecret });
    expect(jwt.decode(body.access_token)).not.toHaveProperty('roles');
  });

  it('words an error as Entra does', async () => {
    const { status, body } = await requestToken({ client_secret: 'bad' });
    expect(status).toBe(401);
    expect(body).toEqual({
      error: 'invalid_client',
      error_description: expect.stringMatching(
        /^AADSTS7000215: Invalid client secret provided\. .* added to app '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c01'\. Trace ID: \S+ Correlation ID: \S+ Timestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/,
      ),
      error_codes: [7000215],
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
      trace_id: expect.any(String),
      correlation_id: expect.any(String),
      error_uri: `${sandbox.authorityHost}/error?code=7000215`,
    });
  });

  it.each<[string, number, number, string, () => Promise<Reply>]>([
    ['an expired secret', 7000222, 401, 'invalid_client', () => requestToken({ client_id: expiredApp.clientId, client_secret: 'old' })],
    ['no credential', 7000218, 401, 'invalid_client', () => requestToken({ client_secret: undefined })],
    ['an unknown app', 700016, 400, 'unauthorized_client', () => requestToken({ client_id: 'nobody' })],
    ['an unknown tenant', 90002, 400, 'invalid_request', () => requestToken({}, 'fabrikam.com')],
    ['a tenant that is no name', 900023, 400, 'invalid_request', () => requestToken({}, 'not_a_tenant')],
    ['no grant type', 900144, 400, 'invalid_request', () => requestToken({ grant_type: undefined })],
    ['no app', 900144, 400, 'invalid_request', () => requestToken({ client_id: undefined })],
    ['no scope', 900144, 400, 'invalid_request', () => requestToken({ scope: undefined })],
    ['another grant', 70003, 400, 'unsupported_grant_type', () => requestToken({ grant_type: 'magic' })],
    ['a delegated scope', 1002012, 400, 'invalid_scope', () => requestToken({ scope: 'https://graph.microsoft.com/Mail.Send' })],
    ['two scopes', 70011, 400, 'invalid_scope', () => requestToken({ scope: `${scope()} https://outlook.office.com/.default` })],
    ['a resource nobody has', 500011, 400, 'invalid_resource', () => requestToken({ scope: 'https://nothing.example.com/.default' })],
    ['a garbled assertion', 50027, 401, 'invalid_client', () => requestToken(assertion('nonsense'))],
    ['an unregistered certificate', 700027, 401, 'invalid_client', () => requestToken(assertion(sign(stranger)))],
    ['an expired certificate', 700027, 401, 'invalid_client', () => requestToken(assertion(sign(outdated)))],
    [
      'an assertion for somebody else',
      700023,
      401,
      'invalid_client',
      () => requestToken(assertion(sign(current, { aud: 'https://login.example.com' }))),
    ],
    ['an expired assertion', 700024, 401, 'invalid_client', () => requestToken(assertion(sign(current, { nbf: 1, exp: 2 })))],
    [
      'an assertion of another app',
      700021,
      401,
      'invalid_client',
      () => requestToken(assertion(sign(current, { iss: secretApp.clientId }))),
    ],
  ])('refuses %s', async (_, number, status, error, ask) => {
    const reply = await ask();
    expect(reply).toMatchObject({ status, body: { error, error_codes: [number] } });
    expect(reply.body.error_description).toContain(`AADSTS${number}: `);
  });

  it('refuses an assertion signed with another key than the certificate it names', async () => {
    const forged = sign({ key: stranger.key, pem: current.pem });
    expect(await requestToken(assertion(forged))).toMatchObject({ status: 401, body: { error_codes: [700027] } });
  });

  it.each(['x5t', 'x5t#S256'] as const)('takes an assertion whose certificate is named by %s', async (header) => {
    expect(await requestToken(assertion(sign(current, {}, header)))).toMatchObject({ status: 200 });
  });

  it('never records a secret, an assertion or a token', async () => {
    sandbox.clear();
    const signed = sign(current);
    const { body } = await requestToken(assertion(signed));
    await requestToken();
    await client.sendMail({}, { token: body.access_token });
    const recorded = JSON.stringify(sandbox.requests);
    expect(
      sandbox.requests.map(({ operation, body: posted }) => [operation, Object(posted).client_secret, Object(posted).client_assertion]),
    ).toEqual([
      ['token', undefined, '[redacted]'],
      ['token', '[redacted]', undefined],
      ['sendMail', undefined, undefined],
    ]);
    expect(sandbox.requests[2]?.headers.authorization).toBe('[redacted]');
    for (const secret of [signed, body.access_token, secretApp.clientSecret]) expect(recorded).not.toContain(secret);
  });
});
