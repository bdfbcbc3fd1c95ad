import fc from 'fast-check';
import type * as PlainHeaders from '../../lib/encode/plain-headers.js';
import type { MimeTreeNode } from '../../lib/message/nodemailer.js';
import { testsInFull } from '../support/sample.js';

const VERSIONS = ['7', '8', '9', '10'];
type Node = MimeTreeNode & { createChild(type: string | false): Node };
interface Options {
  baseBoundary: string;
  normalizeHeaderKey?: (key: string) => string;
}

/** Plain and not: whatever is taken for plain has to be written as Nodemailer does. */
const value = fc.oneof(
  fc.constantFrom(
    'Hello',
    'a b',
    ' a',
    'a ',
    'a  b',
    '',
    'ä',
    '=?utf-8?Q?a?=',
    '1.0',
    'base64',
    'word '.repeat(40).trim(),
    'x'.repeat(90),
    'a\tb',
    '"a, b" <c@d>',
  ),
  fc.string({ maxLength: 100 }),
);
const address = fc.constantFrom(
  'a@example.com',
  'first.last+tag@sub.example-1.co',
  'A@example.com',
  'a@EXAMPLE.com',
  'a@xn--bcher-kva.example',
  'a@bücher.example',
  'Name <a@example.com>',
  'a@example.com, b@example.com',
  'a..b@example.com',
  '<a@example.com>',
  'a@localhost',
);
const type = fc.constantFrom(
  'text/plain; charset=utf-8',
  'text/html; charset=utf-8',
  'text/plain',
  'text/html; charset=iso-8859-1',
  'text/plain; charset=utf-8; format=flowed',
  'multipart/alternative',
  'multipart/mixed',
  'multipart/related; type="text/html"',
  'application/pdf',
);
const header = fc.oneof(
  fc.tuple(
    fc.constantFrom('Subject', 'X-Own', 'X-Priority', 'List-Unsubscribe', 'OTP-Token', 'Date', 'x-lower', 'MIME-Version', 'Importance'),
    value,
  ),
  fc.tuple(fc.constantFrom('From', 'To', 'Cc', 'Bcc', 'Sender', 'Reply-To'), address),
  fc.tuple(
    fc.constantFrom('Message-ID', 'In-Reply-To', 'References', 'Content-ID'),
    fc.constantFrom('<a@b>', 'a@b', '<a@b> <c@d>', '<a b@c>', '<a@b>,<c@d>', 'x'),
  ),
  fc.tuple(fc.constant('Content-Type'), type),
);
const headers = fc.array(header, { maxLength: 9 });

describe.each(VERSIONS)('with Nodemailer %s', (version) => {
  let plainHeaders: typeof PlainHeaders.plainHeaders;
  let MimeNode: new (type: string | false, options: Options) => Node;
  beforeAll(() => {
    const folder = version === '10' ? 'nodemailer' : `nodemailer-${version}`;
    jest.isolateModules(() => {
      const actual = jest.requireActual(`${folder}/lib/mime-node/index.js`);
      MimeNode = actual.default ?? actual;
      if (version !== '10')
        jest.doMock('nodemailer/lib/mime-funcs/index.js', () => jest.requireActual(`${folder}/lib/mime-funcs/index.js`));
      ({ plainHeaders } = jest.requireActual<typeof PlainHeaders>('../../lib/encode/plain-headers.js'));
      jest.dontMock('nodemailer/lib/mime-funcs/index.js');
    });
  });

  function build(
    fields: readonly (readonly [string, string])[],
    content = 'text',
    rootType: string | false = false,
    options: Partial<Options> = {},
  ): Node {
    const node = new MimeNode(rootType, { baseBoundary: '0123456789abcdef', ...options });
    node.date = new Date(0);
    node.setHeader('Message-ID', '<own@example.com>');
    for (const [key, text] of fields) node._headers.push({ key, value: text });
    node.content = content;
    return node;
  }

  test('what it writes is what buildHeaders() writes, and the node is left the same', () => {
    let plain = 0;
    fc.assert(
      fc.property(headers, fc.constantFrom('', 'text', 'längerer Text'), type, (fields, content, rootType) => {
        const [one, other] = [build(fields, content, rootType), build(fields, content, rootType)];
        const written = plainHeaders(one, one.getTransferEncoding());
        // what is left to Nodemailer has to be written by it as if nothing had been tried
        expect(written ?? one.buildHeaders()).toBe(other.buildHeaders());
        if (written === undefined) return;
        plain++;
        const { contentType, multipart, boundary, _headers } = other;
        expect(one).toMatchObject({ contentType, multipart, boundary });
        expect(one._headers.map(({ key }) => key)).toEqual(_headers.map(({ key }) => key));
      }),
      { numRuns: testsInFull ? 20_000 : 1500, seed: jest.getSeed() },
    );
    expect(plain).toBeGreaterThan(0);
  });

  test('an ordinary message needs no more', () => {
    const root = build(
      [
        ['From', 'noreply@contoso.com'],
        ['To', 'reader@example.com'],
        ['Subject', 'Your order is on its way'],
      ],
      '',
      'multipart/alternative',
    );
    root.content = undefined;
    const child = root.createChild('text/plain; charset=utf-8');
    expect(plainHeaders(root, false)).toContain('boundary="--_NmP-0123456789abcdef-Part_1"');
    expect(plainHeaders(child, 'base64')).toBe('Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64');
  });

  test.each<[string, (node: Node) => void]>([
    ['a file name', (node) => (node.filename = 'a.txt')],
    ['names of its own', (node) => (node.normalizeHeaderKey = (key: string) => key.toUpperCase())],
    ['a Bcc that is kept', (node) => (node.keepBcc = true)],
    ['a plugin that builds them', (node) => (node.buildHeaders = () => 'X: y')],
    ['a header that is no text', (node) => node._headers.push({ key: 'X-Own', value: { prepared: true, value: 'a' } })],
  ])('%s is left to Nodemailer', (_what, change) => {
    const node = build([]);
    change(node);
    expect(plainHeaders(node, 'base64')).toBeUndefined();
  });
});
