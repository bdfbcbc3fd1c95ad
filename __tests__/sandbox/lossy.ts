import { simpleParser, type ParsedMail } from 'mailparser';
import { startSandbox, type Sandbox, type SandboxLoss, type SandboxMessage } from '../../lib/sandbox/index.js';
import { createClient, mime, recipient, type Client } from './client.js';

/** Shared by the tests of `loses`. */
let sandbox: Sandbox | undefined;
let client: Client;

afterEach(async () => {
  if (!sandbox) return;
  await client.close();
  await sandbox.close();
  sandbox = undefined;
});

const INTERNET = '00020386-0000-0000-c000-000000000046';
const xNames = Array.from({ length: 5 }, (_, index) => `X-Proof-${index + 1}`);

async function postJson(): Promise<void> {
  await client.sendMail({
    subject: 'Losses',
    body: { contentType: 'html', content: '<p>From the html</p>' },
    from: recipient('noreply@contoso.com', 'The author'),
    toRecipients: [recipient('reader@example.com')],
    internetMessageId: '<mine@contoso.com>',
    internetMessageHeaders: xNames.map((name) => ({ name, value: 'kept' })),
    singleValueExtendedProperties: [
      { id: 'String 0x1042', value: '<before@contoso.com>' },
      { id: 'String 0x1045', value: '<mailto:stop@contoso.com>' },
      { id: `String {${INTERNET}} Name X-Proof-6`, value: 'kept' },
      { id: `String {${INTERNET}} Name Organization`, value: 'Contoso' },
    ],
  });
}

const MIME = mime([
  'From: The author <noreply@contoso.com>',
  'To: reader@example.com',
  'Subject: Losses',
  'Message-ID: <mine@contoso.com>',
  'In-Reply-To: <before@contoso.com>',
  'List-Unsubscribe: <mailto:stop@contoso.com>',
  ...[...xNames, 'X-Proof-6'].map((name) => `${name}: kept`),
  'Organization: Contoso',
  'MIME-Version: 1.0',
  'Content-Type: multipart/alternative; boundary="b"',
  '',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'From the author',
  '--b',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>From the html</p>',
  '--b',
  'Content-Type: text/calendar; charset=utf-8; method=REQUEST',
  '',
  'BEGIN:VCALENDAR',
  'END:VCALENDAR',
  '--b--',
  '',
]);

async function postMimeDraft(): Promise<void> {
  const path = '/v1.0/users/noreply@contoso.com/messages';
  const { body } = await client.send(path, { headers: { 'content-type': 'text/plain' }, body: Buffer.from(MIME).toString('base64') });
  const draft = `${path}/${encodeURIComponent(body.id)}`;
  const file = {
    '@odata.type': '#microsoft.graph.fileAttachment',
    name: 'later.txt',
    contentBytes: Buffer.from('later').toString('base64'),
  };
  await client.send(`${draft}/attachments`, { body: file });
  await client.send(`${draft}/send`, { headers: { 'content-length': '0' } });
}

const post = { json: postJson, mime: () => client.sendMime(MIME), mimeDraft: postMimeDraft };

export async function deliver(way: keyof typeof post, loses: SandboxLoss[]): Promise<{ message: SandboxMessage; parsed: ParsedMail }> {
  sandbox = await startSandbox({ loses });
  client = createClient(sandbox);
  await post[way]();
  const [message] = sandbox.messages;
  if (!message) throw new Error('nothing was accepted');
  return { message, parsed: await simpleParser(message.source, { skipHtmlToText: true }) };
}

/** What the recipient sees, feature by feature. */
export function view({ message, parsed }: Awaited<ReturnType<typeof deliver>>) {
  const calendar = parsed.attachments.find(({ contentType }) => contentType === 'text/calendar');
  const type = calendar?.headers.get('content-type') as { params?: Record<string, string> } | undefined;
  const has = (name: string) => message.headers.some((header) => header.name.toLowerCase() === name);
  return {
    text: parsed.text?.trim(),
    calendar: calendar !== undefined,
    calendarMethod: type?.params?.['method'],
    fromName: parsed.from?.value[0]?.name,
    xHeaders: xNames.filter((name) => has(name.toLowerCase())).length,
    moreXHeaders: has('x-proof-6'),
    customHeaders: has('organization'),
    listHeaders: has('list-unsubscribe'),
    threading: has('in-reply-to'),
    messageId: message.messageId,
  };
}

const all = { fromName: 'The author', xHeaders: 5, moreXHeaders: true, customHeaders: true, listHeaders: true, threading: true };
export const kept = {
  json: { ...all, text: 'From the html', calendar: false, calendarMethod: undefined, messageId: '<mine@contoso.com>' },
  mime: { ...all, text: 'From the author', calendar: true, calendarMethod: 'REQUEST', messageId: '<mine@contoso.com>' },
  mimeDraft: { ...all, text: 'From the author', calendar: true, calendarMethod: 'REQUEST', messageId: '<mine@contoso.com>' },
};
/** What each loss leaves of it, in MIME. */
export const gone: Record<string, object> = {
  text: { text: 'From the html' },
  calendar: { calendar: false, calendarMethod: undefined },
  calendarMethod: { calendarMethod: undefined },
  fromName: { fromName: '' },
  xHeaders: { xHeaders: 0 },
  moreXHeaders: { moreXHeaders: false },
  customHeaders: { customHeaders: false },
  listHeaders: { listHeaders: false },
  threading: { threading: false },
  messageId: { messageId: expect.stringMatching(/^<[0-9a-f]{32}@replaced\.example\.com>$/) as string },
};
