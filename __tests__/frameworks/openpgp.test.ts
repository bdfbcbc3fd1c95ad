import { Transform } from 'node:stream';
import { simpleParser } from 'mailparser';
import { openpgpEncrypt } from 'nodemailer-openpgp';
import * as openpgp from 'openpgp';
import type { GraphTransport } from '../../lib/index.js';
import { nodemailerVersions, type Nodemailer } from '../support/nodemailer-versions.js';
import { headerOf, parseEntity, partsOf, reveals } from './support/entity.js';
import { useSandbox } from './support/use-sandbox.js';

interface KeyPair {
  privateKey: string;
  publicKey: string;
}

const tests = useSandbox();
const { transport, arrived, graphRequests } = tests;

const PASSPHRASE = 'only for this test';
const SECRET = 'The launch is on Tuesday, Grüße';
const FILE = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7) % 256));

let sender: KeyPair;
let reader: KeyPair;
let hidden: KeyPair;

beforeAll(async () => {
  const generate = (email: string, passphrase?: string) =>
    // RSA, because Node does that itself; curves are computed in JavaScript
    openpgp.generateKey({
      type: 'rsa',
      rsaBits: 2048,
      userIDs: [{ email }],
      format: 'armored',
      ...(passphrase !== undefined && { passphrase }),
    });
  sender = await generate('noreply@contoso.com', PASSPHRASE);
  reader = await generate('reader@example.com');
  hidden = await generate('hidden@example.com');
});

const letter = () => ({
  from: 'Contoso <noreply@contoso.com>',
  to: 'reader@example.com',
  bcc: 'hidden@example.com',
  subject: 'Größe: see inside',
  // all that mail systems like to change: trailing spaces, "From ", a lone dot, long lines
  text: `${SECRET}\n\nFrom here on  \n.\n-- \n${'long '.repeat(300)}\n`,
  html: `<p>${SECRET}</p>`,
  attachments: [
    { filename: 'plan Ä.bin', content: FILE },
    { filename: 'notes.txt', content: `${SECRET}\n` },
  ],
});

/** The plugin in use, and what it was given to work on. */
function createPgpTransporter(nodemailer: Nodemailer, target: GraphTransport, { sign = true } = {}) {
  const transporter = nodemailer.createTransport(target);
  const given: Buffer[] = [];
  const record = () =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        given.push(chunk);
        done(null, chunk);
      },
    });
  transporter.use('stream', ({ message }, done) => (message.transform(record), done()));
  transporter.use('stream', openpgpEncrypt(sign ? { signingKey: sender.privateKey, passphrase: PASSPHRASE } : {}));
  return { transporter, given: () => Buffer.concat(given) };
}

/** The entity that is signed or encrypted: the content headers and the body. */
function contentOf(source: Buffer): string {
  const text = source.toString();
  const end = text.indexOf('\r\n\r\n');
  const lines = text.slice(0, end).split(/\r\n(?![ \t])/);
  return `${lines.filter((line) => /^content-(type|transfer-encoding):/i.test(line)).join('\r\n')}${text.slice(end)}`;
}

async function decrypt(source: Buffer, key: KeyPair) {
  const [version, encrypted] = partsOf(source).map((part) => parseEntity(part).body.toString());
  expect(version).toContain('Version: 1');
  const { data, signatures } = await openpgp.decrypt({
    // as text, it would come with other line ends than it was sent with
    format: 'binary',
    message: await openpgp.readMessage({ armoredMessage: encrypted ?? '' }),
    decryptionKeys: await openpgp.readPrivateKey({ armoredKey: key.privateKey }),
    verificationKeys: await openpgp.readKey({ armoredKey: sender.publicKey }),
  });
  return { data: Buffer.from(data as Uint8Array).toString(), signatures };
}

/** What the readers get to see, attachments byte for byte. */
async function expectLetter(entity: Buffer | string): Promise<void> {
  const { text, html, attachments } = await simpleParser(entity);
  expect(text).toBe(letter().text);
  expect(html).toBe(letter().html);
  expect(attachments.map(({ filename }) => filename)).toEqual(['plan Ä.bin', 'notes.txt']);
  expect(attachments[0]?.content.equals(FILE)).toBe(true);
  expect(attachments[1]?.content.toString()).toBe(`${SECRET}\n`);
}

