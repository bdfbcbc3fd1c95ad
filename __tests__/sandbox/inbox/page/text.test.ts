import fc from 'fast-check';
import { compareFields, fieldsOfJson } from '../../../../lib/sandbox/inbox/page/text/compare-fields.js';
import { compareOutlines } from '../../../../lib/sandbox/inbox/page/text/compare-outlines.js';
import { diffLines } from '../../../../lib/sandbox/inbox/page/text/diff-lines.js';
import { count, formatAddress, formatBytes, formatDuration, formatTime } from '../../../../lib/sandbox/inbox/page/text/format.js';
import { readHead } from '../../../../lib/sandbox/inbox/page/text/read-head.js';
import { tokeniseHtml } from '../../../../lib/sandbox/inbox/page/text/tokenise-html.js';
import { tokeniseJavaScript } from '../../../../lib/sandbox/inbox/page/text/tokenise-javascript.js';
import { tokeniseJson } from '../../../../lib/sandbox/inbox/page/text/tokenise-json.js';
import { tokeniseMime } from '../../../../lib/sandbox/inbox/page/text/tokenise-mime.js';
import type { Token } from '../../../../lib/sandbox/inbox/page/text/tokens.js';

const kinds = (tokens: Token[]): string[] => tokens.filter(({ kind }) => kind !== 'plain').map(({ kind, text }) => `${kind} ${text}`);

describe('tokenisers', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '"',
    "'",
    '<!--',
    '-->',
    '<a ',
    'href=',
    '</style>',
    '{',
    '}',
    ':',
    '\\',
    '\r\n',
    '\n\n',
    '--b',
    'boundary="b"',
    'x',
    '1e5',
    '&amp;',
    ' ',
    'ä',
    '😀',
    '//',
  );
  test.each([
    ['HTML', tokeniseHtml],
    ['JSON', tokeniseJson],
    ['MIME', tokeniseMime],
    ['JavaScript', tokeniseJavaScript],
  ])('%s: the pieces joined are the text, whatever it is', (_, tokenise) => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (text) => {
          expect(
            tokenise(text)
              .map((token) => token.text)
              .join(''),
          ).toBe(text);
        },
      ),
    );
  });

  test('HTML: tags, attributes, values, comments and entities are told apart', () => {
    expect(kinds(tokeniseHtml('<!-- <b> --><a href="x>y" hidden>&amp;</a>'))).toEqual([
      'comment <!-- <b> -->',
      'tag <a',
      'attribute href',
      'string ="x>y"',
      'attribute hidden',
      'tag >',
      'word &amp;',
      'tag </a',
      'tag >',
    ]);
  });

  test('JSON: keys are no strings', () => {
    expect(kinds(tokeniseJson('{"a": ["b", -1.5e3, true]}')).filter((kind) => !kind.startsWith('punctuation'))).toEqual([
      'key "a"',
      'string "b"',
      'number -1.5e3',
      'word true',
    ]);
  });

  test('MIME: header fields of every part, boundaries, and nothing in bodies', () => {
    const source =
      'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nNot: a header\r\n--b--\r\n';
    expect(kinds(tokeniseMime(source))).toEqual([
      'key Subject:',
      'key Content-Type:',
      'boundary --b\r\n',
      'key Content-Type:',
      'boundary --b--\r\n',
    ]);
  });

  test('a megabyte takes one pass', () => {
    expect(tokeniseHtml('<p class="x">y</p>'.repeat(60_000)).length).toBeGreaterThan(100_000);
    expect(tokeniseHtml('<!--'.repeat(50_000)).length).toBeGreaterThan(0);
  });
});

describe('diff', () => {
  test('names what was added and removed', () => {
    expect(diffLines('a\nb\nc', 'a\nx\nc\nd').filter(({ kind }) => kind !== 'same')).toEqual([
      { kind: 'removed', text: 'b' },
      { kind: 'added', text: 'x' },
      { kind: 'added', text: 'd' },
    ]);
  });

  test('both texts can be read from it', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1 }).map((all) => all.join('\n'));
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = diffLines(before, after);
        expect(
          diff
            .filter(({ kind }) => kind !== 'added')
            .map(({ text }) => text)
            .join('\n'),
        ).toBe(before);
        expect(
          diff
            .filter(({ kind }) => kind !== 'removed')
            .map(({ text }) => text)
            .join('\n'),
        ).toBe(after);
      }),
    );
  });

  test('two long texts without a common line come to an end', () => {
    const text = (letter: string): string => Array.from({ length: 5000 }, (_, index) => `${letter}${index}`).join('\n');
    expect(diffLines(text('a'), text('b'))).toHaveLength(10_000);
  });
});

describe('header fields posted and delivered', () => {
  test('a lost header, a changed one, Bcc and what the service adds', () => {
    const posted = [
      { name: 'Subject', value: 'Hello' },
      { name: 'X-Lost', value: '1' },
      { name: 'From', value: 'App <app@contoso.com>' },
      { name: 'Bcc', value: 'b@example.com' },
    ];
    const delivered = [
      { name: 'subject', value: 'Hello' },
      { name: 'From', value: '"Contoso" <app@contoso.com>' },
      { name: 'Message-ID', value: '<1@x>' },
    ];
    expect(compareFields(posted, delivered).map(({ name, kind }) => [name, kind])).toEqual([
      ['X-Lost', 'missing'],
      ['From', 'changed'],
      ['Bcc', 'hidden'],
      ['Message-ID', 'added'],
      ['Subject', 'same'],
    ]);
  });

  test('a JSON message as header fields', () => {
    const message = {
      subject: 'Hi',
      from: { emailAddress: { name: 'App', address: 'app@contoso.com' } },
      toRecipients: [{ emailAddress: { address: 'a@example.com' } }, { emailAddress: { name: 'b@example.com', address: 'b@example.com' } }],
      internetMessageHeaders: [{ name: 'X-One', value: '1' }],
      importance: 'normal',
    };
    const fields = [
      { name: 'From', value: 'App <app@contoso.com>' },
      { name: 'To', value: 'a@example.com, b@example.com' },
      { name: 'Subject', value: 'Hi' },
      { name: 'X-One', value: '1' },
    ];
    expect(fieldsOfJson({ message, saveToSentItems: true })).toEqual(fields);
    expect(fieldsOfJson(message)).toEqual(fields);
    expect(fieldsOfJson(undefined)).toEqual([]);
  });

  test('folded lines of a source are one value', () => {
    expect(readHead('Subject: a\r\n b\r\nX: 1\r\n\r\nBody: no')).toEqual([
      { name: 'Subject', value: 'a b' },
      { name: 'X', value: '1' },
    ]);
  });
});

