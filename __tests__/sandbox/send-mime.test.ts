import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { createClient, mime, type Client } from './client.js';

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  sandbox = await startSandbox();
  client = createClient(sandbox);
});

beforeEach(() => sandbox.clear());

afterAll(async () => {
  await client.close();
  await sandbox.close();
});

const full = mime([
  'From: Contoso <noreply@contoso.com>',
  'To: =?utf-8?Q?J=C3=BCrgen?= <One@example.com>, two@example.com',
  'Cc: Team: three@example.com, four@example.com;',
  'BCC: hidden@example.com,',
  ' one@example.com',
  'Reply-To: support@contoso.com',
  'Subject: =?utf-8?B?R3LDvA==?= =?utf-8?B?w59l?=',
  'Date: Sat, 21 Nov 2026 07:00:00 +0000',
  'Message-ID: <m-1@contoso.com>',
  'Importance: high',
  'Disposition-Notification-To: noreply@contoso.com',
  'Return-Path: <bounce@contoso.com>',
  'Auto-Submitted: auto-generated',
  'In-Reply-To: <a@example.com>',
  'X-Long: one',
  ' two',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: multipart/alternative; boundary=c',
  '',
  '--c',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'plain words',
  '--c',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>html words <img src="cid:logo"></p>',
  '--c--',
  '--b',
  'Content-Type: image/png; name=logo.png',
  'Content-ID: <logo>',
  'Content-Disposition: inline; filename=logo.png',
  'Content-Transfer-Encoding: base64',
  '',
  'AAEC',
  '--b--',
  '',
]);

