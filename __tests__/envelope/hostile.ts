import fc from 'fast-check';
import { anyCharacter } from '../support/any-character.js';
import { MAILBOX } from './harness.js';

/** Whoever must never get anything, and must never be seen. */
export const HIDDEN = 'hidden@veiled.example';

const valid = fc.constantFrom(
  'a@example.com',
  'b@example.com',
  'C@Example.com',
  'd@münchen.example',
  '"e f"@example.com',
  'g@[192.0.2.1]',
  'jõ@example.com',
);

const pieces = [
  'a', 'b', ' ', '  ', '\t', ',', ';', ':', '<', '>', '"', "'", '(', ')', '\\', '[', ']', '@', '.', '=', '?',
  '\r', '\n', '\r\n', '\r\n ', '\n\t', '\n\n', '\0', '\v', '\f', '\x1c', '\x7f', '\u0085', '\u2028', '\u2029', '\u00a0', '\ufeff', '\u212a', 'é', '\u{1f600}', '\ud800', '\udc00',
  '=?utf-8?Q?', '=?utf-8?B?', '=0D=0ABcc:_c=40evil.example', '?=', 'Bcc: c@evil.example', 'Cc:c@evil.example', 'To', 'c@evil.example', '__proto__', 'Team: ', '--', 'multipart/mixed; boundary=x',
  'text/plain', 'charset=utf-8', '; ', 'x'.repeat(90),
]; // prettier-ignore

/** Text that somebody has put together to do harm. */
export const hostile = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 7 }).map((list) => list.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: anyCharacter, maxLength: 12 }) },
);

const odd = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withObjectString: true, maxDepth: 2, maxKeys: 3 });
const text = fc.oneof({ weight: 4, arbitrary: hostile }, { weight: 1, arbitrary: odd });

const entry = fc.oneof(
  { weight: 4, arbitrary: valid },
  { weight: 2, arbitrary: hostile },
  { weight: 2, arbitrary: fc.record({ name: text, address: fc.oneof(valid, hostile) }) },
  { weight: 1, arbitrary: fc.tuple(hostile, valid).map(([name, address]) => `${name} <${address}>`) },
  { weight: 1, arbitrary: fc.record({ name: hostile, group: fc.array(valid, { maxLength: 2 }) }) },
  { weight: 1, arbitrary: odd },
);
const addresses = fc.oneof(entry, fc.array(fc.oneof(entry, fc.array(entry, { maxLength: 2 })), { maxLength: 3 }));

const headerName = fc.oneof(
  fc.constantFrom(
    'X-A',
    'x-b',
    'To',
    'cc',
    'BCC',
    'From',
    'Resent-Bcc',
    'Resent-To',
    'Subject',
    'Content-Type',
    'Content-Transfer-Encoding',
    'Message-ID',
    'Reply-To',
    'Sensitivity',
    'List-Unsubscribe',
    'Importance',
    'MIME-Version',
    'Received',
    'Date',
  ),
  hostile,
);
const headerValue = fc.oneof(
  text,
  fc.record({ prepared: fc.boolean(), foldLines: fc.boolean(), value: text }),
  fc.array(text, { maxLength: 3 }),
);
const headers = fc.oneof(
  fc.dictionary(headerName, headerValue, { maxKeys: 3, noNullPrototype: true }),
  fc.array(fc.record({ key: headerName, value: headerValue }), { maxLength: 3 }),
  odd,
);

const file = fc.record(
  {
    filename: fc.oneof(text, fc.constant(false)),
    content: fc.oneof(
      hostile,
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      odd,
    ),
    contentType: fc.oneof(
      hostile,
      fc.constantFrom('text/calendar; method=REQUEST', 'message/rfc822', 'multipart/mixed; boundary=x', 'application/pdf'),
    ),
    cid: hostile,
    contentDisposition: fc.oneof(hostile, fc.constantFrom('inline', 'attachment')),
    contentTransferEncoding: fc.oneof(hostile, fc.constantFrom('7bit', '8bit', 'base64', 'quoted-printable')),
    headers,
    raw: hostile,
    encoding: fc.constantFrom('base64', 'hex', 'utf8', 'latin1'),
  },
  { requiredKeys: [] },
);

