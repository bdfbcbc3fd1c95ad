import { readReadyMadePart } from '../../lib/message/ready-made-part.js';

const part = (...lines: string[]) => readReadyMadePart(Buffer.from(lines.join('\r\n')));

test('a file in base64', async () => {
  const read = await part(
    'Content-Type: application/pdf; name="invoice.pdf"',
    'Content-Disposition: attachment; filename="invoice.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    'JVBE',
    'Rg==',
  );
  expect(read).toEqual({
    name: 'invoice.pdf',
    contentType: 'application/pdf',
    contentId: undefined,
    isInline: false,
    content: Buffer.from('%PDF'),
    others: [],
  });
});

test('an inline picture, in quoted-printable, with further fields', async () => {
  const read = await part(
    'content-type: image/svg+xml',
    'Content-Disposition: inline',
    'Content-ID: <logo@contoso>',
    'Content-Transfer-Encoding: Quoted-Printable',
    'X-A: 1',
    '',
    'gr=C3=BC=  ',
    'n =3D x',
  );
  expect(read).toMatchObject({ contentId: 'logo@contoso', isInline: true, others: ['X-A'] });
  expect(read.content.toString()).toBe('grün = x');
});

test.each([
  ["attachment; filename*=UTF-8''%C3%BC.txt", 'ü.txt'],
  ['attachment; filename="=?utf-8?Q?=C3=BC.txt?="', 'ü.txt'],
  ['attachment; filename="=?utf-8?Q?a=0D=0AB:_c=00?="', 'a B: c '],
  ['attachment', undefined],
])('the name in %s', async (disposition, name) => {
  expect((await part(`Content-Disposition: ${disposition}`, '', 'x')).name).toBe(name);
});

test('one with parts of its own stays whole', async () => {
  const lines = ['Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'x', '--b--'];
  expect(await part(...lines)).toMatchObject({ contentType: 'message/rfc822', content: Buffer.from(lines.join('\r\n')) });
});

test('one without a header is text', async () => {
  expect(await part('', 'x')).toMatchObject({ name: undefined, contentType: 'text/plain', content: Buffer.from('x') });
});
