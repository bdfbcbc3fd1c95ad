import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphTransport, type GraphSentMessageInfo } from '../../lib/index.js';
import { startSandbox, type Sandbox, type SandboxMessage } from '../../lib/sandbox/index.js';
import { sample } from '../support/sample.js';
import { startSmtpSink, type SmtpDelivery } from '../support/smtp-sink.js';
import { judge } from './compare.js';
import { keyOf, readBack } from './read-back.js';

export type MailData = Record<string, unknown>;
export type FormatOption = 'auto' | 'json' | 'mime';
export const FORMATS: readonly FormatOption[] = ['auto', 'json', 'mime'];

/** As much of Nodemailer as the comparison uses; the same in versions 7 to 10. */
export interface Nodemailer {
  createTransport(
    transport: object,
    defaults?: object,
  ): {
    sendMail(data: object): Promise<{ messageId: string; envelope: { from: string | false; to: string[] } } & Record<string, unknown>>;
    use(step: string, plugin: Plugin): unknown;
    close(): void;
  };
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- Nodemailer's MailMessage, whose types differ from version to version
export type Plugin = (mail: any, done: (error?: Error | null) => void) => void;

/** A message to be sent both ways. */
export interface FidelityCase {
  name: string;
  /** Called once for every send, so that streams are fresh. */
  data: (world: World) => MailData;
  /** Second argument of `createTransport()`. */
  defaults?: MailData;
  /** A plugin of the `compile` or `stream` step. */
  plugin?: { step: 'compile' | 'stream'; use: Plugin };
  /** The error code it is refused with, where it is; nothing may have been sent then. */
  refused?: string | Partial<Record<FormatOption, string>>;
  /** Features whose loss must be told, beyond what the comparison demands. */
  tells?: Partial<Record<'json' | 'mime', string[]>>;
}

/** What the messages are made of: files and a web server. */
export interface World {
  /** Path of a file: `letter.txt`, `letter.html`, `invite.ics`, `logo.png`, `data.bin`, `message.eml`, `ready.eml`. */
  file(name: keyof typeof FILES): string;
  /** URL of the same files; `secret/…` wants the header `X-Key: 1234`. */
  url(path: string): string;
}

export const MAILBOX = 'noreply@contoso.com';

export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
/** Every byte there is. */
export const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
export const INVITE = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Contoso//Rooms//EN',
  'METHOD:REQUEST',
  'BEGIN:VEVENT',
  'UID:1@contoso.com',
  'DTSTAMP:20261101T080000Z',
  'DTSTART:20261124T090000Z',
  'DTEND:20261124T100000Z',
  'SUMMARY:Jahresgespräch',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');
export const EML = [
  'From: reader@example.com',
  'To: noreply@contoso.com',
  'Subject: A question',
  'Message-ID: <question@example.com>',
  'Date: Tue, 03 Nov 2026 10:00:00 +0000',
  'MIME-Version: 1.0',
  'Content-Type: text/plain; charset=us-ascii',
  '',
  'When will it arrive?',
  '',
].join('\r\n');
const FILES = {
  'letter.txt': Buffer.from('Text aus einer Datei: äöü €\nzweite Zeile\n'),
  'letter.html': Buffer.from('<p>Html aus einer Datei: <b>äöü €</b></p>\n'),
  'invite.ics': Buffer.from(INVITE),
  'logo.png': PNG,
  'data.bin': BYTES,
  'message.eml': Buffer.from(EML),
  'ready.eml': Buffer.from(EML.replace('From: reader@example.com', `From: ${MAILBOX}`)),
};

export interface Comparison {
  smtp: SmtpDelivery;
  graph: SandboxMessage;
  info: GraphSentMessageInfo;
  /** Empty if the promise holds. */
  problems: string[];
}

export interface HarnessOptions {
  nodemailer: Nodemailer;
  /** The transport, loaded with that Nodemailer. */
  transport?: typeof graphTransport;
}

export type Harness = Awaited<ReturnType<typeof startHarness>>;

/** Both ways: a real SMTP server, and the transport with the sandbox. */
export async function startHarness({ nodemailer, transport = graphTransport }: HarnessOptions) {
  const [sink, sandbox, web] = await Promise.all([
    startSmtpSink(),
    startSandbox({ protocol: 'http', mailboxes: [{ userPrincipalName: MAILBOX, sendAs: ['sales@contoso.com'] }] }),
    startWeb(),
  ]);
  const directory = mkdtempSync(join(tmpdir(), 'fidelity-'));
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(directory, name), content);
  const world: World = { file: (name) => join(directory, name), url: web.url };

