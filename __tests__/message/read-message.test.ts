import { Readable, Transform } from 'node:stream';
import type { OutgoingMessage } from '../../lib/message/outgoing-message.js';
import { nodemailerInUse } from '../support/nodemailer-versions.js';
import { compileMail } from './compile-mail.js';
import { mail, read, readCompiled } from './read.js';

async function text(source: OutgoingMessage['text']): Promise<string | undefined> {
  return source && (await source.bytes()).toString();
}

function features({ traits, losses }: OutgoingMessage): { traits: string[]; losses: string[] } {
  return { traits: traits.map(({ feature }) => feature), losses: losses.map(({ feature }) => feature) };
}

describe('a simple message', () => {
  test('as a whole', async () => {
    const message = await read({ text: 'Hello' });
    expect(message).toMatchObject({
      envelope: { from: 'noreply@contoso.com', to: ['reader@example.com'] },
      from: { address: 'noreply@contoso.com', name: '' },
      sender: undefined,
      replyTo: [],
      to: [{ address: 'reader@example.com', name: '' }],
      cc: [],
      bcc: [],
      headersRewritten: false,
      subject: 'Hello',
      importance: 'normal',
      readReceipt: false,
      deliveryReceipt: false,
      headers: [],
      html: undefined,
      attachments: [],
      traits: [],
      losses: [],
      raw: undefined,
    });
    expect(message.messageId).toMatch(/^<[^<>@]+@contoso\.com>$/);
    expect(await text(message.text)).toBe('Hello');
  });

  test('every address, with its name decoded', async () => {
    const message = await read({
      from: 'Grüße <noreply@contoso.com>',
      sender: 'Büro <noreply@contoso.com>',
      replyTo: ['Straße <answers@contoso.com>', 'b@contoso.com'],
      to: 'Ä <a@example.com>',
      cc: { name: 'Ö', address: 'o@example.com' },
      bcc: '"Ü, hidden" <u@example.com>',
    });
    expect(message).toMatchObject({
      from: { address: 'noreply@contoso.com', name: 'Grüße' },
      sender: { address: 'noreply@contoso.com', name: 'Büro' },
      replyTo: [
        { address: 'answers@contoso.com', name: 'Straße' },
        { address: 'b@contoso.com', name: '' },
      ],
      to: [{ address: 'a@example.com', name: 'Ä' }],
      cc: [{ address: 'o@example.com', name: 'Ö' }],
      bcc: [{ address: 'u@example.com', name: 'Ü, hidden' }],
      traits: [],
      losses: [],
    });
  });

  test('headers, decoded, those of the app first', async () => {
    const message = await read({
      subject: 'Grüße aus dem Büro',
      inReplyTo: '<a@example.com>',
      headers: { 'X-Note': 'Straße', 'X-Two': 'b' },
    });
    expect(message.subject).toBe('Grüße aus dem Büro');
    expect(message.headers).toEqual([
      { name: 'X-Note', value: 'Straße' },
      { name: 'X-Two', value: 'b' },
      { name: 'In-Reply-To', value: '<a@example.com>' },
    ]);
  });

  test.each([
    ['an object', { 'X-App': 'a' }],
    ['a list', [{ key: 'X-App', value: 'a' }]],
    ['a list with something in it that is no header', [null, { key: 'x-app', value: 'a' }, {}]],
  ])('headers of the app as %s come first', async (_what, headers) => {
    const compiled = await compileMail({ ...mail, inReplyTo: '<a@example.com>' });
    compiled.data['headers'] = headers;
    compiled.message._headers.push({ key: 'X-App', value: 'a' });
    const { headers: read } = await readCompiled(compiled);
    expect(read.map(({ name }) => name)[0]).toBe('X-App');
  });

  test('a Message-ID of the app stays; Nodemailer adds the brackets', async () => {
    expect((await read({ messageId: '<one@contoso.com>' })).messageId).toBe('<one@contoso.com>');
    expect((await read({ messageId: 'two@contoso.com' })).messageId).toBe('<two@contoso.com>');
  });

  test.each([
    ['high', 'high'],
    ['low', 'low'],
    ['normal', 'normal'],
  ])('priority %s', async (priority, importance) => {
    expect(await read({ priority })).toMatchObject({ importance, headers: [] });
  });
});

