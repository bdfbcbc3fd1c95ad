import fc from 'fast-check';
import { isGraphTransportError } from '../../lib/errors/graph-transport-error.js';
import { refuseInjection } from '../../lib/message/injection.js';
import { createMimeNode } from '../../lib/message/nodemailer.js';
import { nodemailerInUse } from '../support/nodemailer-versions.js';
import { compileMail } from './compile-mail.js';

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', text: 'Hello' };

async function refusalOf(
  data: object,
): Promise<{ code: string; message: string; permanent: boolean; hint: string | undefined } | undefined> {
  const compiled = await compileMail({ ...mail, ...data });
  try {
    refuseInjection(compiled.message, compiled.data['envelope']);
    return undefined;
  } catch (error) {
    if (!isGraphTransportError(error)) throw error;
    return error;
  }
}

describe('a line break that would begin another header is refused', () => {
  test.each([
    ['CRLF', 'Hello\r\nBcc: x@example.com'],
    ['LF', 'Hello\nBcc: x@example.com'],
    ['CR', 'Hello\rBcc: x@example.com'],
    ['NUL', 'Hello\0Bcc: x@example.com'],
    ['an empty line, CRLF', 'Hello\r\n\r\nbody'],
    ['an empty line, LF', 'Hello\n\nbody'],
    ['an empty line before a space, CRLF', 'Hello\r\n\r\n body'],
    ['an empty line before a space, LF', 'Hello\n\n body'],
    ['an empty line before a space, CRLF and LF', 'Hello\r\n\n body'],
    ['an empty line before a space, CRs', 'Hello\r\r body'],
    ['a fold, then a header', 'Hello\r\n there\r\nBcc: x@example.com'],
  ])('%s in the subject', async (_what, subject) => {
    expect(await refusalOf({ subject })).toMatchObject({
      code: 'EMESSAGE',
      message: expect.stringContaining('Subject'),
      permanent: true,
      hint: expect.stringContaining('user input'),
    });
  });

  const cases: [string, object, string, string][] = [
    ['from', { from: 'noreply@contoso.com\r\nBcc: x@example.com' }, 'EENVELOPE', 'From'],
    ['to', { to: 'reader@example.com\nBcc: x@example.com' }, 'EENVELOPE', 'To'],
    ['to, as an array', { to: ['reader@example.com', 'a@example.com\r\nBcc: x@example.com'] }, 'EENVELOPE', 'To'],
    ['to, nested arrays', { to: [['reader@example.com', ['a@example.com\rBcc: x@example.com']]] }, 'EENVELOPE', 'To'],
    ['the name of an address object', { to: { name: 'Reader\r\nBcc: x@example.com', address: 'a@example.com' } }, 'EENVELOPE', 'To'],
    ['the address of an address object', { to: { name: 'Reader', address: 'a@example.com\nx@example.com' } }, 'EENVELOPE', 'To'],
    [
      'a member of a group',
      { to: { name: 'Team', group: [{ name: 'A\r\nBcc: x@example.com', address: 'a@example.com' }] } },
      'EENVELOPE',
      'To',
    ],
    ['cc', { cc: 'a@example.com\r\nx' }, 'EENVELOPE', 'Cc'],
    ['bcc', { bcc: 'a@example.com\r\nx' }, 'EENVELOPE', 'Bcc'],
    ['replyTo', { replyTo: 'a@example.com\r\nx' }, 'EENVELOPE', 'Reply-To'],
    ['sender', { sender: 'a@example.com\r\nx' }, 'EENVELOPE', 'Sender'],
    ['envelope.from', { envelope: { from: 'a@example.com\r\nx', to: 'reader@example.com' } }, 'EENVELOPE', 'envelope.from'],
    ['envelope.to', { envelope: { from: 'a@example.com', to: 'reader@example.com\nx' } }, 'EENVELOPE', 'envelope.to'],
    ['envelope.to, as an array', { envelope: { to: ['a@example.com', 'b@example.com\r\nx'] } }, 'EENVELOPE', 'envelope.to'],
    ['envelope.cc', { envelope: { to: 'a@example.com', cc: 'b@example.com\0' + 'x' } }, 'EENVELOPE', 'envelope.cc'],
    ['envelope.bcc', { envelope: { to: 'a@example.com', bcc: [{ address: 'b@example.com\r\nx' }] } }, 'EENVELOPE', 'envelope.bcc'],
    ['a header', { headers: { 'X-Campaign': 'spring\r\nBcc: x@example.com' } }, 'EMESSAGE', 'X-Campaign'],
    ['a header with several values', { headers: { 'X-Campaign': ['spring', 'a\nb'] } }, 'EMESSAGE', 'X-Campaign'],
    [
      'a prepared header, which Nodemailer writes as it is',
      { headers: { 'X-Campaign': { prepared: true, value: 'spring\r\nBcc: x@example.com' } } },
      'EMESSAGE',
      'X-Campaign',
    ],
    ['a header list', { headers: [{ key: 'X-Campaign', value: 'spring\nx' }] }, 'EMESSAGE', 'X-Campaign'],
    ['inReplyTo', { inReplyTo: '<a@example.com>\r\nBcc: x@example.com' }, 'EMESSAGE', 'In-Reply-To'],
    ['messageId', { messageId: '<a@example.com>\r\nBcc: x@example.com' }, 'EMESSAGE', 'Message-ID'],
  ];
  // Nodemailer 7 and 8 take line breaks out of address objects before a transport sees them
  const hidden = ['7', '8'].includes(nodemailerInUse) ? ['the address of an address object', 'envelope.bcc'] : [];

  test.each(cases.filter(([what]) => !hidden.includes(what)))('in %s, which the error names', async (_what, data, code, field) => {
    const refused = await refusalOf(data);
    expect(refused).toMatchObject({ code, permanent: true });
    expect(refused?.message).toMatch(new RegExp(`\\b${field} contains a line break; nothing was sent`));
  });

  test('the error does not repeat the value', async () => {
    expect((await refusalOf({ subject: 'Hello\r\nBcc: hidden@example.com' }))?.message).not.toContain('hidden@example.com');
  });
});