  const connection = { host: '127.0.0.1', port: sink.port, ignoreTLS: true };
  // smtp-server lets every new connection wait 100 ms
  const pool = nodemailer.createTransport({ ...connection, pool: true, maxConnections: 1 });

  async function viaSmtp({ data: create, defaults, plugin }: FidelityCase) {
    const transporter = defaults || plugin ? nodemailer.createTransport(connection, defaults) : pool;
    if (plugin) transporter.use(plugin.step, plugin.use);
    const data = create(world);
    // Nodemailer writes into what it is given
    const fixed = fixedIn(data);
    const before = sink.deliveries.length;
    const { envelope } = await transporter.sendMail(data);
    const [delivery, ...more] = sink.deliveries.splice(before);
    if (!delivery || more.length > 0) throw new Error('not one message came over SMTP');
    const view = await readBack(delivery.source);
    const raw = data['raw'] !== undefined;
    // SMTP carries a ready-made message as it is
    return { delivery, envelope, view, raw, fixed: raw ? { messageId: view.messageId !== '', date: view.date !== '' } : fixed };
  }

  /** What came of a case over SMTP, where the formats make no difference. */
  const sentBySmtp = new WeakMap<FidelityCase, ReturnType<typeof viaSmtp>>();

  async function viaGraph({ data, defaults, plugin }: FidelityCase, format: FormatOption) {
    const getToken = async () => ({ token: sandbox.issueToken(), expiresOnTimestamp: Date.now() + 3_600_000 });
    const { graphEndpoint } = sandbox;
    const transporter = nodemailer.createTransport(
      transport({ credential: { getToken }, mailbox: MAILBOX, graphEndpoint, format, retries: 0 }),
      defaults,
    );
    if (plugin) transporter.use(plugin.step, plugin.use);
    try {
      return (await transporter.sendMail(data(world))) as unknown as GraphSentMessageInfo;
    } finally {
      transporter.close();
    }
  }

  /** Sends both ways and reads both back. */
  async function sendBothWays(test: FidelityCase, format: FormatOption): Promise<Comparison> {
    sandbox.clear();
    const sending = sentBySmtp.get(test) ?? viaSmtp(test);
    sentBySmtp.set(test, sending);
    const { delivery: smtp, envelope, view, raw, fixed } = await sending;
    const info = await viaGraph(test, format);
    const [graph, ...more] = sandbox.messages;
    if (!graph) throw new Error('no message came by Graph');
    const views = { smtp: view, graph: await readBack(graph.source) };
    const recipients = new Set(keysOf(smtp.recipients));
    const uploaded = sandbox.requests.some(({ operation }) => operation === 'addAttachment' || operation === 'createUploadSession');
    const problems = judge(views.smtp, views.graph, { format: info.format, raw, fixed, losses: info.losses, uploaded, recipients });
    const expect = (what: string, was: unknown, is: unknown) => {
      if (JSON.stringify(was) !== JSON.stringify(is)) problems.push(`${what}: SMTP ${JSON.stringify(was)}, Graph ${JSON.stringify(is)}`);
    };
    expect('messages delivered', 1, 1 + more.length);
    expect('recipients', keysOf(smtp.recipients), keysOf(graph.recipients));
    expect('info.accepted', keysOf(smtp.recipients), keysOf(info.accepted));
    expect('info.envelope.from', envelope.from || '', info.envelope.from || '');
    expect('info.envelope.to', keysOf(envelope.to), keysOf(info.envelope.to));
    expect('info.messageId', views.graph.messageId, info.messageId);
    for (const recipient of graph.recipients) {
      // not as the end of a longer address or Message-ID
      const whole = new RegExp(`(?<![^\\s<>,;:"])${recipient.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w.-])`, 'i');
      const isIn = (source: Buffer) => whole.test(source.toString());
      if (isIn(graph.source) && !isIn(smtp.source)) problems.push(`the hidden recipient ${recipient} is in the source`);
    }
    const notify = smtp.notify.flat();
    if (notify.includes('NEVER') && !info.losses.some(({ feature }) => feature === 'dsn')) problems.push('silent: NOTIFY=NEVER');
    if (notify.includes('SUCCESS') && !graph.isDeliveryReceiptRequested) problems.push('silent: NOTIFY=SUCCESS');
    return { smtp, graph, info, problems };
  }

