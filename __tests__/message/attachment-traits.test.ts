import { attachmentLabel, attachmentTraits } from '../../lib/message/attachment-traits.js';
import { BufferContent } from '../../lib/message/content/memory-source.js';
import { createMimeNode, type MimeTreeNode } from '../../lib/message/nodemailer.js';
import type { OutgoingAttachment, Trait } from '../../lib/message/outgoing-message.js';

function traitsOf(parts: Partial<OutgoingAttachment>, tree: MimeTreeNode = createMimeNode()): Trait[] {
  const attachment: OutgoingAttachment = {
    name: 'a.pdf',
    contentType: 'application/pdf',
    contentId: undefined,
    isInline: false,
    source: new BufferContent(Buffer.from('x')),
    node: undefined,
    ...parts,
  };
  return attachmentTraits(attachment, 1, tree);
}

function node(...names: string[]): MimeTreeNode {
  const made = createMimeNode();
  for (const name of names) made.setHeader(name, 'x');
  return made;
}

test('a file with a name is carried as it is', () => {
  expect(traitsOf({ node: node() })).toEqual([]);
  expect(traitsOf({ node: undefined })).toEqual([]);
});

test.each(['message/rfc822', 'MESSAGE/RFC822', 'message/rfc822; charset=utf-8'])('%s is a message', (contentType) => {
  expect(traitsOf({ contentType })).toEqual([
    { feature: 'rfc822', detail: 'attachment "a.pdf" arrives as an .eml file, not as a message' },
  ]);
});

test.each([
  'message/rfc8220',
  'x-message/rfc822',
  'message/delivery-status',
  'text/plain',
  'text/plain;',
  'text/plain; name="a;b.txt"',
  'multipart/form-data; boundary=b',
])('%s is a file', (contentType) => {
  expect(traitsOf({ contentType })).toEqual([]);
});

test('one without a name gets one, but for a message, which is told already', () => {
  expect(traitsOf({ name: undefined })).toEqual([{ feature: 'attachmentName', detail: 'attachment 2 has no name and gets one' }]);
  expect(traitsOf({ name: undefined, contentType: 'message/rfc822' })).toEqual([
    { feature: 'rfc822', detail: 'attachment 2 arrives as an .eml file, not as a message' },
  ]);
});

test('headers of its own are lost, all of them in one', () => {
  expect(traitsOf({ node: node('Content-Language', 'X-Note') })).toEqual([
    { feature: 'attachmentHeaders', detail: 'attachment "a.pdf": Content-Language, X-Note' },
  ]);
});

test.each([
  ['text/calendar; method=REQUEST', 'Content-Type method=REQUEST'],
  ['text/csv;charset="utf;8" ; header=present; name=x.csv', 'Content-Type charset="utf;8", Content-Type header=present'],
  ['text/plain; x=message/rfc822', 'Content-Type x=message/rfc822'],
])('of %s the parameters are lost', (contentType, what) => {
  expect(traitsOf({ contentType, node: node('X-Note') })).toEqual([
    { feature: 'attachmentHeaders', detail: `attachment "a.pdf": X-Note, ${what}` },
  ]);
});

test.each(['Content-Type', 'content-disposition', 'Content-Transfer-Encoding', 'CONTENT-ID'])('%s is none of them', (name) => {
  expect(traitsOf({ node: node(name) })).toEqual([]);
});

test.each(['Content-Type-Hint', 'X-Content-Type', 'Content-Identity'])('%s is one', (name) => {
  expect(traitsOf({ node: node(name) })).toHaveLength(1);
});

test('a file that is the whole message shares its headers', () => {
  const tree = node('Subject');
  expect(traitsOf({ node: tree }, tree)).toEqual([]);
});

test('attachmentLabel', () => {
  expect(['a.pdf', undefined, false, ''].map((name) => attachmentLabel(name as string, 4))).toEqual([
    'attachment "a.pdf"',
    'attachment 5',
    'attachment 5',
    'attachment 5',
  ]);
});
