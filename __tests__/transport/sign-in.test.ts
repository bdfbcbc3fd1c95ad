import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientSecretCredential } from '@azure/identity';
import nodemailer from 'nodemailer';
import { graphTransport, type GraphTransport } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { makeCertificate } from '../sign-in/make-certificate.js';

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', text: 'Hello' };
const clientId = '00000000-0000-4000-8000-000000000001';
const registered = makeCertificate('app');
const foreign = makeCertificate('app');

let sandbox: Sandbox;
const open: GraphTransport[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ apps: [{ clientId, clientSecret: 'the-secret', certificates: [registered.certificate] }] });
});
afterEach(() => {
  for (const transport of open.splice(0)) transport.close({ force: true });
  sandbox.clear();
});
afterAll(() => sandbox.close());

function create(signIn: object): GraphTransport {
  const { graphEndpoint, authorityHost, tls, mailbox } = sandbox.options;
  const transport = graphTransport({ ...signIn, graphEndpoint, authorityHost, tls, mailbox });
  open.push(transport);
  return transport;
}

test('signs in with a certificate given as PEM', async () => {
  const certificate = registered.certificate + registered.privateKey;
  await nodemailer.createTransport(create({ tenantId: sandbox.tenantId, clientId, clientCertificate: { certificate } })).sendMail(mail);
  expect(sandbox.messages).toHaveLength(1);
});

test('signs in with a certificate in a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const file = join(folder, 'app.pem');
  writeFileSync(file, registered.certificate + registered.privateKey);
  try {
    for (const clientCertificate of [file, { certificatePath: file }]) {
      await expect(create({ tenantId: sandbox.tenantId, clientId, clientCertificate }).verify()).resolves.toBe(true);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('explains a certificate that is not registered', async () => {
  const certificate = foreign.certificate + foreign.privateKey;
  await expect(create({ tenantId: sandbox.tenantId, clientId, clientCertificate: { certificate } }).verify()).rejects.toMatchObject({
    code: 'EAUTH',
    graphCode: 'AADSTS700027',
    hint: expect.stringContaining('Certificates & secrets'),
  });
});

test('explains a certificate file that is not there', async () => {
  await expect(create({ tenantId: sandbox.tenantId, clientId, clientCertificate: '/nowhere/app.pem' }).verify()).rejects.toMatchObject({
    code: 'ECONFIG',
    permanent: true,
    message: expect.stringMatching(/app\.pem is not there/),
  });
});

test('takes any credential of @azure/identity', async () => {
  const { authorityHost, ca, tenantId } = sandbox;
  const credential = new ClientSecretCredential(tenantId, clientId, 'the-secret', {
    authorityHost,
    disableInstanceDiscovery: true,
    tlsOptions: { ca },
  });
  const { graphEndpoint, tls, mailbox } = sandbox.options;
  const transport = graphTransport({ credential, graphEndpoint, tls, mailbox });
  open.push(transport);
  await nodemailer.createTransport(transport).sendMail(mail);
  expect(sandbox.messages).toHaveLength(1);
});

test('sends as the signed-in user with a delegated token', async () => {
  const token = sandbox.issueToken({ roles: undefined, scp: 'Mail.Send', upn: 'noreply@contoso.com' });
  const credential = { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const { graphEndpoint, tls } = sandbox.options;
  const transport = graphTransport({ credential, graphEndpoint, tls, mailbox: 'me' });
  open.push(transport);
  await nodemailer.createTransport(transport).sendMail(mail);
  expect(sandbox.requests.at(-1)?.path).toBe('/v1.0/me/sendMail');
  expect(sandbox.messages[0]?.mailbox).toBe('noreply@contoso.com');
});

test('explains a credential that fails in its own way', async () => {
  const credential = { getToken: () => Promise.reject(new Error('the managed identity is not available')) };
  const transport = graphTransport({ credential, mailbox: 'noreply@contoso.com' });
  open.push(transport);
  await expect(transport.verify()).rejects.toMatchObject({
    code: 'EAUTH',
    message: expect.stringContaining('the managed identity is not available'),
  });
});

test('explains a sign-in service whose certificate is not trusted', async () => {
  const { tls: _tls, ...options } = sandbox.options;
  const transport = graphTransport({ ...options, clientId, clientSecret: 'the-secret' });
  open.push(transport);
  await expect(transport.verify()).rejects.toMatchObject({ code: 'ECONNECTION', hint: expect.stringContaining('tls.ca') });
});
