import fc from 'fast-check';
import { readStrictAddress, readStrictAddressList } from '../../lib/encode/strict/addresses.js';
import { checkAttachment, checkJson } from '../../lib/encode/strict/check-json.js';
import { checkMime } from '../../lib/encode/strict/check-mime.js';
import { checkParts } from '../../lib/encode/strict/parts.js';
import { readStrictHeader } from '../../lib/encode/strict/header.js';
import { addressesOf } from '../support/strict-view.js';

const addresses = (text: string) => readStrictAddressList(text)?.map(({ local, domain }) => `${local}@${domain}`);

describe('an address list', () => {
  test.each([
    ['a@example.com', ['a@example.com']],
    [' <a@example.com>', ['a@example.com']],
    ['A <a@example.com>, b@example.com', ['a@example.com', 'b@example.com']],
    ['"A, B" <a@example.com>', ['a@example.com']],
    ['John Q. Public <a@example.com>', ['a@example.com']],
    ['"x@evil.com" <a@example.com>', ['a@example.com']],
    ['a@example.com (x (y) \\) z)', ['a@example.com']],
    ['Team: a@example.com, B <b@example.com>;', ['a@example.com', 'b@example.com']],
    ['undisclosed-recipients:;', []],
    ['"a b"@example.com', ['a b@example.com']],
    ['a@[192.0.2.1]', ['a@[192.0.2.1]']],
    ['A\r\n <a@example.com>', ['a@example.com']],
    ['J\u00f6rg <j\u00f6rg@m\u00fcnchen.example>', ['j\u00f6rg@m\u00fcnchen.example']],
  ])('%j', (text, expected) => {
    expect(addresses(text)).toEqual(expected);
  });

  test.each([
    '',
    ' ',
    ',',
    'a@example.com,',
    'a@example.com, , b@example.com',
    'a@example.com; b@example.com',
    'a@example.com b@example.com',
    'a@b@example.com',
    'a',
    '<a@example.com',
    '<<a@example.com>>',
    '<a@example.com> x',
    'x:a@example.com',
    'Team: a@example.com',
    'T: U: a@example.com;;',
    'b"@example.com',
    'a(b)c@example.com',
    'a (b) @ example.com',
    'a@ example.com',
    'a@exam(p)le.com',
    '<@c.example:a@example.com>',
    '(a@example.com',
    '"a@example.com',
    '=?utf-8?Q?c=40d?=@example.com',
    'a@example..com',
    'a@example.com\rb',
    'a@example.com\r\nb',
    'a\0@example.com',
    'a\u2028@example.com',
    'a\u0085@example.com',
  ])('%j is none', (text) => {
    expect(addresses(text)).toBeUndefined();
  });

  test('two strict readers say the same of whatever is written', () => {
    const piece = fc.constantFrom(
      'a',
      'b@example.com',
      '<',
      '>',
      '"',
      '(',
      ')',
      ',',
      ';',
      ':',
      '@',
      '.',
      ' ',
      '\\',
      '[',
      ']',
      'é',
      '=?x?=',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const text = pieces.join('');
        let other: string[] | undefined;
        try {
          other = addressesOf(text);
        } catch {
          other = undefined;
        }
        const mine = readStrictAddressList(text);
        // the one for the tests knows nothing of encoded words, and takes comments in more places
        if (mine !== undefined && other !== undefined) expect(other).toHaveLength(mine.length);
        if (mine !== undefined && mine.length > 0) expect(other).toBeDefined();
      }),
      { numRuns: 20_000 },
    );
  });

  test('one address is nothing but that', () => {
    expect(readStrictAddress('a@example.com')).toEqual({ local: 'a', domain: 'example.com' });
    for (const text of [' a@example.com', '<a@example.com>', 'a@example.com ', 'a @example.com', 'a(b)@example.com', 'a@example.com,b@c']) {
      expect(readStrictAddress(text)).toBeUndefined();
    }
  });
});

const source = (...lines: string[]) => Buffer.from([...lines, '', 'body', ''].join('\r\n'), 'latin1');