  /** The error a message is refused with. Whatever was sent all the same is in `sandbox.messages`. */
  async function refusal(test: FidelityCase, format: FormatOption): Promise<Error & { code?: string }> {
    sandbox.clear();
    return viaGraph(test, format).then(
      () => Object.assign(new Error('it was sent'), { code: 'sent' }),
      (error: Error) => error,
    );
  }

  return {
    sandbox,
    sink,
    web,
    world,
    sendBothWays,
    refusal,
    viaSmtp,
    viaGraph,
    async close(): Promise<void> {
      pool.close();
      await Promise.all([sink.close(), sandbox.close(), web.close()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface TestCasesOptions {
  formats?: readonly FormatOption[];
  /** Part of them that `npm test` takes. @default a sixth, which is half of the cases in one of three formats */
  share?: number;
}

/** Runs the cases in every format with TEST_FULL=1, else a sample of them. */
export function testCases(
  cases: readonly FidelityCase[],
  harness: () => Harness,
  { formats = FORMATS, share }: TestCasesOptions = {},
): void {
  const all = cases.flatMap((test) => formats.map((format) => ({ name: test.name, format, test })));
  const table = sample(all, { share: share ?? 1 / 6 });
  it.each(table)('$name ($format)', async ({ test, format }) => {
    const code = typeof test.refused === 'string' ? test.refused : test.refused?.[format];
    if (code !== undefined) {
      const error = await harness().refusal(test, format);
      expect({ code: error.code, message: error.message, sent: posts(harness().sandbox) }).toMatchObject({ code, sent: 0 });
      return;
    }
    const { problems, info } = await harness().sendBothWays(test, format);
    expect(problems).toEqual([]);
    const told = info.losses.map(({ feature }) => feature);
    expect(told).toEqual(expect.arrayContaining(test.tells?.[info.format] ?? []));
  });
}

const posts = (sandbox: Sandbox): number => sandbox.requests.filter(({ operation }) => operation !== 'token').length;

const keysOf = (addresses: readonly string[]): string[] => [...new Set(addresses.map(keyOf))].sort();

/** Whether the app itself set Message-ID and Date. */
function fixedIn(data: MailData): { messageId: boolean; date: boolean } {
  const headers = data['headers'] ?? {};
  const names = Array.isArray(headers) ? headers.map(({ key }: { key: string }) => key) : Object.keys(headers);
  const has = (name: string, field: string) => data[field] !== undefined || names.some((key) => key.toLowerCase() === name);
  return { messageId: has('message-id', 'messageId'), date: has('date', 'date') };
}

async function startWeb() {
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push({ path, headers: request.headers });
    const content = FILES[path.split('?')[0]?.split('/').at(-1) as keyof typeof FILES] as Buffer | undefined;
    if (path.startsWith('/secret/') && request.headers['x-key'] !== '1234') response.writeHead(403).end();
    else if (content) response.end(content);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    requests,
    url: (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
