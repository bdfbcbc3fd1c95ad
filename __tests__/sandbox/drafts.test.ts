import { simpleParser } from 'mailparser';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { createClient, message, mime, recipient, type Client, type Reply, type SendOptions } from './client.js';

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

const mailbox = '/v1.0/users/noreply@contoso.com';
const immutable = { prefer: 'IdType="ImmutableId"' };
const at = (id: string, below = '') => `${mailbox}/messages/${encodeURIComponent(id)}${below}`;
const create = (more: object = {}, options: SendOptions = {}) => client.send(`${mailbox}/messages`, { body: message(more), ...options });
const createMime = (text: string, options: SendOptions = {}) =>
  client.send(`${mailbox}/messages`, {
    body: Buffer.from(text).toString('base64'),
    ...options,
    headers: { 'content-type': 'text/plain', ...options.headers },
  });
const get = (path: string, options: SendOptions = {}) => client.send(path, { method: 'GET', ...options });
const patch = (id: string, body: object) => client.send(at(id), { method: 'PATCH', body });
const sendDraft = (id: string, options: SendOptions = {}) => client.send(at(id, '/send'), options);
const file = (more: object = {}) => ({
  '@odata.type': '#microsoft.graph.fileAttachment',
  name: 'a.txt',
  contentBytes: 'aGVsbG8=',
  ...more,
});
const addFile = (id: string, more: object = {}, options: SendOptions = {}) =>
  client.send(at(id, '/attachments'), { body: file(more), ...options });

const notFound = {
  status: 404,
  body: { error: { code: 'ErrorItemNotFound', message: 'The specified object was not found in the store.' } },
};
const denied = { status: 403, body: { error: { code: 'ErrorAccessDenied' } } };

const calendar = mime([
  'From: noreply@contoso.com',
  'To: reader@example.com',
  'Bcc: hidden@example.com',
  'Subject: Invitation',
  'Message-ID: <invite@contoso.com>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/alternative; boundary=x',
  '',
  '--x',
  'Content-Type: text/plain',
  '',
  'plain',
  '--x',
  'Content-Type: text/html',
  '',
  '<p>html</p>',
  '--x',
  'Content-Type: text/calendar; method=REQUEST',
  '',
  'BEGIN:VCALENDAR',
  '--x--',
  '',
]);

