import fc from 'fast-check';
import nodemailer from 'nodemailer';
import { testsInFull } from '../support/sample.js';
import { FORMATS, MAILBOX, startHarness, type FidelityCase, type Harness, type MailData } from './harness.js';
import { keyOf } from './read-back.js';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ nodemailer });
});
afterAll(() => harness.close());

/** Whatever people type on one line. */
const line = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength }).map((text) => text.replace(/\p{C}/gu, '').trim());

const address = fc
  .tuple(
    fc.stringMatching(/^[a-z0-9][a-z0-9_+'=-]{0,12}(\.[a-z0-9]{1,8}){0,2}$/),
    fc.constantFrom('example.com', 'contoso.com', 'mail.example.com', 'münchen.example', 'xn--mnchen-3ya.example', 'EXAMPLE.com'),
  )
  .map(([local, domain]) => `${local}@${domain}`);

const recipient = fc.oneof(
  address,
  address.map((plain) => `<${plain}>`),
  fc.record({ name: line(30), address }),
);

const headerName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,10}$/).map((name) => `X-Random-${name}`);

const attachment = fc.record(
  {
    filename: line(40).filter((name) => name !== ''),
    content: fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: 'grapheme', maxLength: 200 }),
    ),
    contentType: fc.constantFrom('application/pdf', 'text/plain', 'text/csv; charset=utf-8', 'image/png', 'application/octet-stream'),
    cid: fc.stringMatching(/^[a-z0-9.]{1,20}@[a-z]{1,8}$/),
    contentDisposition: fc.constantFrom('inline', 'attachment'),
  },
  { requiredKeys: ['filename', 'content'] },
);

const text = fc.array(
  fc.string({ unit: 'grapheme', maxLength: 120 }).map((row) => row.replace(/[\r\n\0]/g, '')),
  { maxLength: 20 },
);

const message = fc.record(
  {
    from: fc.constantFrom(MAILBOX, `Contoso <${MAILBOX}>`, `"Contoso, Größe" <${MAILBOX}>`),
    to: fc.array(recipient, { minLength: 1, maxLength: 6 }),
    cc: fc.array(recipient, { maxLength: 4 }),
    bcc: fc.array(recipient, { maxLength: 4 }),
    replyTo: fc.array(recipient, { minLength: 1, maxLength: 2 }),
    subject: line(200),
    text: text.map((rows) => rows.join('\n')),
    html: text.map((rows) => `<p>${rows.join('<br>\n')}</p>`),
    headers: fc.dictionary(headerName, line(120), { maxKeys: 12, noNullPrototype: true }),
    priority: fc.constantFrom('high', 'normal', 'low'),
    references: fc.array(
      address.map((id) => `<${keyOf(id)}>`),
      { minLength: 1, maxLength: 20 },
    ),
    attachments: fc.array(attachment, { maxLength: 4 }),
    envelope: fc.record({ from: fc.constant(MAILBOX), to: fc.array(address, { minLength: 1, maxLength: 5 }) }),
  },
  { requiredKeys: ['from', 'to', 'subject'] },
);

/** Data of its own for every send: Nodemailer writes into it. */
const sending = (data: MailData): FidelityCase => ({ name: 'random', data: () => structuredCopy(data) });

function structuredCopy(value: unknown): MailData {
  const copy = (item: unknown): unknown => {
    if (Buffer.isBuffer(item) || typeof item !== 'object' || item === null) return item;
    if (Array.isArray(item)) return item.map(copy);
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, copy(inner)]));
  };
  return copy(value) as MailData;
}

it.each(FORMATS)('whatever is sent arrives as over SMTP, or the loss is told (%s)', async (format) => {
  await fc.assert(
    fc.asyncProperty(message, async (data) => {
      const { problems } = await harness.sendBothWays(sending(data), format);
      expect(problems).toEqual([]);
    }),
    { seed: jest.getSeed(), numRuns: testsInFull ? 120 : 30 },
  );
});

const anything = fc.anything({ withBigInt: false, withDate: true, maxDepth: 2 });
const FIELDS = ['to', 'cc', 'bcc', 'subject', 'text', 'html', 'headers', 'attachments', 'alternatives', 'icalEvent', 'references'];
const MORE = ['inReplyTo', 'replyTo', 'sender', 'list', 'messageId', 'date', 'envelope', 'priority', 'encoding', 'dsn', 'raw', 'graph'];

/** A message of which one or two fields are anything at all. */
const nonsense = fc
  .tuple(message, fc.dictionary(fc.constantFrom(...FIELDS, ...MORE), anything, { minKeys: 1, maxKeys: 2, noNullPrototype: true }))
  .map(([data, broken]): MailData => ({ ...data, ...broken }));

it('nonsense is sent to nobody SMTP would not have mailed, or refused with an error', async () => {
  await fc.assert(
    fc.asyncProperty(nonsense, fc.constantFrom(...FORMATS), async (data, format) => {
      harness.sandbox.clear();
      const test = sending(data);
      let error: Error | undefined;
      try {
        await harness.viaGraph(test, format);
      } catch (caught) {
        error = caught as Error;
      }
      const [sent, ...more] = harness.sandbox.messages;
      expect(more).toEqual([]);
      if (error) {
        expect(error).toBeInstanceOf(Error);
        expect(sent).toBeUndefined();
        return;
      }
      const compiled = await compile(test);
      expect(new Set(sent?.recipients.map(keyOf))).toEqual(new Set(compiled.map(keyOf)));
    }),
    { seed: jest.getSeed(), numRuns: testsInFull ? 150 : 50 },
  );
});

/** The envelope Nodemailer makes of it. */
async function compile({ data }: FidelityCase): Promise<string[]> {
  const transporter = nodemailer.createTransport({ streamTransport: true });
  const { envelope, message: stream } = await transporter.sendMail(data(harness.world));
  if ('destroy' in stream) stream.destroy();
  return envelope.to;
}