describe('the envelope', () => {
  test('decides who gets it', async () => {
    const message = await read({
      to: 'a@example.com',
      cc: 'customer@example.com',
      envelope: { from: 'noreply@contoso.com', to: ['A@example.com', 'staging@contoso.com'] },
    });
    expect(message).toMatchObject({
      envelope: { to: ['A@example.com', 'staging@contoso.com'] },
      to: [{ address: 'a@example.com' }],
      cc: [],
      bcc: [{ address: 'staging@contoso.com' }],
      headersRewritten: true,
      losses: [{ feature: 'cc', detail: expect.stringContaining('customer@example.com') }],
    });
  });

  test('has the members of groups, and who stands beside them', async () => {
    const message = await read({ to: 'Team: a@example.com, B <b@example.com>;, c@example.com' });
    expect(message.to).toEqual([
      { address: 'a@example.com', name: '' },
      { address: 'b@example.com', name: 'B' },
      { address: 'c@example.com', name: '' },
    ]);
  });

  test('names everybody once', async () => {
    const message = await read({ to: ['a@example.com', 'A@EXAMPLE.com'], cc: 'a@example.com', bcc: 'b@example.com' });
    expect(message.envelope.to).toEqual(['a@example.com', 'b@example.com']);
  });

  test('without recipients is refused', async () => {
    await expect(read({ to: undefined })).rejects.toMatchObject({
      code: 'EENVELOPE',
      permanent: true,
      message: 'the message has no recipients; nothing was sent',
      hint: expect.stringContaining('envelope.to'),
    });
  });

  const envelope = (...to: string[]) => ({ to: undefined, text: 'x', envelope: { from: mail.from, to } });

  // Nodemailer 7 and 8 leave a bare word out of the envelope themselves
  const bad = ['7', '8'].includes(nodemailerInUse) ? ['reader@'] : ['reader', 'reader@'];
  test.each(bad)('with the recipient %j is refused, which the error names', async (address) => {
    await expect(read(envelope('good@example.com', address))).rejects.toMatchObject({
      code: 'EENVELOPE',
      permanent: true,
      message: expect.stringMatching(new RegExp(`'${address}'.* not a mail address; nothing was sent`)),
      hint: expect.stringContaining('user@domain'),
    });
  });

  test.each([
    ' reader@example.com',
    '@reader@example.com',
    'reader@example.com ',
    'reader@example.com, other@example.com',
    'Reader <reader@example.com>',
  ])('with the recipient %j from a plugin is refused', async (address) => {
    const compiled = await compileMail(mail);
    compiled.message.getEnvelope = () => ({ from: mail.from, to: [address] });
    await expect(readCompiled(compiled)).rejects.toMatchObject({ message: `'${address}' is not a mail address; nothing was sent` });
  });

  test.each(['"a b"@example.com', 'x@localhost', 'a+b@example.com', "o'neill@example.com", 'grüße@example.com'])(
    'with the recipient %j is sent',
    async (address) => {
      expect((await read(envelope(address))).envelope.to).toEqual([address]);
    },
  );

  test('may hold as many as maxRecipients', async () => {
    const to = ['a@example.com', 'b@example.com', 'c@example.com'];
    expect((await read({ to }, { maxRecipients: 3 })).to).toHaveLength(3);
    await expect(read({ to }, { maxRecipients: 2 })).rejects.toMatchObject({
      code: 'EENVELOPE',
      permanent: true,
      message: 'the message has 3 recipients, more than maxRecipients (2); nothing was sent',
      hint: expect.stringContaining('maxRecipients'),
    });
    expect((await read({ to: ['a@example.com', 'A@example.com'] }, { maxRecipients: 1 })).envelope.to).toHaveLength(1);
  });

  test('with a line break in it is refused', async () => {
    await expect(read({ envelope: { from: 'a@contoso.com', to: 'a@example.com\r\nx' } })).rejects.toMatchObject({ code: 'EENVELOPE' });
  });
});

