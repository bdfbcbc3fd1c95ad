import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { createClient, message, recipient, type Client, type Reply } from './client.js';

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  sandbox = await startSandbox({
    mailboxes: ['noreply@contoso.com', { userPrincipalName: 'alerts@contoso.com', displayName: 'Contoso Alerts' }],
  });
  client = createClient(sandbox);
});

beforeEach(() => sandbox.clear());

afterAll(async () => {
  await client.close();
  await sandbox.close();
});

const file = (more: object = {}) => ({
  '@odata.type': '#microsoft.graph.fileAttachment',
  name: 'menu.txt',
  contentBytes: 'aGVsbG8=',
  ...more,
});
const header = (name: string) =>
  sandbox.messages[0]?.headers.filter((field) => field.name.toLowerCase() === name.toLowerCase()).map(({ value }) => value);

describe('an accepted message', () => {
  it('is answered with 202 and nothing', async () => {
    const reply = await client.sendMail(message());
    expect(reply).toMatchObject({ status: 202, text: '', headers: { 'content-length': '0' } });
  });

  it('is shown with everything it says', async () => {
    const posted = message({
      subject: 'Grüße — 你好',
      body: { contentType: 'HTML', content: '<style>p{}</style><p>Hello&nbsp;&amp;<br>welcome</p>' },
      toRecipients: [recipient('One@Example.com', 'Ünal, "The" Reader'), recipient('two@example.com')],
      ccRecipients: [recipient('three@example.com', 'Three')],
      bccRecipients: [recipient('hidden@example.com'), recipient('one@example.com')],
      replyTo: [recipient('support@contoso.com', 'Support')],
      importance: 'High',
      isReadReceiptRequested: true,
      isDeliveryReceiptRequested: true,
      internetMessageId: '<report-1@contoso.com>',
      categories: ['Reports'],
      flag: { flagStatus: 'flagged' },
      internetMessageHeaders: [{ name: 'X-Campaign', value: 'Frühling 2026' }],
      attachments: [
        file(),
        file({ name: 'logo ü.png', contentType: 'image/png', isInline: true, contentId: 'logo', contentBytes: 'AAEC' }),
      ],
    });
    await client.sendMail(posted);
    const [sent] = sandbox.messages;
    expect(sent).toMatchObject({
      mailbox: 'noreply@contoso.com',
      format: 'json',
      route: 'sendMail',
      from: { address: 'noreply@contoso.com', name: '' },
      to: [
        { address: 'One@Example.com', name: 'Ünal, "The" Reader' },
        { address: 'two@example.com', name: '' },
      ],
      cc: [{ address: 'three@example.com', name: 'Three' }],
      bcc: [{ address: 'hidden@example.com' }, { address: 'one@example.com' }],
      replyTo: [{ address: 'support@contoso.com', name: 'Support' }],
      recipients: ['one@example.com', 'two@example.com', 'three@example.com', 'hidden@example.com'],
      subject: 'Grüße — 你好',
      messageId: '<report-1@contoso.com>',
      text: 'Hello\u00a0&\nwelcome',
      html: '<style>p{}</style><p>Hello&nbsp;&amp;<br>welcome</p>',
      importance: 'high',
      isReadReceiptRequested: true,
      isDeliveryReceiptRequested: true,
      savedToSentItems: true,
      attachments: [
        { name: 'menu.txt', contentType: 'text/plain', contentId: undefined, isInline: false, size: 5, content: Buffer.from('hello') },
        { name: 'logo ü.png', contentType: 'image/png', contentId: 'logo', isInline: true, size: 3, content: Buffer.from([0, 1, 2]) },
      ],
      posted,
    });
    expect(header('X-Campaign')).toEqual(['Frühling 2026']);
    expect(header('Disposition-Notification-To')).toEqual(['<noreply@contoso.com>']);
    expect(header('Bcc')).toEqual([]);
    expect(sandbox.sentItems('noreply@contoso.com')).toEqual([sent]);
  });

  it('reaches the recipients as a source another parser reads the same', async () => {
    await client.sendMail(
      message({
        subject: `Ein langer Betreff ${'mit Umlauten äöü '.repeat(12)}`,
        body: { contentType: 'html', content: '<b>Grüße</b>' },
        toRecipients: Array.from({ length: 30 }, (_, index) => recipient(`reader${index}@example.com`, `Reader Nº ${index}`)),
        bccRecipients: [recipient('hidden@example.com')],
        attachments: [
          file({ name: '"50%" äöü.bin', contentType: 'application/octet-stream', contentBytes: Buffer.alloc(1000, 7).toString('base64') }),
          file({ name: 'a.png', isInline: true, contentId: 'a@b' }),
        ],
      }),
    );
    const source = sandbox.messages[0]?.source.toString('latin1') ?? '';
    expect(source).not.toMatch(/hidden@example\.com/);
    expect(source).not.toMatch(/[^\r]\n|[^\t\r\n\x20-\x7e]/);
    expect(Math.max(...source.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
    const parsed = await simpleParser(source, { skipHtmlToText: true });
    expect(parsed.subject).toBe(sandbox.messages[0]?.subject);
    expect([parsed.to ?? []].flat()[0]?.value.map(({ name, address }) => ({ name, address }))).toEqual(sandbox.messages[0]?.to);
    expect(parsed.html).toBe('<b>Grüße</b>');
    expect(parsed.text?.trim()).toBe('Grüße');
    expect(
      parsed.attachments.map(({ filename, contentType, cid, related, content }) => [filename, contentType, cid, related, content.length]),
    ).toEqual([
      ['a.png', 'image/png', 'a@b', true, 5],
      ['"50%" äöü.bin', 'application/octet-stream', undefined, undefined, 1000],
    ]);
  });

  it('shows the sender by the name the directory has', async () => {
    await client.sendMail(message({ from: recipient('alerts@contoso.com', 'Somebody else') }), { mailbox: 'alerts@contoso.com' });
    expect(sandbox.messages[0]?.from).toEqual({ address: 'alerts@contoso.com', name: 'Contoso Alerts' });
    expect(header('From')).toEqual(['Contoso Alerts <alerts@contoso.com>']);
  });

  it.each([false, 'false'])('is not kept with saveToSentItems: %j', async (saveToSentItems) => {
    expect((await client.sendMail(message(), { parameters: { saveToSentItems } })).status).toBe(202);
    expect(sandbox.messages[0]?.savedToSentItems).toBe(false);
    expect(sandbox.sentItems('noreply@contoso.com')).toEqual([]);
  });

  it.each([true, 'true', null])('is kept with saveToSentItems: %j', async (saveToSentItems) => {
    expect((await client.sendMail(message(), { parameters: { saveToSentItems } })).status).toBe(202);
    expect(sandbox.sentItems('noreply@contoso.com')).toHaveLength(1);
  });

  it('may name the parameters as the metadata does', async () => {
    const reply = await client.send('/v1.0/users/noreply@contoso.com/sendMail', { body: { Message: message(), SaveToSentItems: false } });
    expect(reply.status).toBe(202);
  });

  it('may carry a nested message', async () => {
    const item = { '@odata.type': '#microsoft.graph.message', subject: 'Inner', body: { contentType: 'text', content: 'deep' } };
    await client.sendMail(message({ attachments: [{ '@odata.type': '#microsoft.graph.itemAttachment', name: 'Inner', item }] }));
    expect(sandbox.messages[0]?.attachments[0]).toMatchObject({ name: 'Inner', contentType: 'message/rfc822' });
    const inner = await simpleParser(sandbox.messages[0]?.attachments[0]?.content ?? '');
    expect([inner.subject, inner.text?.trim()]).toEqual(['Inner', 'deep']);
  });

  it('bounces beyond 500 recipients, after a 202', async () => {
    const toRecipients = Array.from({ length: 501 }, (_, index) => recipient(`r${index}@example.com`));
    expect((await client.sendMail(message({ toRecipients }))).status).toBe(202);
    expect(sandbox.messages).toHaveLength(0);
    expect(sandbox.bounces).toMatchObject([
      { mailbox: 'noreply@contoso.com', subject: 'Monthly report', reason: expect.stringMatching(/^550 5\.5\.3/) },
    ]);
    expect(sandbox.bounces[0]?.recipients).toHaveLength(501);
    expect((await client.sendMail(message({ toRecipients: toRecipients.slice(1) }))).status).toBe(202);
    expect(sandbox.messages[0]?.recipients).toHaveLength(500);
  });
});

describe('extended properties', () => {
  const property = (id: string, value: string) => ({ id, value });
  const INTERNET_HEADERS = '{00020386-0000-0000-C000-000000000046}';

  it('become the header lines they map to', async () => {
    const reply = await client.sendMail(
      message({
        singleValueExtendedProperties: [
          property('String 0x1042', '<a@example.com>'),
          property('String 0x1039', '<a@example.com> <b@example.com>'),
          property('String 0x1043', '<https://example.com/help>'),
          property('String 0x1044', '<https://example.com/join>'),
          property('String 0x1045', '<https://example.com/leave>'),
          property('Integer 0x0036', '2'),
          property(`String ${INTERNET_HEADERS} Name List-Unsubscribe-Post`, 'List-Unsubscribe=One-Click'),
          property('String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Color', 'Green'),
          property('Boolean {66f5a359-4659-4830-9070-00047ec6ac6e} Id 0x8503', 'true'),
          property('SystemTime 0x3FEF', '2026-11-21T08:00:00Z'),
        ],
      }),
    );
    expect(reply.status).toBe(202);
    expect(header('In-Reply-To')).toEqual(['<a@example.com>']);
    expect(header('References')).toEqual(['<a@example.com> <b@example.com>']);
    expect(header('List-Help')).toEqual(['<https://example.com/help>']);
    expect(header('List-Subscribe')).toEqual(['<https://example.com/join>']);
    expect(header('List-Unsubscribe')).toEqual(['<https://example.com/leave>']);
    expect(header('Sensitivity')).toEqual(['Private']);
    expect(header('List-Unsubscribe-Post')).toEqual(['List-Unsubscribe=One-Click']);
    expect(header('Color')).toEqual([]);
  });

  it.each(['Subject', 'In-Reply-To', 'Auto-Submitted', 'X-Microsoft-Exchange-Organization-SCL'])(
    'named %s are not written, since Exchange has that header to itself',
    async (name) => {
      await client.sendMail(message({ singleValueExtendedProperties: [property(`String ${INTERNET_HEADERS} Name ${name}`, 'mine')] }));
      expect(sandbox.messages[0]?.headers.map(({ value }) => value)).not.toContain('mine');
    },
  );

  it.each([
    ['0x1042', 'x'],
    ['Text 0x1042', 'x'],
    ['String 1042', 'x'],
    ['String {66f5a359-4659-4830-9070-00047ec6ac6e}', 'x'],
    ['String {not-a-guid} Name Color', 'x'],
    ['String {66f5a359-4659-4830-9070-00047ec6ac6e} Name ', 'x'],
  ])('with the id %j are refused', async (id, value) => {
    expect(await client.sendMail(message({ singleValueExtendedProperties: [property(id, value)] }))).toMatchObject({
      status: 400,
      body: { error: { code: 'ErrorInvalidExtendedProperty' } },
    });
  });

  it.each([
    ['Integer 0x0036', 'high'],
    ['Boolean 0x0036', '1'],
    ['SystemTime 0x3FEF', 'tomorrow'],
    ['Binary 0x3FEF', '%%%'],
    ['CLSID 0x3FEF', 'abc'],
    ['Double 0x3FEF', ''],
  ])('%j with the value %j are refused', async (id, value) => {
    expect(await client.sendMail(message({ singleValueExtendedProperties: [property(id, value)] }))).toMatchObject({
      status: 400,
      body: { error: { code: 'ErrorInvalidExtendedPropertyValue' } },
    });
  });
});

describe('what Graph refuses', () => {
  const unknown = (name: string, type: string) =>
    `The property '${name}' does not exist on type 'microsoft.graph.${type}'. Make sure to only use property names that are defined by the type or mark the type as open type.`;

  it.each<[string, object, number, string, string | RegExp]>([
    ['an unknown property', { headers: [] }, 400, 'RequestBodyRead', unknown('headers', 'message')],
    ['a property in another case', { replyto: [] }, 400, 'RequestBodyRead', unknown('replyto', 'message')],
    ['an inherited name', { toString: 'x' }, 400, 'RequestBodyRead', unknown('toString', 'message')],
    [
      'an address without emailAddress',
      { toRecipients: [{ address: 'a@example.com' }] },
      400,
      'RequestBodyRead',
      unknown('address', 'recipient'),
    ],
    [
      'an unknown property of an attachment',
      { attachments: [file({ content: '' })] },
      400,
      'RequestBodyRead',
      unknown('content', 'fileAttachment'),
    ],
    ['a property only the service sets', { isDraft: false }, 400, 'ErrorInvalidPropertySet', /'isDraft'/],
    [
      'one recipient for a collection',
      { toRecipients: recipient('a@example.com') },
      400,
      'RequestBodyRead',
      /'StartObject' node .* 'toRecipients'.* 'StartArray' node was expected/,
    ],
    ['null for a collection', { ccRecipients: null }, 400, 'RequestBodyRead', /null value .* 'ccRecipients'/],
    ['a null in a collection', { ccRecipients: [null] }, 400, 'RequestBodyRead', /null value .* 'ccRecipients'/],
    [
      'a string for an object',
      { body: 'Hello' },
      400,
      'RequestBodyRead',
      /'PrimitiveValue' node .* 'body'.* 'StartObject' node was expected/,
    ],
    [
      'an object for a string',
      { subject: {} },
      400,
      'RequestBodyRead',
      /'StartObject' node .* 'subject'.* 'PrimitiveValue' node was expected/,
    ],
    ['a number for a string', { subject: 1 }, 400, 'RequestBodyRead', "Cannot convert the literal '1' to the expected type 'Edm.String'."],
    [
      'a word for a boolean',
      { isReadReceiptRequested: 'yes' },
      400,
      'RequestBodyRead',
      "Cannot convert the literal 'yes' to the expected type 'Edm.Boolean'.",
    ],
    ['an importance that is none', { importance: 'urgent' }, 400, 'RequestBodyRead', "Requested value 'urgent' was not found."],
    [
      'a body that is neither text nor html',
      { body: { contentType: 'text/html', content: '' } },
      400,
      'RequestBodyRead',
      "Requested value 'text/html' was not found.",
    ],
    ['base64 with a line break', { attachments: [file({ contentBytes: 'aGVs\nbG8=' })] }, 400, 'RequestBodyRead', /Edm\.Binary/],
    ['base64 without padding', { attachments: [file({ contentBytes: 'aGVsbG8' })] }, 400, 'RequestBodyRead', /Edm\.Binary/],
    ['base64url', { attachments: [file({ contentBytes: '-_-_' })] }, 400, 'RequestBodyRead', /Edm\.Binary/],
    [
      'a Buffer turned into JSON',
      { attachments: [file({ contentBytes: { type: 'Buffer', data: [1] } })] },
      400,
      'RequestBodyRead',
      /'StartObject' node/,
    ],
    [
      'an attachment without a type',
      { attachments: [{ name: 'a', contentBytes: '' }] },
      422,
      'UnprocessableType',
      "Cannot process input of abstract type 'Microsoft.OutlookServices.Attachment'",
    ],
    [
      'an attachment of an unknown type',
      { attachments: [file({ '@odata.type': '#Microsoft.OutlookServices.FileAttachment' })] },
      400,
      'BadRequest',
      /Invalid OData type specified/,
    ],
    ['an attachment without a name', { attachments: [file({ name: undefined })] }, 400, 'ErrorRequiredPropertyMissing', /'name'/],
    [
      'an attachment without content',
      { attachments: [file({ contentBytes: undefined })] },
      400,
      'ErrorRequiredPropertyMissing',
      /'contentBytes'/,
    ],
    [
      'no recipients',
      { toRecipients: [] },
      400,
      'ErrorInvalidRecipients',
      "At least one recipient is not valid., A message can't be sent because it contains no recipients.",
    ],
    [
      'a bad address',
      { ccRecipients: [recipient('a.@b')] },
      400,
      'ErrorInvalidRecipients',
      "At least one recipient is not valid., Recipient 'a.@b' is not resolved. All recipients must be resolved before a message can be submitted.",
    ],
    [
      'a name as address',
      { bccRecipients: [recipient('Reader <a@example.com>')] },
      400,
      'ErrorInvalidRecipients',
      /'Reader <a@example.com>' is not resolved/,
    ],
    [
      'a recipient without an address',
      { toRecipients: [{ emailAddress: { name: 'Reader' } }] },
      400,
      'ErrorInvalidRecipients',
      /'' is not resolved/,
    ],
    ['a bad Reply-To', { replyTo: [recipient('nobody')] }, 400, 'ErrorInvalidRecipients', /'nobody' is not resolved/],
    [
      'a header that is not x-',
      { internetMessageHeaders: [{ name: 'List-Unsubscribe', value: '<https://example.com>' }] },
      400,
      'InvalidInternetMessageHeader',
      "The internet message header name 'List-Unsubscribe' should start with 'x-' or 'X-'.",
    ],
    [
      'six headers',
      { internetMessageHeaders: Array.from({ length: 6 }, (_, index) => ({ name: `x-${index}`, value: '' })) },
      400,
      'InvalidInternetMessageHeaderCollection',
      'Maximum number of headers in one message should be less than or equal to 5.',
    ],
    ['no headers at all', { internetMessageHeaders: [] }, 400, 'InvalidInternetMessageHeaderCollection', /./],
    [
      'a header with a line break',
      { internetMessageHeaders: [{ name: 'x-a', value: 'a\r\nBcc: evil@example.com' }] },
      400,
      'InvalidInternetMessageHeader',
      /x-a/,
    ],
    [
      'a header name with a colon',
      { internetMessageHeaders: [{ name: 'x-a: b', value: '' }] },
      400,
      'InvalidInternetMessageHeader',
      /x-a: b/,
    ],
    ['a Message-ID without brackets', { internetMessageId: 'a@example.com' }, 400, 'ErrorPropertyValidationFailure', /internetMessageId/],
  ])('%s', async (_, more, status, code, text) => {
    const reply = await client.sendMail(message(more));
    expect(reply).toMatchObject({ status, body: { error: { code } } });
    if (typeof text === 'string') expect(reply.body.error.message).toBe(text);
    else expect(reply.body.error.message).toMatch(text);
    expect(sandbox.messages).toHaveLength(0);
    expect(sandbox.requests.at(-1)?.errorCode).toBe(code);
  });

  const json = { 'content-type': 'application/json' };

  it.each<[string, { headers?: Record<string, string>; body?: string | Buffer | object }, number, string, RegExp]>([
    [
      'a message without its wrapper',
      { body: message() },
      400,
      'RequestBodyRead',
      /'subject' in the request payload is not a valid parameter/,
    ],
    ['no message', { body: { saveToSentItems: true } }, 400, 'RequestBodyRead', /missing parameters are: message/],
    ['an unknown parameter', { body: { message: message(), save: true } }, 400, 'RequestBodyRead', /The parameter 'save'/],
    ['saveToSentItems that is no boolean', { body: { message: message(), saveToSentItems: 'no' } }, 400, 'RequestBodyRead', /Edm\.Boolean/],
    ['no body', { headers: json, body: '' }, 400, 'BadRequest', /^Empty Payload\. JSON content expected\.$/],
    ['broken JSON', { headers: json, body: '{"message":' }, 400, 'BadRequest', /^Unable to read JSON request payload/],
    [
      'JSON in Latin-1',
      { headers: json, body: Buffer.from('{"message":{"subject":"\xfc"}}', 'latin1') },
      400,
      'BadRequest',
      /^Unable to read JSON/,
    ],
    ['an array', { headers: json, body: '[]' }, 400, 'BadRequest', /^Unable to read JSON/],
    ['no content type', { headers: {}, body: JSON.stringify({ message: message() }) }, 400, 'BadRequest', /Content-Type header is set/],
    ['another content type', { headers: { 'content-type': 'text/html' }, body: '{}' }, 415, 'RequestBodyRead', /content type 'text\/html'/],
  ])('%s', async (_, options, status, code, text) => {
    const reply = await client.send('/v1.0/users/noreply@contoso.com/sendMail', options);
    expect(reply).toMatchObject({ status, body: { error: { code, message: expect.stringMatching(text) } } });
  });

  it.each([4_194_304, 4_194_305])('nothing by its size up to 4 MiB, everything above: %d bytes', async (size) => {
    const empty = JSON.stringify({ message: message({ body: { contentType: 'text', content: '' } }) });
    const body = empty.replace('"content":""', `"content":"${'x'.repeat(size - empty.length)}"`);
    const reply = await client.send('/v1.0/users/noreply@contoso.com/sendMail', { headers: json, body });
    expect(sandbox.requests.at(-1)?.bytes).toBe(size);
    if (size <= 4_194_304) expect(reply.status).toBe(202);
    else {
      expect(reply).toMatchObject({
        status: 413,
        body: { error: { code: 'RequestEntityTooLarge', message: 'The maximum request length supported is 4MB.' } },
      });
    }
  });

  it('a huge request without hanging its client', async () => {
    const reply = await client.send('/v1.0/users/noreply@contoso.com/sendMail', {
      headers: json,
      body: Buffer.alloc(30 * 1024 * 1024, ' '),
    });
    expect(reply.status).toBe(413);
    expect((await client.sendMail(message())).status).toBe(202);
  });
});

describe('Microsoft’s own samples', () => {
  const samples = join(__dirname, '../../../shared/schema/graph-docs-mail-mocks.json');

  (existsSync(samples) ? it : it.skip)('of a message are accepted once their read-only properties are gone', async () => {
    const mocks = JSON.parse(readFileSync(samples, 'utf8')) as { request: { url: string }; response: { body?: Reply['body'] } }[];
    const writable = [
      'subject',
      'body',
      'importance',
      'toRecipients',
      'ccRecipients',
      'bccRecipients',
      'replyTo',
      'isReadReceiptRequested',
      'isDeliveryReceiptRequested',
      'categories',
      'inferenceClassification',
      'isRead',
      'flag',
      'singleValueExtendedProperties',
    ];
    const documented = mocks
      .flatMap(({ response }) => {
        // some bodies are strings with a broken line in them
        const isText = typeof response.body === 'string' && response.body.startsWith('{');
        const body = isText ? JSON.parse(response.body.replace(/\n/g, '')) : response.body;
        return [body, ...(Array.isArray(body?.value) ? body.value : []), body?.item];
      })
      .filter((body) => Array.isArray(body?.toRecipients) && body.toRecipients.length > 0);
    expect(documented.length).toBeGreaterThan(5);
    for (const body of documented) {
      const sample = Object.fromEntries(Object.entries(body).filter(([name, value]) => writable.includes(name) && value !== null));
      expect(await client.sendMail(sample)).toMatchObject({ status: 202 });
    }
  });
});
