import type { FidelityCase } from '../harness.js';
import { letter } from './letter.js';

const many = (count: number) => Array.from({ length: count }, (_, index) => `reader-${index}@example.com`);

export const recipientCases: FidelityCase[] = [
  { name: 'a plain address', data: () => letter() },
  { name: 'a list in one string', data: () => letter({ to: 'one@example.com, Two <two@example.com>,"Three, Third" <three@example.com>' }) },
  { name: 'an object', data: () => letter({ to: { name: 'Reader, "The" One', address: 'reader@example.com' } }) },
  {
    name: 'a nested array of everything',
    data: () => letter({ to: ['one@example.com', [{ name: 'Two', address: 'two@example.com' }, 'Three <three@example.com>']] }),
  },
  { name: 'to, cc and bcc', data: () => letter({ cc: 'copy@example.com', bcc: 'hidden@example.com, Veiled <veiled@example.com>' }) },
  { name: 'nobody but a Bcc', data: () => letter({ to: undefined, bcc: ['hidden@example.com', 'veiled@example.com'] }) },
  { name: 'nobody but a Cc', data: () => letter({ to: undefined, cc: 'copy@example.com' }) },
  { name: 'a group', data: () => letter({ to: 'Team: one@example.com, Two <two@example.com>;' }) },
  { name: 'an empty group and a Bcc', data: () => letter({ to: 'undisclosed-recipients:;', bcc: 'hidden@example.com' }) },
  { name: 'a group in Cc beside single addresses', data: () => letter({ cc: 'Team: one@example.com;, two@example.com' }) },
  { name: 'an international domain', data: () => letter({ to: 'Info <info@münchen.example>', cc: 'post@xn--mnchen-3ya.example' }) },
  { name: 'an international local part', data: () => letter({ to: 'Jõgeva <jõgeva@example.com>' }) },
  { name: 'an international local part and domain', data: () => letter({ to: 'jõgeva@münchen.example', cc: 'plain@example.com' }) },
  {
    name: 'a display name beyond ASCII',
    data: () => letter({ from: 'Contoso Süd <noreply@contoso.com>', to: '"Größe, 你好" <reader@example.com>' }),
  },
  { name: 'a very long display name', data: () => letter({ to: { name: 'Überlänge '.repeat(20).trim(), address: 'reader@example.com' } }) },
  { name: 'an encoded display name', data: () => letter({ to: '=?utf-8?Q?J=C3=B6rg?= <reader@example.com>' }) },
  {
    name: 'a display name that looks like an address',
    data: () => letter({ to: { name: 'other@example.com', address: 'reader@example.com' } }),
  },
  {
    name: 'a display name with quotes, backslash and comma',
    data: () => letter({ to: { name: 'A "B" \\ C, D; E', address: 'reader@example.com' } }),
  },
  { name: 'a quoted local part', data: () => letter({ to: '"front.desk"@example.com' }) },
  {
    name: 'plus addresses and odd but valid characters',
    data: () => letter({ to: "o'neil+tag=1@example.com, a.b-c_d!#$%&*/?^`{|}~@example.com" }),
  },
  { name: 'one reader in to, cc and bcc', data: () => letter({ cc: 'Reader@Example.com', bcc: 'reader@example.com' }) },
  { name: 'one reader twice in to', data: () => letter({ to: ['reader@example.com', 'Reader <reader@example.com>'] }) },
  { name: 'comments in an address', data: () => letter({ to: 'reader@example.com (The Reader)' }) },
  { name: '500 recipients', data: () => letter({ to: many(200), cc: many(400), bcc: many(500) }) },
  { name: '501 recipients', data: () => letter({ to: many(501) }), refused: 'EENVELOPE' },
  { name: 'no recipient at all', data: () => letter({ to: undefined }), refused: 'EENVELOPE' },
  {
    name: 'recipients in headers only',
    data: () => letter({ to: undefined, headers: { to: 'reader@example.com', cc: 'copy@example.com' } }),
  },
  { name: 'several To headers', data: () => letter({ to: undefined, headers: { to: ['one@example.com', 'Two <two@example.com>'] } }) },

  { name: 'an envelope of fewer', data: () => letter({ cc: 'customer@example.com', envelope: { to: 'reader@example.com' } }) },
  { name: 'an envelope of more', data: () => letter({ envelope: { to: 'reader@example.com, archive@example.com' } }) },
  {
    name: 'an envelope of others: a staging redirect',
    data: () =>
      letter({ to: 'customer@example.com', cc: 'boss@example.com', bcc: 'audit@example.com', envelope: { to: 'staging@contoso.com' } }),
  },
  { name: 'an envelope without the Bcc', data: () => letter({ bcc: 'hidden@example.com', envelope: { to: 'reader@example.com' } }) },
  {
    name: 'an envelope with cc and bcc',
    data: () => letter({ envelope: { to: 'reader@example.com', cc: 'copy@example.com', bcc: ['hidden@example.com'] } }),
  },
  {
    name: 'an envelope with another sender',
    data: () => letter({ envelope: { from: 'bounces@contoso.com', to: 'reader@example.com' } }),
    tells: { json: ['returnPath'], mime: ['returnPath'] },
  },
  {
    name: 'an envelope without a sender',
    data: () => letter({ envelope: { from: false, to: 'reader@example.com' } }),
    tells: { json: ['returnPath'], mime: ['returnPath'] },
  },
  {
    name: 'an envelope that takes one of a group',
    data: () => letter({ to: 'Team: one@example.com, two@example.com;', envelope: { to: 'one@example.com' } }),
  },
  {
    name: 'an envelope with an international domain',
    data: () => letter({ to: 'info@münchen.example', envelope: { to: 'info@münchen.example' } }),
  },
  {
    name: 'an envelope with names',
    data: () => letter({ envelope: { to: ['Reader <reader@example.com>', { name: 'Archive', address: 'archive@example.com' }] } }),
  },

  { name: 'an alias in From', data: () => letter({ from: 'Sales <sales@contoso.com>' }), tells: { mime: ['from'] } },
  { name: 'a Sender beside From', data: () => letter({ from: 'Sales <sales@contoso.com>', sender: 'noreply@contoso.com' }) },
  { name: 'a Sender equal to From', data: () => letter({ sender: 'noreply@contoso.com' }) },
  { name: 'two From addresses', data: () => letter({ from: 'noreply@contoso.com, sales@contoso.com' }) },
  { name: 'one Reply-To', data: () => letter({ replyTo: 'Support <support@contoso.com>' }) },
  {
    name: 'several Reply-To',
    data: () => letter({ replyTo: ['Support <support@contoso.com>', 'help@example.com', { name: 'Größe', address: 'x@example.com' }] }),
  },
  { name: 'one Reply-To twice', data: () => letter({ replyTo: ['support@contoso.com', 'Support@contoso.com'] }) },
  { name: 'a group in Reply-To', data: () => letter({ replyTo: 'Team: one@example.com, two@example.com;' }) },

  {
    name: 'a line break in a name',
    data: () => letter({ to: { name: 'Reader\r\nBcc: thief@example.com', address: 'reader@example.com' } }),
  },
  {
    name: 'a line break in the envelope',
    data: () => letter({ envelope: { to: 'reader@example.com\nthief@example.com' } }),
    refused: 'EENVELOPE',
  },
];

/** Nodemailer 7 and 8 have made a quoted local part of it before the transport sees it: one address that nobody has. */
export const addressInjectionCases: FidelityCase[] = [
  {
    name: 'a line break in an address',
    data: () => letter({ to: { name: '', address: 'reader@example.com\r\nRCPT TO:<thief@example.com>' } }),
    refused: 'EENVELOPE',
  },
];
