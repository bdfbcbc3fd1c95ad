import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { graphTransport, type GraphTransportOptions } from '../../../lib/index.js';
import { reportToInbox, type SandboxMessage } from '../../../lib/sandbox/index.js';
import { startSmtpSink, type SmtpSink } from '../../support/smtp-sink.js';
import { useInbox } from './inbox-client.js';

const inbox = useInbox();
const mail: SendMailOptions = {
  from: 'Contoso <noreply@contoso.com>',
  to: 'Ada <ada@example.com>',
  bcc: 'audit@example.com',
  subject: 'Größe',
  text: 'Hello',
  html: '<p>Hello</p>',
  messageId: '<one@contoso.com>',
  attachments: [{ filename: 'ä.bin', content: Buffer.from([1, 2, 3]) }],
};

async function sendWith(data: SendMailOptions, options: Partial<GraphTransportOptions> = {}, target = inbox.sandbox.inboxUrl) {
  const transporter = createTransport(graphTransport({ ...inbox.sandbox.options, ...options }));
  if (target) transporter.use('stream', reportToInbox(target));
  try {
    return await transporter.sendMail(data);
  } finally {
    transporter.close();
  }
}

/** Warnings of the process while something runs. */
async function warningsOf(run: () => Promise<unknown>): Promise<string[]> {
  const emitted = jest.spyOn(process, 'emitWarning').mockReturnValue();
  try {
    await run();
    return emitted.mock.calls.flatMap(([text, options]) =>
      (options as { code?: string } | undefined)?.code === 'GRAPH_SANDBOX_INBOX' ? [String(text)] : [],
    );
  } finally {
    emitted.mockRestore();
  }
}

describe('what SMTP would have sent', () => {
  let sink: SmtpSink;
  beforeAll(async () => {
    sink = await startSmtpSink();
  });
  afterAll(() => sink.close());

  it('is what SMTP sends: envelope, header fields, parts', async () => {
    await sendWith(mail);
    const { body } = await inbox.get('messages/latest/smtp');
    const overSmtp = createTransport({ host: '127.0.0.1', port: sink.port, ignoreTLS: true });
    await overSmtp.sendMail(mail);
    overSmtp.close();
    const [received] = sink.deliveries;
    const { report } = body;
    expect(report.messageId).toBe('<one@contoso.com>');
    expect(report.envelope).toEqual({ from: 'noreply@contoso.com', to: ['ada@example.com', 'audit@example.com'], count: 2 });
    expect(received?.recipients).toEqual(report.envelope.to);
    const names = report.outline.fields.map(({ name }: { name: string }) => name);
    expect(names).toEqual([...(String(received?.source).split('\r\n\r\n', 1)[0] ?? '').matchAll(/^([\w-]+):/gm)].map(([, name]) => name));
    expect(names).not.toContain('Bcc');
    expect(report.outline.parts.map(({ type, name }: { type: string; name: string }) => name || type)).toEqual([
      'multipart/mixed',
      'multipart/alternative',
      'text/plain',
      'text/html',
      'ä.bin',
    ]);
    expect(JSON.stringify(report)).not.toContain('Hello');
  });

  it.each(['json', 'mime'] as const)(
    'changes nothing of what is sent as %s: no Date that the app did not set, no field, no byte',
    async (format) => {
      const data = { ...mail, headers: { 'X-One': '1' } };
      const plain = await sendWith(data, { format }, '');
      const told = await sendWith(data, { format });
      expect(told.losses).toEqual(plain.losses);
      const withoutWhen = ({ posted }: SandboxMessage): string =>
        (Buffer.isBuffer(posted) ? posted.toString() : JSON.stringify(posted))
          .replace(/^Date: .*$/m, '')
          .replace(/--_NmP-[\w-]+/g, '--b')
          .replace(/boundary="[^"]*"/g, 'boundary');
      const [one, two] = inbox.sandbox.messages.map(withoutWhen);
      expect(two).toBe(one);
    },
  );

  it.each<[string, SendMailOptions]>([
    ['a stream', { ...mail, attachments: [{ filename: 'a', content: Readable.from([Buffer.from('once')]) }] }],
    ['a stream as a body', { ...mail, text: Readable.from([Buffer.from('once')]) }],
  ])('is not told of %s, which arrives all the same', async (_, data) => {
    expect(await warningsOf(() => sendWith(data))).toEqual([]);
    const { body } = await inbox.get('messages/latest/smtp');
    expect(body.report).toBeNull();
    expect(body.delivered.parts.length).toBeGreaterThan(0);
    const [message] = inbox.sandbox.messages;
    expect([message?.text, message?.attachments.map(({ content }) => content.toString())].flat().join()).toContain('once');
  });

  it('is not asked for twice where it has to be fetched', async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked++;
      response.end('fetched');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const href = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await sendWith({ ...mail, attachments: [{ filename: 'a', href }] });
    await new Promise((resolve) => server.close(resolve));
    expect(asked).toBe(1);
    expect((await inbox.get('messages/latest/smtp')).body.report).toBeNull();
  });

  it('is forgotten with the messages', async () => {
    await sendWith(mail);
    inbox.sandbox.clear();
    await sendWith(mail, {}, '');
    expect((await inbox.get('messages/latest/smtp')).body.report).toBeNull();
  });
});

