import { randomBytes } from 'node:crypto';
import nodemailer from 'nodemailer';
import { Bench, hash, mail } from './harness.js';

const bench = new Bench();

describe.each(['json', 'mime'] as const)('as %s', (format) => {
  test('an inline picture keeps its Content-ID, and many small files together are one large message', async () => {
    const attachments = [
      { filename: 'large.png', cid: 'large@contoso.com', content: randomBytes(3_500_000) },
      ...Array.from({ length: 30 }, (_, index) => ({ filename: `${index}.bin`, content: randomBytes(150_000) })),
    ];
    await bench.send({ html: '<img src="cid:large@contoso.com">', attachments }, { format });
    expect(bench.sandbox.messages[0]?.attachments.find(({ name }) => name === 'large.png')).toMatchObject({
      contentId: 'large@contoso.com',
      isInline: true,
    });
    expect(bench.arrived()?.sort()).toEqual(attachments.map(({ filename, content }) => [filename, hash(content)]).sort());
  });
});

test('text, html, calendar and threading survive beside a large file', async () => {
  const ics = 'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR';
  const info = await bench.send({
    html: '<p>Hello',
    icalEvent: { method: 'REQUEST', content: ics },
    inReplyTo: '<before@example.com>',
    attachments: [{ filename: 'a.pdf', content: randomBytes(5_000_000) }],
  });
  expect(info).toMatchObject({ format: 'mime', route: 'draft', losses: [] });
  const source = bench.sandbox.messages[0]?.source.toString() ?? '';
  expect(source).toMatch(/text\/calendar;[^\n]*(\n\s[^\n]*)*method=REQUEST/i);
  expect(source).toContain('In-Reply-To: <before@example.com>');
  expect(bench.sandbox.messages[0]).toMatchObject({ text: 'Hello', html: '<p>Hello' });
});

test('a ready-made part that is too large is uploaded as the file it is, and what it loses is told', async () => {
  const content = randomBytes(5_000_000);
  const raw = [
    'Content-Type: application/pdf; name=a.pdf; x=y',
    'Content-Disposition: attachment; filename=a.pdf',
    'Content-Transfer-Encoding: base64',
    'X-Note: x',
    '',
    content.toString('base64').replace(/.{76}/g, '$&\r\n'),
  ].join('\r\n');
  const info = await bench.send({ html: '<p>Hello', attachments: [{ raw }] }, { format: 'mime' });
  expect(info).toMatchObject({ format: 'mime', route: 'draft' });
  expect(info.losses).toEqual([
    { feature: 'raw', detail: 'attachment "a.pdf" is given as a ready-made MIME part and arrives as a file, without X-Note' },
    { feature: 'attachmentHeaders', detail: 'attachment "a.pdf": Content-Type x=y' },
  ]);
  expect(bench.arrived()).toEqual([['a.pdf', hash(content)]]);
  expect(bench.operations()).toContain('createUploadSession');
});

test('a ready-made message that is too large is taken apart, which is told', async () => {
  const content = randomBytes(4_000_000);
  const raw = [
    'From: noreply@contoso.com',
    'To: reader@example.com',
    'Subject: Raw',
    'Message-ID: <raw@contoso.com>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'Hello',
    '--b',
    'Content-Type: application/pdf; name=a.pdf',
    'Content-Disposition: attachment; filename=a.pdf',
    'Content-Transfer-Encoding: base64',
    '',
    content.toString('base64').replace(/.{76}/g, '$&\r\n'),
    '--b--',
    '',
  ].join('\r\n');
  const envelope = { from: mail.from, to: mail.to };
  const transporter = nodemailer.createTransport(bench.create());
  const info = await transporter.sendMail({ raw, envelope });
  expect(info).toMatchObject({ format: 'json', route: 'draft', messageId: '<raw@contoso.com>', losses: [{ feature: 'raw' }] });
  expect(bench.arrived()).toEqual([['a.pdf', hash(content)]]);
  await expect(transporter.sendMail({ raw, envelope, graph: { format: 'mime' } })).rejects.toMatchObject({ code: 'EMESSAGE' });
});

test('tells that a copy is kept all the same, or refuses with onLoss: error', async () => {
  const attachments = [{ filename: 'a.bin', content: randomBytes(5_000_000) }];
  expect(await bench.send({ attachments }, { saveToSentItems: false })).toMatchObject({ losses: [{ feature: 'saveToSentItems' }] });
  bench.sandbox.clear();
  expect(await bench.refusal({ attachments }, { saveToSentItems: false, onLoss: 'error' })).toMatchObject({ code: 'EMESSAGE' });
  expect(bench.operations()).toEqual([]);
});
