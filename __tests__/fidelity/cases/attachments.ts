import { Readable } from 'node:stream';
import { BYTES, EML, PNG, type FidelityCase } from '../harness.js';
import { letter } from './letter.js';

const attach = (...attachments: unknown[]) => letter({ attachments });
const withHtml = (...attachments: unknown[]) => letter({ html: '<p>See <img src="cid:logo"></p>', attachments });

const NAMES = {
  'spaces and brackets': 'report (final) [1] 2026.pdf',
  'letters beyond ASCII': 'Größenübersicht – 你好.pdf',
  emoji: '📄 report.pdf',
  'quotes and a backslash': 'a "b" \\c.pdf',
  'a semicolon, a percent sign and an apostrophe': "a;b%20c'd.pdf",
  'no ending': 'README',
  'a path': '../../etc/report.pdf',
  'a leading dot': '.env',
  '250 characters': `${'long-name-'.repeat(25)}.pdf`,
  '250 characters beyond ASCII': `${'Größe-'.repeat(42)}.pdf`,
  'an encoded word': '=?utf-8?Q?Gr=C3=B6=C3=9Fe?=.pdf',
  'right to left': 'דוח.pdf',
  'a comma and a colon': 'a, b: c.pdf',
  'two endings': 'archive.tar.gz',
} as const;