describe('an inbox that cannot be told', () => {
  it('is a warning, once, and the mail goes its way', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const dead = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((resolve) => server.close(resolve));
    const transporter = createTransport(graphTransport(inbox.sandbox.options));
    transporter.use('stream', reportToInbox(dead));
    const warnings = await warningsOf(async () => {
      await transporter.sendMail(mail);
      await transporter.sendMail(mail);
    });
    transporter.close();
    expect(warnings).toEqual([expect.stringMatching(/^The inbox could not be told .*ECONNREFUSED/)]);
    expect(inbox.sandbox.messages).toHaveLength(2);
  });

  it('leaves an error of the mail to the transport', async () => {
    let failure: unknown;
    const missing = { ...mail, attachments: [{ filename: 'a', path: '/nowhere/a' }] };
    const warnings = await warningsOf(async () => (failure = await sendWith(missing).catch((error: unknown) => error)));
    expect(failure).toMatchObject({ code: expect.any(String), message: expect.stringContaining('/nowhere/a') });
    expect(warnings).toHaveLength(1);
    expect(inbox.sandbox.messages).toEqual([]);
  });

  it.each([[undefined], ['contoso'], ['file:///tmp']])('is refused at creation where it is %s', (url) => {
    expect(() => reportToInbox(url)).toThrow(/^reportToInbox\(\) wants the address of an inbox/);
  });
});

it.each([
  [null],
  [{}],
  [{ messageId: '' }],
  [{ messageId: '<a@b>', envelope: { from: 'a', to: 'a', count: 1 } }],
  [{ messageId: '<a@b>', envelope: { from: 'a', to: ['a'], count: 1 }, outline: { fields: [{}], parts: [], bytes: 1 } }],
  [{ messageId: '<a@b>', envelope: { from: 'a', to: ['a'], count: 1 }, outline: { fields: [], parts: [{ type: 1 }], bytes: 1 } }],
])('a report %j is refused', async (report) => {
  const { status, body } = await inbox.post('reports', report);
  expect([status, body.error.code]).toEqual([400, 'InvalidBody']);
});

it('of a thousand reports the last five hundred are kept', async () => {
  const report = (id: number) => ({
    messageId: `<${id}@contoso.com>`,
    envelope: { from: '', to: [], count: 0 },
    outline: { fields: [], parts: [], bytes: 0 },
  });
  for (let id = 0; id < 501; id++) expect((await inbox.post('reports', report(id))).status).toBe(204);
  for (const id of [0, 500]) await sendWith({ ...mail, messageId: `<${id}@contoso.com>` }, {}, '');
  const [newest, oldest] = (await inbox.get('messages')).body.items;
  expect((await inbox.get(`messages/${newest.id}/smtp`)).body.report).toMatchObject({ messageId: '<500@contoso.com>' });
  expect((await inbox.get(`messages/${oldest.id}/smtp`)).body.report).toBeNull();
});
