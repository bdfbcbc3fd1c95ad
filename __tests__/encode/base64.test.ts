import { randomBytes } from 'node:crypto';
import { base64, base64Lines, base64LinesLength, writeBase64Lines } from '../../lib/encode/base64.js';

const SLICE = 57 * 512;
const lengths = [
  0,
  1,
  2,
  3,
  56,
  57,
  58,
  114,
  115,
  SLICE - 1,
  SLICE,
  SLICE + 1,
  SLICE + 2,
  SLICE + 57,
  2 * SLICE,
  2 * SLICE + 1,
  3 * SLICE - 1,
  1_000_003,
];

test.each(lengths)('%d bytes in base64, at once and in lines of 76', (length) => {
  const content = randomBytes(length);
  const expected = content.toString('base64');
  expect(base64(content).toString('latin1')).toBe(expected);
  const lines = (expected.match(/.{1,76}/g) ?? []).join('\r\n');
  expect(base64Lines(content)).toBe(lines);
  expect(base64LinesLength(content)).toBe(lines.length);
  // all of its place, and nothing beside it
  const into = Buffer.alloc(lines.length + 4, '-');
  writeBase64Lines(content, into, 2);
  expect(into.toString('latin1')).toBe(`--${lines}--`);
});