describe('what is no attack is let through', () => {
  test.each([
    ['a line break at the end', { subject: 'Hello\r\n' }],
    ['several at the end', { subject: 'Hello\n\n' }],
    ['one at the beginning', { subject: '\nHello' }],
    ['a value folded with CRLF and a space', { subject: 'Hello\r\n there' }],
    ['a value folded with LF and a tab', { headers: { References: '<a@example.com>\n\t<b@example.com>' } }],
    ['an address with a line break behind', { to: 'reader@example.com\n' }],
    ['a list of addresses folded', { to: 'a@example.com,\r\n b@example.com' }],
    ['an envelope with a line break behind', { envelope: { from: 'a@example.com\r\n', to: ['b@example.com\n'] } }],
    ['line breaks in the body', { text: 'Hello\r\nBcc: x@example.com', html: '<p>\nBcc: x@example.com</p>' }],
    ['no envelope', { envelope: undefined }],
    ['an international subject', { subject: 'Grüße\u2028aus \u{1f600}' }],
  ])('%s', async (_what, data) => {
    expect(await refusalOf(data)).toBeUndefined();
  });
});

test('whatever is let through has no line that is not folded', () => {
  const piece = fc.constantFrom('\r', '\n', '\r\n', ' ', '\t', 'Bcc: x', 'Hello');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const node = createMimeNode();
      node.setHeader('Subject', pieces.join(''));
      try {
        refuseInjection(node, undefined);
      } catch {
        return;
      }
      const lines = pieces
        .join('')
        .trim()
        .split(/\r\n|\r|\n/);
      for (const line of lines.slice(1)) expect(line).toMatch(/^[ \t]/);
    }),
    { numRuns: 1000 },
  );
});

test("refuses a line break in an attachment's own header", async () => {
  const headers = { 'X-Part': { prepared: true, value: 'a\r\nX-Injected: b' } };
  const refused = await refusalOf({ attachments: [{ filename: 'a.txt', content: 'x', headers }] });
  expect(refused).toMatchObject({ code: 'EMESSAGE', message: expect.stringMatching(/X-Part of an attachment/) });
});
