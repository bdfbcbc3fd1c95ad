import { Readable } from 'node:stream';
import type { FidelityCase } from '../harness.js';
import { letter } from './letter.js';

const TEXT = 'Grüße aus Köln\nzweite Zeile\n';
const HTML = '<p>Grüße aus <b>Köln</b></p>\n<p>zweite Zeile</p>\n';
/** What has broken mail before. */
const HARD = {
  'lines over 998 characters': 'word '.repeat(1000),
  'a line without a space over 998 characters': 'w'.repeat(3000),
  'bare LF': 'one\ntwo\n\nthree\n',
  CRLF: 'one\r\ntwo\r\n\r\nthree\r\n',
  'mixed line ends': 'one\ntwo\r\nthree\rfour',
  'runs of =': `a=b ==== =3D =\n=\n${'='.repeat(200)}`,
  'trailing spaces and tabs': 'one  \ntwo\t\nthree   ',
  'leading dots': '.one\n..two\n.\nthree',
  'From at the start of a line': 'From here\nFrom there',
  emoji: '👨‍👩‍👧 👋🏽 🇩🇪',
  'right to left': 'שלום עולם \u202Eabc\u202C مرحبا',
  'control characters': 'form\ffeed, \u0001 and \u007f',
  'a byte order mark and zero-width characters': '\uFEFFone\u200Btwo\u00A0three',
  'only white space': '  ',
} as const;

const text = (value: unknown) => letter({ text: value });
const html = (value: unknown) => letter({ text: undefined, html: value });

const kinds: FidelityCase[] = (
  [
    ['text', text, 'letter.txt', TEXT],
    ['html', html, 'letter.html', HTML],
  ] as const
).flatMap(([part, write, file, content]): FidelityCase[] => [
  { name: `${part} as a string`, data: () => write(content) },
  { name: `${part} as a Buffer`, data: () => write(Buffer.from(content)) },
  { name: `${part} as a stream`, data: () => write(Readable.from([Buffer.from(content)])) },
  { name: `${part} as a stream of strings`, data: () => write(Readable.from([content.slice(0, 8), content.slice(8)])) },
  { name: `${part} as { content }`, data: () => write({ content }) },
  { name: `${part} as { content: stream }`, data: () => write({ content: Readable.from([Buffer.from(content)]) }) },
  { name: `${part} as { path }`, data: (world) => write({ path: world.file(file) }) },
  { name: `${part} as { href }`, data: (world) => write({ href: world.url(file) }) },
  { name: `${part} as { path: URL }`, data: (world) => write({ path: world.url(file) }) },
  {
    name: `${part} as a data URI`,
    data: () => write({ path: `data:text/plain;charset=utf-8;base64,${Buffer.from(content).toString('base64')}` }),
  },
  ...(['base64', 'hex', 'utf-16le', 'latin1', 'utf8'] as const).map((encoding) => ({
    name: `${part} as { content, encoding: ${encoding} }`,
    data: () =>
      write({
        content: encoding === 'utf8' ? content : Buffer.from(content).toString(encoding === 'utf-16le' ? 'utf8' : encoding),
        encoding,
      }),
  })),
  { name: `${part} from a file that is not there`, data: () => write({ path: '/nowhere/letter.txt' }), refused: 'EMESSAGE' },
  { name: `${part} from a URL that is not there`, data: (world) => write({ href: world.url('nothing.txt') }), refused: 'EMESSAGE' },
]);

