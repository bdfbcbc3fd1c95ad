import fc from 'fast-check';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { readTreeAddresses } from '../../lib/message/tree-addresses.js';
import type { MimeTreeNode, ParsedAddress } from '../../lib/message/nodemailer.js';

function compile(data: object): MimeTreeNode {
  return new MailComposer({ text: 'Hello', ...data }).compile() as unknown as MimeTreeNode;
}

/** The lists as Nodemailer gives them, without what is empty. */
function lists(of: Record<string, ParsedAddress[] | undefined>) {
  return Object.fromEntries(
    Object.entries(of)
      .map(([name, list]) => [name, (list ?? []).map(({ address, name: display }) => ({ address, name: display ?? '' }))] as const)
      .filter(([, list]) => list.length > 0),
  );
}

function expectAsNodemailer(data: object) {
  const ours = readTreeAddresses(compile(data));
  const tree = compile(data);
  expect(ours.envelope).toMatchObject(tree.getEnvelope());
  expect(lists(ours.lists)).toEqual(lists(tree.getAddresses()));
}

const MAILS: [string, object][] = [
  ['plain addresses', { from: 'a@contoso.com', to: 'b@example.com', cc: 'c@example.com', bcc: 'd@example.com' }],
  [
    'objects and arrays',
    { from: { name: 'A', address: 'a@contoso.com' }, to: ['b@example.com', [{ name: '', address: 'c@example.com' }]] },
  ],
  [
    'repeated ones',
    { from: 'a@contoso.com', to: 'b@example.com, b@example.com', cc: 'b@example.com, c@example.com', bcc: 'C@example.com' },
  ],
  ['groups', { from: 'a@contoso.com', to: 'Team: b@example.com, c@example.com;, d@example.com', cc: 'Nobody:;' }],
  ['no sender', { to: 'b@example.com' }],
  ['a sender but no author', { sender: 'a@contoso.com', replyTo: 'r@contoso.com', to: 'b@example.com' }],
  ['several authors', { from: 'a@contoso.com, b@contoso.com', to: 'b@example.com' }],
  ['an empty author', { from: 'Nobody', sender: 's@contoso.com', to: 'b@example.com' }],
  ['no recipients', { from: 'a@contoso.com' }],
  ['an IDN', { from: 'a@bücher.example', to: 'b@BÜCHER.example' }],
  ['an envelope', { from: 'a@contoso.com', to: 'b@example.com', envelope: { from: 'bounce@contoso.com', to: ['x@example.com'] } }],
  [
    'several headers of a name',
    {
      from: 'a@contoso.com',
      headers: [
        { key: 'To', value: 'x@example.com' },
        { key: 'To', value: 'y@example.com, x@example.com' },
      ],
    },
  ],
];

test.each(MAILS)('%s: as Nodemailer reads them', (_what, data) => {
  expectAsNodemailer(data);
});

test('whatever is written, as Nodemailer reads it', () => {
  const text = fc
    .array(fc.constantFrom('a@example.com', 'b@example.com', '"', '<', '>', ',', ';', ':', ' ', '(', ')', 'name', '@', 'ü', '\\'), {
      maxLength: 14,
    })
    .map((parts) => parts.join(''));
  const mail = fc.record({ from: text, to: text, cc: text, bcc: text, sender: text, replyTo: text }, { requiredKeys: [] });
  fc.assert(fc.property(mail, expectAsNodemailer), { numRuns: 1_000 });
});

test('however one address is written, as Nodemailer reads it', () => {
  const label = fc.string({ unit: fc.constantFrom('a', 'z', '0', '9', '-', '_', '+', '.', 'A', 'xn--'), maxLength: 8 });
  const address = fc
    .tuple(label, label, fc.constantFrom('com', 'example', 'c', '1', 'co.uk'))
    .map(([local, domain, end]) => `${local}@${domain}.${end}`);
  fc.assert(
    fc.property(address, address, (from, to) => expectAsNodemailer({ from, to, bcc: [to, from] })),
    { numRuns: 3_000 },
  );
});

test.each([
  ['Team: b@example.com;', true],
  ['b@example.com', false],
])('%s is a group: %s', (to, grouped) => {
  expect(readTreeAddresses(compile({ to })).grouped).toBe(grouped);
  expect(readTreeAddresses(compile({ bcc: to })).grouped).toBe(false);
});
