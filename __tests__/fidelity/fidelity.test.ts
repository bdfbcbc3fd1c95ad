import { Readable } from 'node:stream';
import nodemailer from 'nodemailer';
import { nodemailerInUse } from '../support/nodemailer-versions.js';
import { attachmentCases } from './cases/attachments.js';
import { accessCases, bodyCases, eventAccessCases } from './cases/bodies.js';
import { calendarCases, eventSourceCases } from './cases/calendar.js';
import { headerCases } from './cases/headers.js';
import { bodyHash, pluginCases, signedCases } from './cases/plugins.js';
import { PLAIN, rawCases, RICH, WITH_BCC, WITHOUT_ID } from './cases/raw.js';
import { asDraft, largeCases } from './cases/large.js';
import { letter } from './cases/letter.js';
import { addressInjectionCases, recipientCases } from './cases/recipients.js';
import { FORMATS, startHarness, testCases, type Harness } from './harness.js';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ nodemailer: nodemailer });
});
afterAll(() => harness.close());

// versions.test.ts says what happens with the older ones
const injectionCases = ['7', '8'].includes(nodemailerInUse) ? [] : addressInjectionCases;
const closedCases = nodemailerInUse === '7' ? accessCases : [...accessCases, ...eventAccessCases];

describe('recipients arrive as over SMTP', () => testCases([...recipientCases, ...injectionCases], () => harness));
describe('headers arrive as over SMTP', () => testCases(headerCases, () => harness));
describe('bodies arrive as over SMTP', () => testCases(bodyCases, () => harness));
describe('closed files and URLs stay closed', () => testCases(closedCases, () => harness));
describe('attachments arrive as over SMTP', () => testCases(attachmentCases, () => harness));
describe('events arrive as over SMTP', () => testCases([...calendarCases, ...eventSourceCases], () => harness));
describe('ready-made messages arrive as over SMTP', () => testCases(rawCases, () => harness));
describe('what plugins make arrives as over SMTP', () => testCases(pluginCases, () => harness));

describe('large messages arrive as over SMTP', () => testCases(largeCases, () => harness));
describe('drafts arrive as over SMTP', () => {
  const all = [...recipientCases, ...headerCases, ...bodyCases, ...attachmentCases, ...calendarCases, ...rawCases, ...pluginCases];
  const some = all.filter((_, index) => index % 8 === 0);
  testCases(some.map(asDraft), () => harness);
});

describe('a ready-made message in MIME', () => {
  const envelope = { from: 'noreply@contoso.com', to: ['reader@example.com'] };
  const post = async (raw: unknown, to = envelope.to) => {
    const { graph } = await harness.sendBothWays({ name: 'raw', data: () => ({ envelope: { ...envelope, to }, raw }) }, 'auto');
    return (graph.posted as Buffer).toString();
  };

  it.each([PLAIN, RICH])('is posted byte for byte', async (raw) => {
    expect(await post(raw)).toBe(raw);
    expect(await post(Buffer.from(raw))).toBe(raw);
  });

  it('gets CRLF for bare LF, as over SMTP', async () => {
    expect(await post(RICH.replaceAll('\r\n', '\n'))).toBe(RICH);
  });

  it('gets nothing but the Message-ID it lacks', async () => {
    const posted = await post(WITHOUT_ID);
    expect(posted.replace(/^Message-ID: <[^<>\r\n]+>\r\n/m, '')).toBe(WITHOUT_ID);
    expect(posted).not.toBe(WITHOUT_ID);
  });

  it('has its Bcc replaced by that of the envelope, and nothing else changed', async () => {
    const [head = '', ...body] = WITH_BCC.split('\r\n\r\n');
    const lines = head.split('\r\n').filter((line) => !line.startsWith('Bcc:') && !line.startsWith(' Veiled'));
    const to = ['reader@example.com', 'copy@example.com', 'veiled@example.com'];
    expect(await post(WITH_BCC, to)).toBe([['Bcc: Veiled <veiled@example.com>', ...lines].join('\r\n'), ...body].join('\r\n\r\n'));
  });

  it('has nothing but its addresses changed by a redirect', async () => {
    const posted = await post(RICH, ['staging@contoso.com']);
    const expected = `Bcc: staging@contoso.com\r\n${RICH.replace('To: Reader <reader@example.com>\r\n', '')}`;
    expect(posted).toBe(expected);
  });
});

describe('what a plugin has signed', () => {
  it.each(signedCases)('keeps every byte of its body: $name', async (test) => {
    await harness.viaGraph(test, 'auto');
    const source = harness.sandbox.messages.at(-1)?.source.toString('latin1') ?? '';
    expect(/^X-Body-Hash: (\w+)/m.exec(source)?.[1]).toBe(bodyHash(source.slice(source.indexOf('\r\n\r\n') + 4)));
  });
});

describe('text in MIME', () => {
  it.each([
    ['a string', (text: string) => text],
    ['a Buffer', (text: string) => Buffer.from(text)],
    ['a stream', (text: string) => Readable.from([text])],
    ['a data URI', (text: string) => ({ path: `data:text/plain,${encodeURIComponent(text)}` })],
  ])('is base64 with CRLF, given as %s', async (_kind, write) => {
    const { graph } = await harness.sendBothWays({ name: 'text', data: () => letter({ text: write('Größe\nzwei\r\ndrei') }) }, 'mime');
    const [head = '', body = ''] = (graph.posted as Buffer).toString().split('\r\n\r\n');
    expect(head).toContain('Content-Transfer-Encoding: base64');
    expect(Buffer.from(body, 'base64').toString()).toBe('Größe\r\nzwei\r\ndrei');
  });
});

describe('a URL', () => {
  it.each(FORMATS)('is fetched once, with its httpHeaders (%s)', async (format) => {
    const data = () =>
      letter({
        html: { href: harness.world.url('letter.html') },
        icalEvent: { href: harness.world.url('invite.ics') },
        attachments: [{ href: harness.world.url('secret/data.bin'), httpHeaders: { 'X-Key': '1234' } }],
      });
    harness.web.requests.length = 0;
    await harness.viaGraph({ name: 'urls', data }, format);
    expect(harness.web.requests.map(({ path }) => path).sort()).toEqual(['/invite.ics', '/letter.html', '/secret/data.bin']);
    expect(harness.web.requests.find(({ path }) => path.startsWith('/secret'))?.headers['x-key']).toBe('1234');
  });
});
