import fc from 'fast-check';
import { outlineOf } from '../../lib/sandbox/mail/outline.js';

const source = (...lines: string[]) => Buffer.from(lines.join('\r\n'));

test('an outline has decoded header fields and the parts in their order, without their contents', () => {
  const { fields, parts, bytes } = outlineOf(
    source(
      'From: =?utf-8?Q?J=C3=B6rg?= <j@contoso.com>',
      'Subject: a',
      ' b',
      'Content-Type: multipart/mixed; boundary="a b"',
      '',
      '--a b',
      'Content-Type: multipart/alternative; boundary=inner',
      '',
      '--inner',
      'Content-Type: text/plain; charset=iso-8859-1',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Gr=F6=',
      '=DFe',
      '--inner',
      'Content-Type: text/html',
      '',
      '<p>x</p>',
      '--inner--',
      '--a b',
      "Content-Disposition: attachment; filename*0*=utf-8''%C3%A4; filename*1=b.txt",
      'Content-Type: application/octet-stream',
      'Content-ID: <c@d>',
      'Content-Transfer-Encoding: base64',
      '',
      'AAECAw==',
      '--a b--',
      '',
    ),
  );
  expect(fields.slice(0, 2)).toEqual([
    { name: 'From', value: 'Jörg <j@contoso.com>' },
    { name: 'Subject', value: 'a b' },
  ]);
  expect(bytes).toBeGreaterThan(300);
  expect(parts).toMatchObject([
    { depth: 0, type: 'multipart/mixed', digest: '', bytes: 0 },
    { depth: 1, type: 'multipart/alternative', digest: '' },
    { depth: 2, type: 'text/plain', bytes: 5 },
    { depth: 2, type: 'text/html', bytes: 8 },
    { depth: 1, type: 'application/octet-stream', name: 'äb.txt', disposition: 'attachment', contentId: 'c@d', bytes: 4 },
  ]);
  expect(JSON.stringify(parts)).not.toContain('<p>');
});

test('a text is the same text whatever its charset, encoding and line ends; a file is compared by its bytes', () => {
  const digest = (...lines: string[]) => outlineOf(source(...lines)).parts[0]?.digest;
  const quoted = digest(
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'Gr=C3=B6=C3=9Fe',
    '',
  );
  const plain = digest('Content-Type: text/plain; charset=iso-8859-1', 'Content-Transfer-Encoding: base64', '', 'R3L233MK');
  expect(digest('Content-Type: text/plain', 'Content-Transfer-Encoding: base64', '', Buffer.from('Größe').toString('base64'))).toBe(quoted);
  expect(plain).not.toBe(quoted);
  expect(digest('Content-Type: text/plain; charset=nobody-knows', '', 'a')).toBe(digest('', 'a'));
  expect(digest('Content-Type: application/x', '', 'a\r\n')).not.toBe(digest('Content-Type: application/x', '', 'a\n'));
});

test('whatever is thrown at it, an outline is small', () => {
  const nested = (depth: number): string =>
    depth === 0 ? 'x' : `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n${nested(depth - 1)}\r\n--b${depth}--\r\n`;
  const hostile = [
    nested(500),
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(20_000)}--b--`,
    `${'X-A: b\r\n'.repeat(50_000)}\r\n`,
    `X-A: ${'b'.repeat(1_000_000)}\r\n\r\n`,
    `Content-Type: text/plain;${' name'.repeat(100_000)}\r\n\r\n`,
    `Content-Disposition: attachment;${' '.repeat(300_000)}x\r\n\r\n`,
    `Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${'='.repeat(300_000)}${' '.repeat(300_000)}`,
    `Subject: ${'=?utf-8?Q?=C3=A4?= '.repeat(20_000)}\r\n\r\n`,
  ];
  for (const text of hostile) {
    const outline = outlineOf(Buffer.from(text));
    expect(Buffer.byteLength(JSON.stringify(outline))).toBeLessThan(44_000);
    expect(outline.parts.length).toBeLessThanOrEqual(100);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(outlineOf(Buffer.from(bytes)).bytes).toBe(bytes.length);
    }),
  );
});
