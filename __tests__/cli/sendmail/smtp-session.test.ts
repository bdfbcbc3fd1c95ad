import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import type { MessageArguments } from '../../../lib/cli/sendmail/arguments.js';
import { serveSmtp, type Verdict } from '../../../lib/cli/sendmail/smtp-session.js';
import { cliFile } from '../run-cli.js';
import { useSpool } from './use-sendmail.js';

interface Taken {
  message: string;
  given: MessageArguments;
}

/** What a client gets that writes all of it, in pieces of any size. */
async function talk(
  text: string | Buffer,
  { verdict = { status: 0, text: '' }, size = Infinity }: { verdict?: Verdict; size?: number } = {},
) {
  const bytes = Buffer.from(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
  }
  const replies: string[] = [];
  const taken: Taken[] = [];
  const status = await serveSmtp({
    input: pieces(),
    reply: (line) => replies.push(line),
    hostname: 'shop',
    accept: (message, given) => {
      taken.push({ message: message.toString('latin1'), given });
      return Promise.resolve(verdict);
    },
  });
  return { status, replies, codes: replies.map((line) => line.slice(0, 4).trim()), taken };
}

const begin =
  'EHLO [127.0.0.1]\r\nMAIL FROM:<shop@contoso.com> BODY=8BITMIME\r\nRCPT TO:<reader@example.com>\r\nRCPT TO:<boss@example.com>\r\nDATA\r\n';
const message = 'Subject: Hello\r\n\r\n..dots\r\n...\r\nend\r\n';

test.each([Infinity, 1, 7])('takes a message as mailers hand it over, in pieces of %d', async (size) => {
  const { status, codes, taken } = await talk(`${begin}${message}.\r\nQUIT\r\n`, { size });
  expect(codes).toEqual(['220', '250-', '250-', '250-', '250', '250', '250', '250', '354', '250', '221']);
  expect(taken).toEqual([
    {
      message: 'Subject: Hello\r\n\r\n.dots\r\n..\r\nend\r\n',
      given: {
        sender: 'shop@contoso.com',
        recipients: ['reader@example.com', 'boss@example.com'],
        recipientsFromHeader: false,
        ignoreDots: true,
        fullName: undefined,
      },
    },
  ]);
  expect(status).toBe(0);
});

test('takes one message after another, and the null sender', async () => {
  const second = 'MAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\nDATA\r\nx\r\n.\r\n';
  const { taken } = await talk(`${begin}a\r\n.\r\n${second}QUIT\r\nMAIL FROM:<late@example.com>\r\n`);
  expect(taken.map(({ given }) => [given.sender, given.recipients])).toEqual([
    ['shop@contoso.com', ['reader@example.com', 'boss@example.com']],
    ['', ['a@example.com']],
  ]);
});

test.each<[number, string, string]>([
  [75, 'Graph is busy', '451 4.3.0 Graph is busy'],
  // it may have been sent: a client that repeats 4xx must not repeat this
  [69, 'perhaps sent', '554 5.0.0 perhaps sent'],
  [67, 'no such user: Grüße\r\n250 Ok', '554 5.0.0 no such user: Gr e 250 Ok'],
  [78, '', '554 5.0.0 Not accepted'],
])('tells a client of status %d', async (status, text, reply) => {
  const { replies, status: exit } = await talk(`${begin}x\r\n.\r\nQUIT\r\n`, { verdict: { status, text } });
  expect(replies.at(-2)).toBe(reply);
  expect(exit).toBe(status);
});

test.each<[string, string, string[]]>([
  ['a recipient before a sender', 'RCPT TO:<a@example.com>\r\n', ['503']],
  ['a message to nobody', 'MAIL FROM:<a@example.com>\r\nDATA\r\n', ['250', '503']],
  ['a second sender', 'MAIL FROM:<a@example.com>\r\nMAIL FROM:<b@example.com>\r\n', ['250', '503']],
  ['two addresses in one', 'MAIL FROM:<a@example.com>\r\nRCPT TO:<a@example.com,b@example.com>\r\n', ['250', '501']],
  ['no address', 'MAIL FROM:<a@example.com>\r\nRCPT TO:<>\r\nRCPT TO:root\r\n', ['250', '501', '501']],
  ['what it does not know', 'STARTTLS\r\nAUTH PLAIN x\r\nHELP\r\n\r\n', ['502', '502', '502', '502']],
  ['a command without end', `NOOP ${'x'.repeat(5000)}\r\n`, ['500']],
  ['the rest', 'NOOP\r\nVRFY root\r\nRSET\r\nHELO x\r\n', ['250', '252', '250', '250']],
])('answers %s', async (_, text, codes) => {
  const result = await talk(text);
  expect(result.codes.slice(1)).toEqual(codes);
  expect(result.taken).toEqual([]);
});

