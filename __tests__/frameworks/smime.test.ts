import { Transform } from 'node:stream';
import { simpleParser } from 'mailparser';
import { nodemailerVersions, type Nodemailer } from '../support/nodemailer-versions.js';
import { headerOf, parseEntity, partsOf, reveals } from './support/entity.js';
import { createIdentity, decrypt, encrypt, sign, verifySigned } from './support/smime.js';
import { useSandbox } from './support/use-sandbox.js';

type StreamPlugin = Parameters<ReturnType<Nodemailer['createTransport']>['use']>[1];

const { transport, arrived, graphRequests } = useSandbox();

const sender = createIdentity('noreply@contoso.com');
const reader = createIdentity('reader@example.com');
const SECRET = 'The launch is on Tuesday, Grüße';
const FILE = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7) % 256));

const letter = () => ({
  from: 'noreply@contoso.com',
  to: 'reader@example.com',
  bcc: 'hidden@example.com',
  subject: 'Größe: see inside',
  text: `${SECRET}\n\nFrom here on\n.\n`,
  html: `<p>${SECRET}</p>`,
  attachments: [{ filename: 'plan.bin', content: FILE }],
});

/** A message cut in two: the entity that is signed or encrypted, and the header lines that stay outside. */
function cut(source: Buffer): { outside: string[]; entity: Buffer } {
  const text = source.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n');
  const end = text.indexOf('\r\n\r\n');
  const lines = text.slice(0, end).split(/\r\n(?![ \t])/);
  const isContent = (line: string) => /^content-/i.test(line);
  return {
    outside: lines.filter((line) => !isContent(line)),
    entity: Buffer.from(lines.filter(isContent).join('\r\n') + text.slice(end), 'latin1'),
  };
}

const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/.{64}/g, '$&\r\n');

function signedMultipart(source: Buffer): string {
  const { outside, entity } = cut(source);
  return [
    ...outside,
    'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="smime"',
    '',
    '--smime',
    entity.toString('latin1'),
    '--smime',
    'Content-Type: application/pkcs7-signature; name=smime.p7s',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename=smime.p7s',
    '',
    base64(sign(entity, sender, { detached: true })),
    '--smime--',
    '',
  ].join('\r\n');
}

function pkcs7Mime(source: Buffer, kind: 'signed-data' | 'enveloped-data'): string {
  const { outside, entity } = cut(source);
  return [
    ...outside,
    `Content-Type: application/pkcs7-mime; smime-type=${kind}; name=smime.p7m`,
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename=smime.p7m',
    '',
    base64(kind === 'signed-data' ? sign(entity, sender) : encrypt(entity, reader)),
    '',
  ].join('\r\n');
}

/** A plugin that changes the finished message, as its bytes leave. */
const transforming =
  (change: (source: Buffer) => string): StreamPlugin =>
  ({ message }, done) => {
    message.transform(() => {
      const chunks: Buffer[] = [];
      return new Transform({
        transform: (chunk: Buffer, _encoding, next) => (chunks.push(chunk), next()),
        flush(next) {
          next(null, Buffer.from(change(Buffer.concat(chunks)), 'latin1'));
        },
      });
    });
    done();
  };

/** A plugin that puts another message in the place of the compiled one. */
const replacing =
  (change: (source: Buffer) => string): StreamPlugin =>
  ({ message }, done) =>
    message.build((error, source) => {
      if (error) return done(error);
      message.setRaw(Buffer.from(change(source), 'latin1'));
      done();
    });

/** What such a plugin uses of Nodemailer's tree. */
interface Tree {
  content: unknown;
  childNodes: Tree[];
  _headers: { key: string; value: string }[];
  setHeader(key: string, value: string): unknown;
  appendChild(node: Tree): unknown;
  createChild(contentType: string, options: object): Tree;
  setContent(content: Buffer): unknown;
  build(callback: (error: Error | null, source: Buffer) => void): void;
}

