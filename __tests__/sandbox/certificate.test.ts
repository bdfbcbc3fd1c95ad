import { X509Certificate, createPublicKey } from 'node:crypto';
import { connect } from 'node:tls';
import { createIdentity } from '../../lib/sandbox/certificate.js';
import { integer, objectId, time } from '../../lib/sandbox/der.js';
import { startSandbox } from '../../lib/sandbox/index.js';
import { createClient, message } from './client.js';

test('the certificate is its own CA, for a year, with the key beside it', async () => {
  const { certificate, privateKey } = await createIdentity('127.0.0.1');
  const parsed = new X509Certificate(certificate);
  expect(parsed.ca).toBe(true);
  expect(parsed.checkIssued(parsed)).toBe(true);
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(parsed.publicKey.equals(createPublicKey(privateKey))).toBe(true);
  expect(parsed.subject).toBe('CN=nodemailer-graph-transport sandbox');
  expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  const days = (Date.parse(parsed.validTo) - Date.now()) / 86_400_000;
  expect(Math.round(days)).toBe(365);
  expect(Date.parse(parsed.validFrom)).toBeLessThan(Date.now());
});

test.each([
  ['0.0.0.0', 'IP Address:0.0.0.0'],
  ['::1', 'IP Address:0:0:0:0:0:0:0:1'],
  ['::', 'IP Address:0:0:0:0:0:0:0:0'],
  ['2001:db8::5:0:1', 'IP Address:2001:DB8:0:0:0:5:0:1'],
  ['1:2:3:4:5:6:7:8', 'IP Address:1:2:3:4:5:6:7:8'],
  ['::ffff:10.0.0.1', 'IP Address:0:0:0:0:0:FFFF:A00:1'],
  ['fe80::1%lo', 'IP Address:FE80:0:0:0:0:0:0:1'],
  ['mail.contoso.com', 'DNS:mail.contoso.com'],
  [`${'long-'.repeat(12)}name.contoso.com`, `DNS:${'long-'.repeat(12)}name.contoso.com`],
])('it is for %s and the loopback addresses', async (host, name) => {
  const parsed = new X509Certificate((await createIdentity(host)).certificate);
  const names = parsed.subjectAltName?.split(', ') ?? [];
  expect(names).toEqual(expect.arrayContaining(['DNS:localhost', 'IP Address:127.0.0.1', 'IP Address:0:0:0:0:0:0:0:1', name]));
  expect(names).toHaveLength(new Set(names).size);
});

test('host and hostname are both in it', async () => {
  const parsed = new X509Certificate((await createIdentity('0.0.0.0', 'graph')).certificate);
  expect([parsed.checkHost('graph'), parsed.checkIP('0.0.0.0'), parsed.checkHost('other')]).toEqual(['graph', '0.0.0.0', undefined]);
});

test('of two sandboxes of a process, neither takes the certificate or a token of the other', async () => {
  const [one, other] = [await startSandbox(), await startSandbox()];
  try {
    const { port } = new URL(other.options.graphEndpoint);
    const trusts = (ca: string) =>
      new Promise<boolean>((resolve) => {
        const socket = connect({ host: '127.0.0.1', port: Number(port), ca }, () => resolve(socket.authorized)).on('error', () =>
          resolve(false),
        );
        socket.unref();
      });
    expect([await trusts(one.ca), await trusts(other.ca)]).toEqual([false, true]);
    const client = createClient(other);
    const replies = [await client.sendMail(message(), { token: one.issueToken() }), await client.sendMail(message())];
    await client.close();
    expect(replies.map(({ status }) => status)).toEqual([401, 202]);
    expect(replies[0]?.body.error.message).toBe('Access token validation failure. Invalid signature.');
    expect([one.messages.length, other.messages.length]).toEqual([0, 1]);
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
});

test('DER has numbers without a sign, ids of large parts and both forms of time', () => {
  expect(integer(Buffer.from([0x80])).toString('hex')).toBe('02020080');
  expect(integer(Buffer.from([0x7f])).toString('hex')).toBe('02017f');
  // what X.690 has as its example (8.19.5), and RSA's
  expect(objectId('2.999.3').toString('hex')).toBe('0603883703');
  expect(objectId('1.2.840.113549').toString('hex')).toBe('06062a864886f70d');
  expect(time(new Date('2049-12-31T23:59:59.500Z')).toString()).toBe('\x17\r491231235959Z');
  expect(time(new Date('2050-01-01T00:00:00Z')).toString()).toBe('\x18\x0f20500101000000Z');
});