describe.each(nodemailerVersions)('nodemailer-openpgp with Nodemailer %s', (_version, nodemailer) => {
  test('a signed message arrives and its signature verifies over the bytes that arrived', async () => {
    const { transporter, given } = createPgpTransporter(nodemailer, transport());
    const info = await transporter.sendMail(letter());
    expect(info).toMatchObject({ format: 'mime', losses: [], accepted: ['reader@example.com', 'hidden@example.com'] });

    const { source, recipients } = arrived();
    expect(recipients.sort()).toEqual(['hidden@example.com', 'reader@example.com']);
    expect(source.toString()).not.toMatch(/hidden@example\.com|^bcc:/im);
    expect(headerOf(source, 'Content-Type')).toMatch(/^multipart\/signed; *protocol="application\/pgp-signature"/);
    const [signed = Buffer.alloc(0), signature = Buffer.alloc(0)] = partsOf(source);
    expect(signed.toString()).toBe(contentOf(given()));
    await expectLetter(signed);

    const verify = async (text: string) => {
      const { signatures } = await openpgp.verify({
        message: await openpgp.createMessage({ text }),
        signature: await openpgp.readSignature({ armoredSignature: parseEntity(signature).body.toString() }),
        verificationKeys: await openpgp.readKey({ armoredKey: sender.publicKey }),
      });
      return signatures[0]?.verified;
    };
    await expect(verify(signed.toString())).resolves.toBe(true);
    await expect(verify(signed.toString().replace('text/plain', 'text/Plain'))).rejects.toThrow(/digest/);
  });

  test('an encrypted and signed message arrives, and only its readers can read it', async () => {
    const { transporter, given } = createPgpTransporter(nodemailer, transport());
    const encryptionKeys = [reader.publicKey, hidden.publicKey];
    const info = await transporter.sendMail({ ...letter(), encryptionKeys } as object);
    expect(info).toMatchObject({ format: 'mime', losses: [], accepted: ['reader@example.com', 'hidden@example.com'] });

    const { source, posted, recipients, subject } = arrived();
    expect(recipients.sort()).toEqual(['hidden@example.com', 'reader@example.com']);
    expect(subject).toBe(letter().subject);
    expect(headerOf(source, 'Content-Type')).toMatch(/^multipart\/encrypted; *protocol="application\/pgp-encrypted"/);
    expect(source.toString()).not.toMatch(/hidden@example\.com|^bcc:/im);
    for (const bytes of [source, posted as Buffer]) expect(reveals(bytes, SECRET)).toBe(false);
    expect(JSON.stringify(tests.sandbox.requests)).not.toContain('launch');

    for (const key of [reader, hidden]) {
      const { data, signatures } = await decrypt(source, key);
      expect(data).toBe(contentOf(given()));
      expect(data).not.toMatch(/hidden@example\.com|^bcc:/im);
      await expect(signatures[0]?.verified).resolves.toBe(true);
      await expectLetter(data);
    }
    await expect(decrypt(source, sender)).rejects.toThrow();
  });

  test.each(['transport', 'message'] as const)("format: 'json' of the %s is refused and the clear text goes nowhere", async (where) => {
    const { transporter } = createPgpTransporter(nodemailer, transport(where === 'transport' ? { format: 'json' } : {}));
    const data = {
      ...letter(),
      encryptionKeys: [reader.publicKey],
      ...(where === 'message' && { graph: { format: 'json' } }),
    };
    await expect(transporter.sendMail(data as object)).rejects.toMatchObject({
      code: 'EMESSAGE',
      permanent: true,
      message: expect.stringContaining('clear text'),
    });
    expect(graphRequests()).toEqual([]);
    expect(JSON.stringify(tests.sandbox.requests)).not.toContain('launch');
    expect(tests.sandbox.drafts).toEqual([]);
  });
});

describe('encrypted messages', () => {
  const [, nodemailer] = nodemailerVersions.at(-1) as [string, Nodemailer];
  const encrypted = (data: object = {}) => ({ ...letter(), encryptionKeys: [reader.publicKey], ...data });

  test('without a signing key are encrypted all the same', async () => {
    const { transporter, given } = createPgpTransporter(nodemailer, transport(), { sign: false });
    await transporter.sendMail(encrypted());
    const { data, signatures } = await decrypt(arrived().source, reader);
    expect(data).toBe(contentOf(given()));
    expect(signatures).toEqual([]);
  });

  test('take the draft route as one piece', async () => {
    const { transporter, given } = createPgpTransporter(nodemailer, transport({ route: 'draft' }));
    const info = await transporter.sendMail(encrypted());
    expect(info).toMatchObject({ format: 'mime', route: 'draft' });
    expect(graphRequests()).toEqual(['createDraft', 'send']);
    const { source, posted } = arrived();
    expect(reveals(posted as Buffer, SECRET)).toBe(false);
    expect((await decrypt(source, reader)).data).toBe(contentOf(given()));
  });

  test('that are too large for one request are refused: no part of them is uploaded', async () => {
    const { transporter } = createPgpTransporter(nodemailer, transport());
    const attachments = [{ filename: 'large.bin', content: Buffer.alloc(2_500_000, SECRET) }];
    await expect(transporter.sendMail(encrypted({ attachments }))).rejects.toMatchObject({
      code: 'EMESSAGE',
      permanent: true,
      hint: expect.stringContaining('encrypted message cannot be split'),
    });
    expect(graphRequests()).toEqual([]);
  });

  test('that the plugin cannot encrypt are refused with its error, not sent in clear', async () => {
    const { transporter } = createPgpTransporter(nodemailer, transport());
    await expect(transporter.sendMail(encrypted({ encryptionKeys: ['not a key'] }))).rejects.toMatchObject({ code: 'EMESSAGE' });
    expect(graphRequests()).toEqual([]);
  });

  test('would be found out if they were sent in clear', async () => {
    const transporter = nodemailer.createTransport(transport({ format: 'mime' }));
    await transporter.sendMail(letter());
    expect(reveals(arrived().posted as Buffer, SECRET)).toBe(true);
    expect(reveals(arrived().source, SECRET)).toBe(true);
  });
});