describe('a header', () => {
  test.each([
    ['a bare LF', Buffer.from('A: 1\nB: 2\r\n\r\n')],
    ['a bare CR', source('A: 1\rB: 2')],
    ['a VT', source('A: 1\vB: 2')],
    ['NUL', source('A: 1\0')],
    ['NEL in UTF-8', source('A: 1\xc2\x85B: 2')],
    ['NEL in latin1', source('A: \xfc\x85')],
    ['U+2028', source('A: \xe2\x80\xa8B')],
    ['a blank before the colon', source('A : 1')],
    ['no name', source(': 1')],
    ['no colon', source('junk')],
    ['a name beyond ASCII', source('X-Gr\xc3\xb6\xc3\x9fe: 1')],
    ['a first line that continues', source(' A: 1')],
    ['a line of blanks', source('A: 1', '  ', 'B: 2')],
    ['no end', Buffer.from('A: 1\r\nB: 2\r\n')],
  ])('with %s is refused', (_what, header) => {
    expect(readStrictHeader(header).problem).toBeDefined();
  });

  test('is its fields', () => {
    expect(readStrictHeader(source('A: 1', 'b-C:', ' 2', 'D: gr\xc3\xbc\xc3\x9fe')).fields).toEqual([
      { name: 'a', value: ' 1' },
      { name: 'b-c', value: '\r\n 2' },
      { name: 'd', value: ' grüße' },
    ]);
  });
});

describe('a message as MIME', () => {
  const from = 'From: noreply@contoso.com';
  test.each<[string, Buffer, string[]]>([
    ['To', source(from, 'To: A <a@example.com>'), ['A@Example.com']],
    [
      'To, Cc and Bcc together',
      source(from, 'To: a@x.example', 'Cc: b@x.example', 'Bcc: c@x.example'),
      ['c@x.example', 'b@x.example', 'a@x.example'],
    ],
    ['several Cc', source(from, 'Cc: a@x.example', 'cc: b@x.example'), ['a@x.example', 'b@x.example']],
    ['an international domain', source(from, 'To: a@xn--mnchen-3ya.example'), ['a@münchen.example']],
    ['quotes that are not needed', source(from, 'To: "a"@x.example'), ['a@x.example']],
  ])('%s: exactly the envelope', (_what, mime, envelope) => {
    expect(checkMime(mime, envelope)).toBeUndefined();
  });

  test.each<[string, Buffer, string[], RegExp]>([
    ['somebody too many', source(from, 'To: a@x.example, b@x.example'), ['a@x.example'], /not in the envelope/],
    [
      'somebody too many in a second Cc',
      source(from, 'To: a@x.example', 'Cc: a@x.example', 'CC: b@x.example'),
      ['a@x.example'],
      /not in the envelope/,
    ],
    ['somebody missing', source(from, 'To: a@x.example'), ['a@x.example', 'b@x.example'], /not at all/],
    ['the Kelvin sign', source(from, `To: ${Buffer.from('\u212a@x.example').toString('latin1')}`), ['k@x.example'], /not in the envelope/],
    ['two From', source(from, from, 'To: a@x.example'), ['a@x.example'], /more than once/],
    ['a From that is none', source('From: me', 'To: a@x.example'), ['a@x.example'], /no list/],
    ['a To that is none', source(from, 'To: a@x.example b@x.example'), ['a@x.example'], /no list/],
    ['Resent-Bcc', source(from, 'To: a@x.example', 'Resent-Bcc: b@x.example'), ['a@x.example'], /seen/],
  ])('%s is refused', (_what, mime, envelope, what) => {
    expect(checkMime(mime, envelope)?.what).toMatch(what);
  });
});

describe('a message as JSON', () => {
  const recipient = (address: string, name = 'A') => ({ emailAddress: { address, name } });
  const message = (more: object = {}) => JSON.stringify({ subject: 'x', toRecipients: [recipient('a@x.example')], ...more });

  test('names exactly the envelope', () => {
    expect(checkJson(message(), ['a@x.example'])).toBeUndefined();
    expect(checkJson(message({ bccRecipients: [recipient('b@x.example')] }), ['b@x.example', 'a@x.example'])).toBeUndefined();
  });

  test.each<[string, object]>([
    ['somebody too many', { ccRecipients: [recipient('b@x.example')] }],
    ['nobody', { toRecipients: [] }],
    ['a list by another spelling', { BCCRecipients: [recipient('b@x.example')] }],
    ['a property twice', { ToRecipients: [recipient('a@x.example')] }],
    ['no address', { ccRecipients: [recipient('a@x.example, b@x.example')] }],
    ['a line break in the subject', { subject: 'a\nBcc: b' }],
    ['a line break in a name', { toRecipients: [recipient('a@x.example', 'a\r\nb')] }],
    ['NUL in the Message-ID', { internetMessageId: '<a\0@b>' }],
    ['a header without x-', { internetMessageHeaders: [{ name: 'Bcc', value: 'b@x.example' }] }],
    ['a header name with a colon', { internetMessageHeaders: [{ name: 'x-a:b', value: 'c' }] }],
    [
      'an extended property that writes To',
      { singleValueExtendedProperties: [{ id: 'String {00020386-0000-0000-C000-000000000046} Name To', value: 'b@x.example' }] },
    ],
    ['a line break in an extended property', { singleValueExtendedProperties: [{ id: 'String 0x1045', value: '<a>\r\nBcc: b' }] }],
  ])('%s is refused', (_what, more) => {
    expect(checkJson(message(more), ['a@x.example'])).toBeDefined();
  });

  test('a body may have lines', () => {
    expect(checkJson(message({ body: { contentType: 'text', content: 'a\r\nb' } }), ['a@x.example'])).toBeUndefined();
  });
});