describe('creating a draft', () => {
  it('answers with the message in the documented form', async () => {
    const { status, body, headers } = await create({
      body: { contentType: 'HTML', content: '<p>Hi</p>' },
      internetMessageId: '<d1@contoso.com>',
      from: recipient('noreply@contoso.com', 'Contoso'),
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      '@odata.context': `${sandbox.graphEndpoint}/v1.0/$metadata#users('noreply%40contoso.com')/messages/$entity`,
      '@odata.etag': `W/"${body.changeKey}"`,
      id: expect.stringMatching(/^AAMk[\w-]{100,}=$/),
      createdDateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      lastModifiedDateTime: expect.any(String),
      changeKey: expect.any(String),
      categories: [],
      receivedDateTime: expect.any(String),
      sentDateTime: expect.any(String),
      hasAttachments: false,
      internetMessageId: '<d1@contoso.com>',
      subject: 'Monthly report',
      bodyPreview: 'Hi',
      importance: 'normal',
      parentFolderId: expect.any(String),
      conversationId: expect.any(String),
      conversationIndex: expect.any(String),
      isDeliveryReceiptRequested: false,
      isReadReceiptRequested: false,
      isRead: true,
      isDraft: true,
      webLink: expect.stringMatching(/^https:\/\/outlook\.office365\.com\/owa\/\?ItemID=/),
      inferenceClassification: 'focused',
      body: {
        contentType: 'html',
        content: expect.stringMatching(/^<html><head>\r\n<meta http-equiv="Content-Type".*<p>Hi<\/p><\/body><\/html>$/s),
      },
      sender: recipient('noreply@contoso.com', 'Contoso'),
      from: recipient('noreply@contoso.com', 'Contoso'),
      toRecipients: [recipient('reader@example.com', 'reader@example.com')],
      ccRecipients: [],
      bccRecipients: [],
      replyTo: [],
      flag: { flagStatus: 'notFlagged' },
    });
    expect(headers.location).toBe(
      `${sandbox.graphEndpoint}/v1.0/users/${new URL(headers.location ?? '').pathname.split('/')[3]}/messages/${encodeURIComponent(body.id)}`,
    );
    expect(sandbox.messages).toHaveLength(0);
    expect(sandbox.drafts).toMatchObject([{ mailbox: 'noreply@contoso.com', subject: 'Monthly report', messageId: '<d1@contoso.com>' }]);
  });

  it('takes MIME', async () => {
    const { status, body } = await createMime(calendar);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      isDraft: true,
      subject: 'Invitation',
      internetMessageId: '<invite@contoso.com>',
      bccRecipients: [recipient('hidden@example.com', 'hidden@example.com')],
    });
  });

  it('does not ask for recipients, and not who sends', async () => {
    expect((await create({ toRecipients: [], from: recipient('stranger@example.com') })).status).toBe(201);
  });

  it.each<[string, () => Promise<Reply>, number, string]>([
    ['an unknown property, in words of its own', () => create({ headers: [] }), 400, 'UnableToDeserializePostBody'],
    ['a body of another type', () => create({ body: 'x' }), 400, 'RequestBodyRead'],
    [
      'broken base64',
      () => client.send(`${mailbox}/messages`, { headers: { 'content-type': 'text/plain' }, body: '{}' }),
      400,
      'ErrorMimeContentInvalidBase64String',
    ],
    ['no body', () => client.send(`${mailbox}/messages`, { headers: { 'content-type': 'application/json' }, body: '' }), 400, 'BadRequest'],
  ])('refuses %s', async (_, ask, status, code) => {
    expect(await ask()).toMatchObject({ status, body: { error: { code } } });
    expect(sandbox.drafts).toHaveLength(0);
  });

  it('needs Mail.ReadWrite, which sending does not', async () => {
    const token = sandbox.issueToken({ roles: ['Mail.Send'] });
    expect(await create({}, { token })).toMatchObject(denied);
    const { body } = await create();
    const session = at(body.id, '/attachments/createUploadSession');
    const asks = [
      get(at(body.id), { token }),
      get(`${mailbox}/messages`, { token }),
      get(at(body.id, '/attachments'), { token }),
      addFile(body.id, {}, { token }),
      client.send(session, { body: {}, token }),
      client.send(at(body.id), { method: 'PATCH', body: {}, token }),
      client.send(at(body.id), { method: 'DELETE', token }),
    ];
    for (const reply of await Promise.all(asks)) expect(reply).toMatchObject(denied);
    expect((await sendDraft(body.id, { token })).status).toBe(202);
    expect(await sendDraft((await create()).body.id, { token: sandbox.issueToken({ roles: ['Mail.ReadWrite'] }) })).toMatchObject(denied);
  });

  it('may be read with Mail.Read', async () => {
    const { body } = await create();
    const token = sandbox.issueToken({ roles: ['Mail.Read'] });
    expect((await get(at(body.id), { token })).status).toBe(200);
    expect(await client.send(at(body.id), { method: 'DELETE', token })).toMatchObject(denied);
  });
});