describe('a MIME message', () => {
  it('is answered with 202 and nothing', async () => {
    expect(await client.sendMime(full)).toMatchObject({ status: 202, text: '' });
  });

  it('goes to whom its header names', async () => {
    await client.sendMime(full);
    expect(sandbox.messages[0]).toMatchObject({
      format: 'mime',
      route: 'sendMail',
      from: { address: 'noreply@contoso.com', name: 'Contoso' },
      to: [
        { address: 'One@example.com', name: 'Jürgen' },
        { address: 'two@example.com', name: '' },
      ],
      cc: [{ address: 'three@example.com' }, { address: 'four@example.com' }],
      bcc: [{ address: 'hidden@example.com' }, { address: 'one@example.com' }],
      replyTo: [{ address: 'support@contoso.com' }],
      recipients: ['one@example.com', 'two@example.com', 'three@example.com', 'four@example.com', 'hidden@example.com'],
      subject: 'Grüße',
      messageId: '<m-1@contoso.com>',
      importance: 'high',
      isReadReceiptRequested: true,
      isDeliveryReceiptRequested: false,
      html: '<p>html words <img src="cid:logo"></p>',
      attachments: [
        { name: 'logo.png', contentType: 'image/png', contentId: 'logo', isInline: true, size: 3, content: Buffer.from([0, 1, 2]) },
      ],
      savedToSentItems: true,
      posted: Buffer.from(full),
    });
    expect(sandbox.messages[0]?.text?.trim()).toBe('plain words');
  });

  it('is delivered as it was posted, without what Exchange takes out', async () => {
    await client.sendMime(full);
    const expected = full
      .replace('BCC: hidden@example.com,\r\n one@example.com\r\n', '')
      .replace('Return-Path: <bounce@contoso.com>\r\n', '')
      .replace('Auto-Submitted: auto-generated\r\n', '');
    expect(sandbox.messages[0]?.source.toString()).toBe(expected);
    const headers = sandbox.messages[0]?.headers ?? [];
    expect(headers).toContainEqual({ name: 'X-Long', value: 'one two' });
    expect(headers).toContainEqual({ name: 'In-Reply-To', value: '<a@example.com>' });
    expect(headers.map(({ name }) => name.toLowerCase())).not.toContain('bcc');
  });

  it('gets a From, a Date and a Message-ID where it has none', async () => {
    await client.sendMime(mime(['To: one@example.com', 'Subject: Bare', '', 'words']));
    const [sent] = sandbox.messages;
    expect(sent?.from).toEqual({ address: 'noreply@contoso.com', name: '' });
    expect(sent?.messageId).toMatch(/^<[^@]+@contoso\.com>$/);
    expect(sent?.source.toString()).toMatch(
      /^From: <noreply@contoso\.com>\r\nTo: one@example\.com\r\nSubject: Bare\r\nDate: .+ \+0000\r\nMessage-ID: <.+>\r\n\r\nwords$/,
    );
  });

  it('may be base64 in lines', async () => {
    const body = Buffer.from(full).toString('base64').replace(/.{76}/g, '$&\r\n');
    expect(await client.sendMime('', { body })).toMatchObject({ status: 202 });
    expect(sandbox.messages[0]?.posted).toEqual(Buffer.from(full));
  });

  it('keeps an international domain as it was written', async () => {
    await client.sendMime(mime(['To: reader@xn--mnchen-3ya.example', '', '']));
    expect(sandbox.messages[0]?.recipients).toEqual(['reader@xn--mnchen-3ya.example']);
  });

  it('may have an empty group beside its recipients', async () => {
    expect((await client.sendMime(mime(['To: undisclosed-recipients:;', 'Bcc: one@example.com', '', '']))).status).toBe(202);
    expect(sandbox.messages[0]?.recipients).toEqual(['one@example.com']);
  });

  it('keeps a calendar part', async () => {
    const parts = [
      '--x',
      'Content-Type: text/plain',
      '',
      'come',
      '--x',
      'Content-Type: text/calendar; method=REQUEST',
      '',
      'BEGIN:VCALENDAR',
      '--x--',
      '',
    ];
    await client.sendMime(mime(['To: one@example.com', 'Content-Type: multipart/alternative; boundary=x', '', ...parts]));
    expect(sandbox.messages[0]?.attachments).toMatchObject([{ contentType: 'text/calendar' }]);
    expect(sandbox.messages[0]?.source.toString()).toContain('text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR');
  });

  it.each<[string, string, number, string, string | RegExp]>([
    ['is not encoded', full, 400, 'ErrorMimeContentInvalidBase64String', 'Invalid base64 string for MIME content.'],
    ['is encoded and quoted', JSON.stringify(Buffer.from(full).toString('base64')), 400, 'ErrorMimeContentInvalidBase64String', /./],
    ['is encoded without padding', Buffer.from('To: a@b.c\r\n').toString('base64url'), 400, 'ErrorMimeContentInvalidBase64String', /./],
    ['is empty', '', 400, 'ErrorMimeContentInvalidBase64String', /./],
    ['has no header', Buffer.from('just words, no header').toString('base64'), 400, 'ErrorMimeContentInvalid', 'Invalid MIME content.'],
    ['has no recipients', Buffer.from('Subject: x\r\n\r\n').toString('base64'), 400, 'ErrorInvalidRecipients', /contains no recipients/],
    ['has a bad recipient', Buffer.from('To: <a.@b>\r\n\r\n').toString('base64'), 400, 'ErrorInvalidRecipients', /'a\.@b' is not resolved/],
    [
      'is for a bare name too',
      Buffer.from('To: a@example.com, nobody\r\n\r\n').toString('base64'),
      400,
      'ErrorInvalidRecipients',
      /'nobody' is not resolved/,
    ],
  ])('that %s is refused', async (_, body, status, code, text) => {
    const reply = await client.sendMime('', { body });
    expect(reply).toMatchObject({
      status,
      body: { error: { code, message: typeof text === 'string' ? text : expect.stringMatching(text) } },
    });
    expect(sandbox.messages).toHaveLength(0);
  });

  it.each([
    ['a stranger', 'From: The Boss <ceo@contoso.com>\r\nSender: other@contoso.com\r\n', { address: 'noreply@contoso.com', name: '' }],
    ['nobody', '', { address: 'noreply@contoso.com', name: '' }],
    ['the mailbox', 'From: Contoso <noreply@contoso.com>\r\n', { address: 'noreply@contoso.com', name: 'Contoso' }],
  ])('from %s is from the mailbox', async (_, lines, from) => {
    const posted = `${lines}To: a@example.com\r\nSubject: Hello\r\n\r\nHi`;
    const reply = await client.sendMime('', { body: Buffer.from(posted).toString('base64') });
    expect(reply.status).toBe(202);
    const [delivered] = sandbox.messages;
    expect([delivered?.from, delivered?.sender]).toEqual([from, from]);
    expect(delivered?.posted).toEqual(Buffer.from(posted));
    const source = delivered?.source.toString() ?? '';
    expect(source.match(/^(from|sender):.*$/gim)).toHaveLength(1);
    expect(source).toMatch(/^From: (Contoso )?<noreply@contoso\.com>\r$/m);
    expect(source).not.toMatch(/ceo@|other@/);
  });

  it('above 4 MiB of base64 is refused', async () => {
    const reply = await client.sendMime(`To: a@example.com\r\n\r\n${'x'.repeat(3_145_728)}`);
    expect(reply).toMatchObject({ status: 413, body: { error: { code: 'RequestEntityTooLarge' } } });
  });
});
