import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import forge from 'node-forge';
import { graphTransport, type GraphTransport } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { sample } from '../support/sample.js';
import { makeCertificate } from './make-certificate.js';

const clientId = '00000000-0000-4000-8000-000000000001';
const PASSWORD = 'GEHEIM';
const own = makeCertificate('app');
const other = makeCertificate('other');
const pair = own.certificate + own.privateKey;
const key = createPrivateKey(own.privateKey);
const locked = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSWORD }) as string;
const lockedAsBefore = key.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: PASSWORD }) as string;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const base64 = (content: string | Buffer) => Buffer.from(content).toString('base64');
const certificateDer = new X509Certificate(own.certificate).raw;
const keyDer = key.export({ type: 'pkcs8', format: 'der' });

function pfx(password: string, privateKey = own.privateKey, certificate = own.certificate): Buffer {
  const { pki, pkcs12, asn1 } = forge;
  const made = pkcs12.toPkcs12Asn1(pki.privateKeyFromPem(privateKey), [pki.certificateFromPem(certificate)], password, {
    algorithm: 'aes256',
  });
  return Buffer.from(asn1.toDer(made).getBytes(), 'binary');
}

const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
let count = 0;
function file(content: string | Buffer, ending = ''): string {
  const path = join(folder, `${++count}${ending}`);
  writeFileSync(path, content);
  return path;
}

