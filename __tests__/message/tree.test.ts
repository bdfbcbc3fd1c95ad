import { PassThrough, Readable } from 'node:stream';
import { createMimeNode, type MimeTreeNode } from '../../lib/message/nodemailer.js';
import { releaseStreams } from '../../lib/message/release-streams.js';
import { contentIdOf, dispositionOf, listParts } from '../../lib/message/tree.js';
import { compileMail } from './compile-mail.js';

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello' };
const png = { filename: 'logo.png', content: Buffer.from('png'), cid: 'logo@contoso.com' };
const pdf = { filename: 'a.pdf', content: Buffer.from('pdf') };

async function rolesOf(data: object): Promise<string[]> {
  const { message } = await compileMail({ ...mail, ...data });
  return listParts(message).map(({ role, type }) => `${role} ${type}`);
}

function node(headers: Record<string, string>, content?: unknown, ...children: MimeTreeNode[]): MimeTreeNode {
  const made = createMimeNode();
  for (const [key, value] of Object.entries(headers)) made.setHeader(key, value);
  made.content = content;
  for (const child of children) {
    child.parentNode = made;
    made.childNodes.push(child);
  }
  return made;
}

describe('listParts', () => {
  test.each<[string, object, string[]]>([
    ['nothing', {}, ['body text/plain']],
    ['text', { text: 'Hello' }, ['body text/plain']],
    ['html', { html: '<p>' }, ['body text/html']],
    ['text and html', { text: 'Hello', html: '<p>' }, ['alternative text/plain', 'alternative text/html']],
    ['a picture in html', { html: '<p>', attachments: [png] }, ['body text/html', 'related image/png']],
    [
      'text, html with a picture, a file',
      { text: 'Hello', html: '<p>', attachments: [png, pdf] },
      ['alternative text/plain', 'alternative text/html', 'related image/png', 'attachment application/pdf'],
    ],
    ['a file alone', { attachments: [pdf] }, ['attachment application/pdf']],
    ['two files', { attachments: [pdf, pdf] }, ['attachment application/pdf', 'attachment application/pdf']],
    ['text that says it is shown inline', { text: 'Hello', headers: { 'Content-Disposition': 'inline' } }, ['body text/plain']],
    [
      'text and a text that is shown inline',
      { text: 'Hello', attachments: [{ content: 'x', contentType: 'text/plain', filename: false, contentDisposition: 'inline' }] },
      ['body text/plain', 'attachment text/plain'],
    ],
    [
      'text and a file without a name',
      { text: 'Hello', attachments: [{ content: 'x', filename: false }] },
      ['body text/plain', 'attachment application/octet-stream'],
    ],
    [
      'every alternative',
      {
        text: 'Hello',
        html: '<p>',
        amp: '<html amp4email>',
        watchHtml: '<p>w',
        alternatives: [{ contentType: 'text/X-Web; charset=utf-8', content: 'x' }],
      },
      [
        'alternative text/plain',
        'alternative text/watch-html',
        'alternative text/x-amp-html',
        'alternative text/html',
        'alternative text/x-web',
      ],
    ],
    [
      'an event, which is an alternative and a file',
      { text: 'Hello', icalEvent: { content: 'BEGIN:VCALENDAR' } },
      ['alternative text/plain', 'alternative text/calendar', 'attachment application/ics'],
    ],
  ])('%s', async (_what, data, expected) => {
    expect(await rolesOf(data)).toEqual(expected);
  });

  test('a part that is given ready-made is a leaf, whatever it says it is', async () => {
    const raw = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--';
    expect(await rolesOf({ text: 'Hello', attachments: [{ raw }] })).toHaveLength(2);
    const ready = node({ 'Content-Type': 'multipart/mixed' });
    ready.setRaw(raw);
    expect(listParts(ready)).toMatchObject([{ node: ready, role: 'body', type: 'multipart/mixed' }]);
  });

  test('a file may be of a multipart type; a multipart of the message has parts and no content', () => {
    const file = node({ 'Content-Type': 'multipart/x-zip', 'Content-Disposition': 'attachment' }, Buffer.from('zip'));
    const text = node({ 'Content-Type': 'text/plain' }, 'x');
    const empty = node({ 'Content-Type': 'multipart/mixed' });
    const odd = node({ 'Content-Type': 'multipart/mixed' }, 'left over', text);
    expect(listParts(node({ 'Content-Type': 'multipart/mixed' }, undefined, file, empty, odd))).toMatchObject([
      { node: file, role: 'attachment', type: 'multipart/x-zip' },
      { node: text, role: 'body' },
    ]);
  });

  test.each([
    ['multipart/signed; protocol="application/pgp-signature"', true],
    ['MULTIPART/ENCRYPTED; protocol="application/pgp-encrypted"', true],
    ['multipart/mixed', false],
    ['multipart/signedly', false],
  ])('what is in a %s is sealed: %s', (type, sealed) => {
    const inner = node({ 'Content-Type': 'multipart/mixed' }, undefined, node({ 'Content-Type': 'text/plain' }, 'x'));
    const root = node({ 'Content-Type': 'multipart/mixed' }, undefined, node({ 'Content-Type': type }, undefined, inner), node({}, 'y'));
    expect(listParts(root).map((part) => part.sealed)).toEqual([sealed, false]);
  });

  test.each([
    ['application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m', true],
    ['application/x-pkcs7-mime; name=smime.p7m; smime-type=signed-data', true],
    ['application/pkcs7-mime;\r\n smime-type=enveloped-data', true],
    ['application/pkcs7-mime;smime-type=enveloped-data', true],
    ['application/pkcs7-mime; name=certificates.p7m', false],
    ['application/pkcs7-mimes; smime-type=enveloped-data', false],
    ['text/plain; x="application/pkcs7-mime; smime-type=enveloped-data"', false],
    ['application/pkcs7-mime; not-an-smime-typed=1', false],
  ])('%j is sealed: %s', (type, sealed) => {
    expect(listParts(node({ 'Content-Type': type }, 'x'))).toMatchObject([{ sealed }]);
  });

  test.each([
    ['text/plain; name=a.txt; format=flowed', 'text/plain; format=flowed'],
    ['text/plain; charset=utf-8; name="a \\"b\\"; c.txt"', 'text/plain; charset=utf-8'],
    ["text/plain; name*=utf-8''a.txt", 'text/plain'],
    ["text/plain; NAME*0*=utf-8''a; name*1=b; format=flowed", 'text/plain; format=flowed'],
    ['text/plain;\r\n\tname=a.txt;\r\n x-mark=1', 'text/plain; x-mark=1'],
    ['text/plain; filename=a.txt', 'text/plain; filename=a.txt'],
    ['', 'application/octet-stream'],
    ['; name=a.txt', 'application/octet-stream'],
    [' text/plain; name = "a.txt" ', 'text/plain'],
    ['text/plain;name=a.txt', 'text/plain'],
    ['text/plain;\n\t x-mark=1', 'text/plain; x-mark=1'],
    ['text/plain; \r\n x-mark=1', 'text/plain; x-mark=1'],
  ])('%j is carried as %j', (written, contentType) => {
    expect(listParts(node({ 'Content-Type': written }, Buffer.from('x')))).toMatchObject([{ contentType }]);
  });

  test('a part without a type is bytes', () => {
    expect(listParts(node({}, 'x'))).toMatchObject([{ type: 'application/octet-stream', contentType: 'application/octet-stream' }]);
  });

  test('type and subtype are in lower case, the parameters as they were', () => {
    expect(listParts(node({ 'Content-Type': 'Text/HTML ; Charset=UTF-8' }, 'x'))).toMatchObject([
      { type: 'text/html', contentType: 'Text/HTML ; Charset=UTF-8' },
    ]);
  });

  test.each<[string, string, unknown, string]>([
    ['an international string is UTF-8', 'text/plain', 'Grüße', 'text/plain; charset=utf-8'],
    ['whatever it says', 'text/plain; charset=iso-8859-1; format=flowed', 'Grüße', 'text/plain; format=flowed; charset=utf-8'],
    ['without a space', 'text/plain;charset=x; format=flowed', 'Grüße', 'text/plain; format=flowed; charset=utf-8'],
    ['and however it says so', 'text/plain; charset = "x; y"', 'Grüße', 'text/plain; charset=utf-8'],
    ['an ASCII string stays what it says', 'text/plain; charset=iso-8859-1', 'Hello ~', 'text/plain; charset=iso-8859-1'],
    ['the first character beyond ASCII counts', 'text/plain', '\u0080', 'text/plain; charset=utf-8'],
    ['the last one, too', 'text/plain', '\uFFFF', 'text/plain; charset=utf-8'],
    ['bytes stay what they say', 'text/plain; charset=iso-8859-1', Buffer.from('Grüße'), 'text/plain; charset=iso-8859-1'],
    ['html says it itself', 'text/html', 'Grüße', 'text/html'],
    ['a type that only ends alike says it itself, too', 'x-text/plain', 'Grüße', 'x-text/plain'],
    ['and so does one that only begins alike', 'text/plainer', 'Grüße', 'text/plainer'],
  ])('%s', (_what, type, content, contentType) => {
    expect(listParts(node({ 'Content-Type': type }, content))).toMatchObject([{ contentType }]);
  });
});