const rawLine = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('To', 'Cc', 'Bcc', 'From', 'Subject', 'X-A', 'to ', 'CC', 'Resent-Bcc', 'Date', 'Message-ID'),
        fc.oneof(valid, hostile),
      )
      .map(([name, value]) => `${name}: ${value}`),
  },
  { weight: 1, arbitrary: hostile },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      `From: ${MAILBOX}`,
      'To: a@example.com',
      `Bcc: ${HIDDEN}`,
      'Content-Type: text/plain',
      ' folded',
      '\tfolded',
      ' ',
    ),
  },
);
const raw = fc
  .tuple(
    fc.array(rawLine, { maxLength: 6 }),
    fc.constantFrom('\r\n', '\n', '\r\r\n', '\r'),
    fc.constantFrom('', 'x', 'Bcc: c@evil.example\n\nx'),
  )
  .map(([lines, end, body]) => [...lines, '', body].join(end));

/** A message of which anything may be anything. */
export const hostileMessage = fc
  .record(
    {
      from: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(MAILBOX, `Contoso <${MAILBOX}>`) }, { weight: 1, arbitrary: addresses }),
      to: addresses,
      cc: addresses,
      bcc: fc.oneof(fc.constant(HIDDEN), addresses),
      replyTo: addresses,
      sender: addresses,
      subject: text,
      text,
      html: text,
      messageId: text,
      inReplyTo: text,
      references: fc.oneof(text, fc.array(text, { maxLength: 3 })),
      date: fc.oneof(text, fc.date({ noInvalidDate: false })),
      priority: fc.oneof(fc.constantFrom('high', 'low'), text),
      headers,
      list: fc.oneof(
        fc.dictionary(
          fc.oneof(fc.constantFrom('help', 'unsubscribe', 'id'), hostile),
          fc.oneof(hostile, fc.record({ url: hostile, comment: hostile }), fc.array(fc.array(hostile, { maxLength: 2 }), { maxLength: 2 })),
          { maxKeys: 2, noNullPrototype: true },
        ),
        odd,
      ),
      attachments: fc.oneof(fc.array(file, { maxLength: 2 }), odd),
      alternatives: fc.oneof(fc.array(file, { maxLength: 1 }), odd),
      icalEvent: fc.oneof(fc.record({ method: text, filename: text, content: hostile, headers }), odd),
      envelope: fc.oneof(fc.record({ from: addresses, to: addresses, cc: addresses, bcc: addresses }, { requiredKeys: ['to'] }), odd),
      raw: fc.oneof({ weight: 4, arbitrary: raw }, { weight: 1, arbitrary: odd }),
      graph: fc.oneof(
        fc.record({
          message: fc.oneof(
            fc.dictionary(
              fc.constantFrom(
                'categories',
                'ToRecipients',
                'subject',
                'flag',
                '@odata.type',
                'internetMessageHeaders',
                'singleValueExtendedProperties',
              ),
              odd,
            ),
            odd,
          ),
        }),
        odd,
      ),
      dsn: odd,
      encoding: text,
      textEncoding: fc.constantFrom('quoted-printable', 'base64', 'Q', 'B', '\r\n'),
      boundaryPrefix: hostile,
      xMailer: text,
    },
    { requiredKeys: ['from', 'to'] },
  )
  // most messages have few fields, so that one of them gets far
  .chain((whole) => {
    const rare = Object.keys(whole).filter((name) => !['from', 'to'].includes(name));
    return fc
      .subarray(rare, { maxLength: 5 })
      .map((kept) => Object.fromEntries(Object.entries(whole).filter(([name]) => ['from', 'to', ...kept].includes(name))));
  });
