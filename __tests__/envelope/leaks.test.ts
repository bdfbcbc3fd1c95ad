import { inspect } from 'node:util';
import nodemailer from 'nodemailer';
import { graphTransport } from '../../lib/index.js';
import { redact, redactedLabel } from '../../lib/errors/redact.js';
import { safeCause } from '../../lib/errors/safe-cause.js';
import { readOptions } from '../../lib/config/read-options.js';
import { makeCertificate } from '../sign-in/make-certificate.js';
import { useSandbox } from '../support/use-sandbox.js';

const box = useSandbox({ protocol: 'http' });
const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'x', text: 'x' };

describe('redact', () => {
  const jwt = 'eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJ4In0.c2ln';
  test.each([
    ['a JWT', `token ${jwt} refused`, jwt],
    ['a JWT behind a dash', `x-${jwt}`, 'eyJhdWQi'],
    ['a bearer token', 'Authorization: Bearer opaque-TOKEN-123', 'opaque-TOKEN-123'],
    ['a bearer token alone', 'sent Bearer opaque-TOKEN-123 to', 'opaque-TOKEN-123'],
    ['Basic', '{"proxy-authorization":"Basic dXNlcjpHRUhFSU0="}', 'dXNlcjpHRUhFSU0'],
    ['user and password', 'fetching https://user:GEHEIM@files.example/a.pdf', 'GEHEIM'],
    ['a SAS signature', 'https://x.blob.core.windows.net/a?sv=2024&se=2030&sig=GEHEIM%2Fx%3D&sp=r', 'GEHEIM'],
    ['an upload token', "https://outlook.office.com/api/AttachmentSessions('1')?authtoken=GEHEIM", 'GEHEIM'],
    ['a form', 'client_id=a&client_secret=GEHEIM&grant_type=b', 'GEHEIM'],
    ['JSON', '{"access_token": "GEHEIM","expires_in":3599}', 'GEHEIM'],
    ['a private key', 'before -----BEGIN RSA PRIVATE KEY-----\nGEHEIM\n-----END RSA PRIVATE KEY----- after', 'GEHEIM'],
    ['half a private key', '-----BEGIN PRIVATE KEY-----\nGEHEIM', 'GEHEIM'],
    ['a secret behind a colon', 'client_secret: GEHEIM', 'GEHEIM'],
    ['a password in YAML', "password: 'GEHEIM'", 'GEHEIM'],
    ['a cookie', 'Set-Cookie: session=GEHEIM; path=/', 'GEHEIM'],
  ])('%s', (_what, text, secret) => {
    expect(redact(text)).not.toContain(secret);
    expect(redact(text)).toContain('[redacted]');
  });

  test('a secret in every spelling', () => {
    const secret = 'a~b/c"d\né&f\ud800';
    const spellings = [
      secret,
      encodeURIComponent('a~b/c"d\né&f\ufffd'),
      new URLSearchParams({ x: secret }).toString(),
      JSON.stringify({ secret }),
    ];
    for (const text of spellings) expect(redact(`<${text}>`, [secret])).not.toMatch(/b\/c|b%2Fc/i);
  });

  test('what is no secret stays', () => {
    const text = 'ErrorAccessDenied: Access is denied for noreply@contoso.com at https://graph.microsoft.com/v1.0/users?$filter=x';
    expect(redact(text)).toBe(text);
  });

  test('a label is one short line', () => {
    expect(redactedLabel(`a\r\nb\u001b${'x'.repeat(1000)}`)).toMatch(/^a b x{116}$/);
  });

  test('a cause has neither, in message, stack and code', () => {
    const error = Object.assign(new Error('GEHEIM at https://u:p4ssw0rd@x/'), { code: 'GEHEIM', config: { headers: 'GEHEIM' } });
    expect(inspect(safeCause(error, ['GEHEIM']), { depth: 9 })).not.toMatch(/GEHEIM|p4ssw0rd/);
  });
});

