import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readCertificatePem } from '../../lib/sign-in/certificate-pem.js';
import { makeCertificate } from './make-certificate.js';

const own = makeCertificate('app');
const issuer = makeCertificate('issuer');
const thumbprint = createHash('sha256').update(new X509Certificate(own.certificate).raw).digest('hex').toUpperCase();
const locked = createPrivateKey(own.privateKey).export({
  format: 'pem',
  type: 'pkcs8',
  cipher: 'aes-256-cbc',
  passphrase: 'open',
}) as string;

test.each<[string, string, string | undefined]>([
  ['certificate, then key', own.certificate + own.privateKey, undefined],
  ['key, then certificate', own.privateKey + own.certificate, undefined],
  ['a chain whose own certificate stands last', own.privateKey + issuer.certificate + own.certificate, undefined],
  ['text in between', `Bag Attributes\n${own.certificate}\nKey Attributes\n${own.privateKey}\n`, undefined],
  ['Windows line ends', (own.certificate + own.privateKey).replace(/\r?\n/g, '\r\n'), undefined],
  ['an encrypted key', own.certificate + locked, 'open'],
])('reads %s', (_what, pem, password) => {
  const proof = readCertificatePem(pem, password);
  expect(proof.thumbprintSha256).toBe(thumbprint);
  expect(createPrivateKey(proof.privateKey).equals(createPrivateKey(own.privateKey))).toBe(true);
});

test.each<[string, string, string | undefined, RegExp]>([
  ['a key only', own.privateKey, undefined, /no PEM certificate/],
  ['a certificate only', own.certificate, undefined, /no PEM private key/],
  ['neither', 'app.pem', undefined, /no PEM certificate/],
  ['an encrypted key without a password', own.certificate + locked, undefined, /certificatePassword/],
  ['an encrypted key with a wrong password', own.certificate + locked, 'GEHEIM', /certificatePassword/],
  ['a damaged certificate', own.certificate.replace(/\n[^-\n]+\n/, '\nAAAA\n') + own.privateKey, undefined, /certificate .*cannot be read/],
])('%s is ECONFIG and says what is missing, without showing anything', (_what, pem, password, text) => {
  let thrown: unknown;
  try {
    readCertificatePem(pem, password);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: 'ECONFIG', permanent: true, message: expect.stringMatching(text) });
  expect((thrown as Error).message).not.toMatch(/GEHEIM|PRIVATE KEY-----\s*\w{20}/);
});