/** A plugin that hangs the compiled message into a tree of its own, beside the signature (as nodemailer-smime does). */
const wrapping: StreamPlugin = (mail, done) => {
  const content = mail.message as unknown as Tree;
  const Node = content.constructor as new (contentType: string) => Tree;
  const root = new Node('multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256');
  for (const header of [...content._headers]) {
    if (/^content-/i.test(header.key)) continue;
    root.setHeader(header.key, header.value);
    content._headers.splice(content._headers.indexOf(header), 1);
  }
  root.appendChild(content);
  const canonical = (node: Tree): void => {
    if (typeof node.content === 'string') node.content = node.content.replace(/\r\n|\r|\n/g, '\r\n');
    node.childNodes.forEach(canonical);
  };
  canonical(content);
  content.build((error, source) => {
    if (error) return done(error);
    root.createChild('application/pkcs7-signature', { filename: 'smime.p7s' }).setContent(sign(source, sender, { detached: true }));
    mail.message = root as unknown as typeof mail.message;
    done();
  });
};

/** A plugin that puts a tree of its own in the place of the compiled one. */
const swapping =
  (kind: 'signed-data' | 'enveloped-data'): StreamPlugin =>
  (mail, done) => {
    const content = mail.message as unknown as Tree;
    const Node = content.constructor as new (contentType: string, options: object) => Tree;
    content.build((error, source) => {
      if (error) return done(error);
      const { entity } = cut(source);
      const root = new Node(`application/pkcs7-mime; smime-type=${kind}`, { filename: 'smime.p7m' });
      for (const { key, value } of content._headers) if (!/^content-/i.test(key)) root.setHeader(key, value);
      root.setContent(kind === 'signed-data' ? sign(entity, sender) : encrypt(entity, reader));
      mail.message = root as unknown as typeof mail.message;
      done();
    });
  };

/** What the readers get to see, attachments byte for byte. */
async function expectLetter(entity: Buffer): Promise<void> {
  const { text, html, attachments } = await simpleParser(entity);
  expect(text?.replace(/\r\n/g, '\n')).toBe(letter().text);
  expect(html).toBe(letter().html);
  expect(attachments.map(({ filename }) => filename)).toEqual(['plan.bin']);
  expect(attachments[0]?.content.equals(FILE)).toBe(true);
}

const decodeBody = (part: Buffer) => Buffer.from(parseEntity(part).body.toString('latin1'), 'base64');

const multipartSigners: [how: string, plugin: StreamPlugin][] = [
  ['transforms the bytes', transforming(signedMultipart)],
  ['replaces the message', replacing(signedMultipart)],
  ['wraps the compiled message', wrapping],
];

const opaque: [how: string, plugin: (kind: 'signed-data' | 'enveloped-data') => StreamPlugin][] = [
  ['transforms the bytes', (kind) => transforming((source) => pkcs7Mime(source, kind))],
  ['replaces the message', (kind) => replacing((source) => pkcs7Mime(source, kind))],
  ['puts a tree of its own in its place', swapping],
];

describe.each(nodemailerVersions)('S/MIME with Nodemailer %s', (_version, nodemailer) => {
  test.each(multipartSigners)('multipart/signed by a plugin that %s: the signature verifies', async (_how, plugin) => {
    const transporter = nodemailer.createTransport(transport());
    transporter.use('stream', plugin);
    const info = await transporter.sendMail(letter());
    expect(info).toMatchObject({ format: 'mime', accepted: ['reader@example.com', 'hidden@example.com'] });

    const { source, recipients, subject } = arrived();
    expect(subject).toBe(letter().subject);
    expect(recipients.sort()).toEqual(['hidden@example.com', 'reader@example.com']);
    expect(source.toString()).not.toMatch(/hidden@example\.com|^bcc:/im);
    expect(headerOf(source, 'Content-Type')).toMatch(/^multipart\/signed/);
    const [entity = Buffer.alloc(0), signature = Buffer.alloc(0)] = partsOf(source);
    verifySigned(decodeBody(signature), sender, entity);
    await expectLetter(entity);
    const changed = Buffer.from(entity.toString('latin1').replace('text/plain', 'text/Plain'), 'latin1');
    expect(() => verifySigned(decodeBody(signature), sender, changed)).toThrow('not what was signed');
    expect(() => verifySigned(decodeBody(signature), reader, entity)).toThrow('signature is wrong');
  });

  test.each(multipartSigners)('multipart/signed by a plugin that %s is never taken apart for JSON', async (_how, plugin) => {
    const transporter = nodemailer.createTransport(transport({ format: 'json' }));
    transporter.use('stream', plugin);
    await expect(transporter.sendMail(letter())).rejects.toMatchObject({ code: 'EMESSAGE', permanent: true });
    expect(graphRequests()).toEqual([]);
  });

  test.each(opaque)('application/pkcs7-mime by a plugin that %s: signed, the content comes out as it went in', async (_how, plugin) => {
    const transporter = nodemailer.createTransport(transport());
    transporter.use('stream', plugin('signed-data'));
    expect(await transporter.sendMail(letter())).toMatchObject({ format: 'mime' });
    const { source } = arrived();
    expect(headerOf(source, 'Content-Type')).toMatch(/^application\/pkcs7-mime; smime-type=signed-data/);
    await expectLetter(verifySigned(decodeBody(source), sender));
  });

  test.each(opaque)('application/pkcs7-mime by a plugin that %s: encrypted, nobody but the reader can read it', async (_how, plugin) => {
    const transporter = nodemailer.createTransport(transport());
    transporter.use('stream', plugin('enveloped-data'));
    expect(await transporter.sendMail(letter())).toMatchObject({ format: 'mime' });
    const { source, posted } = arrived();
    expect(reveals(source, SECRET) || reveals(posted as Buffer, SECRET)).toBe(false);
    await expectLetter(decrypt(decodeBody(source), reader));
    await expect(transporter.sendMail({ ...letter(), graph: { format: 'json' } } as object)).rejects.toMatchObject({ code: 'EMESSAGE' });
    expect(graphRequests()).toEqual(['sendMail']);
  });
});

