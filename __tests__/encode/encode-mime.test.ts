import { PassThrough, Readable } from 'node:stream';
import { simpleParser } from 'mailparser';
import { encodeMime, type MimeOptions } from '../../lib/encode/mime.js';
import { splitMessage } from '../../lib/message/header-block.js';
import type { OutgoingAttachment, OutgoingMessage } from '../../lib/message/outgoing-message.js';
import { compileMail } from '../message/compile-mail.js';
import { readCompiled } from '../message/read.js';
import { outgoing } from './messages.js';

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', messageId: '<one@contoso.com>' };
const options: MimeOptions = { idleTimeout: 10_000, signal: undefined };

async function read(data: object): Promise<OutgoingMessage> {
  return readCompiled(await compileMail({ ...mail, ...data }), options);
}

async function encode(data: object): Promise<string> {
  return (await encodeMime(await read(data), options)).toString('latin1');
}

/** A failure nobody listens to would end the process. */
function quiet<T extends Readable>(stream: T): T {
  return stream.on('error', () => undefined);
}

/** The header fields and the body of every part, without boundaries. */
function partsOf(source: string): { headers: string; body: string }[] {
  const boundaries = [...source.matchAll(/boundary="?([^"\r\n;]+)"?/g)].map(([, boundary]) => boundary ?? '');
  const separators = new RegExp(`\r\n--(?:${boundaries.map((boundary) => boundary.replace(/\W/g, '\\$&')).join('|')})(?:--)?\r\n`);
  const pieces = boundaries.length === 0 ? [source] : source.split(separators);
  return pieces.flatMap((piece) => {
    const at = piece.indexOf('\r\n\r\n');
    return at < 0 ? [] : [{ headers: piece.slice(0, at), body: piece.slice(at + 4) }];
  });
}