export const bodyCases: FidelityCase[] = [
  ...kinds,
  ...Object.entries(HARD).flatMap(([what, content]): FidelityCase[] => [
    { name: `text with ${what}`, data: () => text(content) },
    { name: `html with ${what}`, data: () => html(`<pre>${content}</pre>`) },
    { name: `a Buffer with ${what}`, data: () => text(Buffer.from(content)) },
    { name: `a stream with ${what}`, data: () => text(Readable.from([Buffer.from(content)])) },
  ]),
  { name: 'no text and no html', data: () => letter({ text: undefined }) },
  { name: 'an empty text', data: () => text('') },
  { name: 'an empty html', data: () => html('') },
  { name: 'an empty Buffer', data: () => text(Buffer.alloc(0)) },
  { name: 'text and html', data: () => letter({ text: TEXT, html: HTML }) },
  { name: 'text and html as streams', data: () => letter({ text: Readable.from([TEXT]), html: Readable.from([HTML]) }) },
  { name: 'text and an empty html', data: () => letter({ text: TEXT, html: '' }) },
  { name: '1 MB of html', data: () => html(`<p>${'Größe und Umfang. '.repeat(50_000)}</p>`) },
  { name: '1 MB of html on one line, with text', data: () => letter({ html: `<p>${'x'.repeat(1_000_000)}</p>` }) },
  {
    name: 'a whole html document',
    data: () =>
      html(
        '<!DOCTYPE html><html><head><meta charset="utf-8"><style>p { color: red }</style><title>T</title></head><body><p>ü</p></body></html>',
      ),
  },
  {
    name: 'html that names another charset',
    data: () =>
      html('<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"></head><body>Größe</body></html>'),
  },
  ...['base64', 'quoted-printable', '7bit', '8bit'].map((encoding) => ({
    name: `encoding ${encoding}`,
    data: () => letter({ text: TEXT, html: HTML, encoding }),
  })),
  ...['base64', 'quoted-printable'].map((textEncoding) => ({
    name: `textEncoding ${textEncoding}`,
    data: () => letter({ text: TEXT, html: HTML, textEncoding }),
  })),
  { name: 'newline: windows', data: () => letter({ text: 'one\ntwo', newline: 'windows' }) },
  { name: 'newline: unix', data: () => letter({ text: 'one\r\ntwo', newline: 'unix' }) },
  { name: 'boundaryPrefix', data: () => letter({ html: HTML, boundaryPrefix: 'contoso' }) },
  {
    name: 'attachDataUrls',
    data: () =>
      letter({
        attachDataUrls: true,
        html: '<img src="data:image/png;base64,iVBORw0KGgo="><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
      }),
    // the Content-ID is made up for every message
    plugin: {
      step: 'compile',
      use: ({ data }, done) => {
        data.attachments.forEach((attachment: { cid: string }, index: number) => {
          data.html = data.html.replace(attachment.cid, `image-${index}`);
          attachment.cid = `image-${index}`;
        });
        done();
      },
    },
  },
  { name: 'a watchHtml', data: () => letter({ html: HTML, watchHtml: '<b>watch</b>' }) },
  { name: 'an amp', data: () => letter({ html: HTML, amp: '<!doctype html><html amp4email></html>' }) },
  { name: 'an amp alone', data: () => letter({ text: undefined, amp: '<!doctype html><html amp4email></html>' }) },
  {
    name: 'several alternatives',
    data: () =>
      letter({
        html: HTML,
        alternatives: [
          { contentType: 'text/x-web-markdown', content: '**Hello**' },
          { contentType: 'application/json', content: '{"a":"ü"}' },
        ],
      }),
  },
  {
    name: 'an alternative from a file',
    data: (world) => letter({ alternatives: [{ contentType: 'text/x-web-markdown', path: world.file('letter.txt') }] }),
  },
  {
    name: 'an alternative from a URL',
    data: (world) => letter({ alternatives: [{ contentType: 'text/x-web-markdown', href: world.url('letter.txt') }] }),
  },
  {
    name: 'an alternative in hex',
    data: () => letter({ alternatives: [{ contentType: 'text/x-web-markdown', content: '2a2a', encoding: 'hex' }] }),
  },
  { name: 'an alternative as raw', data: () => letter({ alternatives: [{ raw: 'Content-Type: text/x-web-markdown\r\n\r\n**Hello**' }] }) },
  {
    name: 'two html alternatives',
    data: () => letter({ html: HTML, alternatives: [{ contentType: 'text/html', content: '<p>another</p>' }] }),
  },
  {
    name: 'html as an alternative in another charset',
    data: () =>
      letter({ alternatives: [{ contentType: 'text/html; charset=iso-8859-1', content: Buffer.from('<p>Größe</p>', 'latin1') }] }),
  },
  {
    name: 'html alone as an alternative in another charset',
    data: () =>
      letter({
        text: undefined,
        alternatives: [{ contentType: 'text/html; charset=utf-16le', content: Buffer.from('<p>Größe</p>', 'utf16le') }],
      }),
  },
];