describe('signed messages', () => {
  const [, nodemailer] = nodemailerVersions.at(-1) as [string, Nodemailer];
  const large = () => ({ ...letter(), attachments: [{ filename: 'large.bin', content: Buffer.alloc(2_500_000, 'x') }] });

  test.each(multipartSigners)('by a plugin that %s: too large for one request, they are refused, not split', async (_how, plugin) => {
    const transporter = nodemailer.createTransport(transport());
    transporter.use('stream', plugin);
    await expect(transporter.sendMail(large())).rejects.toMatchObject({
      code: 'EMESSAGE',
      permanent: true,
      hint: expect.stringContaining('cannot be split'),
    });
    expect(graphRequests()).toEqual([]);
  });

  test.each(multipartSigners)('by a plugin that %s take the draft route as one piece', async (_how, plugin) => {
    const transporter = nodemailer.createTransport(transport({ route: 'draft' }));
    transporter.use('stream', plugin);
    await transporter.sendMail(letter());
    expect(graphRequests()).toEqual(['createDraft', 'send']);
    const [entity, signature = Buffer.alloc(0)] = partsOf(arrived().source);
    verifySigned(decodeBody(signature), sender, entity);
  });

  test('with plain text alone keep their signature, too', async () => {
    const transporter = nodemailer.createTransport(transport());
    transporter.use('stream', wrapping);
    const { from, to, subject, text } = letter();
    expect(await transporter.sendMail({ from, to, subject, text })).toMatchObject({ format: 'mime', losses: [] });
    const [entity, signature = Buffer.alloc(0)] = partsOf(arrived().source);
    verifySigned(decodeBody(signature), sender, entity);
  });

  test('that the app made itself arrive unchanged', async () => {
    const compiled = await nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'windows' }).sendMail(letter());
    const raw = signedMultipart(compiled.message as Buffer);
    await nodemailer.createTransport(transport()).sendMail({ envelope: { from: letter().from, to: [letter().to, letter().bcc] }, raw });
    const { source, recipients } = arrived();
    expect(recipients.sort()).toEqual(['hidden@example.com', 'reader@example.com']);
    const [entity, signature = Buffer.alloc(0)] = partsOf(source);
    verifySigned(decodeBody(signature), sender, entity);
  });

  test('are not what a file named .p7m is: it is sent as any other attachment', async () => {
    const transporter = nodemailer.createTransport(transport());
    const { from, to, subject } = letter();
    const attachments = [{ filename: 'invoice.xml.p7m', content: FILE }];
    const info = await transporter.sendMail({ from, to, subject, attachments });
    expect(info).toMatchObject({ format: 'json', losses: [] });
    expect(arrived().attachments).toMatchObject([{ name: 'invoice.xml.p7m', contentType: 'application/pkcs7-mime' }]);
    expect(arrived().attachments[0]?.content.equals(FILE)).toBe(true);
  });
});
