import fc from 'fast-check';
import libmime from 'libmime';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { plainFields, readFields } from '../../lib/message/header-fields.js';
import { parseFields, splitMessage } from '../../lib/message/header-block.js';
import type { MimeTreeNode } from '../../lib/message/nodemailer.js';
import type { HeaderField } from '../../lib/message/outgoing-message.js';

const READ = /^(x-|subject$|message-id$|in-reply-to$|references$|list-|priority$|importance$|comments$|date$)/i;

function compile(data: object): MimeTreeNode {
  const composer = new MailComposer({ from: 'a@contoso.com', to: 'b@example.com', text: 'Hello', ...data });
  return composer.compile() as unknown as MimeTreeNode;
}

/** As a receiver would read them. */
function written(tree: MimeTreeNode) {
  const { lines } = splitMessage(Buffer.from(`${tree.buildHeaders()}\r\n\r\n`));
  return decoded(parseFields(lines).filter(({ name }) => READ.test(name)));
}

function decoded(fields: HeaderField[]): HeaderField[] {
  return fields.map(({ name, value }) => ({ name, value: libmime.decodeWords(value) }));
}

test('plain headers are read without building any', () => {
  const tree = compile({ subject: 'Hello', messageId: '<a@contoso.com>', headers: { 'x-one': '1', Comments: 'two' } });
  expect(plainFields(tree)).toEqual(expect.arrayContaining([{ name: 'X-One', value: '1' }]));
  expect(readFields(tree)).toEqual(written(tree).filter(({ name }) => name !== 'Date'));
});

test.each([
  ['umlauts', { subject: 'Grüße' }],
  ['an encoded word', { subject: '=?utf-8?Q?Gr=C3=BC=C3=9Fe?=' }],
  ['a long line', { subject: 'word '.repeat(20) }],
  ['a line that is folded just so', { subject: 'x'.repeat(67) }],
  ['spaces around', { subject: ' padded ' }],
  ['a line break', { subject: 'one\r\ntwo' }],
  ['a control character', { subject: 'one\u0007two' }],
  ['a tab', { subject: 'one\ttwo' }],
  ['an id without brackets', { inReplyTo: 'a@example.com' }],
  ['ids without a space', { references: '<a@example.com><b@example.com>' }],
  ['a prepared value', { headers: { 'x-one': { prepared: true, value: 'one\r\n two' } } }],
  ['a number', { headers: { 'x-one': 1 } }],
  ['a Date', { date: new Date(0) }],
  ['a written date', { date: 'Thu, 01 Jan 1970 00:00:00 +0000' }],
  ['a name of their own', { normalizeHeaderKey: (key: string) => key.toUpperCase() }],
])('what has %s is read as it is written', (_what, data) => {
  const tree = compile(data);
  const fields = decoded(readFields(tree)).filter(({ name }) => READ.test(name));
  const dated = fields.some(({ name }) => name.toLowerCase() === 'date');
  expect(fields).toEqual(written(tree).filter(({ name }) => dated || name.toLowerCase() !== 'date'));
});

test('whatever the value, it is read as it is written', () => {
  const value = fc.oneof(
    fc.string({ maxLength: 90 }),
    fc.string({ unit: 'binary', maxLength: 90 }),
    fc
      .array(fc.constantFrom('<a@b.c>', ' ', '\t', 'x', '=?', '?=', '"', 'ü', '<', '>', ',', '\r\n '), { maxLength: 30 })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(
      value,
      fc.constantFrom('subject', 'x-own', 'in-reply-to', 'references', 'message-id', 'list-id', 'comments'),
      (text, name) => {
        const tree = compile({ headers: { [name]: text } });
        const plain = plainFields(tree);
        if (!plain) return;
        expect(plain).toEqual(written(tree).filter((field) => field.name.toLowerCase() !== 'date'));
      },
    ),
    { numRuns: 2_000 },
  );
});