describe('reading', () => {
  it('gives the message, or what was selected of it', async () => {
    const { body } = await create({ internetMessageHeaders: [{ name: 'x-a', value: '1' }] });
    expect((await get(at(body.id))).body).toEqual(body);
    expect((await get(at(body.id, '?$select=isDraft,SUBJECT'))).body).toEqual({
      '@odata.context': `${sandbox.graphEndpoint}/v1.0/$metadata#users('noreply%40contoso.com')/messages(isDraft,subject)/$entity`,
      '@odata.etag': body['@odata.etag'],
      id: body.id,
      isDraft: true,
      subject: 'Monthly report',
    });
    expect((await get(at(body.id, '?$select=internetMessageHeaders'))).body.internetMessageHeaders).toEqual([{ name: 'x-a', value: '1' }]);
    expect(await get(at(body.id, '?$select=isDraft,nothing'))).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining("named 'nothing'") } },
    });
  });

  it('does not guess at options it does not know', async () => {
    const { body } = await create();
    expect((await get(at(body.id, '?$expand=attachments'))).status).toBe(501);
    expect((await get(`${mailbox}/messages?$search="x"`)).status).toBe(501);
  });

  it.each(['/messages', '/mailFolders/drafts/messages', '/mailfolders/Drafts/messages'])(
    'finds a draft by its Message-ID in %s',
    async (path) => {
      await create({ internetMessageId: "<o'neil+1@contoso.com>" });
      await create();
      const filter = encodeURIComponent("internetMessageId eq '<o''neil+1@contoso.com>'");
      const { status, body } = await get(`${mailbox}${path}?$filter=${filter}&$select=isDraft`);
      expect(status).toBe(200);
      expect(body.value).toEqual([{ '@odata.etag': expect.any(String), id: expect.any(String), isDraft: true }]);
      expect((await get(`${mailbox}/mailFolders/sentitems/messages?$filter=${filter}`)).body.value).toEqual([]);
      // a plus sign that is not escaped is a blank
      expect((await get(`${mailbox}${path}?$filter=${filter.replace('%2B', '+')}`)).body.value).toEqual([]);
    },
  );

  it('finds a sent copy by its Message-ID', async () => {
    await client.sendMail(message({ internetMessageId: '<s1@contoso.com>' }));
    const filter = encodeURIComponent("internetMessageId eq '<s1@contoso.com>'");
    for (const path of ['/messages', '/mailFolders/sentitems/messages']) {
      expect((await get(`${mailbox}${path}?$filter=${filter}`)).body.value).toMatchObject([
        { isDraft: false, internetMessageId: '<s1@contoso.com>' },
      ]);
    }
    expect((await get(`/v1.0/users/alerts@contoso.com/messages?$filter=${filter}`)).body.value).toEqual([]);
  });

  it('lists the newest first, ten unless told', async () => {
    for (let count = 0; count < 12; count++) await create({ subject: String(count) });
    const subjects = async (query: string) =>
      (await get(`${mailbox}/messages${query}`)).body.value.map(({ subject }: { subject: string }) => subject);
    expect(await subjects('')).toEqual(['11', '10', '9', '8', '7', '6', '5', '4', '3', '2']);
    expect(await subjects('?$top=1')).toEqual(['11']);
    expect(await subjects('?$top=20')).toHaveLength(12);
  });

  it('goes on with a link as long as there is more', async () => {
    for (let count = 0; count < 5; count++) await create({ subject: String(count) });
    const seen: string[] = [];
    for (let path: string | undefined = `${mailbox}/messages?$top=2&$select=subject`; path !== undefined;) {
      const { body } = await get(path);
      seen.push(...body.value.map(({ subject }: { subject: string }) => subject));
      path = (body['@odata.nextLink'] as string | undefined)?.replace(sandbox.graphEndpoint, '');
    }
    expect(seen).toEqual(['4', '3', '2', '1', '0']);
    expect((await get(`${mailbox}/messages?$skip=x`)).status).toBe(400);
  });

  it.each([
    ['?$filter=nonsense', 400, 'ErrorInvalidUrlQueryFilter'],
    ["?$filter=internetMessageId eq '<a'b@c>'", 400, 'ErrorInvalidUrlQueryFilter'],
    ["?$filter=subject eq 'x'", 501, 'NotImplemented'],
    ['?$top=0', 400, 'ErrorInvalidUrlQuery'],
  ])('refuses %s', async (query, status, code) => {
    expect(await get(encodeURI(`${mailbox}/messages${query}`))).toMatchObject({ status, body: { error: { code } } });
  });

  it('knows no folder it was not told of', async () => {
    expect(await get(`${mailbox}/mailFolders/nowhere/messages`)).toMatchObject(notFound);
  });
});

describe('ids', () => {
  it('that no mailbox could have are malformed, others not found', async () => {
    expect(await get(at('abc'))).toMatchObject({
      status: 400,
      body: { error: { code: 'ErrorInvalidIdMalformed', message: 'Id is malformed.' } },
    });
    const { body } = await create();
    expect(await get(at(body.id.toLowerCase().replace('aamk', 'AAMk')))).toMatchObject(notFound);
  });

  it('belong to one mailbox', async () => {
    const { body } = await create();
    expect(await get(`/v1.0/users/alerts@contoso.com/messages/${encodeURIComponent(body.id)}`)).toMatchObject({
      status: 503,
      body: { error: { code: 'ErrorMailboxMoveInProgress' } },
    });
  });

  it('change when the message is sent', async () => {
    const { body } = await create();
    expect(await sendDraft(body.id)).toMatchObject({ status: 202, text: '' });
    expect(await get(at(body.id))).toMatchObject(notFound);
    expect(await sendDraft(body.id)).toMatchObject(notFound);
    expect(sandbox.messages).toHaveLength(1);
  });

  it('stay where they are immutable, as long as every request says so', async () => {
    const created = await create({}, { headers: immutable });
    const { id } = created.body;
    expect(id).toMatch(/^AAkALg/);
    expect(created.headers['preference-applied']).toBe('IdType="ImmutableId"');
    expect(sandbox.drafts[0]?.id).toBe(id);
    expect(await get(at(id))).toMatchObject(notFound);
    expect((await sendDraft(id, { headers: immutable })).status).toBe(202);
    expect((await get(at(id), { headers: immutable })).body).toMatchObject({ id, isDraft: false });
    expect(await sendDraft(id, { headers: immutable })).toMatchObject(notFound);
    expect(sandbox.messages).toMatchObject([{ id, route: 'draft' }]);
  });
});

