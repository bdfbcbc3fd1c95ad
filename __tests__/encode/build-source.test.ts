import fc from 'fast-check';
import { PassThrough, Readable, Transform } from 'node:stream';
import type { SendMailOptions } from 'nodemailer';
import { withCrlf } from '../../lib/encode/line-ends.js';
import type * as BuildSource from '../../lib/encode/build-source.js';
import type { MimeTreeNode, NodemailerMail } from '../../lib/message/nodemailer.js';
import { nodemailerVersions, type Nodemailer } from '../support/nodemailer-versions.js';
import { testsInFull } from '../support/sample.js';

/** Of texts, what encodings take apart differently: long lines, blanks at line ends, other line ends, dots, "=", other scripts. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 90 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.constantFrom(
        '',
        ' ',
        '\t',
        '\n',
        '\r\n',
        '\r',
        '.',
        '=',
        '=20',
        'ä',
        '€',
        '日本',
        '🎉',
        '\ud800',
        '\0',
        '-- ',
        '>quoted',
        'From ',
        'x'.repeat(76),
        'word '.repeat(40),
        'ü'.repeat(400),
      ),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));
const lengths = [0, 1, 2, 3, 56, 57, 58, 113, 114, 115, 171, 3000, 3648, 3649];
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  fc.constantFrom(...lengths).map((length) => Buffer.alloc(length, 'ab c')),
  text.map((content) => Buffer.from(content)),
);
const content = fc.oneof(text, bytes);
const name = fc.oneof(
  fc.constantFrom(
    'invoice.pdf',
    'Rechnung März.pdf',
    '请求.docx',
    'a "quoted" name.txt',
    'x'.repeat(120),
    "it's; 100% (final).csv",
    '🎉.png',
    ' .x',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
);
const encoding = fc.constantFrom(undefined, 'base64', 'quoted-printable', '7bit', '8bit');
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const attachment = fc.record({
  filename: fc.option(name, { nil: undefined }),
  content,
  contentType: optional(
    fc.constantFrom('text/plain', 'text/csv; charset=iso-8859-1', 'application/pdf', 'message/rfc822', 'image/png', 'text/html'),
  ),
  contentTransferEncoding: encoding,
  contentDisposition: optional(fc.constantFrom('inline', 'attachment')),
  cid: optional(fc.constantFrom('logo', 'a b@c')),
  headers: optional(fc.constant({ 'X-Own': 'yes' })),
});
const mail = fc.record({
  from: fc.constantFrom('noreply@contoso.com', 'Käte Müller <kaete@contoso.com>'),
  to: fc.constantFrom('reader@example.com', ['a@example.com', '"B, C" <b@example.com>'], 'Team: x@example.com, y@example.com;'),
  subject: text.map((line) => line.replace(/[\r\n\0]/g, ' ')),
  text: optional(content),
  html: optional(content),
  amp: optional(text),
  alternatives: optional(
    fc.array(
      fc.record({ content, contentType: fc.constantFrom('text/calendar; method=REQUEST', 'text/x-web-markdown', 'application/json') }),
      { maxLength: 2 },
    ),
  ),
  attachments: optional(fc.array(attachment, { maxLength: 3 })),
  textEncoding: optional(fc.constantFrom('base64', 'quoted-printable')),
  encoding: optional(fc.constantFrom('base64', 'quoted-printable')),
  headers: optional(
    fc.constantFrom({ 'X-Long': 'word '.repeat(60) }, { 'X-Other': 'ärger' }, { 'X-Ready': { prepared: true, value: 'a\r\n b' } }),
  ),
});

function stream(tree: MimeTreeNode): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    tree
      .createReadStream()
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('error', reject)
      .on('end', () => resolve(Buffer.concat(chunks)));
  });
}

describe.each(nodemailerVersions)('with Nodemailer %s', (version, nodemailer) => {
  let buildSource: typeof BuildSource.buildSource;
  beforeAll(() => {
    jest.isolateModules(() => {
      const parts = version === '10' ? [] : ['base64', 'qp'];
      for (const part of parts) {
        jest.doMock(`nodemailer/lib/${part}/index.js`, () => jest.requireActual(`nodemailer-${version}/lib/${part}/index.js`));
      }
      ({ buildSource } = jest.requireActual<typeof BuildSource>('../../lib/encode/build-source.js'));
      for (const part of parts) jest.dontMock(`nodemailer/lib/${part}/index.js`);
    });
  });

  /** Of two trees of the same message: writing a tree changes it. */
  async function bothWays(data: SendMailOptions): Promise<[Buffer | undefined, Buffer]> {
    const same = { from: 'a@example.com', to: 'b@example.com', messageId: '<1@example.com>', date: new Date(0), baseBoundary: 'boundary' };
    const [one, other] = [await compile(nodemailer, { ...same, ...data }), await compile(nodemailer, { ...same, ...data })];
    const built = buildSource(one);
    if (built?.crlf) expect(withCrlf(built.source)).toBe(built.source);
    return [built?.source, await stream(other)];
  }

  test('it is what the stream gives, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(mail, async (data) => {
        const [built, streamed] = await bothWays(data);
        expect(built?.toString('latin1')).toBe(streamed.toString('latin1'));
      }),
      { numRuns: testsInFull ? 2000 : 60, seed: jest.getSeed() },
    );
  });

  test.each(['base64', 'quoted-printable', '7bit'])('so is a large file in %s', async (contentTransferEncoding) => {
    const content = Buffer.alloc(200_001, 'Zeile mit ä und = und Leerzeichen \r\n');
    const attachments = [{ filename: 'large.txt', content, contentTransferEncoding: contentTransferEncoding as 'base64' }];
    const [built, streamed] = await bothWays({ attachments });
    expect(built?.equals(streamed)).toBe(true);
  });

  test('so are text that is not to be changed, and a ready-made part and message', async () => {
    for (const data of [
      { text: 'flowed text \r\nand more', headers: { 'Content-Type': 'text/plain; format=flowed' } },
      { attachments: [{ raw: 'Content-Type: text/plain\r\n\r\nready' }, { raw: Buffer.from('Content-Type: text/x\n\nready') }] },
      { raw: 'From: a@example.com\r\nTo: b@example.com\r\n\r\nready\r' },
      { raw: Buffer.from('From: a@example.com\n\nready') },
    ]) {
      const [built, streamed] = await bothWays(data);
      expect(built?.toString('latin1')).toBe(streamed.toString('latin1'));
    }
  });

  test.each<[string, SendMailOptions, (mail: NodemailerMail) => void]>([
    ['a stream', { text: Readable.from(['x']) }, () => undefined],
    ['a file', { attachments: [{ path: __filename }] }, () => undefined],
    ['a transform', { text: 'x' }, ({ message }) => message._transforms.push(new PassThrough())],
    ['a process function', { text: 'x' }, ({ message }) => message._processFuncs.push((input: Readable) => input.pipe(new Transform()))],
    ['a stream of a plugin', { text: 'x' }, ({ message }) => (message.createReadStream = () => Readable.from(['x']))],
    ['other line ends', { text: 'x' }, ({ message }) => (message.newline = 'unix')],
  ])('%s is left to the stream', async (_what, data, plugin) => {
    const tree = await compile(nodemailer, { from: 'a@example.com', to: 'b@example.com', ...data }, plugin);
    expect(buildSource(tree)).toBeUndefined();
  });
});

async function compile(
  nodemailer: Nodemailer,
  data: SendMailOptions,
  plugin: (mail: NodemailerMail) => void = () => undefined,
): Promise<MimeTreeNode> {
  let tree: MimeTreeNode | undefined;
  const transporter = nodemailer.createTransport({
    name: 'catcher',
    version: '1',
    send(mail: unknown, callback: (error: null, info: object) => void) {
      tree = (mail as NodemailerMail).message;
      callback(null, {});
    },
  } as never);
  transporter.use('stream', ((mail: NodemailerMail, done: () => void) => (plugin(mail), done())) as never);
  await transporter.sendMail(data);
  return tree as unknown as MimeTreeNode;
}