describe('what is told', () => {
  test.each<[string, object, string[], string[]]>([
    ['nothing of a simple message', { text: 'x' }, [], []],
    ['text and html', { text: 'x', html: '<p>' }, ['text'], []],
    ['an empty text beside html, which is none', { text: '', html: '<p>' }, [], []],
    ['a date', { date: new Date(0) }, ['date'], []],
    ['another sender', { sender: 'other@contoso.com' }, ['sender'], []],
    ['the same sender', { sender: 'NoReply@contoso.com' }, [], []],
    ['several From addresses', { from: 'noreply@contoso.com, b@contoso.com' }, [], ['from']],
    ['a group in To', { to: 'Team: a@example.com, b@example.com;' }, ['group'], []],
    ['a group in Cc', { cc: 'Team: a@example.com;' }, ['group'], []],
    ['a group without a name', { to: ':a@example.com, b@example.com;' }, [], []],
    ['a group in Bcc, which nobody sees', { bcc: 'Team: a@example.com;' }, [], []],
    [
      'a group where To has to be written anew',
      { to: 'Team: a@example.com, b@example.com;', envelope: { from: mail.from, to: 'a@example.com' } },
      [],
      ['to', 'group'],
    ],
    ['bounces to somebody else', { envelope: { from: 'bounces@contoso.com', to: 'reader@example.com' } }, [], ['returnPath']],
    ['bounces to nobody', { envelope: { from: '', to: 'reader@example.com' } }, [], ['returnPath']],
    ['dsn: never', { dsn: { notify: 'never' } }, [], ['dsn']],
    ['dsn: never, in a list', { dsn: { notify: ['success', 'NEVER'] } }, [], ['dsn']],
    ['dsn to somebody', { dsn: { recipient: 'a@contoso.com' } }, [], ['dsn']],
    ['dsn: failure, which is always so', { dsn: { notify: ['failure', 'delay'] } }, [], []],
    ['TLS on the whole way', { requireTLSExtensionEnabled: true }, [], ['requireTLS']],
    ['a dsn that is none', { dsn: 'success' }, [], []],
    ['a null dsn', { dsn: null }, [], []],
    ['a read receipt to the sender', { headers: { 'Disposition-Notification-To': 'NOREPLY@contoso.com' } }, [], []],
    ['a read receipt to somebody else', { headers: { 'Disposition-Notification-To': 'a@contoso.com' } }, ['receipts'], []],
    ['a delivery receipt to somebody else', { headers: { 'Return-Receipt-To': 'a@contoso.com' } }, ['receipts'], []],
    ['an event', { text: 'x', icalEvent: { content: 'BEGIN:VCALENDAR' } }, ['icalEvent'], []],
    ['amp and a watch', { html: '<p>', amp: '<html>', watchHtml: '<p>' }, ['watchHtml', 'amp'], []],
    ['another alternative', { html: '<p>', alternatives: [{ contentType: 'text/x-web', content: 'x' }] }, ['alternatives'], []],
    ['a nested message', { attachments: [{ contentType: 'message/rfc822', content: 'Subject: x', filename: 'a.eml' }] }, ['rfc822'], []],
    ['an attachment without a name', { attachments: [{ content: 'x', filename: false }] }, ['attachmentName'], []],
    [
      'headers of an attachment',
      { text: 'x', attachments: [{ content: 'x', filename: 'a', headers: { 'X-A': '1' } }] },
      ['attachmentHeaders'],
      [],
    ],
    ['a ready-made part', { text: 'x', attachments: [{ raw: 'Content-Type: text/plain\r\n\r\nx' }] }, ['raw', 'attachmentName'], []],
    ['the encoding of the text in headers', { text: 'x', headers: { 'Content-Transfer-Encoding': '8bit' } }, [], ['headers']],
    [
      'the encoding of a multipart in headers',
      { text: 'x', html: '<p>', headers: { 'content-transfer-encoding': 'base64' } },
      ['text'],
      ['headers'],
    ],
    ['the encoding as an option, which is only how it travels', { text: 'x', encoding: 'base64' }, [], []],
    ['a disposition of the message', { text: 'x', html: '<p>', headers: { 'Content-Disposition': 'attachment' } }, ['text', 'headers'], []],
    ['the disposition of a body', { text: 'x', headers: { 'Content-Disposition': 'inline' } }, [], []],
    ['a Content-ID of the message', { text: 'x', headers: { 'Content-ID': '<x@y>' } }, ['headers'], []],
    ['a message that is a file', { attachments: [{ filename: 'a.pdf', content: 'x', cid: 'x@y' }] }, [], []],
    [
      'parameters of a file’s type',
      { text: 'x', attachments: [{ filename: 'a.ics', content: 'x', contentType: 'text/calendar; method=REQUEST' }] },
      ['attachmentHeaders'],
      [],
    ],
    ['a trace header', { headers: { Received: 'from a' } }, ['headers'], []],
  ])('%s', async (_what, data, traits, losses) => {
    expect(features(await read(data))).toEqual({ traits, losses });
  });

  test.each<[string, object, RegExp]>([
    ['the date', { date: new Date(0) }, /Exchange sets the Date itself; Thu, 01 Jan 1970 00:00:00 \+0000 is not carried/],
    ['the sender', { sender: 'Other <other@contoso.com>' }, /other@contoso\.com is not carried/],
    ['who would get bounces', { envelope: { from: 'bounces@contoso.com', to: 'reader@example.com' } }, /not to bounces@contoso\.com$/],
    ['that nobody would', { envelope: { from: '', to: 'reader@example.com' } }, /not to nobody$/],
    ['who would get receipts', { headers: { 'Return-Receipt-To': 'a@contoso.com' } }, /to the sender, not to a@contoso\.com$/],
    ['the type of an alternative', { html: '<p>', alternatives: [{ contentType: 'text/x-web', content: 'x' }] }, /type text\/x-web$/],
    [
      'the ready-made attachment',
      { text: 'x', attachments: [{ content: 'x' }, { raw: 'A: b\r\nContent-Disposition: attachment; filename=a\r\n\r\nx' }] },
      /^attachment .* is given as a ready-made MIME part and arrives as a file, without A$/,
    ],
    [
      'the parameters of a file’s type',
      { text: 'x', attachments: [{ filename: 'a.ics', content: 'x', contentType: 'text/calendar; method=REQUEST' }] },
      /^attachment "a\.ics": Content-Type method=REQUEST$/,
    ],
    ['that failures are always reported', { dsn: { notify: 'never', recipient: 'a@contoso.com' } }, /always reports failures/],
    ['where reports go', { dsn: { recipient: 'a@contoso.com' } }, /delivery reports to the sender/],
  ])('in words: %s', async (_what, data, detail) => {
    const { traits, losses } = await read(data);
    expect([...traits, ...losses].map((loss) => loss.detail)).toEqual([expect.stringMatching(detail)]);
  });

  test('the dkim option', async () => {
    const compiled = await compileMail({ ...mail, text: 'x' });
    compiled.data['dkim'] = { domainName: 'contoso.com' };
    expect(features(await readCompiled(compiled))).toEqual({ traits: [], losses: ['dkim'] });
  });

  test('a date that Nodemailer sets itself is nothing', async () => {
    const message = await read({ text: 'x' });
    expect(message.traits).toEqual([]);
    expect(message.headers.map(({ name }) => name)).not.toContain('Date');
  });

  test('a message without From has no sender that could differ', async () => {
    const message = await read({
      from: undefined,
      sender: 'a@contoso.com',
      envelope: { from: 'b@contoso.com', to: 'reader@example.com' },
      headers: { 'Return-Receipt-To': 'c@contoso.com' },
    });
    expect(message.from).toBeUndefined();
    expect(features(message)).toEqual({ traits: [], losses: [] });
  });
});

