import { Readable } from 'node:stream';
import { EML, type FidelityCase } from '../harness.js';

const envelope = { from: 'noreply@contoso.com', to: 'reader@example.com' };

const message = (head: string[], body: string[]) => [...head, '', ...body].join('\r\n');
const head = (more: string[] = []) => [
  'From: Contoso <noreply@contoso.com>',
  'To: Reader <reader@example.com>',
  'Subject: =?utf-8?Q?Monatsbericht_f=C3=BCr_K=C3=B6ln?=',
  'Date: Tue, 03 Nov 2026 10:00:00 +0100',
  'MIME-Version: 1.0',
  ...more,
];

export const PLAIN = message(head(['Message-ID: <raw-1@contoso.com>', 'Content-Type: text/plain; charset=utf-8']), [
  'Grüße',
  '.',
  'aus Köln',
  '',
]);
export const WITHOUT_ID = message(head(['Content-Type: text/plain']), ['Hello', '']);
export const WITH_BCC = message(
  [
    'Bcc: hidden@example.com,',
    ' Veiled <veiled@example.com>',
    ...head(['Cc: copy@example.com', 'Message-ID: <raw-2@contoso.com>', 'X-Mixed:   odd   spaces', 'x-LOWER: 1']),
  ],
  ['Hello', ''],
);
export const RICH = message(
  head([
    'Message-ID: <raw-3@contoso.com>',
    'In-Reply-To: <question@example.com>',
    'References: <first@example.com>',
    '\t<question@example.com>',
    'Importance: high',
    'List-Unsubscribe: <https://contoso.com/u>',
    'X-Tag: one',
    'X-Tag: two',
    'Disposition-Notification-To: noreply@contoso.com',
    'Content-Type: multipart/mixed; boundary="outer=_1"',
  ]),
  [
    'This is a message in several parts.',
    '',
    '--outer=_1',
    'Content-Type: multipart/related; boundary=middle',
    '',
    '--middle',
    'Content-Type: multipart/alternative; boundary=inner',
    '',
    '--inner',
    'Content-Type: text/plain; charset=iso-8859-1',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'Gr=FC=DFe',
    '--inner',
    'Content-Type: text/html; charset=iso-8859-1',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '<p>Gr=FC=DFe <img src=3D"cid:logo"></p>',
    '--inner--',
    '--middle',
    'Content-Type: image/png; name=logo.png',
    'Content-Disposition: inline; filename=logo.png',
    'Content-ID: <logo>',
    'Content-Transfer-Encoding: base64',
    '',
    'iVBORw0KGgo=',
    '--middle--',
    '--outer=_1',
    "Content-Type: application/pdf; name*=utf-8''Gr%C3%B6%C3%9Fe.pdf",
    "Content-Disposition: attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.pdf",
    'Content-Transfer-Encoding: base64',
    '',
    'JVBERi0xLjQ=',
    '--outer=_1--',
    '',
  ],
);

/** Whose header cannot be taken over unchanged. */
const redirected = { from: 'noreply@contoso.com', to: 'staging@contoso.com' };

export const rawCases: FidelityCase[] = [
  { name: 'a raw string', data: () => ({ envelope, raw: PLAIN }) },
  { name: 'a raw string with bare LF', data: () => ({ envelope, raw: PLAIN.replaceAll('\r\n', '\n') }) },
  { name: 'a raw Buffer', data: () => ({ envelope, raw: Buffer.from(PLAIN) }) },
  { name: 'a raw stream', data: () => ({ envelope, raw: Readable.from([Buffer.from(PLAIN)]) }) },
  {
    name: 'a raw { path }',
    data: (world) => ({ envelope: { from: 'noreply@contoso.com', to: 'noreply@contoso.com' }, raw: { path: world.file('ready.eml') } }),
  },
  {
    name: 'a raw { href }',
    data: (world) => ({ envelope: { from: 'noreply@contoso.com', to: 'noreply@contoso.com' }, raw: { href: world.url('ready.eml') } }),
  },
  { name: 'raw without a Message-ID', data: () => ({ envelope, raw: WITHOUT_ID }) },
  {
    name: 'raw with Bcc in it',
    data: () => ({
      envelope: { ...envelope, to: ['reader@example.com', 'copy@example.com', 'hidden@example.com', 'veiled@example.com'] },
      raw: WITH_BCC,
    }),
  },
  {
    name: 'raw with Bcc in it and not in the envelope',
    data: () => ({ envelope: { ...envelope, to: ['reader@example.com', 'copy@example.com'] }, raw: WITH_BCC }),
  },
  { name: 'raw with everything', data: () => ({ envelope, raw: RICH }) },
  { name: 'raw, redirected', data: () => ({ envelope: redirected, raw: RICH }) },
  { name: 'raw, redirected, with Bcc in it', data: () => ({ envelope: redirected, raw: WITH_BCC }) },
  {
    name: 'raw to more than its headers say',
    data: () => ({ envelope: { ...envelope, to: ['reader@example.com', 'archive@example.com'] }, raw: PLAIN }),
  },
  {
    name: 'raw with another sender of the envelope',
    data: () => ({ envelope: { ...envelope, from: 'bounces@contoso.com' }, raw: PLAIN }),
    tells: { json: ['returnPath'], mime: ['returnPath'] },
  },
  { name: 'raw with a group', data: () => ({ envelope, raw: PLAIN.replace('Reader <reader@example.com>', 'Team: reader@example.com;') }) },
  {
    name: 'raw with a group, redirected',
    data: () => ({ envelope: redirected, raw: PLAIN.replace('Reader <reader@example.com>', 'Team: reader@example.com;') }),
  },
  { name: 'raw without any body', data: () => ({ envelope, raw: head(['Message-ID: <raw-4@contoso.com>']).join('\r\n') }) },
  {
    name: 'raw with a nested message',
    data: () => ({
      envelope,
      raw: message(head(['Message-ID: <raw-5@contoso.com>', 'Content-Type: multipart/mixed; boundary=b']), [
        '--b',
        'Content-Type: text/plain',
        '',
        'See below.',
        '--b',
        'Content-Type: message/rfc822',
        '',
        ...EML.split('\r\n'),
        '--b--',
        '',
      ]),
    }),
  },
  {
    name: 'raw with a signature',
    data: () => ({
      envelope,
      raw: message(head(['Message-ID: <raw-6@contoso.com>', 'DKIM-Signature: v=1; a=rsa-sha256; b=x', 'Content-Type: text/plain']), [
        'Hello',
        '',
      ]),
    }),
  },
  {
    name: 'raw in UTF-8 headers',
    data: () => ({ envelope, raw: PLAIN.replace('Contoso <', 'Contoso Süd <').replace(/Subject: .*/, 'Subject: Größe') }),
  },
  { name: 'raw without recipients', data: () => ({ raw: PLAIN }), refused: 'EENVELOPE' },
];