describe('a certificate given where a path belongs', () => {
  const { certificate, privateKey: key } = makeCertificate('app');
  const pem = certificate + key;
  const body = (text: string) => text.split('\n').filter((line) => line.length > 30 && !line.includes('-----'));
  const options = (clientCertificate: unknown) => ({ tenantId: 'contoso.com', clientId: 'a', clientCertificate });

  test.each([
    ['as text', pem],
    ['with \\n', pem.replaceAll('\n', '\\n')],
    ['as certificatePath', { certificatePath: pem }],
  ])('%s is the certificate', (_what, value) => {
    expect(readOptions(options(value) as never, {}).signIn).toMatchObject({
      kind: 'certificate',
      certificate: { certificate: expect.stringContaining('BEGIN') },
    });
  });

  test('in the variable for the path is the certificate', () => {
    const env = { GRAPH_TENANT_ID: 'contoso.com', GRAPH_CLIENT_ID: 'a', GRAPH_CLIENT_CERTIFICATE_PATH: pem };
    expect(readOptions({}, env).signIn).toMatchObject({
      kind: 'certificate',
      certificate: { certificate: expect.stringContaining('BEGIN') },
    });
  });

  test.each([
    ['without its first line', key.split('\n').slice(1).join('\n')],
    ['without its dashes', pem.replaceAll('-----', '')],
    ['cut in the middle', pem.slice(0, pem.length / 2)],
    ['one line of it', body(key)[0] ?? ''],
    ['its body on one line', body(key).join('')],
    ['a key alone', key],
    ['with blanks for line breaks', pem.replaceAll('\n', ' ').replace('-----BEGIN', '----BEGIN')],
  ])('damaged: %s', async (_what, value) => {
    let shown = '';
    try {
      const transport = graphTransport(options(value) as never);
      await nodemailer.createTransport(transport).sendMail(mail);
    } catch (error) {
      shown = inspect(error, { depth: 9, showHidden: true });
    }
    expect(shown).not.toBe('');
    for (const line of body(key)) expect(shown).not.toContain(line.slice(0, 40));
  });
});

describe('whatever the other side says', () => {
  const token = 'opaque-access-token-GEHEIM';
  const credential = { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };

  test('an error that repeats the token, ids and code with more than they hold', async () => {
    const body = {
      error: {
        code: `X ${token} ${'y'.repeat(5000)}`,
        message: `Authorization: Bearer ${token}`,
        innerError: { 'request-id': `${token}\u001b` },
      },
    };
    box.sandbox.fail({ operation: 'sendMail', status: 400, body } as never);
    const error = (await nodemailer
      .createTransport(box.transport({ credential, tenantId: undefined, clientId: undefined, clientSecret: undefined }))
      .sendMail(mail)
      .catch((reason: unknown) => reason)) as Error;
    expect(error).toBeInstanceOf(Error);
    const shown = inspect(error, { depth: 9, showHidden: true });
    expect(shown).not.toContain(token);
    expect(shown.length).toBeLessThan(6000);
  });

  test('an attachment whose URL is signed', async () => {
    const href = 'http://user:GEHEIM1@127.0.0.1:1/a.pdf?sig=GEHEIM2&se=2030';
    const error = (await nodemailer
      .createTransport(box.transport())
      .sendMail({ ...mail, attachments: [{ filename: 'a.pdf', href, httpHeaders: { Authorization: 'Bearer GEHEIM3' } }] })
      .catch((reason: unknown) => reason)) as Error;
    expect(error).toMatchObject({ code: 'EMESSAGE' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/GEHEIM/);
  });
});

describe('a secret where content or an address was meant', () => {
  const secrets = [
    'Authorization: Bearer GEHEIM',
    'password=GEHEIM',
    'client_secret: GEHEIM',
    'https://user:GEHEIM@files.example/x?sig=GEHEIM',
    '-----BEGIN PRIVATE KEY-----\nGEHEIM\n-----END PRIVATE KEY-----',
  ];
  const thrower = (secret: string) =>
    new Proxy(
      {},
      {
        get() {
          throw new Error(secret);
        },
      },
    );
  const places: [string, (secret: string) => object][] = [
    ['a path', (secret) => ({ attachments: [{ path: secret.replace('https://', 'x://') }] })],
    ['an href', (secret) => ({ attachments: [{ href: secret.replace('https://', 'x://') }] })],
    ['a recipient', (secret) => ({ to: { name: '', address: secret.replaceAll('\n', ' ') } })],
    ['the error of a getter', (secret) => ({ subject: thrower(secret) })],
    ['the error of a Message-ID', (secret) => ({ messageId: thrower(secret) })],
  ];
  test.each(places.flatMap(([place, data]) => secrets.map((secret) => ({ place, data, secret }))))(
    '$place that is $secret is not told in the error',
    async ({ data, secret }) => {
      const error: unknown = await nodemailer
        .createTransport(box.transport())
        .sendMail({ ...mail, ...data(secret) })
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: expect.stringMatching(/^(EMESSAGE|EENVELOPE)$/) });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('GEHEIM');
    },
  );
});