export const attachmentCases: FidelityCase[] = [
  { name: 'a string', data: () => attach({ filename: 'note.txt', content: 'Größe\nzweite Zeile\n' }) },
  { name: 'a Buffer', data: () => attach({ filename: 'data.bin', content: BYTES }) },
  { name: 'a Uint8Array in a Buffer view', data: () => attach({ filename: 'data.bin', content: BYTES.subarray(10, 20) }) },
  { name: 'a stream', data: () => attach({ filename: 'data.bin', content: Readable.from([BYTES.subarray(0, 300), BYTES.subarray(300)]) }) },
  { name: 'a path', data: (world) => attach({ path: world.file('data.bin') }) },
  { name: 'a path with a name', data: (world) => attach({ filename: 'other.dat', path: world.file('data.bin') }) },
  { name: 'an href', data: (world) => attach({ href: world.url('logo.png?size=1') }) },
  { name: 'a URL as path', data: (world) => attach({ path: world.url('data.bin') }) },
  { name: 'an href with httpHeaders', data: (world) => attach({ href: world.url('secret/data.bin'), httpHeaders: { 'X-Key': '1234' } }) },
  { name: 'a data URI', data: () => attach({ path: `data:application/octet-stream;base64,${BYTES.toString('base64')}` }) },
  { name: 'a data URI as href with a name', data: () => attach({ filename: 'a.csv', href: 'data:text/csv,a%2Cb' }) },
  ...(['base64', 'hex', 'binary'] as const).map((encoding) => ({
    name: `content in ${encoding}`,
    data: () => attach({ filename: 'data.bin', content: BYTES.toString(encoding), encoding }),
  })),
  { name: 'zero bytes', data: () => attach({ filename: 'empty.txt', content: '' }, { filename: 'empty.bin', content: Buffer.alloc(0) }) },
  { name: 'a stream of zero bytes', data: () => attach({ filename: 'empty.bin', content: Readable.from([]) }) },
  {
    name: 'a name twice',
    data: () => attach({ filename: 'a.txt', content: 'one' }, { filename: 'a.txt', content: 'two' }, { filename: 'a.txt', content: 'one' }),
  },
  ...Object.entries(NAMES).map(([what, filename]) => ({ name: `a name with ${what}`, data: () => attach({ filename, content: BYTES }) })),
  {
    name: 'a file of type multipart/form-data',
    data: () => attach({ filename: 'upload.txt', content: '--b\r\n\r\nx\r\n--b--\r\n', contentType: 'multipart/form-data; boundary=b' }),
  },
  { name: 'no name given', data: () => attach({ content: BYTES }, { content: 'text', contentType: 'text/plain' }) },
  { name: 'filename: false', data: () => attach({ filename: false, content: BYTES }) },
  {
    name: 'a content type with parameters',
    data: () => attach({ filename: 'a.csv', content: 'ä,ö\n', contentType: 'text/csv; charset=utf-8; header=present' }),
  },
  {
    name: 'a content type with a name in it',
    data: () => attach({ filename: 'a.pdf', content: BYTES, contentType: 'application/pdf; name="other.pdf"' }),
  },
  {
    name: 'a text in another charset',
    data: () => attach({ filename: 'a.txt', content: Buffer.from('Größe', 'latin1'), contentType: 'text/plain; charset=iso-8859-1' }),
  },
  { name: 'a content type in capitals', data: () => attach({ filename: 'a.pdf', content: BYTES, contentType: 'Application/PDF' }) },
  {
    name: 'a content type nobody knows',
    data: () => attach({ filename: 'a.xyz', content: BYTES, contentType: 'application/vnd.contoso+xyz; v=1' }),
  },
  { name: 'a file type nobody knows', data: () => attach({ filename: 'a.contoso', content: BYTES }) },
  {
    name: 'headers of its own',
    data: () =>
      attach({ filename: 'a.pdf', content: BYTES, headers: { 'X-Attachment-Id': '1', 'Content-Description': 'The Größe report' } }),
  },
  { name: 'an html file', data: () => attach({ filename: 'page.html', content: '<p>Größe</p>' }) },
  {
    name: 'a text file beside html',
    data: () => letter({ html: '<p>hello</p>', attachments: [{ filename: 'a.txt', content: 'attached' }] }),
  },
  {
    name: 'a text file without a letter',
    data: () => letter({ text: undefined, attachments: [{ filename: 'a.txt', content: 'attached' }] }),
  },
  { name: 'a file without a letter', data: () => letter({ text: undefined, attachments: [{ filename: 'a.pdf', content: BYTES }] }) },
  {
    name: 'a file without a letter, with own headers',
    data: () =>
      letter({
        text: undefined,
        headers: { 'X-Tag': '1' },
        attachments: [{ filename: 'a.pdf', content: BYTES, headers: { 'X-Attachment-Id': '1' } }],
      }),
  },
  {
    name: 'two files without a letter',
    data: () =>
      letter({
        text: undefined,
        attachments: [
          { filename: 'a.pdf', content: BYTES },
          { filename: 'b.pdf', content: 'b' },
        ],
      }),
  },
  { name: 'an ics file as a plain attachment', data: (world) => attach({ filename: 'event.ics', path: world.file('invite.ics') }) },
  ...['base64', 'quoted-printable', '7bit', '8bit', false].flatMap((contentTransferEncoding): FidelityCase[] => [
    {
      name: `contentTransferEncoding ${contentTransferEncoding} of a text`,
      data: () => attach({ filename: 'a.txt', content: 'one\ntwo =3D\n', contentTransferEncoding }),
    },
  ]),
  {
    name: 'contentTransferEncoding quoted-printable of bytes',
    data: () => attach({ filename: 'a.bin', content: BYTES, contentTransferEncoding: 'quoted-printable' }),
  },
  { name: 'contentDisposition inline', data: () => attach({ filename: 'a.pdf', content: BYTES, contentDisposition: 'inline' }) },
  {
    name: 'contentDisposition inline of a text',
    data: () => attach({ filename: 'a.txt', content: 'inline text', contentDisposition: 'inline' }),
  },
  {
    name: 'contentDisposition inline without a name',
    data: () => attach({ filename: false, content: 'inline text', contentType: 'text/plain', contentDisposition: 'inline' }),
  },
  {
    name: 'contentDisposition inline with html that does not show it',
    data: () => letter({ html: '<p>hello</p>', attachments: [{ filename: 'a.png', content: PNG, contentDisposition: 'inline' }] }),
  },
  { name: 'an inline image', data: () => withHtml({ filename: 'logo.png', content: PNG, cid: 'logo' }) },
  { name: 'an inline image in brackets', data: () => withHtml({ filename: 'logo.png', content: PNG, cid: '<logo>' }) },
  {
    name: 'an inline image without text',
    data: () =>
      letter({
        text: undefined,
        html: '<img src="cid:logo@contoso.com">',
        attachments: [{ filename: 'logo.png', content: PNG, cid: 'logo@contoso.com' }],
      }),
  },
  { name: 'an inline image without html', data: () => attach({ filename: 'logo.png', content: PNG, cid: 'logo' }) },
  { name: 'an inline image without a name', data: () => withHtml({ content: PNG, contentType: 'image/png', cid: 'logo' }) },
  {
    name: 'an inline image as a download',
    data: () => withHtml({ filename: 'logo.png', content: PNG, cid: 'logo', contentDisposition: 'attachment' }),
  },
  {
    name: 'a cid with odd characters',
    data: () =>
      letter({
        html: '<img src="cid:logo%20ü$1@contoso.com">',
        attachments: [{ filename: 'logo.png', content: PNG, cid: 'logo$1+x=y@contoso.com' }],
      }),
  },
  { name: 'a cid on a file that is no image', data: () => withHtml({ filename: 'a.pdf', content: BYTES, cid: 'logo' }) },
  {
    name: 'a cid on a video shown inline',
    data: () => withHtml({ filename: 'a.mp4', content: BYTES, cid: 'logo', contentDisposition: 'inline' }),
  },
  {
    name: 'inline images and files together',
    data: (world) =>
      withHtml(
        { filename: 'a.pdf', content: BYTES },
        { path: world.file('logo.png'), cid: 'logo' },
        { filename: 'b.txt', content: 'b' },
        { filename: 'second.png', content: PNG, cid: 'second' },
      ),
  },
  {
    name: 'one stream in one attachment, one file twice',
    data: (world) => attach({ filename: 'a.bin', path: world.file('data.bin') }, { filename: 'b.bin', path: world.file('data.bin') }),
  },
  { name: 'one object as two attachments', data: () => ((same) => attach(same, same))({ filename: 'a.bin', content: BYTES }) },

  { name: 'a nested message', data: () => attach({ filename: 'question.eml', contentType: 'message/rfc822', content: EML }) },
  { name: 'a nested message without a name', data: () => attach({ contentType: 'message/rfc822', content: EML }) },
  { name: 'a nested message from a file', data: (world) => attach({ contentType: 'message/rfc822', path: world.file('message.eml') }) },
  { name: 'an eml file by its name', data: (world) => attach({ path: world.file('message.eml') }) },
  {
    name: 'a raw part',
    data: () =>
      attach({ raw: 'Content-Type: text/x-custom; charset=utf-8\r\nContent-Disposition: attachment; filename=a.custom\r\n\r\nHello' }),
  },
  {
    name: 'a raw part beside another',
    data: () =>
      attach(
        {
          raw: 'Content-Type: application/x-custom\r\nContent-Disposition: attachment; filename=a.custom\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8=',
        },
        { filename: 'b.txt', content: 'b' },
      ),
  },

  { name: 'an attachment from a file that is not there', data: () => attach({ path: '/nowhere/data.bin' }), refused: 'EMESSAGE' },
  { name: 'an attachment from a directory', data: () => attach({ path: '/' }), refused: 'EMESSAGE' },
  { name: 'an attachment from a URL that is not there', data: (world) => attach({ href: world.url('nothing') }), refused: 'EMESSAGE' },
  {
    name: 'an attachment from a stream that fails',
    data: () =>
      attach({
        filename: 'a.bin',
        content: new Readable({
          read() {
            this.destroy(new Error('disk gone'));
          },
        }),
      }),
    refused: 'EMESSAGE',
  },
];
