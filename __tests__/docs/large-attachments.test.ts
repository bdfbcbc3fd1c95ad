import nodemailer, { type SendMailOptions } from 'nodemailer';
import { REQUEST_LIMIT, UPLOAD_SESSION_FROM } from '../../lib/prepared/limits.js';
import { CHUNK } from '../../lib/delivery/upload.js';
import { graphTransport, isGraphTransportError, type GraphSentMessageInfo } from '../../lib/index.js';
import { MAX_CONTENT, MEMORY_LIMIT, PIECE } from '../../lib/message/content/limits.js';
import { MAX_DOWNLOAD_TIME } from '../../lib/message/content/url.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { readPage } from './pages.js';

const page = readPage('docs/large-attachments.md');
const MEBIBYTE = 1024 * 1024;

test('the numbers of the page are those of the code', () => {
  expect(REQUEST_LIMIT).toBe(4_194_304);
  expect(page).toContain('4 MiB (4,194,304 bytes)');
  expect(page).toContain(`from ${UPLOAD_SESSION_FROM / MEBIBYTE} MiB on by an upload session in chunks of ${CHUNK / MEBIBYTE} MiB`);
  expect(page).toContain(`up to ${MEMORY_LIMIT / MEBIBYTE} MiB in all`);
  expect(page).toMatch(new RegExp(`^\\| ${MAX_CONTENT / MEBIBYTE} MB +\\| a file; Graph's`, 'm'));
  expect(page).toContain(`two pieces of ${PIECE / 1024} KiB`);
  expect(page).toContain(`${MAX_DOWNLOAD_TIME / 60_000} minutes at most`);
});

describe('the ways a message takes', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  beforeEach(() => sandbox.clear());
  afterAll(() => sandbox.close());

  async function send(mail: SendMailOptions, permissions?: string[]): Promise<GraphSentMessageInfo | string> {
    const credential = {
      getToken: () =>
        Promise.resolve({
          token: sandbox.issueToken(permissions ? { roles: permissions } : {}),
          expiresOnTimestamp: Date.now() + 3_600_000,
        }),
    };
    const { mailbox, graphEndpoint, authorityHost, tls } = sandbox.options;
    const transporter = nodemailer.createTransport(graphTransport({ credential, mailbox, graphEndpoint, authorityHost, tls }));
    try {
      return await transporter.sendMail({ to: 'reader@example.com', subject: 'Files', ...mail });
    } catch (error) {
      if (!isGraphTransportError(error)) throw error;
      return `${error.code} ${error.hint ?? ''}`;
    } finally {
      transporter.close();
    }
  }
  const file = (megabytes: number) => ({ filename: 'a.bin', content: Buffer.alloc(megabytes * 1e6) });

  test.each([
    ['3 MB as JSON', { text: 'Hello', attachments: [file(3)] }, 'json', 'sendMail'],
    ['2.2 MB as MIME', { text: 'Hello', html: '<p>Hello</p>', attachments: [file(2.2)] }, 'mime', 'sendMail'],
    ['3.3 MB as JSON', { text: 'Hello', attachments: [file(3.3)] }, 'json', 'draft'],
    ['2.5 MB as MIME', { text: 'Hello', html: '<p>Hello</p>', attachments: [file(2.5)] }, 'mime', 'draft'],
  ])('%s', async (_, mail, format, route) => {
    expect(await send(mail)).toMatchObject({ format, route, losses: [] });
  });

  test('html alone of 5 MB is refused, and nothing is sent', async () => {
    expect(await send({ html: 'x'.repeat(5e6) })).toMatch(/^EMESSAGE .*text or html alone/);
    expect(sandbox.requests.filter(({ operation }) => operation !== 'token' && operation !== 'discovery')).toEqual([]);
  });

  test('a ready-made message of 4 MB is taken apart', async () => {
    const header =
      'From: noreply@contoso.com\r\nTo: reader@example.com\r\nSubject: Raw\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n';
    const attachment = 'Content-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n';
    const content = Buffer.alloc(4e6).toString('base64').replace(/.{76}/g, '$&\r\n');
    const raw = `${header}--b\r\n\r\nHello\r\n--b\r\n${attachment}${content}\r\n--b--\r\n`;
    expect(await send({ from: 'noreply@contoso.com', raw })).toMatchObject({
      format: 'json',
      route: 'draft',
      losses: [expect.objectContaining({ feature: 'raw' })],
    });
  });

  test('saveToSentItems: false is told as a loss', async () => {
    expect(await send({ text: 'Hello', attachments: [file(4)], graph: { saveToSentItems: false } })).toMatchObject({
      losses: [expect.objectContaining({ feature: 'saveToSentItems' })],
    });
  });

  test('without Mail.ReadWrite small ones work, and large ones say what is missing', async () => {
    expect(await send({ text: 'Hello' }, ['Mail.Send'])).toMatchObject({ route: 'sendMail' });
    expect(await send({ text: 'Hello', attachments: [file(4)] }, ['Mail.Send'])).toMatch(/^EAUTH .*Mail\.ReadWrite/);
  });
});
