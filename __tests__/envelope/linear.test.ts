import { prepareMessage } from '../../lib/cli/sendmail/message.js';
import { printable } from '../../lib/cli/printable.js';
import { checkParts } from '../../lib/encode/strict/parts.js';
import { readMime } from '../../lib/encode/strict/check-mime.js';
import { firstSentence } from '../../lib/errors/from-sign-in.js';
import { redact, redactedLabel } from '../../lib/errors/redact.js';
import { isMailAddress } from '../../lib/message/address.js';
import { typeParameters } from '../../lib/message/attachment-traits.js';
import { oneLine, oneStrictLine } from '../../lib/message/clean-text.js';
import { charsetOf, cleanHeaderLine, fieldName, fieldValue, readHeaderBlock, splitMessage } from '../../lib/message/header-block.js';
import { plainFields } from '../../lib/message/header-fields.js';
import { readHeaders } from '../../lib/message/headers.js';
import type { MimeTreeNode } from '../../lib/message/nodemailer.js';
import { contentIdOf, listParts } from '../../lib/message/tree.js';
import { htmlToPlain } from '../../lib/sandbox/mail/html-to-plain.js';
import { sample } from '../support/sample.js';

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
/** Ten times the text takes about ten times as long; a square takes a hundred times. */
const MOST = 40;
/** Milliseconds below which a clock says nothing. */
const NOISE = 2;

/** What makes a careless pattern go back: runs of what it skips, beginnings without an end. */
const SEEDS = [
  ' ', '\t', '\r', '\n', '\r\n ', '\r\n', ' \r', '(', ')', '\\', '"', '\\"', '<', '>', '<!--', '<style>', '<br', '<b> ', '</p', '&#', '&', '@', 'a@', 'a.', '.',
  ',', ':', ';', '; name="', ';charset=', ';name*0*=', '=?', '=?utf-8?Q?', '=?utf-8?Q?a?= ', '?=', '<a@b> ', '-', '-----', 'PRIVATE KEY-----', '-----BEGIN PRIVATE KEY-----',
  'Bearer ', 'authorization: ', 'sig=', '"token":"', '://', '://a', 'eyJ', 'eyJ.', 'a', 'A', 'é', '\u2028', '\ud800', '\0', 'Trace ID', 'AADSTS',
]; // prettier-ignore

const node = (key: string, value: string) =>
  ({ _headers: [{ key, value }], childNodes: [], content: Buffer.alloc(0) }) as unknown as MimeTreeNode;
const bytes = (text: string) => Buffer.from(text);
const CONTEXT = { mailbox: 'a@contoso.com', localRecipient: undefined, hostname: 'host', now: new Date(0) };
const ARGUMENTS = { recipients: ['b@example.com'], recipientsFromHeader: false, ignoreDots: true, sender: undefined, fullName: undefined };

const READERS: Record<string, (text: string) => unknown> = {
  'the type of a part': (text) => listParts(node('Content-Type', `text/plain${text}\r\n x`)),
  'the disposition of a part': (text) => listParts(node('Content-Disposition', `attachment${text}`)),
  'parameters of a type': typeParameters,
  'the parts of a message': (text) => checkParts(bytes(`Content-Type: multipart/mixed; boundary="${text}"\r\n\r\nBcc: ${text}\r\n${text}`)),
  'a part’s type': (text) => checkParts(bytes(`Content-Type: multipart/mixed${text}\r\n\r\nBcc: h`)),
  'a Content-ID': (text) => contentIdOf(node('Content-ID', text)),
  'fields of the tree': (text) => plainFields(node('Message-ID', text)),
  redact: (text) => redact(text, ['a secret']),
  redactedLabel: (text) => redactedLabel(text),
  firstSentence: (text) => firstSentence(text, undefined),
  printable,
  'the html of the sandbox': htmlToPlain,
  'a header block': (text) => (text.length > 900_000 ? 0 : readHeaderBlock(bytes(`X: ${text}\r\n\r\n`))),
  'a header block of it alone': (text) => (bytes(text).length > 1_000_000 ? 0 : readHeaderBlock(bytes(text))),
  'a split message': (text) => splitMessage(bytes(text)),
  'a header line': (text) => [
    cleanHeaderLine(text),
    fieldName(text),
    fieldValue(`X: ${text}`),
    charsetOf([`Content-Type: text/plain${text}`]),
  ],
  'values on one line': (text) => [oneLine(text), oneStrictLine(text)],
  'an address': (text) => [isMailAddress(text), isMailAddress(`${text}@example.com`)],
  'the strict reader': (text) => readMime(bytes(`From: a@contoso.com\r\nTo: ${text}\r\n\r\nx`), ['b@example.com']),
  'the facts of a header': (text) =>
    readHeaders(['message-id', 'references', 'x-a', 'date', 'importance', 'list-id'].map((name) => ({ name, value: text }))),
  'the body of sendmail': (text) => prepareMessage(bytes(`Subject: x\n\n${text}`), ARGUMENTS, CONTEXT),
  'the subject of sendmail': (text) => prepareMessage(bytes(`Subject: ${text}\n\nx`), ARGUMENTS, CONTEXT),
};

/** Why it is not linear; `undefined` if it is. */
function growth(read: (text: string) => unknown, seed: string): string | undefined {
  let before = NOISE;
  for (const size of SIZES) {
    const text = seed.repeat(Math.ceil(size / seed.length)).slice(0, size);
    const start = process.cpuUsage();
    try {
      read(text);
    } catch {
      // a refusal is an answer as well
    }
    const { user } = process.cpuUsage(start);
    const took = Math.max(user / 1000, NOISE);
    if (took > before * MOST) return `${JSON.stringify(seed)}: ${took} ms for ${size} characters, ${before} ms for a tenth`;
    before = took;
  }
  return undefined;
}

test.each(Object.keys(READERS))(
  '%s takes time in proportion to its length',
  (name) => {
    const read = READERS[name] as (text: string) => unknown;
    // what another process did to the clock does not happen three times
    const steep = sample(SEEDS, { share: 1 / 4 }).flatMap((seed) => (growth(read, seed) && growth(read, seed) && growth(read, seed)) ?? []);
    expect(steep).toEqual([]);
  },
  120_000,
);

test('the measure tells a square from a line', () => {
  expect(growth((text) => text.repeat(2).replace(/\s*\r?\n\s*/g, ' '), ' ')).toMatch(/for 10\d*0 characters/);
  expect(growth((text) => text.trim(), ' ')).toBeUndefined();
});
