import { countRemoteImages } from '../../../lib/sandbox/inbox/body/remote-images.js';
import { readCss } from '../../../lib/sandbox/inbox/page/checks/read-css.js';
import { findProblems } from '../../../lib/sandbox/inbox/page/checks/problems.js';
import { tokeniseHtml } from '../../../lib/sandbox/inbox/page/text/tokenise-html.js';
import { tokeniseJson } from '../../../lib/sandbox/inbox/page/text/tokenise-json.js';
import { tokeniseMime } from '../../../lib/sandbox/inbox/page/text/tokenise-mime.js';
import { tokeniseText } from '../../../lib/sandbox/inbox/tokenise-text.js';
import { htmlToPlain } from '../../../lib/sandbox/mail/html-to-plain.js';
import { mime } from '../client.js';
import { useInbox } from './inbox-client.js';

const inbox = useInbox();

/** So long that who goes over it for each of its characters does not come to an end. */
const LONG = 400_000;
const repeat = (text: string): string => text.repeat(LONG / text.length);

// nothing is timed: what takes a square of time or more hangs until the test's own limit
it.each<[string, (text: string) => unknown, string[]]>([
  ['remote images', countRemoteImages, [' src=', 'url('].flatMap((head) => [head + repeat(' '), repeat(head)])],
  [
    'links of a text',
    tokeniseText,
    ['https://a', 'mailto:'].flatMap((head) => ['.', ')', '(', '.)'].map((part) => `${head}${repeat(part)}x`)),
  ],
  [
    'CSS',
    (text) => readCss([text], [text]),
    [`a:${repeat(' ')}x`, repeat('{'), repeat('a{'), repeat('/*'), repeat('"'), repeat('@media{')],
  ],
  ['plain text of html', htmlToPlain, ['<', '<!--', '<style', '&', '&#', '<a href='].map(repeat)],
  ['HTML in colours', tokeniseHtml, ['<', '<!--', '<a href=', '="', '= '].map(repeat)],
  ['JSON in colours', tokeniseJson, ['"', '"\\', '{', '" '].map(repeat)],
  ['MIME in colours', tokeniseMime, ['boundary="', 'boundary=', '\n', '--\n'].map(repeat)],
  [
    'header fields that are checked',
    (value) =>
      findProblems({
        subject: value,
        hasText: true,
        htmlBytes: 1,
        headers: ['List-Unsubscribe', 'List-Unsubscribe-Post'].map((name) => ({ name, value })),
        images: [],
        links: [],
        ids: Array.from({ length: LONG / 2 }, (_, index) => String(index)),
        lang: 'en',
      }),
    ['<', '<>', ' ', ',', '<mailto:'].map(repeat),
  ],
])('%s: no text takes longer than it is long', (_, read, texts) => {
  for (const text of texts) expect(() => read(text)).not.toThrow();
});

it('no header field of a mail holds the sandbox up', async () => {
  for (const part of [' ', ' "', '"', '<', ',', '\\', '@', 'a<']) {
    const value = part.repeat(40_000 / part.length);
    // folded, or it were no header field
    const field = value.replace(/(.{900})/g, '$1\r\n ');
    const { status } = await inbox.client.sendMime(
      mime([
        'From: noreply@contoso.com',
        `To: a@example.com,${field}x`,
        'Subject: long',
        `Message-ID: <${part.charCodeAt(0)}@contoso.com>`,
        '',
        'Hi',
      ]),
    );
    expect([part, [202, 400].includes(status)]).toEqual([part, true]);
  }
  expect((await inbox.get('messages?kinds=message,refused')).status).toBe(200);
});

it('the addresses of a refused MIME message are read as they stand', async () => {
  inbox.sandbox.fail({ status: 403 });
  const to = 'plain@example.com, "Doe, \\"J\\" <x>" <doe@example.com>,, Ada Lovelace<ada@example.com> , <bare@example.com>, undisclosed';
  await inbox.client.sendMime(mime(['From: noreply@contoso.com', `To: ${to}`, 'Subject: S', '', 'Hi']));
  const [row] = (await inbox.get('messages?kinds=refused')).body.items;
  const { envelope } = (await inbox.get(`refused/${row.id}`)).body;
  expect(envelope.map(({ address, name }: { address: string; name: string }) => [address, name])).toEqual([
    ['plain@example.com', ''],
    ['doe@example.com', 'Doe, "J" <x>'],
    ['ada@example.com', 'Ada Lovelace'],
    ['bare@example.com', ''],
  ]);
});
