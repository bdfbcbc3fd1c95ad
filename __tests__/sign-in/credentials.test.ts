import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultAzureCredential, ManagedIdentityCredential, WorkloadIdentityCredential, type TokenCredential } from '@azure/identity';
import forge from 'node-forge';
import jwt from 'jsonwebtoken';
import nodemailer from 'nodemailer';
import { graphTransport, type GraphTransport, type GraphTransportOptions } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { withEnvironment } from '../config/with-environment.js';
import { makeCertificate } from './make-certificate.js';

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', text: 'Hello' };
const clientId = '00000000-0000-4000-8000-000000000001';
const clientSecret = 'a~secret';
const own = makeCertificate('app');
const chain = makeCertificate('issuer');

const folder = mkdtempSync(join(tmpdir(), 'sign-in-'));
let sandbox: Sandbox;
let tenantId: string;
const open: GraphTransport[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ apps: [{ clientId, clientSecret, certificates: [own.certificate] }] });
  ({ tenantId } = sandbox);
});
afterEach(() => {
  for (const transport of open.splice(0)) transport.close({ force: true });
  for (const server of servers.splice(0)) server.close();
  sandbox.clear();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

function create(signIn: object): GraphTransport {
  const { graphEndpoint, authorityHost, tls, mailbox } = sandbox.options;
  const transport = graphTransport({ graphEndpoint, authorityHost, tls, mailbox, ...signIn });
  open.push(transport);
  return transport;
}

async function send(credential: TokenCredential): Promise<void> {
  await nodemailer.createTransport(create({ credential })).sendMail(mail);
  expect(sandbox.messages.map(({ subject }) => subject)).toEqual(['Hello']);
}

const azureOptions = () => ({ authorityHost: sandbox.authorityHost, disableInstanceDiscovery: true, tlsOptions: { ca: sandbox.ca } });

describe('credentials of @azure/identity', () => {
  test('a managed identity', async () => {
    const asked: string[] = [];
    const endpoint = createServer((request, response) => {
      asked.push(`${request.headers['x-identity-header'] as string} ${request.url}`);
      response.setHeader('content-type', 'application/json');
      const expires = Math.floor(Date.now() / 1000) + 3600;
      response.end(JSON.stringify({ access_token: sandbox.issueToken(), expires_on: String(expires), token_type: 'Bearer' }));
    });
    servers.push(endpoint);
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    // as an App Service tells its apps
    const identity = {
      IDENTITY_ENDPOINT: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/msi/token`,
      IDENTITY_HEADER: 'header',
    };
    await withEnvironment(identity, () => send(new ManagedIdentityCredential()));
    expect(asked).toHaveLength(1);
    expect(decodeURIComponent(asked[0] ?? '')).toMatch(new RegExp(`^header /msi/token\\?.*resource=${sandbox.graphEndpoint}`));
  });

  test('a workload identity', async () => {
    const tokenFilePath = join(folder, 'federated-token');
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      aud: `${sandbox.authorityHost}/${tenantId}/oauth2/v2.0/token`,
      iss: clientId,
      sub: clientId,
      nbf: now,
      exp: now + 600,
    };
    const thumbprint = forge.md.sha1
      .create()
      .update(forge.pem.decode(own.certificate)[0]?.body ?? '')
      .digest()
      .bytes();
    const x5t = Buffer.from(thumbprint, 'binary').toString('base64url');
    writeFileSync(tokenFilePath, jwt.sign(claims, own.privateKey, { algorithm: 'RS256', header: { alg: 'RS256', x5t } }));
    await send(new WorkloadIdentityCredential({ tenantId, clientId, tokenFilePath, ...azureOptions() }));
  });

  test('DefaultAzureCredential', async () => {
    const env = { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: clientSecret };
    await withEnvironment(env, () => send(new DefaultAzureCredential(azureOptions())));
  });

  test('a failing one is explained, with what it said', async () => {
    const credential = new WorkloadIdentityCredential({ tenantId, clientId, tokenFilePath: join(folder, 'none'), ...azureOptions() });
    await expect(create({ credential }).verify()).rejects.toMatchObject({ code: 'EAUTH', message: expect.stringContaining('ENOENT') });
  });
});

describe('a .pfx file', () => {
  const write = (name: string, password: string, certificates = [own.certificate], options: object = { algorithm: 'aes256' }) => {
    const key = forge.pki.privateKeyFromPem(own.privateKey);
    const asn1 = forge.pkcs12.toPkcs12Asn1(
      key,
      certificates.map((pem) => forge.pki.certificateFromPem(pem)),
      password,
      options,
    );
    const path = join(folder, name);
    writeFileSync(path, forge.asn1.toDer(asn1).getBytes(), 'binary');
    return path;
  };

  test.each([
    ['with a password', 'app.pfx', 'open sesame', {}],
    ['without one', 'plain.p12', '', {}],
    ['as older tools write it', 'old.PFX', 'open', { algorithm: '3des' }],
  ])('signs in %s', async (_, name, certificatePassword, options) => {
    const certificatePath = write(name, certificatePassword, [own.certificate], options);
    const clientCertificate = certificatePassword ? { certificatePath, certificatePassword } : certificatePath;
    await expect(create({ tenantId, clientId, clientCertificate }).verify()).resolves.toBe(true);
  });

  test('signs in with its own certificate, wherever that stands in the file', async () => {
    const clientCertificate = write('chain.pfx', '', [chain.certificate, own.certificate]);
    await expect(create({ tenantId, clientId, clientCertificate }).verify()).resolves.toBe(true);
  });

  test('with a wrong password says so, and not which', async () => {
    const clientCertificate = { certificatePath: write('locked.pfx', 'right'), certificatePassword: 'GEHEIM' };
    const error: unknown = await create({ tenantId, clientId, clientCertificate })
      .verify()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ECONFIG', permanent: true, message: expect.stringContaining('certificatePassword') });
    const { message, stack, ...rest } = error as Error;
    expect(JSON.stringify([message, stack, rest])).not.toContain('GEHEIM');
  });

  test('that is a PEM by its content is read as one', async () => {
    const clientCertificate = join(folder, 'text.pfx');
    writeFileSync(clientCertificate, own.certificate + own.privateKey);
    await expect(create({ tenantId, clientId, clientCertificate }).verify()).resolves.toBe(true);
  });

  test('that is none says how to convert one', async () => {
    const clientCertificate = join(folder, 'none.pfx');
    writeFileSync(clientCertificate, 'something else');
    await expect(create({ tenantId, clientId, clientCertificate }).verify()).rejects.toMatchObject({
      code: 'ECONFIG',
      message: expect.stringContaining('openssl pkcs12'),
    });
  });

  test('that is not there is named', async () => {
    await expect(create({ tenantId, clientId, clientCertificate: '/nowhere/app.pfx' }).verify()).rejects.toMatchObject({
      code: 'ECONFIG',
      permanent: true,
      message: expect.stringContaining('/nowhere/app.pfx is not there'),
    });
  });
});

describe('ways to sign in exclude each other', () => {
  const credential: TokenCredential = { getToken: () => Promise.resolve(null) };
  const app = { tenantId, clientId };

  test('at run time', () => {
    const two: [object, RegExp][] = [
      [{ ...app, clientSecret, clientCertificate: 'app.pem' }, /only one of "clientSecret" and "clientCertificate"/],
      [{ ...app, clientSecret, credential }, /only one of "clientSecret" and "credential"/],
      [{ credential, clientId }, /"clientId" does not go with "credential"/],
      [{ credential, tenantId: 'contoso.com' }, /"tenantId" does not go with "credential"/],
      [{ credential: {} }, /must be a TokenCredential/],
      [{ tenantId: 'contoso.com', clientId }, /one of "clientSecret", "clientCertificate" or "credential" is missing/],
      [{ tenantId: 'contoso.com', clientSecret }, /"clientId" is missing/],
      [{ clientId, clientSecret }, /"tenantId" is missing/],
      [{ tenantId: 'contoso.com', clientId, clientCertificate: {} }, /"clientCertificate" must be/],
      [{ tenantId: 'contoso.com', clientId, clientSecret, mailbox: 'me' }, /'me'" needs a "credential"/],
      [
        { tenantId: 'contoso.com', clientId, clientSecret: `GEHEIM\nGEHEIM` },
        /"clientSecret" must be a string: the client secret's Value\./,
      ],
      [{ tenantId: 'GEHEIM~x', clientId, clientSecret }, /"tenantId" must be a tenant id or a domain such as contoso.com\./],
    ];
    for (const [options, text] of two) {
      let thrown: unknown;
      try {
        graphTransport(options);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({ code: 'ECONFIG', message: expect.stringMatching(text) });
      expect((thrown as Error).message).not.toMatch(/GEHEIM|a~secret/);
    }
  });

  // checked by tsc: an expectation that is not met is an error there
  test('in the types', () => {
    const app = { tenantId: 'contoso.com', clientId };
    const good: GraphTransportOptions[] = [
      { ...app, clientSecret },
      { ...app, clientCertificate: 'app.pem' },
      { ...app, clientCertificate: { certificatePath: 'app.pfx', certificatePassword: 'open' } },
      { ...app, clientCertificate: { certificate: own.certificate + own.privateKey } },
      { credential, mailbox: 'me' },
    ];
    for (const options of good) graphTransport(options).close();
    const bad: GraphTransportOptions[] = [
      // @ts-expect-error -- two ways to sign in
      { ...app, clientSecret, clientCertificate: 'app.pem' },
      // @ts-expect-error -- two ways to sign in
      { credential, clientSecret },
      // @ts-expect-error -- the credential brings its own
      { credential, tenantId: 'contoso.com' },
      // @ts-expect-error -- no way to sign in
      { ...app },
      // @ts-expect-error -- no app
      { tenantId: 'contoso.com', clientSecret },
    ];
    for (const options of bad) expect(() => graphTransport(options)).toThrow(expect.objectContaining({ code: 'ECONFIG' }));
  });
});