test.each(['name', 'contentType', 'contentId'])('an attachment with a break in its %s is none', (property) => {
  for (const bad of ['\r', '\n', '\0']) expect(checkAttachment({ name: 'a', [property]: `a${bad}b` })?.field).toContain(property);
  expect(checkAttachment({ name: 'a', isInline: false, [property]: 'a b' })).toBeUndefined();
});

describe('the parts of a message', () => {
  const whole = (...lines: string[]) => Buffer.from(['From: a@example.com', ...lines].join('\r\n'));
  const mixed = (...parts: string[][]) =>
    whole('Content-Type: multipart/mixed; boundary=x', '', ...parts.flatMap((part) => ['--x', ...part]), '--x--', '');
  const nested = [
    'Content-Type: multipart/alternative;',
    '\tBOUNDARY="y \\"z"',
    '',
    '--y "z',
    'Resent-Bcc: h@example.com',
    '',
    'x',
    '--y "z--',
  ];

  test.each<[string, Buffer, string | undefined]>([
    ['a part', mixed(['Content-Type: text/plain', 'Bcc: h@example.com', '', 'x']), 'Bcc'],
    ['a second part, in another spelling', mixed(['', 'x'], ['bCC \t: h@example.com', '', 'x']), 'bCC'],
    ['a part without a body', mixed(['Resent-Bcc: h@example.com']), 'Resent-Bcc'],
    ['a part in a part', mixed(nested), 'Resent-Bcc'],
    ['a part that does not end', whole('Content-Type: multipart/mixed; boundary="x"', '', '--x ', 'Bcc: h@example.com', '', 'x'), 'Bcc'],
    [
      'one of two types',
      whole('Content-Type: text/plain', 'Content-Type: multipart/mixed; boundary=x', '', '--x', 'Bcc: h', '', ''),
      'Bcc',
    ],
    [
      'a boundary in pieces, which readers put together',
      whole('Content-Type: multipart/mixed; boundary*0=x; boundary*1=y', '', '--xy', 'Bcc: h', '', ''),
      'Bcc',
    ],
    [
      '101 levels',
      whole(
        ...Array.from({ length: 102 }, (_, at) => [`Content-Type: multipart/mixed; boundary=b${at}b`, '', `--b${at}b`]).flat(),
        'Bcc: h',
        '',
        '',
      ),
      'Bcc',
    ],
  ])('may not hide anybody: %s', (_, source, field) => {
    expect(checkParts(source)?.field).toBe(field);
  });

  test.each<[string, Buffer]>([
    ['the header of the message', whole('Bcc: h@example.com', '', 'x')],
    ['a body', whole('', 'Bcc: h@example.com')],
    ['the text of a part', mixed(['Content-Type: text/plain', '', 'Bcc: h@example.com'])],
    ['an attached message', mixed(['Content-Type: message/rfc822', '', 'Bcc: h@example.com', '', 'x'])],
    [
      'parts of an attached message',
      mixed(['Content-Type: message/rfc822', '', 'Content-Type: multipart/mixed; boundary=y', '', '--y', 'Bcc: h', '', 'x', '--y--']),
    ],
    [
      'a preamble and an epilogue',
      whole('Content-Type: multipart/mixed; boundary=x', '', 'Bcc: h', '', '--x', '', 'x', '--x--', 'Bcc: h', ''),
    ],
    ['what only looks like a boundary', mixed(['', '--xx', 'Bcc: h', '', 'x'])],
    ['a field of another name', mixed(['X-Bcc: h', 'Bcc-X: h', '', 'x'])],
    ['the header without an end', Buffer.from('Bcc: h')],
  ])('may say so in %s', (_, source) => {
    expect(checkParts(source)).toBeUndefined();
  });
});