const closed = (name: string, write: (world: Parameters<FidelityCase['data']>[0]) => Record<string, unknown>): FidelityCase[] => [
  {
    name: `${name}, closed by the message`,
    data: (world) => letter({ ...write(world), disableFileAccess: true, disableUrlAccess: true }),
    refused: 'EMESSAGE',
  },
  {
    name: `${name}, closed by the defaults`,
    data: (world) => letter(write(world)),
    defaults: { disableFileAccess: true, disableUrlAccess: true },
    refused: 'EMESSAGE',
  },
  {
    name: `${name}, closed by the defaults and opened by the message`,
    data: (world) => letter({ ...write(world), disableFileAccess: false, disableUrlAccess: false }),
    defaults: { disableFileAccess: true, disableUrlAccess: true },
    refused: 'EMESSAGE',
  },
];

/** Files and URLs that are closed stay closed. */
export const accessCases: FidelityCase[] = [
  ...closed('text from a file', (world) => ({ text: { path: world.file('letter.txt') } })),
  ...closed('text from a URL', (world) => ({ text: { href: world.url('letter.txt') } })),
  ...closed('html from a file', (world) => ({ html: { path: world.file('letter.html') } })),
  ...closed('html from a URL', (world) => ({ html: { href: world.url('letter.html') } })),
  ...closed('an attachment from a file', (world) => ({ attachments: [{ path: world.file('data.bin') }] })),
  ...closed('an attachment from a URL', (world) => ({ attachments: [{ href: world.url('data.bin') }] })),
  ...closed('an attachment from a URL in path', (world) => ({ attachments: [{ path: world.url('data.bin') }] })),
  ...closed('an inline image from a file', (world) => ({
    html: '<img src="cid:logo">',
    attachments: [{ path: world.file('logo.png'), cid: 'logo' }],
  })),
  ...closed('an alternative from a file', (world) => ({
    alternatives: [{ contentType: 'text/x-web-markdown', path: world.file('letter.txt') }],
  })),
  ...closed('an alternative from a URL', (world) => ({
    alternatives: [{ contentType: 'text/x-web-markdown', href: world.url('letter.txt') }],
  })),
  ...closed('an amp from a file', (world) => ({ amp: { path: world.file('letter.html') } })),
  ...closed('a watchHtml from a URL', (world) => ({ watchHtml: { href: world.url('letter.html') } })),
  ...closed('a raw message from a file', (world) => ({
    raw: { path: world.file('message.eml') },
    envelope: { from: 'noreply@contoso.com', to: 'reader@example.com' },
  })),
  ...closed('a raw message from a URL', (world) => ({
    raw: { href: world.url('message.eml') },
    envelope: { from: 'noreply@contoso.com', to: 'reader@example.com' },
  })),
  ...closed('a raw attachment from a file', (world) => ({ attachments: [{ raw: { path: world.file('message.eml') } }] })),
];

/** Nodemailer 7 does not read an event's path and href at all. */
export const eventAccessCases: FidelityCase[] = [
  ...closed('an event from a file', (world) => ({ icalEvent: { path: world.file('invite.ics') } })),
  ...closed('an event from a URL', (world) => ({ icalEvent: { href: world.url('invite.ics') } })),
];
