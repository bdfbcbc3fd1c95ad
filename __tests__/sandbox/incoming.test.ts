import { simpleParser } from 'mailparser';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { createClient, message, recipient, type Client } from './client.js';

let sandbox: Sandbox;
let client: Client;
beforeAll(async () => {
  sandbox = await startSandbox({ outcomes: { 'nobody@example.com': 'failed', 'late@example.com': 'delayed' }, maxMessages: 20 });
  client = createClient(sandbox, 1);
});
afterEach(() => sandbox.clear());
afterAll(async () => {
  await client.close();
  await sandbox.close();
});

const mailbox = '/v1.0/users/noreply@contoso.com';
const get = (path: string, headers: Record<string, string> = {}) => client.send(path, { method: 'GET', headers });
const inbox = async () => (await get(`${mailbox}/mailFolders/inbox/messages?$top=100`)).body.value as Record<string, never>[];
const to = (...addresses: string[]) =>
  message({ internetMessageId: '<17@contoso.com>', toRecipients: addresses.map((address) => recipient(address)) });

describe('delivery reports', () => {
  it('come to the sender for whom nobody is known, with what any reader of RFC 3464 needs', async () => {
    await client.sendMail(to('reader@example.com', 'nobody@example.com'));
    const [report] = await inbox();
    expect(report).toMatchObject({
      subject: 'Undeliverable: Monthly report',
      from: { emailAddress: { address: expect.stringMatching(/^MicrosoftExchange[0-9a-f]{32}@contoso\.com$/) } },
      // so Graph shows it
      toRecipients: [{ emailAddress: { address: 'nobody@example.com' } }],
    });
    const source = (await get(`${mailbox}/messages/${report?.['id']}/$value`)).text;
    const parsed = await simpleParser(source);
    expect(parsed.headers.get('content-type')).toMatchObject({ value: 'multipart/report', params: { 'report-type': 'delivery-status' } });
    expect(parsed.inReplyTo).toBe('<17@contoso.com>');
    expect(source).toMatch(/Final-Recipient: rfc822;nobody@example\.com\r\nAction: failed\r\nStatus: 5\.1\.10\r\n/);
    expect(source).not.toMatch(/Final-Recipient: rfc822;reader/);
    expect(source).toMatch(/\r\n\r\nSubject: Monthly report\r\nMessage-ID: <17@contoso\.com>\r\n/);
  });

  it('come for a delay, while the message is delivered', async () => {
    await client.sendMail(to('late@example.com'));
    expect(await inbox()).toMatchObject([{ subject: 'Delivery delayed: Monthly report' }]);
    expect(sandbox.messages).toHaveLength(1);
    expect(sandbox.bounces).toEqual([]);
  });

  it('come for too many recipients', async () => {
    await client.sendMail(to(...Array.from({ length: 501 }, (_, at) => `r${at}@example.com`)));
    expect(await inbox()).toHaveLength(1);
  });
});

describe('receive()', () => {
  it('puts mail from outside into an Inbox, as it is, headers and all', async () => {
    const source =
      'From: "Mail Delivery" <mailer-daemon@example.com>\r\nSubject: =?utf-8?Q?H=C3=A9?=\r\nX-Failed-Recipients: a@example.com\r\nX-MS-Exchange-Organization-AuthAs: Internal\r\n\r\nHello\r\n';
    await sandbox.receive('noreply@contoso.com', source);
    const [item] = await inbox();
    expect(item).toMatchObject({ subject: 'Hé', from: { emailAddress: { address: 'mailer-daemon@example.com', name: 'Mail Delivery' } } });
    expect((await get(`${mailbox}/messages/${item?.['id']}/$value`)).text).toBe(source);
    const headers = (await get(`${mailbox}/messages/${item?.['id']}?$select=internetMessageHeaders`)).body.internetMessageHeaders;
    expect(headers).toContainEqual({ name: 'X-Failed-Recipients', value: 'a@example.com' });
    // Exchange says who had signed in for it, and takes that from nobody outside
    expect(headers).toContainEqual({ name: 'X-MS-Exchange-Organization-AuthAs', value: 'Anonymous' });
    expect(headers).not.toContainEqual(expect.objectContaining({ value: 'Internal' }));
    expect([sandbox.messages, sandbox.drafts, sandbox.sentItems('noreply@contoso.com')]).toEqual([[], [], []]);
  });

  it('takes whatever comes, for mailboxes it has, and keeps the latest of them', async () => {
    await sandbox.receive('noreply@contoso.com', Buffer.from([0, 255, 13, 10]));
    for (let index = 0; index < 25; index++) await sandbox.receive('noreply@contoso.com', `Subject: ${index}\r\n\r\n`);
    expect((await inbox()).map(({ subject }) => subject)).toEqual(Array.from({ length: 20 }, (_, at) => String(24 - at)));
    await expect(sandbox.receive('nobody@contoso.com', '')).rejects.toThrow(/has no mailbox nobody@contoso\.com/);
  });
});

describe('messages/delta', () => {
  const path = `${mailbox}/mailFolders/inbox/messages/delta`;
  const subjects = (body: { value: { subject: string }[] }) => body.value.map(({ subject }) => subject);
  const receive = (subject: string) => sandbox.receive('noreply@contoso.com', `Subject: ${subject}\r\n\r\n`);

  it('lists the folder in pages, then what came in since', async () => {
    for (const subject of ['1', '2', '3']) await receive(subject);
    const prefer = { prefer: 'odata.maxpagesize=2' };
    const first = await get(`${path}?$select=subject&changeType=created`, prefer);
    expect([subjects(first.body), Object.keys(first.body.value[0]).toSorted()]).toEqual([
      ['1', '2'],
      ['@odata.etag', 'id', 'subject'],
    ]);
    const second = await get(first.body['@odata.nextLink'] as string, prefer);
    expect(subjects(second.body)).toEqual(['3']);
    const link = second.body['@odata.deltaLink'] as string;
    expect(subjects((await get(link)).body)).toEqual([]);
    await receive('4');
    await sandbox.receive('alerts@contoso.com', 'Subject: other\r\n\r\n');
    expect(subjects((await get(link)).body)).toEqual(['4']);
  });

  it('filters by the time of arrival, and by nothing else', async () => {
    await receive('1');
    const since = (ms: number) => encodeURIComponent(`receivedDateTime ge ${new Date(Date.now() + ms).toISOString()}`);
    expect(subjects((await get(`${path}?$filter=${since(-60_000)}`)).body)).toEqual(['1']);
    expect(subjects((await get(`${path}?$filter=${since(60_000)}`)).body)).toEqual([]);
    expect((await get(`${path}?$filter=${encodeURIComponent("subject eq '1'")}`)).status).toBe(400);
  });

  it('has lost a place that is none any more', async () => {
    const link = (await get(path)).body['@odata.deltaLink'] as string;
    sandbox.clear();
    expect(await get(link)).toMatchObject({ status: 410, body: { error: { code: 'SyncStateNotFound' } } });
    expect((await get(`${path}?$deltatoken=x`)).status).toBe(410);
  });
});