describe('receipts', () => {
  test.each<[string, object, boolean, boolean]>([
    ['none', {}, false, false],
    ['a read receipt', { headers: { 'Disposition-Notification-To': mail.from } }, true, false],
    ['a delivery receipt', { headers: { 'Return-Receipt-To': mail.from } }, false, true],
    ['dsn: success', { dsn: { notify: 'success' } }, false, true],
    ['dsn: success, in a list', { dsn: { notify: ['failure', 'SUCCESS'] } }, false, true],
    ['dsn: failure', { dsn: { notify: ['failure'] } }, false, false],
    ['a dsn without notify', { dsn: { id: 'x' } }, false, false],
    ['a dsn with something else', { dsn: { notify: [5, null] } }, false, false],
  ])('%s', async (_what, data, readReceipt, deliveryReceipt) => {
    expect(await read(data)).toMatchObject({ readReceipt, deliveryReceipt });
  });
});

describe('bodies', () => {
  test('from every source, and only once', async () => {
    const message = await read({ text: Readable.from(['Hel', 'lo']), html: Buffer.from('<p>Grüße') });
    expect(await text(message.text)).toBe('Hello');
    expect(await text(message.html)).toBe('<p>Grüße');
    // for MIME they are in the tree, where nothing is a stream any more
    expect(message.tree.childNodes.map(({ content }) => Buffer.isBuffer(content))).toEqual([true, true]);
  });

  test('a string stays a string in the tree', async () => {
    const { tree } = await read({ text: 'Hello' });
    expect(tree.content).toBe('Hello');
  });

  test.each([
    ['utf-8', Buffer.from('Grüße'), 'Grüße'],
    ['UTF8', Buffer.from('Grüße'), 'Grüße'],
    ['us-ascii', Buffer.from('Hello'), 'Hello'],
    ['iso-8859-1', Buffer.from('Grüße', 'latin1'), 'Grüße'],
    ['"windows-1252"', Buffer.from([0x80]), '€'],
    ['utf-16le', Buffer.from('Grüße', 'utf16le'), 'Grüße'],
    ['no-such-charset', Buffer.from('Grüße'), 'Grüße'],
    ['utf-8-like', Buffer.from('Grüße'), 'Grüße'],
  ])('in %s are decoded', async (charset, content, expected) => {
    const compiled = await compileMail({ ...mail, text: 'x' });
    compiled.message.setHeader('Content-Type', { prepared: true, value: `text/html; Charset = ${charset}; x=y` });
    compiled.message.content = content;
    expect(await text((await readCompiled(compiled)).html)).toBe(expected);
  });

  test('without a charset are UTF-8, and one may be written without a space', async () => {
    const compiled = await compileMail({ ...mail, text: 'x' });
    compiled.message.content = Buffer.from('Grüße');
    compiled.message.setHeader('Content-Type', { prepared: true, value: 'text/html' });
    expect(await text((await readCompiled(compiled)).html)).toBe('Grüße');
    compiled.message.content = Buffer.from('Grüße', 'latin1');
    compiled.message.setHeader('Content-Type', { prepared: true, value: 'text/html;charset=iso-8859-1' });
    expect(await text((await readCompiled(compiled)).html)).toBe('Grüße');
  });

  test('a string is UTF-8, whatever it says', async () => {
    const compiled = await compileMail({ ...mail, html: 'Grüße' });
    compiled.message.setHeader('Content-Type', { prepared: true, value: 'text/html; charset=utf-16le' });
    expect(await text((await readCompiled(compiled)).html)).toBe('Grüße');
  });

  test('of several alternatives of a type the last is shown', async () => {
    const message = await read({ text: 'one', alternatives: [{ contentType: 'text/plain', content: 'two' }] });
    expect(await text(message.text)).toBe('two');
    expect(features(message).traits).toEqual(['alternatives']);
  });

  test('an alternative of another type is taken in, for MIME', async () => {
    const message = await read({ html: '<p>', alternatives: [{ contentType: 'text/x-web', content: Readable.from(['web']) }] });
    expect(message.tree.childNodes.map(({ content }) => String(content))).toEqual(['<p>', 'web']);
  });

  test('an alternative that is a string stays one: its type says it is in UTF-8', async () => {
    const message = await read({ html: '<p>', alternatives: [{ contentType: 'text/x-web', content: 'Grüße' }] });
    expect(message.tree.childNodes[1]?.content).toBe('Grüße');
  });

  test('a ready-made alternative is no body, and taken in', async () => {
    const raw = Readable.from(['Content-Type: text/html\r\n\r\n<b>']);
    const message = await read({ text: 'x', alternatives: [{ raw, contentType: 'text/html' }] });
    expect(message.html).toBeUndefined();
    expect(String(message.tree.childNodes[1]?._raw)).toBe('Content-Type: text/html\r\n\r\n<b>');
    expect(features(message).traits).toEqual(['alternatives']);
  });

  test.each([
    ['text', { text: { path: '/no/such/file' } }, /^text cannot be read/],
    ['html', { html: { path: '/no/such/file' } }, /^html cannot be read/],
    [
      'an alternative',
      { html: 'x', alternatives: [{ contentType: 'text/x-web', path: '/no/such/file' }] },
      /^the text\/x-web alternative cannot be read/,
    ],
    ['an attachment', { attachments: [{ filename: 'a.pdf', path: '/no/such/file' }] }, /^attachment "a\.pdf" cannot be read/],
    [
      'an attachment without a name',
      { attachments: [{ content: 'x' }, { filename: false, path: '/no/such/file' }] },
      /^attachment 2 cannot be read/,
    ],
    ['a ready-made message', { raw: { path: '/no/such/file' }, envelope: { from: mail.from, to: mail.to } }, /^raw cannot be read/],
  ])('%s that cannot be read is named', async (_what, data, message) => {
    await expect(read(data)).rejects.toMatchObject({ code: 'EMESSAGE', message: expect.stringMatching(message) });
  });
});