test('sends nothing of a message whose end does not come', async () => {
  for (const rest of ['', '.', 'x\r\n', '\n.\n', '\r\n.', '\n.\r\n']) {
    const { status, taken } = await talk(`${begin}Subject: x\r\n\r\nx${rest}`);
    expect({ rest, status, taken }).toEqual({ rest, status: 65, taken: [] });
  }
});

test('what a text holds never ends it or becomes a command', async () => {
  const inside = fc
    .array(fc.constantFrom('.', '\n', '\r', '\r\n', '.\n', '\n.\n', '\r.\r', 'MAIL FROM:<evil@example.com>', 'x'), { maxLength: 12 })
    .map((parts) => `Subject: x\r\n\r\n${parts.join('')}\r\n`);
  await fc.assert(
    fc.asyncProperty(inside, fc.integer({ min: 1, max: 9 }), async (text, size) => {
      // as clients do it: dots behind CRLF alone are doubled
      const sent = text.replace(/\r\n\./g, '\r\n..');
      const { taken, status } = await talk(`${begin}${sent}.\r\nQUIT\r\n`, { size });
      expect(taken.map((one) => one.message)).toEqual([text]);
      expect(status).toBe(0);
    }),
  );
});

test('by hand, a line ends in LF', async () => {
  const { taken, status } = await talk('HELO x\nMAIL FROM:<a@example.com>\nRCPT TO:<b@example.com>\nDATA\nSubject: x\n\n..\n.\nQUIT\n');
  expect(taken.map((one) => one.message)).toEqual(['Subject: x\n\n.\n']);
  expect(status).toBe(0);
});

describe('sendmail -bs', () => {
  const spool = useSpool();

  test('sends to the envelope alone, and keeps what cannot be sent now', async () => {
    const mail = 'From: shop@contoso.com\r\nTo: reader@example.com\r\nBcc: boss@example.com\r\nSubject: Shop\r\n\r\nThanks.\r\n.\r\n';
    const input = `EHLO x\r\nMAIL FROM:<noreply@contoso.com>\r\nRCPT TO:<reader@example.com>\r\nDATA\r\n${mail.replace('shop@', 'noreply@')}`;
    const sent = await spool.sendmail(['-bs', '-i'], { input: `${input}QUIT\r\n` });
    expect(sent).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/\r\n250 2\.0\.0 Accepted\r\n221 [^\n]+\r\n$/) });
    expect(spool.machine.sandbox.messages).toMatchObject([{ recipients: ['reader@example.com'], subject: 'Shop' }]);
    spool.machine.sandbox.fail({ operation: 'sendMail', status: 503, times: Infinity });
    expect(await spool.sendmail(['-bs'], { input: `${input}QUIT\r\n` })).toMatchObject({ status: 0 });
    expect(spool.spooled()).toEqual({ waiting: 1 });
    const refused = await spool.sendmail(['-bs'], { input: `${input}QUIT\r\n`, more: { GRAPH_SPOOL: '' } });
    expect(refused).toMatchObject({ status: 75, stdout: expect.stringMatching(/\r\n451 4\.3\.0 Graph did not .*503/) });
  });

  test('sends for a client that does not wait for the answers', async () => {
    const child = spawn(process.execPath, [cliFile, 'sendmail', '-bs'], {
      env: { PATH: process.env['PATH'] ?? '', ...spool.environment() },
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.end(`${begin.replace('shop@', 'noreply@')}From: noreply@contoso.com\r\nSubject: Unheard\r\n\r\nx\r\n.\r\nQUIT\r\n`);
    const [status] = (await once(child, 'close')) as [number | null];
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(spool.machine.sandbox.messages).toMatchObject([{ subject: 'Unheard' }]);
    expect(spool.spooled()).toEqual({});
  });
});
