import fc from 'fast-check';
import { fieldName, fieldValue, joinMessage, parseFields, splitMessage } from '../../lib/message/header-block.js';

function split(source: string | Buffer) {
  const { lines, body } = splitMessage(typeof source === 'string' ? Buffer.from(source, 'latin1') : source);
  return { lines, body: body.toString('latin1') };
}

describe('splitMessage', () => {
  test.each([
    ['CRLF', 'A: 1\r\nB: 2\r\n\r\nbody\r\n', ['A: 1', 'B: 2'], 'body\r\n'],
    ['LF', 'A: 1\nB: 2\n\nbody\n', ['A: 1', 'B: 2'], 'body\n'],
    ['CRLF headers and LF body', 'A: 1\r\n\r\none\n\ntwo', ['A: 1'], 'one\n\ntwo'],
    ['LF headers, CRLF empty line', 'A: 1\n\r\nbody', ['A: 1'], 'body'],
    ['no empty line', 'A: 1\r\nB: 2\r\n', ['A: 1', 'B: 2'], ''],
    ['no line end at all', 'A: 1', ['A: 1'], ''],
    ['empty body', 'A: 1\r\n\r\n', ['A: 1'], ''],
    ['no header, CRLF', '\r\nbody', [], 'body'],
    ['no header, LF', '\nbody', [], 'body'],
    ['nothing', '', [], ''],
    ['a header without a value', 'A:\r\nB: 2\r\n\r\nbody', ['A:', 'B: 2'], 'body'],
    ['a folded header', 'A: 1\r\n 2\r\n\t3\r\nB: 4\r\n\r\nbody', ['A: 1\r\n 2\r\n\t3', 'B: 4'], 'body'],
    ['a folded header with LF', 'A: 1\n 2\nB: 4\n\nbody', ['A: 1\n 2', 'B: 4'], 'body'],
    ['a body that begins with an empty line', 'A: 1\r\n\r\n\r\nbody', ['A: 1'], '\r\nbody'],
    ['a CR alone, which ends no line', 'A: 1\n\rB: 2\n\nbody', ['A: 1', '\rB: 2'], 'body'],
    ['a CR alone at the beginning', '\rA: 1\n\nbody', ['\rA: 1'], 'body'],
    ['a line of one character', 'A: 1\nB\nC: 3\n\nbody', ['A: 1', 'B', 'C: 3'], 'body'],
    ['a first line of one character', 'A\nB: 2\n\nbody', ['A', 'B: 2'], 'body'],
    ['a body that looks like headers', 'A: 1\r\n\r\nBcc: x@example.com\r\n\r\n', ['A: 1'], 'Bcc: x@example.com\r\n\r\n'],
  ])('%s', (_what, source, lines, body) => {
    expect(split(source)).toEqual({ lines, body });
  });

  test('bytes above 127 stay as they are, valid UTF-8 or not', () => {
    const header = Buffer.from([...Buffer.from('Subject: '), 0xc3, 0xbc, 0xff, 0x80]);
    const body = Buffer.from([0x00, 0xff, 0xfe, 0x0d, 0x0a, 0x80]);
    const { lines, body: rest } = splitMessage(Buffer.concat([header, Buffer.from('\r\n\r\n'), body]));
    expect(Buffer.from(lines[0] ?? '', 'latin1')).toEqual(header);
    expect(rest).toEqual(body);
  });
});

describe('joinMessage', () => {
  test('headers get CRLF, the body stays byte for byte', () => {
    const body = Buffer.from('one\ntwo\r\nthree\r\xff', 'latin1');
    expect(joinMessage({ lines: ['A: 1', 'B: 2\r\n 3'], body }).toString('latin1')).toBe(
      `A: 1\r\nB: 2\r\n 3\r\n\r\n${body.toString('latin1')}`,
    );
  });

  const name = fc.stringMatching(/^[!-9;-~]{1,12}$/);
  // a fold is never empty: an all-blank line would be obsolete syntax
  const text = fc.stringMatching(/^[!-~\x80-\xff]([ -~\x80-\xff]{0,20}[!-~\x80-\xff])?$/);
  const line = fc.tuple(name, fc.array(text, { minLength: 1, maxLength: 3 })).map(([key, folds]) => `${key}: ${folds.join('\r\n ')}`);
  const message = fc.record({
    lines: fc.array(line, { minLength: 1, maxLength: 6 }),
    body: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  });

  test('what was joined splits into the same parts', () => {
    fc.assert(
      fc.property(message, ({ lines, body }) => {
        const parts = splitMessage(joinMessage({ lines, body }));
        expect(parts.lines).toEqual(lines);
        expect(parts.body.equals(body)).toBe(true);
      }),
    );
  });

  test('what was split joins into the same bytes', () => {
    fc.assert(
      fc.property(message, (parts) => {
        const source = joinMessage(parts);
        expect(joinMessage(splitMessage(source)).equals(source)).toBe(true);
      }),
    );
  });
});

describe('fieldName', () => {
  test.each([
    ['Subject: Hello', 'subject'],
    ['X-Campaign:spring', 'x-campaign'],
    ['Subject : obsolete but legal', 'subject'],
    ['MIME-Version:', 'mime-version'],
    [': no name', ''],
    ['no colon', ''],
    ['From sender@example.com Thu Nov 20 10:00:00 2025', ''],
    ['two words: value', ''],
    ['', ''],
  ])('%j is %j', (line, expected) => {
    expect(fieldName(line)).toBe(expected);
  });
});

describe('fieldValue', () => {
  test.each([
    ['A: 1', '1'],
    ['A:1', '1'],
    ['A:', ''],
    ['A:  1  ', '1'],
    ['A: one\r\n two', 'one two'],
    ['A: one\n\ttwo', 'one\ttwo'],
    ['A: b: c', 'b: c'],
    [Buffer.from('A: Grüße').toString('latin1'), 'Grüße'],
  ])('%j says %j', (line, expected) => {
    expect(fieldValue(line)).toBe(expected);
  });
});

describe('parseFields', () => {
  test('names keep their case, repeated fields stay apart', () => {
    expect(parseFields(['Received: one', 'X-A: 1', 'received: two'])).toEqual([
      { name: 'Received', value: 'one' },
      { name: 'X-A', value: '1' },
      { name: 'received', value: 'two' },
    ]);
  });

  test.each(['no colon', 'garbage', ': no name', 'two words: value', 'From sender@example.com Thu Nov 20 10:00:00 2025'])(
    '%j, which is no field, is left out',
    (line) => {
      expect(parseFields([line, 'A: 1'])).toEqual([{ name: 'A', value: '1' }]);
    },
  );
});