describe('attachments', () => {
  test('what they are', async () => {
    const message = await read({
      html: '<img src="cid:logo@contoso.com">',
      attachments: [
        { filename: 'logo.png', content: Buffer.from('png'), cid: 'logo@contoso.com' },
        { filename: 'Büro.pdf', content: 'pdf', contentDisposition: 'inline' },
        { filename: 'a.csv', content: 'a;b', contentType: 'text/csv; charset=utf-8' },
      ],
    });
    expect(message.attachments).toMatchObject([
      { name: 'logo.png', contentType: 'image/png', contentId: 'logo@contoso.com', isInline: true },
      { name: 'Büro.pdf', contentType: 'application/pdf', contentId: undefined, isInline: true },
      { name: 'a.csv', contentType: 'text/csv; charset=utf-8', contentId: undefined, isInline: false },
    ]);
    expect(await Promise.all(message.attachments.map(({ source }) => text(source)))).toEqual(['png', 'pdf', 'a;b']);
    expect(message.attachments.every(({ node }) => node !== undefined)).toBe(true);
  });

  test('one that is switched off has no name', async () => {
    expect((await read({ attachments: [{ content: 'x', filename: false }] })).attachments).toMatchObject([{ name: undefined }]);
  });

  test('a ready-made one is a file, and stays as it is in MIME, in whatever form it comes', async () => {
    for (const raw of ['A: b\r\n\r\nx', Buffer.from('A: b\r\n\r\nx'), { content: 'A: b\r\n\r\nx' }, Readable.from(['A: b\r\n\r\nx'])]) {
      const message = await read({ text: 'x', attachments: [{ raw }, { content: 'y', filename: 'y.txt' }] });
      expect(message.attachments).toMatchObject([{ name: undefined, contentType: 'text/plain' }, { name: 'y.txt' }]);
      expect(String(message.tree.childNodes[1]?._raw)).toBe('A: b\r\n\r\nx');
    }
  });
});

