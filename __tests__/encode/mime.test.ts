import fc from 'fast-check';
import { withCrlf } from '../../lib/encode/line-ends.js';
import { readdress } from '../../lib/encode/mime.js';
import { splitMessage } from '../../lib/message/header-block.js';
import { outgoing } from './messages.js';

function source(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function headersOf(message: Buffer): string[] {
  return splitMessage(message).lines;
}

describe('withCrlf', () => {
  test.each([
    ['LF', 'A: 1\n\nbody\n', 'A: 1\r\n\r\nbody\r\n'],
    ['CR', 'A: 1\r\rbody\r', 'A: 1\r\n\r\nbody\r\n'],
    ['mixed', 'a\r\nb\nc\rd\r\n', 'a\r\nb\r\nc\r\nd\r\n'],
    ['LF before CRLF', 'a\n\r\nb', 'a\r\n\r\nb'],
    ['CR before CRLF', 'a\r\r\nb', 'a\r\n\r\nb'],
  ])('%s becomes CRLF', (_what, before, after) => {
    expect(withCrlf(source(before)).toString('latin1')).toBe(after);
  });

  test.each(['', 'no line end', 'A: 1\r\n\r\nbody\r\n'])('%j stays the same buffer', (text) => {
    const buffer = source(text);
    expect(withCrlf(buffer)).toBe(buffer);
  });

  test('no byte but CR and LF changes, and doing it twice is doing it once', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const before = Buffer.from(bytes);
        const after = withCrlf(before);
        expect(after.toString('latin1')).not.toMatch(/(?<!\r)\n|\r(?!\n)/);
        const rest = (buffer: Buffer) => buffer.filter((byte) => byte !== 0x0d && byte !== 0x0a);
        expect(Buffer.from(rest(after)).equals(Buffer.from(rest(before)))).toBe(true);
        expect(withCrlf(after)).toBe(after);
      }),
    );
  });
});

describe('readdress', () => {
  const letter = 'From: noreply@contoso.com\r\nTo: reader@example.com\r\nMessage-ID: <one@contoso.com>\r\n\r\nHello\r\n';

  test('a message that names its recipients stays the same buffer', () => {
    const before = source(letter);
    expect(readdress(before, outgoing())).toBe(before);
  });

  test('who is nowhere else is added as Bcc', () => {
    const after = readdress(source(letter), outgoing({ bcc: [{ address: 'hidden@example.com', name: '' }] }));
    expect(after.toString('latin1')).toBe(`Bcc: hidden@example.com\r\n${letter}`);
  });

  test('a Bcc header is replaced by who is hidden in the envelope', () => {
    const before = letter.replace(
      '\r\n\r\n',
      '\r\nBcc: a@example.com,\r\n b@example.com\r\nbcc: c@example.com\r\nResent-Bcc: d@example.com\r\n\r\n',
    );
    const after = readdress(source(before), outgoing({ bcc: [{ address: 'a@example.com', name: '' }] }));
    expect(after.toString('latin1')).toBe(`Bcc: a@example.com\r\n${letter}`);
  });

  test('a Bcc header whose addresses are not in the envelope goes', () => {
    const before = letter.replace('\r\n\r\n', '\r\nBcc: a@example.com\r\n\r\n');
    expect(readdress(source(before), outgoing()).toString('latin1')).toBe(letter);
  });

  test('To and Cc are left as written where they name nobody too many', () => {
    const before = letter.replace('To: reader@example.com', 'to:  "Reader, the" <READER@example.com>,\r\n\tother@example.com');
    const to = ['reader', 'other'].map((name) => ({ address: `${name}@example.com`, name: '' }));
    const after = readdress(source(before), outgoing({ to, bcc: [{ address: 'hidden@example.com', name: '' }] }));
    expect(headersOf(after)).toContain('to:  "Reader, the" <READER@example.com>,\r\n\tother@example.com');
  });

  test('To and Cc are written anew where somebody had to be taken out', () => {
    const before = letter.replace('To: reader@example.com', 'To: reader@example.com, customer@example.com\r\nCC: boss@example.com');
    const after = readdress(
      source(before),
      outgoing({
        to: [{ address: 'reader@example.com', name: 'Grüße' }],
        cc: [],
        bcc: [{ address: 'staging@contoso.com', name: '' }],
        headersRewritten: true,
      }),
    );
    expect(headersOf(after)).toEqual([
      expect.stringMatching(/^To: =\?UTF-8\?Q\?Gr=C3=BC=C3=9Fe\?= <reader@example\.com>$/i),
      'Bcc: staging@contoso.com',
      'From: noreply@contoso.com',
      'Message-ID: <one@contoso.com>',
    ]);
    expect(after.toString()).not.toMatch(/customer|boss/);
  });

  test('many recipients are folded, no line longer than SMTP allows', () => {
    const bcc = Array.from({ length: 200 }, (_, index) => ({ address: `reader-${index}@example.com`, name: 'A long name, with a comma' }));
    const after = readdress(source(letter), outgoing({ bcc }));
    const lines = after.toString('latin1').split('\r\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(998);
    const header = headersOf(after).find((line) => line.startsWith('Bcc:')) ?? '';
    expect(header.match(/<reader-\d+@example\.com>/g)).toHaveLength(200);
  });

  test('a message without a Message-ID gets one', () => {
    const before = letter.replace('Message-ID: <one@contoso.com>\r\n', '');
    expect(headersOf(readdress(source(before), outgoing()))).toContain('Message-ID: <one@contoso.com>');
  });

  test('a delivery receipt is asked for in the header Exchange reads, unless there is one', () => {
    expect(headersOf(readdress(source(letter), outgoing({ deliveryReceipt: true })))).toContain('Return-Receipt-To: noreply@contoso.com');
    const before = source(letter.replace('\r\n\r\n', '\r\nreturn-receipt-to: other@contoso.com\r\n\r\n'));
    expect(readdress(before, outgoing({ deliveryReceipt: true }))).toBe(before);
  });

  test('a signed body stays byte for byte', () => {
    // bare line ends, bytes that are no UTF-8, and a part with headers of its own
    const body = Buffer.from('--b\r\nBcc: in-the-body@example.com\r\nTo: x\n\n\xff\xfe\x00text\r--b--', 'latin1');
    const head = letter.slice(0, letter.indexOf('\r\n\r\n') + 4);
    const after = readdress(
      Buffer.concat([source(head), body]),
      outgoing({ bcc: [{ address: 'hidden@example.com', name: '' }], headersRewritten: true }),
    );
    expect(splitMessage(after).body.equals(body)).toBe(true);
  });

  test('8-bit bytes and folds of the other headers stay byte for byte', () => {
    const header = 'Subject: Gr\xc3\xbc\xc3\x9fe \xff\r\n  folded';
    const after = readdress(
      source(letter.replace('\r\n\r\n', `\r\n${header}\r\n\r\n`)),
      outgoing({ bcc: [{ address: 'hidden@example.com', name: '' }] }),
    );
    expect(headersOf(after)).toContain(header);
  });
});