describe('changing a draft', () => {
  it('replaces what is named and keeps the rest', async () => {
    const { body } = await create({ ccRecipients: [recipient('cc@example.com')], attachments: [file()] });
    const changed = await patch(body.id, {
      subject: 'Changed',
      bccRecipients: [recipient('bcc@example.com')],
      importance: 'High',
      isRead: true,
    });
    expect(changed).toMatchObject({
      status: 200,
      body: { id: body.id, subject: 'Changed', importance: 'high', internetMessageId: body.internetMessageId, hasAttachments: true },
    });
    expect(changed.body.changeKey).not.toBe(body.changeKey);
    await sendDraft(body.id);
    expect(sandbox.messages[0]).toMatchObject({
      subject: 'Changed',
      importance: 'high',
      messageId: body.internetMessageId,
      recipients: ['reader@example.com', 'cc@example.com', 'bcc@example.com'],
      text: 'It is attached.',
      attachments: [{ name: 'a.txt', size: 5 }],
    });
  });

  it('adds extended properties to those there are', async () => {
    const property = (id: string, value: string) => ({ id, value });
    const { body } = await create({
      singleValueExtendedProperties: [property('String 0x1042', '<a@b.example>'), property('Integer 0x0036', '1')],
    });
    await patch(body.id, { singleValueExtendedProperties: [property('Integer 0x0036', '3')] });
    await sendDraft(body.id);
    const headers = sandbox.messages[0]?.headers ?? [];
    expect(headers).toContainEqual({ name: 'In-Reply-To', value: '<a@b.example>' });
    expect(headers.filter(({ name }) => name === 'Sensitivity')).toEqual([{ name: 'Sensitivity', value: 'Company-Confidential' }]);
  });

  it('rewrites the header of a MIME draft', async () => {
    const { body } = await createMime(calendar);
    const change = {
      subject: 'Grüße',
      toRecipients: [recipient('two@example.com', 'Zwei')],
      bccRecipients: [],
      internetMessageId: '<new@contoso.com>',
      isReadReceiptRequested: true,
    };
    expect(await patch(body.id, change)).toMatchObject({ status: 200, body: { subject: 'Grüße' } });
    await sendDraft(body.id);
    const [sent] = sandbox.messages;
    expect(sent).toMatchObject({ format: 'mime', subject: 'Grüße', recipients: ['two@example.com'], messageId: '<new@contoso.com>' });
    const parsed = await simpleParser(sent?.source ?? '');
    expect([parsed.subject, parsed.messageId, parsed.attachments[0]?.contentType]).toEqual(['Grüße', '<new@contoso.com>', 'text/calendar']);
    expect(sent?.headers.filter(({ name }) => name.toLowerCase() === 'to')).toEqual([{ name: 'To', value: 'Zwei <two@example.com>' }]);
    expect((await patch((await createMime(calendar)).body.id, { body: { contentType: 'text', content: '' } })).status).toBe(501);
  });

  it.each<[string, object, string]>([
    ['attachments', { attachments: [] }, 'ErrorInvalidPropertySet'],
    ['headers', { internetMessageHeaders: [{ name: 'x-a', value: '' }] }, 'ErrorInvalidPropertySet'],
    ['what only the service sets', { isDraft: false }, 'ErrorInvalidPropertySet'],
    ['what there is not', { headers: [] }, 'RequestBodyRead'],
  ])('refuses %s', async (_, change, code) => {
    const { body } = await create();
    expect(await patch(body.id, change)).toMatchObject({ status: 400, body: { error: { code } } });
  });

  it('is over once it was sent, but for the sender’s own marks', async () => {
    const { body } = await create({}, { headers: immutable });
    await sendDraft(body.id, { headers: immutable });
    const change = (more: object) => client.send(at(body.id), { method: 'PATCH', body: more, headers: immutable });
    expect(await change({ subject: 'late' })).toMatchObject({ status: 400, body: { error: { code: 'ErrorInvalidPropertySet' } } });
    expect(await change({ categories: ['Done'] })).toMatchObject({ status: 200, body: { categories: ['Done'] } });
    expect(await client.send(at(body.id, '/attachments'), { body: file(), headers: immutable })).toMatchObject({ status: 400 });
  });
});