describe('a message that a plugin changed', () => {
  test('by a transform', async () => {
    const compiled = await compileMail({ ...mail, text: 'x' });
    compiled.message._transforms.push(() => new Transform());
    expect(features(await readCompiled(compiled)).traits).toEqual(['transformed']);
  });

  test('by a processing function', async () => {
    const compiled = await compileMail({ ...mail, text: 'x' });
    compiled.message._processFuncs.push(() => undefined);
    expect(features(await readCompiled(compiled)).traits).toEqual(['transformed']);
  });

  test('by another stream', async () => {
    const compiled = await compileMail({ ...mail, text: 'x' });
    compiled.message.createReadStream = () => Readable.from(['x']);
    expect(features(await readCompiled(compiled)).traits).toEqual(['transformed']);
  });

  test('by a source of its own', async () => {
    const compiled = await compileMail({ ...mail, text: 'x' });
    compiled.message.setRaw('From: noreply@contoso.com\r\nTo: reader@example.com\r\n\r\nsecret');
    expect(features(await readCompiled(compiled)).traits).toEqual(['raw', 'transformed']);
  });

  test('by an envelope of S/MIME around it', async () => {
    const compiled = await compileMail({ ...mail, text: 'x' });
    compiled.message.setHeader('Content-Type', { prepared: true, value: 'application/pkcs7-mime; smime-type=enveloped-data' });
    expect(features(await readCompiled(compiled)).traits).toContain('transformed');
  });

  test('by signing a part of it, whatever a mailing list hung beside it', async () => {
    const compiled = await compileMail({ ...mail, text: 'x', attachments: [{ filename: 'a.txt', content: 'y' }] });
    compiled.message.childNodes[0]?.setHeader('Content-Type', { prepared: true, value: 'application/pkcs7-mime; smime-type=signed-data' });
    expect(features(await readCompiled(compiled)).traits).toContain('transformed');
  });

  test('nor is a ready-made message of the app, if it is signed, taken apart', async () => {
    const message = await read({
      raw: 'From: noreply@contoso.com\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n',
      envelope: { from: mail.from, to: mail.to },
    });
    expect(features(message).traits).toEqual(['raw', 'transformed']);
  });
});

