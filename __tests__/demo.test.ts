import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

const root = join(__dirname, '..');
const fixture = (name: string) => readFileSync(join(root, 'fixtures', name), 'latin1');
const example = (name: string) => readFileSync(join(root, 'examples', name), 'utf8');

interface Outcome {
  status: number | string | null | undefined;
  stdout: string;
  stderr: string;
}

/** Runs Node on ES modules, which jest's CommonJS mode cannot load. */
function runNode(args: string[], { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { cwd: root, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ status: error ? error.code : 0, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

/** Runs the body of an async function `(input) => result` that may use what `imports` brings in. */
async function inNode<T>(imports: string, body: string, input: unknown): Promise<T> {
  const script = `${imports}
    import { text } from 'node:stream/consumers';
    const run = async (input) => { ${body} };
    console.log(JSON.stringify(await run(JSON.parse(await text(process.stdin)))));`;
  const { status, stdout, stderr } = await runNode(['--input-type=module', '-e', script], { input: JSON.stringify(input) });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

describe('npm run demo', () => {
  beforeAll(() => {
    execFileSync(process.execPath, [join(root, 'scripts/build-if-stale.mjs')]);
  }, 180_000);

  test('shows a mail as it arrived, a redirect, a throttle, a loss and an error, and that every fixture arrives intact', async () => {
    const { status, stdout, stderr } = await runNode(['scripts/demo.mjs']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    // before it builds
    expect(stdout).toMatch(/^Building the package: /);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const scenes = stdout.replace(/\s+/g, ' ').split(/ (?=[1-6]\. [A-Z])/);
    expect(scenes).toHaveLength(7);
    const [, welcome, staging, throttle, loss, error, all] = scenes;
    for (const seen of [
      'Welcome – your first invoice',
      'unseen archive@example.com (Bcc)',
      '| Your first invoice (19.60 €)',
      'invoice.pdf (836 bytes)',
    ])
      expect(welcome).toContain(seen);
    expect(welcome).toContain('beside SMTP the same for its reader');
    expect(welcome).toContain('go by a draft');
    expect(staging).toMatch(/To was customer@example\.com got it qa@contoso\.com info\.losses to: .*customer@example\.com$/);
    expect(throttle).toMatch(/waited [1-9][\d.]* s, then sent: 2 requests arrived 1 mail$/);
    expect(loss).toContain('info.losses text: ');
    expect(error).toMatch(/error\.code EAUTH message .*AADSTS7000215.* Put the secret's Value/);
    const count = readdirSync(join(root, 'fixtures')).filter((name) => name.endsWith('.eml')).length + 2;
    expect(all).toContain(` ${count} of ${count} messages arrived intact. `);
  }, 120_000);
});

describe('the demo’s comparison', () => {
  interface Pair {
    source: string;
    arrived: string;
    recipients: string[];
    arrivedRecipients: string[];
    messageId: string;
  }
  const invoice = fixture('nested-multiparts.eml');
  const pair = (arrived: string, source = invoice, arrivedRecipients = ['customer@example.com']): Pair => ({
    source,
    arrived,
    recipients: ['customer@example.com'],
    arrivedRecipients,
    messageId: /^message-id: *(\S+)/im.exec(source)?.[1] ?? '',
  });
  /** Replaces what must be there to be replaced. */
  const damage = (name: string, from: string, to: string): Pair => {
    const source = fixture(name);
    expect(source).toContain(from);
    return pair(
      source.replace(from, () => to),
      source,
    );
  };
  const compare = (pairs: Pair[]) =>
    inNode<string[][]>(
      `import { findDifferences } from './examples/support/compare.mjs';`,
      `const bytes = (text) => Buffer.from(text, 'latin1');
       return Promise.all(input.map((pair) => findDifferences(
         { source: bytes(pair.source), recipients: pair.recipients, messageId: pair.messageId },
         { source: bytes(pair.arrived), recipients: pair.arrivedRecipients },
       )));`,
      pairs,
    );

  test('notices every kind of damage', async () => {
    const cases: [Pair, RegExp][] = [
      [pair(invoice, invoice, []), /^recipients: sent \["customer@example.com"\], arrived \[\]/],
      [pair(invoice, invoice, ['customer@example.com', 'stranger@example.com']), /^recipients: .*stranger/],
      [damage('nested-multiparts.eml', 'To: customer@', 'To: stranger@'), /^to: /],
      [damage('nested-multiparts.eml', 'From: "Contoso" <noreply@', 'From: "Contoso" <alerts@'), /^from: /],
      [damage('from-encoded-name.eml', '<support@contoso.com>', '<noreply@contoso.com>'), /^replyTo: /],
      [damage('two-cc-headers.eml', '"Second Cc" <support@', '"Second" <support@'), /^cc: /],
      [damage('nested-multiparts.eml', 'Subject: About', 'Subject: Above'), /^subject: /],
      [damage('nested-multiparts.eml', '<nested-multiparts@', '<another@'), /^Message-ID: /],
      [damage('nested-multiparts.eml', '\r\nYour invoice is attached.', '\r\nYour invoice=is attached.'), /^text: /],
      [damage('trailing-spaces.eml', 'two spaces  \r\n', 'two spaces\r\n'), /^text: /],
      [damage('dot-lines.eml', '\r\n..\r\n', '\r\n.\r\n'), /^text: /],
      [damage('nested-multiparts.eml', '> Your invoice', '>Your invoice'), /^html: /],
      [damage('inline-image.eml', 'src="cid:logo"', 'src="cid:logos"'), /^html: /],
      [damage('nested-multiparts.eml', 'Content-ID: <logo@contoso.com>\r\n', ''), /^attachments: .*cid:logo@contoso.com/],
      [damage('nested-multiparts.eml', 'Content-Disposition: inline', 'Content-Disposition: attachment'), /^attachments: /],
      [damage('nested-multiparts.eml', 'filename="invoice.pdf"', 'filename="invoice.txt"'), /^attachments: .*invoice.txt/],
      // the same length, other bytes
      [damage('every-byte.eml', 'AAECAwQF', 'AAECAwQG'), /^attachment bytes.bin: the bytes differ$/],
      [
        damage('same-attachment-twice.eml', '--twice\r\nContent-Type: application/pdf', '--twice\r\nContent-Type: application/x-pdf'),
        /^attachments: /,
      ],
      [
        damage(
          'zero-byte-attachment.eml',
          'Content-Transfer-Encoding: base64\r\n\r\n',
          'Content-Transfer-Encoding: base64\r\n\r\nAA==\r\n',
        ),
        /^attachments: /,
      ],
      [damage('threading.eml', 'References: <question-16@example.com> ', 'References: '), /^references: /],
      [
        damage('mailing-list.eml', 'List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n', ''),
        /^list-unsubscribe-post: .* arrived nothing/,
      ],
      [damage('duplicate-headers.eml', 'Comments: first\r\nComments: second', 'Comments: second\r\nComments: first'), /^comments: /],
      // equal to every mail program, but not to a signature
      [damage('smime-signed.eml', 'text/plain; charset=utf-8', 'text/plain; charset="utf-8"'), /^the signed part is not the same/],
      [damage('nested-multiparts.eml', 'Subject: ', 'Bcc: archive@example.com\r\nSubject: '), /^the recipients can see a Bcc header$/],
    ];
    const found = await compare(cases.map(([damaged]) => damaged));
    cases.forEach(([{ arrived }, expected], index) => {
      const differences = found[index] ?? [];
      expect({ arrived, differences }).toMatchObject({ differences: [expect.stringMatching(expected)] });
    });
  });

  test('takes no offence at what a mail system may change', async () => {
    const inBase64 = Buffer.from('Your invoice is attached.').toString('base64');
    const twoReports = fixture('same-name-twice.eml');
    const [head = '', body = '', first = '', second = ''] = twoReports.replace('--twice--\r\n', '').split('--twice\r\n');
    const html = fixture('html-only.eml');
    const [, htmlHead = '', htmlBody = ''] = /(Content-Type: text\/html[^]*?\r\n\r\n)([^]*)/.exec(html) ?? [];
    const found = await compare([
      pair(invoice),
      damage('nested-multiparts.eml', '\r\n\r\nYour invoice is attached.', `\r\nContent-Transfer-Encoding: base64\r\n\r\n${inBase64}`),
      damage('nested-multiparts.eml', 'Subject: About your order', 'Subject: =?utf-8?Q?About_?=\r\n =?utf-8?B?eW91ciBvcmRlcg==?='),
      damage('many-received.eml', 'From: ', 'Received: from relay.example.com\r\nX-Forefront: 1\r\nFrom: '),
      pair(`${[head, body, second, first].join('--twice\r\n')}--twice--\r\n`, twoReports),
      // Exchange adds a text part to HTML
      damage(
        'html-only.eml',
        htmlHead + htmlBody,
        `Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nTotal\r\n--b\r\n${htmlHead}${htmlBody}\r\n--b--\r\n`,
      ),
    ]);
    expect(found).toEqual([[], [], [], [], [], []]);
  });

  test('counts a message that does not arrive, arrives twice, arrives otherwise than told, or is refused as not intact', async () => {
    const mail = { from: 'noreply@contoso.com', to: 'customer@example.com', subject: 'One', text: 'One' };
    const report = await inNode<string>(
      `import { checkDelivery } from './examples/support/delivery-check.mjs';
       import { summarise } from './examples/support/summarise.mjs';`,
      `const source = Buffer.from('From: noreply@contoso.com\\r\\nTo: customer@example.com\\r\\nSubject: One\\r\\nMessage-ID: <1@contoso.com>\\r\\n\\r\\nOne');
       const arriving = { source, recipients: ['customer@example.com'], format: 'mime', route: 'sendMail' };
       const info = { messageId: '<1@contoso.com>', format: 'mime', route: 'sendMail', losses: [] };
       const check = (name, messages, told = info) => {
         const sandbox = { messages: [] };
         const transporter = { sendMail: async () => { sandbox.messages.push(...messages); return told; } };
         return checkDelivery(name, (through) => through.sendMail(input), transporter, sandbox);
       };
       const refusing = { sendMail: () => Promise.reject(new Error('refused')) };
       return summarise([
         await check('well', [arriving]),
         await check('lost', []),
         await check('twice', [arriving, arriving]),
         await check('otherwise', [arriving], { ...info, format: 'json' }),
         await checkDelivery('refused', (through) => through.sendMail(input), refusing, { messages: [] }),
       ]);`,
      mail,
    );
    expect(report.split('\n')).toEqual([
      '',
      'lost',
      '  0 messages arrived instead of one',
      '',
      'twice',
      '  2 messages arrived instead of one',
      '',
      'otherwise',
      '  format: told json, arrived as mime',
      '',
      'refused',
      '  not sent: refused',
      '',
      '1 of 5 messages arrived intact.',
    ]);
  });
});

describe('the example apps', () => {
  test('differ in the import and in one line', () => {
    const [smtp, graph] = [example('app-smtp.mjs').split('\n'), example('app-graph.mjs').split('\n')];
    expect(smtp.filter((line) => !graph.includes(line))).toEqual(['const transporter = nodemailer.createTransport(settings.smtp);']);
    expect(graph.filter((line) => !smtp.includes(line))).toEqual([
      "import { graphTransport } from 'nodemailer-graph-transport';",
      'const transporter = nodemailer.createTransport(graphTransport(settings.graph));',
    ]);
  });

  test('app-smtp.mjs sends the welcome mail to the server in SMTP_URL', async () => {
    const received: { recipients: string[]; source: Buffer }[] = [];
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, session, callback) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          received.push({ recipients: session.envelope.rcptTo.map(({ address }) => address), source: Buffer.concat(chunks) });
          callback();
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.server.address() as AddressInfo;
      const env = { SMTP_URL: `smtp://127.0.0.1:${port}`, GRAPH_SENDER: 'invoices@contoso.com', MAIL_TO: 'somebody@example.com' };
      const { status, stdout, stderr } = await runNode(['examples/app-smtp.mjs'], { env });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toContain('accepted for somebody@example.com, sales@example.com, archive@example.com\n');
    } finally {
      await new Promise<void>((resolve) => server.close(resolve));
    }
    expect(received.map(({ recipients }) => recipients)).toEqual([['somebody@example.com', 'sales@example.com', 'archive@example.com']]);
    const mail = await simpleParser(received[0]?.source ?? '');
    expect(mail.from?.value[0]?.address).toBe('invoices@contoso.com');
    expect(mail.attachments.map(({ filename, cid }) => [filename, cid])).toEqual([
      ['logo.png', 'logo@contoso.com'],
      ['invoice.pdf', undefined],
    ]);
  });
});