let sandbox: Sandbox;
const open: GraphTransport[] = [];
beforeAll(async () => {
  sandbox = await startSandbox({ apps: [{ clientId, certificates: [own.certificate] }] });
});
afterEach(() => {
  for (const transport of open.splice(0)) transport.close({ force: true });
  sandbox.clear();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

function verify(clientCertificate: unknown): Promise<true> {
  const { graphEndpoint, authorityHost, tls, tenantId } = sandbox.options;
  const transport = graphTransport({ graphEndpoint, authorityHost, tls, tenantId, clientId, clientCertificate } as never);
  open.push(transport);
  return transport.verify();
}

/** A row that is too short would get jest's `done` in place of the password. */
const padded = (rows: [string, string | Buffer, string?][]) =>
  rows.map(([name, content, password]) => [name, content, { password }] as const);

describe('is used', () => {
  const forms: [string, string | Buffer, string?][] = [
    ['PEM', pair],
    ['PEM, key first', own.privateKey + own.certificate],
    ['PEM with Windows lines', pair.replaceAll('\n', '\r\n')],
    ['PEM with \\n written out', pair.replaceAll('\n', '\\n')],
    ['PEM with \\r\\n written out', pair.replaceAll('\n', '\\r\\n')],
    ['PEM in one line', pair.replaceAll('\n', ' ')],
    ['PEM in quotes', `"${pair.trim()}"`],
    ['PEM with a byte order mark', `\uFEFF${pair}`],
    ['PEM with what openssl writes around it', `Bag Attributes\n    localKeyID: 01\nsubject=CN = app\n${pair}`],
    ['PEM of a chain, its own certificate last', other.certificate + pair],
    ['PEM with another key before its own', other.privateKey + pair],
    ['PEM with a PKCS #1 key', own.certificate + (key.export({ type: 'pkcs1', format: 'pem' }) as string)],
    ['base64 of PEM', base64(pair)],
    ['base64 of PEM in lines', base64(pair).replaceAll(/.{76}/g, '$&\n')],
    ['.pfx', pfx('')],
    ['base64 of .pfx', base64(pfx(''))],
    ['PEM with a locked key', own.certificate + locked, PASSWORD],
    ['PEM with a key locked as before', own.certificate + lockedAsBefore, PASSWORD],
    ['.pfx with a password', pfx(PASSWORD), PASSWORD],
    ['base64 of .pfx with a password', base64(pfx(PASSWORD)), PASSWORD],
    ['PEM and a password nobody needs', pair, PASSWORD],
  ];

  test.each(sample(padded(forms), { count: 4 }))('%s, as content', async (_, certificate, { password: certificatePassword }) => {
    await expect(verify({ certificate, certificatePassword })).resolves.toBe(true);
    if (certificatePassword === undefined) await expect(verify(certificate)).resolves.toBe(true);
  });

  test.each(sample(padded(forms), { count: 3 }))(
    '%s, in a file, whatever its ending',
    async (_, content, { password: certificatePassword }) => {
      for (const ending of ['.bin']) {
        await expect(verify({ certificatePath: file(content, ending), certificatePassword })).resolves.toBe(true);
      }
    },
  );
});

describe('is ECONFIG, permanent, and says what it is and what it needs', () => {
  const cases: [string, string | Buffer, RegExp, string?][] = [
    ['a key alone', own.privateKey, /a private key and no certificate; give certificate and RSA private key together/],
    ['a certificate alone', own.certificate, /a certificate and no private key; give certificate and RSA private key together/],
    ['a key alone as DER', keyDer, /a private key and no certificate; give/],
    ['a certificate alone as DER', certificateDer, /a certificate and no private key; give/],
    ['base64 of a certificate', base64(certificateDer), /a certificate and no private key; give/],
    ['a request', own.certificate.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'), /has a certificate request; give/],
    ['key and certificate of two pairs', own.certificate + other.privateKey, /does not belong to its certificate: they are of two pairs/],
    ['a .pfx of two pairs', pfx('', other.privateKey), /does not belong to its certificate: they are of two pairs/],
    ['an EC key', own.certificate + ec, /is an EC key; Entra's sign-in takes RSA only/],
    ['a locked key without a password', own.certificate + locked, /protected by a password; give "certificatePassword"/],
    ['a locked key with a wrong password', own.certificate + locked, /password of .* \("certificatePassword"\) is wrong/, 'GEHEIM2'],
    ['an old locked key with a wrong password', own.certificate + lockedAsBefore, /\("certificatePassword"\) is wrong/, 'GEHEIM2'],
    ['a .pfx without its password', pfx(PASSWORD), /protected by a password; give "certificatePassword"/],
    ['a .pfx with a wrong password', pfx(PASSWORD), /\("certificatePassword"\) is wrong/, 'GEHEIM2'],
    ['a PEM that breaks off', pair.slice(0, 400), /has the beginning of a PEM and no whole one/],
    ['a certificate that is garbled', pair.replace(/MII[^\n]*\n/, 'MIIGEHEIM\n'), /certificate of .* cannot be read/],
    ['something else', 'GEHEIM, but no certificate', /neither a PEM nor a \.pfx/],
  ];

  async function refusalOf(clientCertificate: unknown): Promise<Error> {
    try {
      await verify(clientCertificate);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ECONFIG', permanent: true, ambiguous: false });
      expect(inspect(error)).not.toMatch(/GEHEIM|PRIVATE KEY-|MII/);
      return error as Error;
    }
    throw new Error('it was used');
  }

  test.each(cases.map(([name, content, message, password]) => [name, content, message, { password }] as const))(
    '%s',
    async (_, content, message, { password: certificatePassword }) => {
      expect((await refusalOf({ certificate: content, certificatePassword })).message).toMatch(message);
      const certificatePath = file(content);
      const { message: text } = await refusalOf({ certificatePath, certificatePassword });
      expect(text).toMatch(message);
      expect(text).toContain(certificatePath);
      expect(sandbox.requests).toEqual([]);
    },
  );

  test('a PEM given as text is refused at creation', () => {
    expect(() => verify({ certificate: own.certificate })).toThrow(expect.objectContaining({ code: 'ECONFIG' }));
    expect(() => verify(own.privateKey)).toThrow(expect.objectContaining({ code: 'ECONFIG' }));
  });

  test('one that has expired, with the day', async () => {
    const expired = makeCertificate('app', new Date('2025-03-04T05:06:07Z'));
    const content = expired.certificate + expired.privateKey;
    const packed = pfx(PASSWORD, expired.privateKey, expired.certificate);
    for (const given of [
      { certificate: content },
      { certificatePath: file(content) },
      { certificate: packed, certificatePassword: PASSWORD },
      { certificatePath: file(packed, '.pfx'), certificatePassword: PASSWORD },
    ]) {
      expect((await refusalOf(given)).message).toMatch(/expired on 2025-03-04; make a new one/);
    }
    expect(sandbox.requests).toEqual([]);
  });

  test('a missing file, a directory, an empty file', async () => {
    expect((await refusalOf('/nowhere/app.pem')).message).toMatch(/\/nowhere\/app\.pem is not there/);
    const directory = join(folder, 'directory.pem');
    mkdirSync(directory);
    expect((await refusalOf({ certificatePath: directory })).message).toMatch(/directory\.pem is a directory/);
    expect((await refusalOf(file(''))).message).toMatch(/is empty/);
    const closed = file(pair);
    chmodSync(closed, 0);
    // root may read everything
    if (process.getuid?.() !== 0) expect((await refusalOf(closed)).message).toMatch(/may not be read/);
  });

  test('a path where the content belongs', async () => {
    expect((await refusalOf({ certificate: '/etc/app.pem' })).message).toMatch(/"certificate" is the content.*neither a PEM nor/);
  });

  test.each([
    7,
    true,
    null,
    '',
    '  ',
    {},
    { certificatePath: '' },
    { certificatePath: 'a', certificate: 'b' },
    { certificatePath: 'a', certificatePassword: 7 },
  ])('%j', async (value) => {
    expect((await refusalOf(value)).message).toContain('"clientCertificate');
  });
});