describe('a ready-made message', () => {
  const source = [
    'From: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= <noreply@contoso.com>',
    'Sender: other@contoso.com',
    'Reply-To: answers@contoso.com',
    'To: Team: a@example.com, b@example.com;',
    'CC: c@example.com',
    'cc: d@example.com',
    'Bcc: e@example.com',
    'Subject: =?utf-8?B?QsO8cm8=?=',
    'Message-ID: <raw@contoso.com>',
    'Importance: high',
    'X-Note: one',
    ' two',
    '',
    'Hello',
    '',
  ].join('\r\n');
  const to = ['a@example.com', 'b@example.com', 'c@example.com', 'd@example.com', 'f@example.com'];

  test('says itself who it is from and for whom', async () => {
    const message = await read({ from: undefined, to: undefined, subject: undefined, raw: source, envelope: { from: mail.from, to } });
    expect(message).toMatchObject({
      messageId: '<raw@contoso.com>',
      envelope: { from: mail.from, to },
      from: { address: 'noreply@contoso.com', name: 'Grüße' },
      sender: { address: 'other@contoso.com' },
      replyTo: [{ address: 'answers@contoso.com' }],
      to: [{ address: 'a@example.com' }, { address: 'b@example.com' }],
      cc: [{ address: 'c@example.com' }, { address: 'd@example.com' }],
      bcc: [{ address: 'f@example.com' }],
      headersRewritten: false,
      subject: 'Büro',
      importance: 'high',
      headers: [{ name: 'X-Note', value: 'one two' }],
      text: undefined,
      html: undefined,
      attachments: [],
    });
    expect(features(message)).toEqual({ traits: ['raw', 'group', 'sender'], losses: [] });
    expect(await text(message.raw)).toBe(source);
  });

  test.each([
    ['a string', source],
    ['a Buffer', Buffer.from(source)],
    ['a content', { content: source }],
  ])('may be %s', async (_what, raw) => {
    const message = await read({ raw, envelope: { from: mail.from, to } });
    expect(await text(message.raw)).toBe(source);
  });

  test('may be a stream', async () => {
    const message = await read({ raw: Readable.from([source]), envelope: { from: mail.from, to } });
    expect(await text(message.raw)).toBe(source);
  });

  test('without a Message-ID gets one', async () => {
    const message = await read({ raw: 'From: noreply@contoso.com\r\n\r\nx', envelope: { from: mail.from, to } });
    expect(message.messageId).toMatch(/^<.+@.+>$/);
  });

  test('has names in its Bcc, too', async () => {
    const raw = 'From: noreply@contoso.com\r\nBcc: =?utf-8?Q?B=C3=BCro?= <hidden@example.com>\r\n\r\nx';
    const message = await read({ raw, envelope: { from: mail.from, to: 'hidden@example.com' } });
    expect(message).toMatchObject({ to: [], cc: [], bcc: [{ name: 'Büro', address: 'hidden@example.com' }] });
    expect(features(message).traits).toEqual(['raw']);
  });

  test('a group in its Cc', async () => {
    const message = await read({
      raw: 'From: noreply@contoso.com\r\nCc: Team: a@example.com;\r\n\r\nx',
      envelope: { from: mail.from, to: 'a@example.com' },
    });
    expect(features(message).traits).toEqual(['raw', 'group']);
  });
});