describe('deleting a draft', () => {
  it('is answered with 204 and nothing, once', async () => {
    const { body } = await create();
    const remove = () => client.send(at(body.id), { method: 'DELETE' });
    expect(await remove()).toMatchObject({ status: 204, text: '' });
    expect(sandbox.drafts).toEqual([]);
    expect(await remove()).toMatchObject(notFound);
  });
});

describe('attachments', () => {
  it('are added to a draft', async () => {
    const { body } = await create();
    const added = await addFile(body.id, { contentId: 'cid1', isInline: true });
    expect(added).toMatchObject({
      status: 201,
      body: {
        '@odata.type': '#microsoft.graph.fileAttachment',
        '@odata.mediaContentType': 'text/plain',
        id: expect.stringMatching(/^AAMk/),
        name: 'a.txt',
        contentType: 'text/plain',
        isInline: true,
        contentId: 'cid1',
        contentLocation: null,
        contentBytes: 'aGVsbG8=',
      },
    });
    expect((await get(at(body.id))).body.hasAttachments).toBe(false);
    await addFile(body.id, { name: 'b.pdf' });
    expect((await get(at(body.id))).body.hasAttachments).toBe(true);
    const listed = await get(at(body.id, '/attachments?$select=name,size'));
    expect(listed.body.value.map((entry: object) => Object.keys(entry).filter((name) => !name.startsWith('@')))).toEqual([
      ['id', 'name', 'size'],
      ['id', 'name', 'size'],
    ]);
    expect(listed.body.value.map(({ name }: { name: string }) => name)).toEqual(['a.txt', 'b.pdf']);
    expect((await sendDraft(body.id)).status).toBe(202);
    expect(sandbox.messages[0]?.attachments).toMatchObject([
      { name: 'a.txt', isInline: true, contentId: 'cid1' },
      { name: 'b.pdf', contentType: 'application/pdf' },
    ]);
  });

  it('are shown bigger than they are, as Exchange does', async () => {
    const { body } = await create();
    const added = await addFile(body.id, { contentBytes: Buffer.alloc(1000).toString('base64') });
    expect(added.body.size).toBeGreaterThan(1000);
  });

  it('stand beside everything a MIME draft has', async () => {
    const { body } = await createMime(calendar);
    await addFile(body.id, {
      name: 'grüße.bin',
      contentType: 'application/octet-stream',
      contentBytes: Buffer.alloc(500, 9).toString('base64'),
    });
    await sendDraft(body.id);
    const [sent] = sandbox.messages;
    const parsed = await simpleParser(sent?.source ?? '', { skipHtmlToText: true });
    expect([parsed.text?.trim(), parsed.html, parsed.subject]).toEqual(['plain', '<p>html</p>', 'Invitation']);
    expect(parsed.attachments.map(({ contentType, filename, content }) => [contentType, filename, content.length])).toEqual([
      ['text/calendar', undefined, 15],
      ['application/octet-stream', 'grüße.bin', 500],
    ]);
    expect(sent?.source.toString()).not.toContain('hidden@example.com');
    expect(sent?.attachments.map(({ name }) => name)).toEqual(['', 'grüße.bin']);
  });

  it.each<[string, object, number, string]>([
    ['without a type', { '@odata.type': undefined }, 422, 'UnprocessableType'],
    ['without a name', { name: undefined }, 400, 'ErrorRequiredPropertyMissing'],
    ['with an unknown property', { filename: 'a' }, 400, 'RequestBodyRead'],
    [
      'of 3 MiB, which do not fit in base64',
      { contentBytes: Buffer.alloc(3 * 1024 * 1024).toString('base64') },
      413,
      'RequestEntityTooLarge',
    ],
  ])('%s are refused', async (_, more, status, code) => {
    const { body } = await create();
    expect(await addFile(body.id, more)).toMatchObject({ status, body: { error: { code } } });
  });

  it('of just under 3 MB are taken', async () => {
    const { body } = await create();
    expect((await addFile(body.id, { contentBytes: Buffer.alloc(3_145_500).toString('base64') })).status).toBe(201);
  });
});