describe('text', () => {
  test.each([
    ['text', { text: 'Hello' }],
    ['html', { html: '<p>Hello' }],
    ['text that Nodemailer would write as quoted-printable', { text: 'Grüße' }],
    ['a Buffer', { html: Buffer.from('<p>Hello') }],
    ['an alternative', { html: '<p>', alternatives: [{ contentType: 'text/x-web', content: 'web' }] }],
    ['an event', { text: 'x', icalEvent: { content: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR' } }],
  ])('%s goes as base64, never as quoted-printable', async (_what, data) => {
    const source = await encode(data);
    const texts = partsOf(source).filter(({ headers }) => /^content-type: text\//im.test(headers));
    expect(texts.length).toBeGreaterThan(0);
    for (const { headers, body } of texts) {
      expect(headers).toMatch(/^Content-Transfer-Encoding: base64$/m);
      expect(body).toMatch(/^[A-Za-z0-9+/=\r\n]+$/);
    }
  });

  test.each<[string, string | Buffer]>([
    ['a string', 'a\nb\r\nc\n\nd'],
    ['a Buffer', Buffer.from('a\nb\r\nc\n\nd')],
  ])('line ends of %s become CRLF', async (_what, text) => {
    const [part] = partsOf(await encode({ text }));
    expect(Buffer.from(part?.body ?? '', 'base64').toString()).toBe('a\r\nb\r\nc\r\n\r\nd');
  });

  test('bytes with a zero, which are no text in ASCII, stay as they are', async () => {
    const text = Buffer.from('a\nb', 'utf16le');
    const [part] = partsOf(await encode({ text }));
    expect(Buffer.from(part?.body ?? '', 'base64').equals(text)).toBe(true);
  });

  test('arrives as it was written', async () => {
    const { text, html } = await simpleParser(
      Buffer.from(await encode({ text: 'Grüße =\nan alle', html: '<p>Grüße =\nan alle' }), 'latin1'),
    );
    expect(text?.trimEnd()).toBe('Grüße =\nan alle');
    expect(html).toBe('<p>Grüße =\nan alle');
  });
});

describe('what stays byte for byte', () => {
  test.each<[string, object]>([
    ['a file of text', { filename: 'a.txt', content: 'a\nb' }],
    ['a file of html', { filename: 'a.html', content: Buffer.from('<p>\n') }],
    ['a picture in html', { filename: 'logo.svg', content: '<svg>\n</svg>', cid: 'logo@contoso.com', contentType: 'text/xml' }],
  ])('%s', async (_what, file) => {
    const source = await encode({ html: '<img src="cid:logo@contoso.com">', attachments: [file] });
    const { attachments } = await simpleParser(Buffer.from(source, 'latin1'));
    expect(attachments.map(({ content }) => content.toString())).toEqual([String((file as { content: unknown }).content)]);
  });

  test('a transfer encoding that the app set for a file', async () => {
    const source = await encode({ text: 'x', attachments: [{ filename: 'a.txt', content: 'Hello', contentTransferEncoding: '7bit' }] });
    expect(source).toMatch(/filename=a\.txt[^]*Content-Transfer-Encoding: 7bit|Content-Transfer-Encoding: 7bit[^]*filename=a\.txt/);
  });

  test('a ready-made part', async () => {
    const raw = 'Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe';
    expect(await encode({ text: 'x', alternatives: [{ raw }] })).toContain(raw);
  });

  test('a signed part', async () => {
    const compiled = await compileMail({ ...mail, text: 'Hello' });
    const signed = 'multipart/signed; protocol="application/pgp-signature"; boundary=b';
    const { message } = compiled;
    const inner = new (message.constructor as new (type: string, options?: object) => typeof message)('text/plain; charset=utf-8');
    inner.setHeader('Content-Transfer-Encoding', 'quoted-printable');
    inner.content = 'Grüße';
    inner.parentNode = message;
    message.content = undefined;
    message.setHeader('Content-Type', signed);
    Object.assign(message, { multipart: 'signed', contentType: signed });
    message.childNodes.push(inner);
    const outgoing = await readCompiled(compiled, options);
    const source = (await encodeMime(outgoing, options)).toString('latin1');
    expect(source).toContain('Content-Transfer-Encoding: quoted-printable');
    expect(source).toContain('Gr=C3=BC=C3=9Fe');
  });

  test('a ready-made message', async () => {
    const raw = 'From: noreply@contoso.com\r\nTo: reader@example.com\r\nMessage-ID: <raw@contoso.com>\r\nX: y\r\n\r\nGr\xc3\xbc\r\n';
    const message = await read({ raw: Buffer.from(raw, 'latin1'), envelope: { from: mail.from, to: mail.to } });
    expect((await encodeMime(message, options)).toString('latin1')).toBe(raw);
    // it can be encoded again: a failed attempt is repeated
    expect((await encodeMime(message, options)).toString('latin1')).toBe(raw);
  });

  test('but for line ends, which SMTP would change, too', async () => {
    const message = await read({
      raw: 'From: noreply@contoso.com\nTo: reader@example.com\nMessage-ID: <raw@contoso.com>\n\na\rb\n',
      envelope: { from: mail.from, to: mail.to },
    });
    expect((await encodeMime(message, options)).toString('latin1')).toBe(
      'From: noreply@contoso.com\r\nTo: reader@example.com\r\nMessage-ID: <raw@contoso.com>\r\n\r\na\r\nb\r\n',
    );
  });
});

describe('streams and files', () => {
  test('are in it, and still are when it is encoded once more', async () => {
    const message = await read({
      text: Readable.from(['Hello']),
      attachments: [
        { filename: 'a.bin', content: Readable.from([Buffer.from('stream')]) },
        { filename: 'b.ts', path: __filename },
      ],
    });
    for (let time = 0; time < 2; time++) {
      const { text, attachments } = await simpleParser(await encodeMime(message, options));
      expect(text?.trim()).toBe('Hello');
      expect(attachments.map(({ filename }) => filename)).toEqual(['a.bin', 'b.ts']);
      expect(attachments[0]?.content.toString()).toBe('stream');
      expect(attachments[1]?.content.toString()).toContain('are in it, and still are');
    }
  });
});

describe('without some attachments', () => {
  const a = { filename: 'a.pdf', content: Buffer.from('aaa') };
  const b = { filename: 'b.pdf', content: Buffer.from('bbb') };
  const logo = { filename: 'logo.png', content: Buffer.from('png'), cid: 'logo@contoso.com' };

  async function encodeWithout(data: object, ...indexes: number[]) {
    const message = await read(data);
    const without = new Set(indexes.map((index) => message.attachments[index] as OutgoingAttachment));
    const source = await encodeMime(message, options, without);
    const parsed = await simpleParser(source);
    return { source: source.toString('latin1'), ...parsed, names: parsed.attachments.map(({ filename }) => filename) };
  }

  test('the others stay', async () => {
    expect(await encodeWithout({ text: 'Hello', attachments: [a, b] }, 0)).toMatchObject({ text: 'Hello', names: ['b.pdf'] });
    expect(await encodeWithout({ text: 'Hello', attachments: [a, b] }, 1)).toMatchObject({ text: 'Hello', names: ['a.pdf'] });
  });

  test('a file that is left out is not read', async () => {
    const message = await read({ text: 'Hello', attachments: [{ filename: 'a.ts', path: __filename }] });
    const [attachment] = message.attachments as [OutgoingAttachment];
    const source = { ...attachment.source, bytes: () => Promise.reject(new Error('nobody asked for it')) };
    const gone = { ...attachment, source };
    const sent = { ...message, attachments: [gone] };
    await expect(encodeMime(sent, options, new Set([gone]))).resolves.toBeDefined();
    await expect(encodeMime(await read({ text: 'Hello' }).then((other) => ({ ...other, attachments: [gone] })), options)).rejects.toThrow(
      'nobody asked for it',
    );
  });

  test('text and html survive without any of them', async () => {
    const { text, html, names } = await encodeWithout(
      { text: 'Hello', html: '<img src="cid:logo@contoso.com">', attachments: [logo, a] },
      0,
      1,
    );
    expect({ text: text?.trim(), html, names }).toEqual({ text: 'Hello', html: '<img src="cid:logo@contoso.com">', names: [] });
  });

  test('a multipart is never empty', async () => {
    const { source, text, names } = await encodeWithout({ attachments: [a, b] }, 0, 1);
    expect(names).toEqual([]);
    expect(text ?? '').toBe('');
    expect(source).toContain('Subject: Hello');
    expect(source).toMatch(/^Content-Type: text\/plain; charset=utf-8$/im);
    expect(source).not.toMatch(/multipart/);
  });

  test('a message that is one file keeps its own headers only, and an empty text', async () => {
    const { source, subject, text, names } = await encodeWithout(
      { attachments: [{ ...a, headers: { 'Content-Language': 'de' } }], headers: { 'X-Content-Note': 'kept' } },
      0,
    );
    expect({ subject, text: text ?? '', names }).toEqual({ subject: 'Hello', text: '', names: [] });
    expect(source).toMatch(/^Content-Type: text\/plain; charset=utf-8$/im);
    expect(source).not.toMatch(/Content-Disposition|pdf|Content-Language/i);
    expect(source).toContain('X-Content-Note: kept');
  });
});

describe('a message that cannot be built', () => {
  test('says why, and that nothing was sent', async () => {
    const message = await read({ text: 'x' });
    const cause = new Error('the key is missing');
    message.tree.createReadStream = () =>
      quiet(
        new Readable({
          read() {
            this.destroy(cause);
          },
        }),
      );
    await expect(encodeMime(message, options)).rejects.toMatchObject({
      code: 'EMESSAGE',
      permanent: true,
      message: 'the message cannot be built: the key is missing; nothing was sent',
      cause,
    });
  });

  test('is given up when nothing comes', async () => {
    const message = await read({ text: 'x' });
    const stream = quiet(new PassThrough());
    stream.write('From: noreply@contoso.com\r\n');
    message.tree.createReadStream = () => stream;
    await expect(encodeMime(message, { ...options, idleTimeout: 20 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      permanent: false,
      message: 'building the message gave no data for 20 ms (socketTimeout); nothing was sent',
    });
    expect(stream.destroyed).toBe(true);
  });

  test('is waited for as long as something comes', async () => {
    async function* slow() {
      for (const line of ['From: a@contoso.com\r\n', 'To: b@example.com\r\n', 'Message-ID: <a@b>\r\n', '\r\n', 'x']) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        yield Buffer.from(line);
      }
    }
    const message = await read({ text: 'x' });
    message.tree.createReadStream = () => Readable.from(slow(), { objectMode: false });
    expect((await encodeMime(message, { ...options, idleTimeout: 400 })).toString()).toMatch(/\r\n\r\nx$/);
  });

  test('ends with an abort, whose reason is told as it is', async () => {
    const reason = new Error('no longer needed');
    const controller = new AbortController();
    const message = await read({ text: 'x' });
    const stream = quiet(new PassThrough());
    message.tree.createReadStream = () => stream;
    const encoding = encodeMime(message, { ...options, signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(encoding).rejects.toBe(reason);
    expect(stream.destroyed).toBe(true);
  });

  test('is not begun after an abort', async () => {
    const reason = new Error('no longer needed');
    await expect(encodeMime(await read({ text: 'x' }), { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('leaves nothing that listens to a signal of many messages', async () => {
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    await encodeMime(await read({ text: 'x' }), { ...options, signal });
    expect(removed.mock.calls.map(([event, listener]) => [event, listener])).toEqual(
      expect.arrayContaining(added.mock.calls.map(([event, listener]) => [event, listener])),
    );
  });
});

test('the headers name exactly the envelope', async () => {
  const message = await read({
    text: 'x',
    to: 'a@example.com, b@example.com',
    cc: 'c@example.com',
    envelope: { from: mail.from, to: ['b@example.com', 'd@example.com'] },
  });
  const { lines } = splitMessage(await encodeMime(message, options));
  expect(lines.filter((line) => /^(to|cc|bcc):/i.test(line))).toEqual(['To: b@example.com', 'Bcc: d@example.com']);
});

test('Cc is written anew, too', async () => {
  const message = await read({
    text: 'x',
    to: 'a@example.com',
    cc: 'b@example.com, c@example.com',
    envelope: { from: mail.from, to: ['a@example.com', 'c@example.com'] },
  });
  const { lines } = splitMessage(await encodeMime(message, options));
  expect(lines.filter((line) => /^(to|cc|bcc):/i.test(line))).toEqual(['To: a@example.com', 'Cc: c@example.com']);
});

test('a message made by hand is encoded, too', async () => {
  const message = outgoing();
  message.tree.setHeader('From', 'noreply@contoso.com');
  message.tree.setHeader('Content-Type', 'text/plain');
  message.tree.content = 'Hello';
  const { text, messageId } = await simpleParser(await encodeMime(message, options));
  expect(text?.trim()).toBe('Hello');
  expect(messageId).toMatch(/^<.+>$/);
});