describe('closed files and URLs', () => {
  const file = { path: '/etc/hostname' };
  test.each<[string, object, Record<string, unknown> | undefined, string]>([
    ['by the message', { disableFileAccess: true }, undefined, 'disableFileAccess'],
    ['by the transporter', {}, { disableFileAccess: true }, 'disableFileAccess'],
    ['by the transporter, and opened by the message', { disableFileAccess: false }, { disableFileAccess: true }, 'disableFileAccess'],
  ])('stay closed: %s', async (_what, data, defaults, flag) => {
    const compiled = await compileMail({ ...mail, text: file });
    Object.assign(compiled.data, data);
    compiled.mailer = { _defaults: defaults };
    await expect(readCompiled(compiled)).rejects.toMatchObject({ code: 'EMESSAGE', message: expect.stringContaining(flag) });
  });

  test('URLs, too', async () => {
    const compiled = await compileMail({ ...mail, text: { href: 'http://127.0.0.1:9/' } });
    compiled.mailer = { _defaults: { disableUrlAccess: true } };
    await expect(readCompiled(compiled)).rejects.toMatchObject({ message: expect.stringContaining('disableUrlAccess') });
  });

  test('for a ready-made message', async () => {
    const compiled = await compileMail({ ...mail, raw: file, envelope: { from: mail.from, to: mail.to } });
    compiled.data['disableFileAccess'] = true;
    await expect(readCompiled(compiled)).rejects.toMatchObject({
      message: expect.stringContaining('raw cannot be read: file access is disabled'),
    });
  });

  test('are open unless somebody closes them', async () => {
    const compiled = await compileMail({ ...mail, text: { path: __filename } });
    delete compiled.mailer;
    expect(await text((await readCompiled(compiled)).text)).toContain('are open unless somebody closes them');
  });
});
