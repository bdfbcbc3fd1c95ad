import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import nodemailer from 'nodemailer';
import { graphTransport, type GraphTransport, type GraphTransportError, type UploadProgress } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';

const LIMIT = 4_194_304;
const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Large', text: 'Hello' };

let sandbox: Sandbox;
let folder: string;
const open: GraphTransport[] = [];

beforeAll(async () => {
  sandbox = await startSandbox();
  folder = mkdtempSync(join(tmpdir(), 'large-'));
});
afterEach(() => {
  for (const transport of open.splice(0)) transport.close({ force: true });
  sandbox.clear();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

function create(options: object = {}): GraphTransport {
  const transport = graphTransport({ ...sandbox.options, retries: 1, maxRetryDelay: 20, ...options });
  open.push(transport);
  return transport;
}

const send = (data: object, options: object = {}) => nodemailer.createTransport(create(options)).sendMail({ ...mail, ...data });

function refusal(data: object, options: object = {}): Promise<GraphTransportError> {
  return send(data, options).then(
    () => Promise.reject(new Error('it was sent')),
    (error: GraphTransportError) => error,
  );
}

const operations = () =>
  sandbox.requests.map(({ operation }) => operation).filter((operation) => operation !== 'token' && operation !== 'discovery');
const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const arrived = () => sandbox.messages[0]?.attachments.map(({ name, content }) => [name, hash(content)]);

describe.each(['json', 'mime'] as const)('as %s', (format) => {
  test('the draft route begins one step above the largest request Graph takes', async () => {
    // see the test on files just below 3 MB
    await using lenient = await startSandbox({ minUploadSize: 2 * 1024 * 1024 });
    const request = async (size: number) => {
      lenient.clear();
      const info = await send(
        { messageId: '<same@contoso.com>', attachments: [{ filename: 'a.bin', content: Buffer.alloc(size, 1) }] },
        { ...lenient.options, format },
      );
      const [first] = lenient.requests.filter(({ operation }) => operation === 'sendMail' || operation === 'createDraft');
      return { route: info.route, bytes: first?.bytes ?? 0 };
    };
    let fits = 1_000_000;
    let tooLarge = 4_000_000;
    while (tooLarge - fits > 1) {
      const middle = Math.floor((fits + tooLarge) / 2);
      if ((await request(middle)).route === 'sendMail') fits = middle;
      else tooLarge = middle;
    }
    const last = await request(fits);
    expect(last.bytes).toBeLessThanOrEqual(LIMIT);
    // base64 grows in steps of 4 bytes, base64 of base64 in larger ones (a line of 76 has 4 × 19)
    expect(last.bytes).toBeGreaterThan(LIMIT - 16);
    expect((await request(tooLarge)).route).toBe('draft');
    expect(lenient.messages[0]?.attachments[0]?.size).toBe(tooLarge);
  }, 60_000);

  test('files of every size arrive byte for byte', async () => {
    const chunk = 12 * 320 * 1024;
    const sizes = [0, 1, 2_900_000, 3 * 1024 * 1024, chunk - 1, chunk, chunk + 1, 2 * chunk + 5];
    const attachments = sizes.map((size) => ({ filename: `${size}.bin`, content: randomBytes(size) }));
    const info = await send({ attachments }, { format });
    expect(info).toMatchObject({ route: 'draft', format });
    expect(arrived()?.sort()).toEqual(attachments.map(({ filename, content }) => [filename, hash(content)]).sort());
    expect(sandbox.drafts).toHaveLength(0);
    const created = sandbox.requests.filter(({ operation }) => operation === 'createUploadSession');
    expect(created.map(({ body }) => (body as { AttachmentItem: { size: number } }).AttachmentItem.size).sort()).toEqual(
      sizes.filter((size) => size >= 3 * 1024 * 1024).sort(),
    );
  }, 60_000);

  test('an inline picture keeps its Content-ID, and many small files together are one large message', async () => {
    const attachments = [
      { filename: 'large.png', cid: 'large@contoso.com', content: randomBytes(3_500_000) },
      ...Array.from({ length: 30 }, (_, index) => ({ filename: `${index}.bin`, content: randomBytes(150_000) })),
    ];
    await send({ html: '<img src="cid:large@contoso.com">', attachments }, { format });
    expect(sandbox.messages[0]?.attachments.find(({ name }) => name === 'large.png')).toMatchObject({
      contentId: 'large@contoso.com',
      isInline: true,
    });
    expect(arrived()?.sort()).toEqual(attachments.map(({ filename, content }) => [filename, hash(content)]).sort());
  });
});

test('text, html, calendar and threading survive beside a large file', async () => {
  const ics = 'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR';
  const info = await send({
    html: '<p>Hello',
    icalEvent: { method: 'REQUEST', content: ics },
    inReplyTo: '<before@example.com>',
    attachments: [{ filename: 'a.pdf', content: randomBytes(5_000_000) }],
  });
  expect(info).toMatchObject({ format: 'mime', route: 'draft', losses: [] });
  const source = sandbox.messages[0]?.source.toString() ?? '';
  expect(source).toMatch(/text\/calendar;[^\n]*(\n\s[^\n]*)*method=REQUEST/i);
  expect(source).toContain('In-Reply-To: <before@example.com>');
  expect(sandbox.messages[0]).toMatchObject({ text: 'Hello', html: '<p>Hello' });
});

test('asks for immutable ids everywhere, and sends no token to the upload service', async () => {
  await send({
    attachments: [
      { filename: 'a.bin', content: randomBytes(5_000_000) },
      { filename: 'b.bin', content: randomBytes(2_900_000) },
    ],
  });
  expect(operations()).toEqual(['createDraft', 'createUploadSession', 'uploadChunk', 'uploadChunk', 'send']);
  for (const { operation, headers } of sandbox.requests.filter(
    ({ path, operation }) => path.includes('/messages') || operation === 'uploadChunk',
  )) {
    if (operation === 'uploadChunk') expect(headers).not.toHaveProperty('authorization');
    else expect(headers).toMatchObject({ prefer: 'IdType="ImmutableId"' });
  }
});

test('tells that a copy is kept all the same, or refuses with onLoss: error', async () => {
  const attachments = [{ filename: 'a.bin', content: randomBytes(5_000_000) }];
  expect(await send({ attachments }, { saveToSentItems: false })).toMatchObject({ losses: [{ feature: 'saveToSentItems' }] });
  sandbox.clear();
  expect(await refusal({ attachments }, { saveToSentItems: false, onLoss: 'error' })).toMatchObject({ code: 'EMESSAGE' });
  expect(operations()).toEqual([]);
});

test('reports progress up to the last byte', async () => {
  const transport = create();
  const seen: UploadProgress[] = [];
  transport.on('progress', (progress: UploadProgress) => seen.push(progress));
  const info = await nodemailer
    .createTransport(transport)
    .sendMail({ ...mail, attachments: [{ filename: 'a.bin', content: randomBytes(9_000_000) }] });
  expect(seen.map(({ sent }) => sent)).toEqual([3_932_160, 7_864_320, 9_000_000]);
  expect(seen.at(-1)).toEqual({ messageId: info.messageId, attachment: 'a.bin', sent: 9_000_000, total: 9_000_000 });
});

describe('a source', () => {
  const content = randomBytes(6_000_000);

  test('can be a path, a stream of unknown length, a URL or a Buffer', async () => {
    const path = join(folder, 'source.bin');
    writeFileSync(path, content);
    const server = createServer((_request, response) => void response.end(content));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      const sources = [
        { path },
        { content: Readable.from([content.subarray(0, 1_000_000), content.subarray(1_000_000)]) },
        { href: `http://127.0.0.1:${port}/a` },
        { content },
      ];
      for (const format of ['json', 'mime']) {
        for (const source of format === 'json' ? sources : sources.filter(({ content: given }) => !(given instanceof Readable))) {
          sandbox.clear();
          await send({ attachments: [{ filename: 'a.bin', ...source }] }, { format });
          expect(arrived()).toEqual([['a.bin', hash(content)]]);
        }
      }
    } finally {
      server.close();
    }
  }, 60_000);

  test('can be read again for another attempt', async () => {
    sandbox.fail({ operation: 'uploadChunk', skip: 1, cut: 'reset' });
    await send({ attachments: [{ filename: 'a.bin', content: Readable.from([content]) }] });
    expect(arrived()).toEqual([['a.bin', hash(content)]]);
  });

  test.each([
    ['grows', (path: string) => appendFileSync(path, 'more')],
    ['shrinks', (path: string) => truncateSync(path, 1_000)],
    ['disappears', (path: string) => rmSync(path)],
  ])('that %s midway is a clear error, and no draft is left', async (what, change) => {
    const path = join(folder, `${what}.bin`);
    writeFileSync(path, content);
    sandbox.fail({ operation: 'createUploadSession', delay: 300 });
    const failed = refusal({ attachments: [{ filename: 'a.bin', path }] });
    while (!operations().includes('createDraft')) await new Promise((resolve) => setTimeout(resolve, 5));
    change(path);
    expect(await failed).toMatchObject({ code: 'EMESSAGE', message: expect.stringMatching(/changed or disappeared/) });
    expect(sandbox.drafts).toHaveLength(0);
    expect(sandbox.messages).toHaveLength(0);
  });
});

test('a file just below 3 MB is refused with advice where Graph keeps to its documented minimum', async () => {
  const error = await refusal({ attachments: [{ filename: 'a.bin', content: randomBytes(3 * 1024 * 1024 - 1) }] }, { format: 'json' });
  expect(error).toMatchObject({ code: 'EMESSAGE', permanent: true, message: expect.stringMatching(/a kilobyte smaller or larger/) });
  expect(sandbox.drafts).toHaveLength(0);
  expect(sandbox.messages).toHaveLength(0);
});

describe('nothing is sent, with a clear error, for', () => {
  const path = () => {
    const file = join(folder, 'huge.bin');
    writeFileSync(file, '');
    // a sparse file takes no room
    truncateSync(file, 150 * 1024 * 1024 + 1);
    return file;
  };

  test('a file over 150 MB', async () => {
    expect(await refusal({ attachments: [{ filename: 'huge.bin', path: path() }] })).toMatchObject({
      code: 'EMESSAGE',
      message: expect.stringMatching(/150 MB/),
    });
    expect(operations()).toEqual([]);
  });

  test.each(['json', 'mime'])('a body that alone passes the limit, as %s', async (format) => {
    const error = await refusal({ text: undefined, html: 'x'.repeat(5_000_000) }, { format });
    expect(error).toMatchObject({ code: 'EMESSAGE', permanent: true, message: expect.stringMatching(/text or html alone is too large/) });
    expect(operations()).toEqual([]);
  });

  test.each(['json', 'mime'])("route: 'sendMail' with a message too large for it, as %s", async (format) => {
    const error = await refusal({ attachments: [{ filename: 'a.bin', content: randomBytes(5_000_000) }] }, { format, route: 'sendMail' });
    expect(error).toMatchObject({ code: 'EMESSAGE', hint: expect.stringMatching(/Mail\.ReadWrite/) });
    expect(operations()).toEqual([]);
  });

  test('a signed or encrypted message that would have to be split', async () => {
    const transporter = nodemailer.createTransport(create());
    transporter.use('stream', (compiled, done) => {
      compiled.message.processFunc((input) => input);
      done();
    });
    const sending = transporter.sendMail({ ...mail, attachments: [{ filename: 'a.bin', content: randomBytes(5_000_000) }] });
    await expect(sending).rejects.toMatchObject({ code: 'EMESSAGE', message: expect.stringMatching(/cannot be split/) });
    expect(operations()).toEqual([]);
  });
});

test('a ready-made message that is too large is taken apart, which is told', async () => {
  const content = randomBytes(4_000_000);
  const raw = [
    'From: noreply@contoso.com',
    'To: reader@example.com',
    'Subject: Raw',
    'Message-ID: <raw@contoso.com>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'Hello',
    '--b',
    'Content-Type: application/pdf; name=a.pdf',
    'Content-Disposition: attachment; filename=a.pdf',
    'Content-Transfer-Encoding: base64',
    '',
    content.toString('base64').replace(/.{76}/g, '$&\r\n'),
    '--b--',
    '',
  ].join('\r\n');
  const envelope = { from: mail.from, to: mail.to };
  const transporter = nodemailer.createTransport(create());
  const info = await transporter.sendMail({ raw, envelope });
  expect(info).toMatchObject({ format: 'json', route: 'draft', messageId: '<raw@contoso.com>', losses: [{ feature: 'raw' }] });
  expect(arrived()).toEqual([['a.pdf', hash(content)]]);
  await expect(transporter.sendMail({ raw, envelope, graph: { format: 'mime' } })).rejects.toMatchObject({ code: 'EMESSAGE' });
});

test('explains that drafts need Mail.ReadWrite', async () => {
  await using limited = await startSandbox({
    apps: [{ clientId: sandbox.options.clientId, clientSecret: 'secret', roles: ['Mail.Send'] }],
  });
  const transport = graphTransport({ ...limited.options, clientSecret: 'secret' });
  open.push(transport);
  const sending = nodemailer
    .createTransport(transport)
    .sendMail({ ...mail, attachments: [{ filename: 'a.bin', content: randomBytes(5_000_000) }] });
  await expect(sending).rejects.toMatchObject({
    code: 'EAUTH',
    statusCode: 403,
    hint: expect.stringMatching(/Mail\.ReadWrite/),
    message: expect.stringMatching(/too large for one request/),
  });
});

test("explains the tenant's size limit, and leaves no draft", async () => {
  await using small = await startSandbox({ maxMessageSize: 4_000_000 });
  const transport = graphTransport({ ...small.options });
  open.push(transport);
  const sending = nodemailer
    .createTransport(transport)
    .sendMail({ ...mail, attachments: [{ filename: 'a.bin', content: randomBytes(8_000_000) }] });
  await expect(sending).rejects.toMatchObject({ code: 'EMESSAGE', permanent: true, message: expect.stringMatching(/35 MB/) });
  expect(small.drafts).toHaveLength(0);
});