describe('sending a draft', () => {
  it('moves it to Sent Items', async () => {
    const { body } = await create();
    expect(await sendDraft(body.id)).toMatchObject({ status: 202, text: '', headers: { 'content-length': '0' } });
    expect(sandbox.drafts).toEqual([]);
    expect(sandbox.messages).toMatchObject([{ route: 'draft', format: 'json', savedToSentItems: true, subject: 'Monthly report' }]);
    expect(sandbox.sentItems('noreply@contoso.com')).toEqual(sandbox.messages);
  });

  it.each<[string, object, number, string]>([
    ['no recipients', { toRecipients: [] }, 400, 'ErrorInvalidRecipients'],
    ['a bad recipient', { toRecipients: [recipient('a.@b')] }, 400, 'ErrorInvalidRecipients'],
    ['a sender it may not use', { from: recipient('stranger@example.com') }, 403, 'ErrorSendAsDenied'],
  ])('with %s is refused, and the draft stays', async (_, more, status, code) => {
    const { body } = await create(more);
    expect(await sendDraft(body.id)).toMatchObject({ status, body: { error: { code } } });
    expect(sandbox.drafts).toHaveLength(1);
    expect(sandbox.messages).toHaveLength(0);
  });

  it('needs a Content-Length', async () => {
    const { body } = await create();
    const { hostname, port } = new URL(sandbox.graphEndpoint);
    const { connect } = await import('node:tls');
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), ca: sandbox.ca }, () => {
        socket.write(
          `POST ${at(body.id, '/send')} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\nAuthorization: Bearer ${sandbox.issueToken()}\r\n\r\n`,
        );
      });
      let text = '';
      socket
        .on('data', (chunk) => (text += String(chunk)))
        .on('end', () => resolve(text))
        .on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 411 /);
    expect(sandbox.messages).toHaveLength(0);
  });
});

describe('two writes on one message at a time', () => {
  it('conflict', async () => {
    const { body } = await create();
    const arrived = new Promise<void>((resolve) => {
      sandbox.fail({ operation: 'addAttachment', delay: Infinity, match: () => (resolve(), true) });
    });
    const other = createClient(sandbox);
    const held = other.send(at(body.id, '/attachments'), { body: file() }).catch(() => undefined);
    await arrived;
    expect(await addFile(body.id)).toMatchObject({ status: 409, body: { error: { code: 'ErrorIrresolvableConflict' } } });
    expect(await sendDraft(body.id)).toMatchObject({ status: 409 });
    expect((await get(at(body.id))).status).toBe(200);
    expect((await addFile((await create()).body.id)).status).toBe(201);
    await other.close();
    await held;
    while (sandbox.requests.every(({ status }) => status !== 0)) await new Promise(setImmediate);
    expect((await addFile(body.id)).status).toBe(201);
  });
});

describe('faults', () => {
  it.each([
    'createDraft',
    'getMessage',
    'listMessages',
    'updateMessage',
    'deleteMessage',
    'addAttachment',
    'listAttachments',
    'createUploadSession',
    'send',
  ] as const)('strike %s', async (operation) => {
    const { body } = await create();
    sandbox.fail({ operation, status: 503, times: Infinity });
    const replies = [
      await create(),
      await get(at(body.id)),
      await get(`${mailbox}/messages`),
      await patch(body.id, {}),
      await addFile(body.id),
      await get(at(body.id, '/attachments')),
      await client.send(at(body.id, '/attachments/createUploadSession'), { body: {} }),
      await sendDraft(body.id),
      await client.send(at(body.id), { method: 'DELETE' }),
    ];
    expect(replies.filter(({ status }) => status === 503)).toHaveLength(1);
    expect(sandbox.requests.filter(({ status }) => status === 503)).toMatchObject([{ operation, mailbox: 'noreply@contoso.com' }]);
  });

  it('may strike after a draft was made or sent', async () => {
    sandbox.fail({ operation: ['createDraft', 'send'], cut: 'reset', accepted: true, times: 2 });
    await expect(create()).rejects.toThrow();
    const id = sandbox.drafts[0]?.id ?? '';
    await expect(sendDraft(id, { headers: immutable })).rejects.toThrow();
    expect(sandbox.messages).toMatchObject([{ id }]);
  });
});