test.each([
  [formatBytes(999), '999 B'],
  [formatBytes(1500), '1.5 kB'],
  [formatBytes(9_990), '10 kB'],
  [formatBytes(10_485_760), '10 MB'],
  [formatDuration(12.4), '12 ms'],
  [formatDuration(2100), '2.1 s'],
  [formatDuration(125_000), '2 min 5 s'],
  [formatDuration(600_000), '10 min'],
  [formatDuration(3_599_000), '59 min 59 s'],
  [formatDuration(7_260_000), '2 h 1 min'],
  [count(1, 'loss', 'losses'), '1 loss'],
  [count(1234, 'mail'), '1,234 mails'],
  [formatAddress({ name: 'Ada', address: 'a@example.com' }), 'Ada <a@example.com>'],
  [formatAddress({ name: 'a@example.com', address: 'a@example.com' }), 'a@example.com'],
])('reads as %s', (actual, expected) => expect(actual).toBe(expected));

test('a time of today is a time, one of another day a day', () => {
  const now = new Date(2026, 0, 31, 12);
  expect(formatTime(new Date(2026, 0, 31, 9, 5, 7).toISOString(), now)).toBe('09:05:07');
  expect(formatTime(new Date(2026, 0, 3, 9, 5, 7).toISOString(), now)).toBe('2026-01-03');
});

describe('as over SMTP', () => {
  const part = (type: string, digest: string, more: object = {}) => ({
    depth: 1,
    type,
    name: '',
    disposition: '',
    contentId: '',
    bytes: 1,
    digest,
    ...more,
  });
  const outline = (parts: ReturnType<typeof part>[], fields: { name: string; value: string }[] = []) => ({ fields, parts, bytes: 1 });
  const multipart = (subtype: string, depth = 0) => part(`multipart/${subtype}`, '', { depth });

  it('parts are the same wherever they stand, changed by what they are, missing or added', () => {
    const { parts, structure } = compareOutlines(
      outline([
        multipart('mixed'),
        multipart('alternative', 1),
        part('text/plain', 'plain', { depth: 2 }),
        part('text/html', 'html', { depth: 2 }),
        part('text/calendar', 'calendar', { depth: 2 }),
        part('image/png', 'logo', { name: 'logo.png', disposition: 'inline', contentId: 'logo' }),
        part('application/pdf', 'pdf', { name: 'a/b.pdf', disposition: 'attachment' }),
      ]),
      outline([
        multipart('mixed'),
        part('application/pdf', 'pdf', { name: 'a_b.pdf', disposition: 'attachment' }),
        part('text/html', 'html'),
        part('text/plain', 'made from the html', { disposition: 'inline' }),
        part('image/png', 'logo', { name: 'logo.png', disposition: 'attachment', contentId: 'other' }),
        part('application/ms-tnef', 'tnef', { name: 'winmail.dat' }),
      ]),
    );
    expect(parts.map(({ kind, smtp, graph, differs }) => [kind, (smtp ?? graph)?.type, differs])).toEqual([
      ['changed', 'text/plain', ['content']],
      ['same', 'text/html', []],
      ['missing', 'text/calendar', []],
      ['changed', 'image/png', ['disposition', 'Content-ID']],
      ['changed', 'application/pdf', ['name']],
      ['added', 'application/ms-tnef', []],
    ]);
    expect(structure).toEqual({
      smtp: 'multipart/mixed (multipart/alternative (text/plain, text/html, text/calendar), image/png, application/pdf)',
      graph: 'multipart/mixed (application/pdf, text/html, text/plain, image/png, application/ms-tnef)',
    });
  });

  it('two parts with one content are two parts', () => {
    const twice = [part('text/plain', 'a', { name: '1' }), part('text/plain', 'a', { name: '2' })];
    expect(compareOutlines(outline(twice), outline([...twice].reverse())).parts.map(({ kind }) => kind)).not.toContain('missing');
    expect(
      compareOutlines(outline(twice), outline(twice.slice(1)))
        .parts.map(({ kind }) => kind)
        .sort(),
    ).toContain('missing');
  });

  it('header fields are compared, those of the way and of the structure are not', () => {
    const way = [
      { name: 'Content-Type', value: 'multipart/mixed; boundary=a' },
      { name: 'MIME-Version', value: '1.0' },
    ];
    const { fields } = compareOutlines(
      outline([], [...way, { name: 'Subject', value: 'a' }, { name: 'Date', value: '1' }, { name: 'X-Lost', value: 'x' }]),
      outline(
        [],
        [
          { name: 'Received', value: 'by' },
          { name: 'Subject', value: 'a' },
          { name: 'Date', value: '2' },
        ],
      ),
    );
    expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
      ['X-Lost', 'missing'],
      ['Date', 'changed'],
      ['Subject', 'same'],
    ]);
  });
});