describe('dispositionOf', () => {
  test.each<[string, Record<string, string>, string | undefined, string | undefined]>([
    ['none', {}, undefined, undefined],
    ['none, but a file name', {}, 'a.pdf', 'attachment'],
    ['inline', { 'Content-Disposition': 'inline' }, undefined, 'inline'],
    ['inline with a file name', { 'Content-Disposition': 'inline; filename=a.pdf' }, 'a.pdf', 'inline'],
    ['spelled differently', { 'Content-Disposition': ' InLine ; filename=a.pdf' }, undefined, 'inline'],
    ['another', { 'Content-Disposition': 'form-data' }, undefined, 'form-data'],
  ])('%s', (_what, headers, filename, expected) => {
    const made = node(headers);
    made.filename = filename;
    expect(dispositionOf(made)).toBe(expected);
  });

  test('a file name that is switched off makes no attachment', () => {
    const made = node({});
    made.filename = false;
    expect(dispositionOf(made)).toBeUndefined();
  });
});

describe('contentIdOf', () => {
  test.each([
    ['<a@contoso.com>', 'a@contoso.com'],
    [' <a@contoso.com> ', 'a@contoso.com'],
    ['a@contoso.com', 'a@contoso.com'],
    ['<a<b>c>', 'a<b>c'],
    ['', undefined],
    ['   ', undefined],
  ])('%j is %j', (value, expected) => {
    expect(contentIdOf(node({ 'Content-ID': value }))).toBe(expected);
  });

  test('none', () => expect(contentIdOf(node({}))).toBeUndefined());

  test('a value that Nodemailer holds as an object', () => {
    const made = node({});
    made.setHeader('Content-ID', { prepared: true, value: '<a@contoso.com>' });
    expect(contentIdOf(made)).toBe('a@contoso.com');
    made.setHeader('Content-ID', { prepared: true, value: 5 });
    expect(contentIdOf(made)).toBeUndefined();
    made.setHeader('Content-ID', { prepared: true });
    expect(contentIdOf(made)).toBeUndefined();
  });
});

describe('releaseStreams', () => {
  test('destroys every stream of the tree, wherever it is, and swallows what it says about it', async () => {
    const streams = [0, 1, 2].map(() => new PassThrough());
    const inner = node({}, streams[0]);
    const root = node({}, 'text', node({}, undefined, inner), node({}, Buffer.from('x')));
    root._raw = streams[1];
    inner._raw = streams[2];
    streams[1]?.once('close', () => streams[1]?.emit('error', new Error('too late')));
    releaseStreams(root);
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
    await new Promise(setImmediate);
  });

  test('lets alone what is no stream', () => {
    const destroy = jest.fn();
    releaseStreams(node({}, { destroy }, node({}, { pipe: true, destroy }), node({}, null), node({}, { pipe: () => undefined })));
    expect(destroy).not.toHaveBeenCalled();
  });

  test('needs nothing of a stream but pipe and destroy', () => {
    const destroy = jest.fn();
    releaseStreams(node({}, { pipe: () => undefined, destroy }));
    expect(destroy).toHaveBeenCalledTimes(1);
    const stream = Readable.from(['x']);
    releaseStreams(node({}, stream));
    expect(stream.destroyed).toBe(true);
  });
});
