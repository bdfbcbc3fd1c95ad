import { Readable } from 'node:stream';
import { BYTES, EML, INVITE, MAILBOX, PNG, type FidelityCase } from '../harness.js';
import { letter } from './letter.js';

/** Every byte value, and no two megabytes alike. */
const bytes = (megabytes: number): Buffer => {
  const buffer = Buffer.alloc(megabytes * 1024 * 1024);
  for (let at = 0; at < buffer.length; at++) buffer[at] = (at * 31 + (at >>> 8) * 7) & 0xff;
  return buffer;
};
const FOUR = bytes(4);
const THREE = bytes(3).subarray(0, 3_000_000);
const LARGE_RAW = [
  `From: ${MAILBOX}`,
  'To: reader@example.com',
  'Subject: A large file',
  'Message-ID: <large@contoso.com>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/html',
  '',
  '<p>It is attached.</p>',
  '--b',
  'Content-Type: application/octet-stream; name=large.bin',
  'Content-Disposition: attachment; filename=large.bin',
  'Content-Transfer-Encoding: base64',
  '',
  FOUR.toString('base64').replace(/.{76}/g, '$&\r\n'),
  '--b--',
  '',
].join('\r\n');
const HTML = '<p>Größe <img src="cid:logo"></p>';

/** More than one request to Graph takes. */
export const largeCases: FidelityCase[] = [
  { name: 'one large file', data: () => letter({ attachments: [{ filename: 'large.bin', content: FOUR }] }) },
  {
    name: 'a large file from a stream',
    data: () =>
      letter({ attachments: [{ filename: 'large.bin', content: Readable.from([FOUR.subarray(0, 1_000_000), FOUR.subarray(1_000_000)]) }] }),
  },
  {
    name: 'a file just too large for one request',
    data: () =>
      letter({
        attachments: [
          { filename: 'large.bin', content: THREE },
          { filename: 'small.bin', content: BYTES },
        ],
      }),
  },
  {
    name: 'files that are large together',
    data: () =>
      letter({
        html: HTML,
        attachments: [
          { filename: 'a.bin', content: THREE },
          { filename: 'b.bin', content: FOUR },
          { filename: 'logo.png', content: PNG, cid: 'logo' },
          { filename: 'c.txt', content: 'Größe' },
        ],
      }),
  },
  {
    name: 'a large file beside everything else',
    data: () =>
      letter({
        html: HTML,
        cc: 'copy@example.com',
        bcc: 'hidden@example.com',
        icalEvent: { method: 'REQUEST', content: INVITE },
        inReplyTo: '<q@example.com>',
        references: '<p@example.com> <q@example.com>',
        headers: { 'X-Tag': 'Größe' },
        attachments: [
          { filename: 'Größe.bin', content: FOUR },
          { filename: 'logo.png', content: PNG, cid: 'logo' },
        ],
      }),
  },
  { name: 'a large inline image', data: () => letter({ html: HTML, attachments: [{ filename: 'logo.png', content: FOUR, cid: 'logo' }] }) },
  {
    name: 'a large file with own headers',
    data: () => letter({ html: HTML, attachments: [{ filename: 'large.bin', content: FOUR, headers: { 'X-Attachment-Id': '1' } }] }),
  },
  { name: 'a large file without a name', data: () => letter({ html: HTML, attachments: [{ filename: false, content: FOUR }] }) },
  {
    name: 'a large nested message',
    data: () =>
      letter({
        html: HTML,
        attachments: [{ filename: 'large.eml', contentType: 'message/rfc822', content: EML + 'A long question.\r\n'.repeat(250_000) }],
      }),
  },
  {
    name: 'a large text file',
    data: () =>
      letter({
        html: HTML,
        attachments: [{ filename: 'large.csv', contentType: 'text/csv; charset=utf-8', content: 'Größe;1\n'.repeat(500_000) }],
      }),
  },
  { name: 'nothing but a large file', data: () => letter({ text: undefined, attachments: [{ filename: 'large.bin', content: FOUR }] }) },
  {
    name: 'a large file, redirected',
    data: () =>
      letter({
        to: 'customer@example.com',
        html: HTML,
        envelope: { to: 'staging@contoso.com' },
        attachments: [{ filename: 'large.bin', content: FOUR }],
      }),
  },
  {
    name: 'a large raw message',
    data: () => ({ envelope: { from: MAILBOX, to: ['reader@example.com', 'hidden@example.com'] }, raw: LARGE_RAW }),
    refused: { mime: 'EMESSAGE' },
    tells: { json: ['raw'] },
  },
  { name: '5 MB of html', data: () => letter({ text: undefined, html: `<p>${'x'.repeat(5_000_000)}</p>` }), refused: 'EMESSAGE' },
];

/** The same message by way of a draft. */
export const asDraft = (test: FidelityCase): FidelityCase => ({
  ...test,
  name: `${test.name}, as a draft`,
  data: (world) => ({ ...test.data(world), graph: { route: 'draft' } }),
});
