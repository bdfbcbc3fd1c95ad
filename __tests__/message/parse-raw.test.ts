import type { OutgoingMessage } from '../../lib/message/outgoing-message.js';
import { parseRaw } from '../../lib/message/parse-raw.js';
import { mail, read } from './read.js';

async function parse(raw: string | Buffer): Promise<OutgoingMessage> {
  const message = await read({ raw, envelope: { from: mail.from, to: mail.to } });
  if (!message.raw) throw new Error('it is not ready-made');
  return parseRaw(message, message.raw);
}

function parseLines(...lines: string[]): Promise<OutgoingMessage> {
  return parse(lines.join('\r\n'));
}

async function text(source: OutgoingMessage['text']): Promise<string | undefined> {
  return source && (await source.bytes()).toString();
}

const head = ['From: noreply@contoso.com', 'To: reader@example.com', 'Subject: Raw', 'MIME-Version: 1.0'];

/** A message of several parts, each given by its lines. */
function parseMultipart(subtype: string, ...parts: string[][]): Promise<OutgoingMessage> {
  const lines = parts.flatMap((part) => ['--b', ...part]);
  return parseLines(...head, `Content-Type: multipart/${subtype}; boundary=b`, '', ...lines, '--b--');
}

test('text alone', async () => {
  const message = await parseLines(...head, 'Content-Type: text/plain; charset=utf-8', '', 'Grüße: https://contoso.com/');
  expect(message).toMatchObject({ subject: 'Raw', html: undefined, attachments: [] });
  expect((await text(message.text))?.trim()).toBe('Grüße: https://contoso.com/');
});

test('text in another charset', async () => {
  const raw = Buffer.from(
    [...head, 'Content-Type: text/plain; charset=windows-1252', '', 'Gr\xfc\xdfe f\xfcr 5 \x80'].join('\r\n'),
    'latin1',
  );
  const message = await parse(raw);
  expect((await text(message.text))?.trim()).toBe('Grüße für 5 €');
});

test('html alone makes no text of its own, and links and pictures stay as they are', async () => {
  const html = '<p>https://contoso.com/ <img src="cid:logo@contoso.com"></p>';
  const message = await parseMultipart(
    'related',
    ['Content-Type: text/html', '', html],
    ['Content-Type: image/png; name=logo.png', 'Content-ID: <logo@contoso.com>', 'Content-Transfer-Encoding: base64', '', 'cG5n'],
  );
  expect(message.text).toBeUndefined();
  expect((await text(message.html))?.trim()).toBe(html);
  expect(message.attachments).toMatchObject([
    { name: 'logo.png', contentType: 'image/png', contentId: 'logo@contoso.com', isInline: true, node: undefined },
  ]);
  expect(await text(message.attachments[0]?.source)).toBe('png');
});

test('text and html one after the other are both in the html, which is what is sent', async () => {
  const message = await parseMultipart(
    'mixed',
    ['Content-Type: text/plain', '', 'Below <all> of https://contoso.com/'],
    ['Content-Type: text/html', '', '<p>the list</p>'],
  );
  const html = await text(message.html);
  expect(html).toMatch(/Below &lt;all&gt; of https:\/\/contoso\.com\/.*<p>the list<\/p>/s);
  expect(html).not.toContain('<a');
  expect((await text(message.text))?.trim()).toBe('Below <all> of https://contoso.com/');
});

test('text makes no html of its own', async () => {
  const message = await parseLines(...head, '', 'one\r\ntwo');
  expect(message.html).toBeUndefined();
  expect(await text(message.text)).toMatch(/^one\r?\ntwo/);
});

test('a message without a body has none', async () => {
  expect(await parseLines(...head, '', '')).toMatchObject({ text: undefined, html: undefined, attachments: [] });
});

test.each([
  ['attachment; filename=a.pdf', { name: 'a.pdf', isInline: false }],
  ['inline; filename=a.pdf', { name: 'a.pdf', isInline: true }],
  ['attachment', { name: undefined, isInline: false }],
])('a part with the disposition %j', async (disposition, expected) => {
  const message = await parseMultipart(
    'mixed',
    ['Content-Type: text/plain', '', 'Hello'],
    ['Content-Type: application/pdf', `Content-Disposition: ${disposition}`, '', 'pdf'],
  );
  expect(message.attachments).toMatchObject([{ contentType: 'application/pdf', contentId: undefined, node: undefined, ...expected }]);
  expect(message.attachments[0]?.source.size).toBe(3);
});

test('a Content-ID loses its brackets and nothing else', async () => {
  const message = await parseLines(
    ...head,
    'Content-Type: application/pdf',
    'Content-Disposition: attachment; filename=a.pdf',
    'Content-ID: <a@b@contoso.com>',
    '',
    'pdf',
  );
  expect(message.attachments).toMatchObject([{ contentId: 'a@b@contoso.com' }]);
});

test('names and ids of files have no breaks once they are decoded', async () => {
  const message = await parseMultipart(
    'mixed',
    ['Content-Type: text/plain', '', 'x'],
    [
      'Content-Type: application/pdf',
      'Content-Disposition: attachment; filename="=?utf-8?Q?a=0D=0ABcc:_c=00?="',
      'Content-ID: <a\0b>',
      '',
      'x',
    ],
  );
  expect(message.attachments).toHaveLength(1);
  for (const { name, contentType, contentId } of message.attachments) expect(`${name}${contentType}${contentId}`).not.toMatch(/[\r\n\0]/);
});

test('an inline PDF with a Content-ID stays inline', async () => {
  const message = await parseMultipart(
    'mixed',
    ['Content-Type: text/html', '', '<p>x</p>'],
    ['Content-Type: application/pdf; name=a.pdf', 'Content-Disposition: inline; filename=a.pdf', 'Content-ID: <a@contoso>', '', 'x'],
  );
  expect(message.attachments).toMatchObject([{ name: 'a.pdf', contentId: 'a@contoso', isInline: true }]);
});

test('text between parts is kept', async () => {
  const message = await parseMultipart(
    'mixed',
    ['Content-Type: text/plain', '', 'before'],
    ['Content-Type: application/pdf', 'Content-Disposition: attachment; filename=a.pdf', '', 'x'],
    ['Content-Type: text/plain', '', 'after'],
  );
  expect(await text(message.text)).toMatch(/before[\s\S]*after/);
});
